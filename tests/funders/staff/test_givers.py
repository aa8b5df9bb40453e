"""The treasurer's pages about a person: found, seen, handed over, erased."""

import json
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from funders import ledger
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import Giver
from fundtracker import changes
from tests import factories
from tests.factories import NOW, pounds

pytestmark = pytest.mark.usefixtures("today")
TYPED = {"why": "asked by letter on 3 May", "confirm": "Erase "}


@pytest.fixture
def treasurer():
    client = Client()
    client.force_login(factories.UserFactory(role="treasurer", email="tess@example.org"))
    return client


@pytest.fixture
def alice():
    source = factories.SourceFactory(name="Giving page")
    giver = GiverRef("id-alice", "Alice Smith", True, "person", "https://alice.example/")
    ledger.record(source, [Receipt("1", Kind.DONATION, pounds(5), date(2026, 6, 1), NOW, giver=giver)])
    return Giver.objects.get()


def at(name, giver):
    return reverse(f"staff:{name}", args=[giver.pk])


def test_a_search_is_posted_and_leads_to_the_person(treasurer, alice):
    page = treasurer.post(reverse("staff:givers"), {"person": "smith"}).content.decode()
    assert (at("giver", alice) in page, "Giving page" in page) == (True, True)


def test_nobody_found_is_said_with_what_to_ask_for(treasurer):
    page = treasurer.post(reverse("staff:givers"), {"person": "zed"}).content.decode()
    assert "ask for the id or the e-mail address" in page


def test_what_was_searched_is_not_kept_in_a_session(client, alice):
    client.get(reverse("account_login"))
    client.post(reverse("staff:givers"), {"person": "smith"})
    assert "smith" not in str(dict(client.session))


def test_the_export_and_the_letter_have_what_the_page_has(treasurer, alice):
    exported = json.loads(treasurer.get(at("giver_export", alice)).content)
    assert exported["Givers"][0]["Public name"] == "Alice Smith"
    assert exported["Entries"][0]["Amount"] == "£5"
    for name in ("giver", "giver_letter"):
        page = treasurer.get(at(name, alice)).content.decode()
        assert [word in page for word in ("Alice Smith", "id-alice", "£5", "https://alice.example/")] == [
            True
        ] * 4


def test_what_goes_and_what_stays_is_shown_before(treasurer, alice):
    page = treasurer.get(at("giver_erase", alice)).content.decode()
    assert ("“Alice Smith”, its id and address, as Giving page tells them" in page) is True
    assert ("1 gift, without a name: no total changes" in page) is True
    assert Giver.objects.get().name == "Alice Smith"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"confirm": "yes"}, "confirm"), ({"why": "Alice Smith asked"}, "why"), ({"why": ""}, "why")],
)
def test_a_wrong_word_or_a_reason_that_names_them_erases_nothing(treasurer, alice, changed, field):
    answer = treasurer.post(at("giver_erase", alice), {**TYPED, **changed})
    assert list(answer.context["form"].errors) == [field]
    assert Giver.objects.get().name == "Alice Smith"


def test_a_double_click_erases_once_and_the_reason_is_kept(treasurer, alice):
    for _ in range(2):
        assert treasurer.post(at("giver_erase", alice), TYPED).url == at("giver", alice)
    [event] = changes.tracked()["funders.Giver"].objects.filter(pgh_obj=alice.pk)
    assert event.pgh_context.metadata["why"] == "asked by letter on 3 May"
    assert "This person was erased" in treasurer.get(at("giver", alice)).content.decode()


def test_with_new_consent_they_may_be_named_again(treasurer, alice):
    treasurer.post(at("giver_erase", alice), TYPED)
    treasurer.post(at("giver_readmit", alice), {"why": "signed the form"})
    assert Giver.objects.get().erased_at is None


def test_an_organisation_is_not_erased(treasurer):
    company = factories.FunderFactory(kind="company", name="Acme")
    url = reverse("staff:held_erase", args=[company.pk])
    assert treasurer.post(url, TYPED).status_code == 302
    company.refresh_from_db()
    assert company.name == "Acme"


@pytest.mark.parametrize("name", ["giver", "giver_letter", "giver_export", "giver_erase", "giver_readmit"])
def test_who_is_not_there_is_not_found(treasurer, name):
    assert treasurer.get(reverse(f"staff:{name}", args=[999])).status_code == 404

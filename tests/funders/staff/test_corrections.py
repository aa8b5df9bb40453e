"""Records are corrected and money is typed in: seen before it counts, once, and never over a colleague unseen."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from funders import ledger
from funders.connectors.base import Kind, Receipt
from funders.models import Correction, DailyTotal, Entry, Giver, Limit
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
NEW = "/staff/entries/new/"


def treasurer(email="ann@example.org"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role="treasurer"))
    return client


@pytest.fixture
def source():
    source = factories.SourceFactory(name="Bank", slug="bank")
    give(source, pounds(5))
    return source


@pytest.fixture
def url(source):
    return reverse("staff:correct", args=[Entry.objects.get().pk])


def opened(client, url, **typed):
    """What the form would send."""
    form = client.get(url).context["form"]
    fields = {field.name: field.value() for field in form}
    return {
        name: "" if value is None or value is False else str(value) for name, value in fields.items()
    } | typed


def shown(answer):
    return {field.name: field.value() or "" for field in answer.context["form"]}


def booked():
    return sum(DailyTotal.objects.filter(counted_as="donation").values_list("amount_minor", flat=True))


def test_a_correction_is_seen_and_then_booked_once(url):
    client = treasurer()
    form = opened(client, url, amount_minor="7.50", why="The statement says so.")
    page = client.post(url, form)
    [move] = page.context["moves"]
    assert (move.before, move.after, booked()) == (pounds(5), pounds("7.50"), 500)
    answers = [client.post(url, form | {"publish": "1"}).status_code for _ in range(3)]
    assert (answers, booked(), Correction.objects.count()) == ([302, 302, 302], 750, 1)
    assert str(Correction.objects.get().recorded_by) == "ann@example.org"


def test_what_must_not_count_counts_no_more_and_comes_back(url):
    client = treasurer()
    client.post(url, opened(client, url, says="nothing", why="A test gift.", publish="1"))
    assert booked() == 0
    client.post(url, opened(client, url, says="source", why="It was none.", publish="1"))
    assert booked() == 500


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount_minor": "lots"}, "is not an amount in GBP"),
        ({"amount_minor": "-5"}, "Money that came in has no minus"),
        ({"amount_minor": "0"}, "A record is never 0."),
        ({"amount_minor": ""}, "This field is required."),
        ({"day": "2026-07-01"}, "This day has not come yet"),
        ({"why": ""}, "This field is required."),
        ({"amount_minor": "5.00"}, "This is what it is already"),
        ({"kind": "fee"}, "Select a valid choice"),
        ({"says": "new"}, "Select a valid choice"),
        ({"designation": "a\x07b"}, "characters that nobody can read"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(url, typed, words):
    client = treasurer()
    form = opened(client, url, amount_minor="6", why="kept", evidence="this too") | typed | {"publish": "1"}
    page = client.post(url, form).content.decode()
    assert words in page
    assert "this too" in page
    assert (booked(), Correction.objects.count()) == (500, 0)


def test_the_second_of_two_people_sees_the_change_of_the_first(url):
    ann, bob = treasurer(), treasurer("bob@example.org")
    first, second = (opened(client, url, why="…", publish="1") for client in (ann, bob))
    ann.post(url, first | {"amount_minor": "6"})
    answer = bob.post(url, second | {"amount_minor": "7"})
    assert "this record changed" in answer.content.decode()
    assert booked() == 600
    bob.post(url, shown(answer) | {"publish": "1"})
    assert booked() == 700


def test_a_provider_that_changes_it_meanwhile_is_seen_too(url, source):
    client = treasurer()
    form = opened(client, url, amount_minor="6", why="…", publish="1")
    later = Receipt("gift-2026-06-01-0", Kind.DONATION, pounds(9), date(2026, 6, 1), NOW + timedelta(days=1))
    ledger.record(source, [later])
    assert "this record changed" in client.post(url, form).content.decode()
    assert booked() == 900


def test_mine_is_kept_by_one_button(url, source):
    client = treasurer()
    client.post(url, opened(client, url, amount_minor="6", why="…", publish="1"))
    later = Receipt("gift-2026-06-01-0", Kind.DONATION, pounds(9), date(2026, 6, 1), NOW + timedelta(days=1))
    ledger.record(source, [later])
    record = reverse("staff:entry", args=[Entry.objects.last().pk])
    assert "Keep the correction" in client.get(record).content.decode()
    client.post(url, {"keep": "1"})
    assert "Keep the correction" not in client.get(record).content.decode()
    assert booked() == 600


def test_one_that_waits_comes_first(url):
    Limit.objects.create(amount_minor=50, currency="GBP")
    client = treasurer()
    form = opened(client, url, amount_minor="7", why="…", publish="1")
    answers = [client.post(url, form) for _ in range(2)]
    decide = reverse("staff:decide", args=[Correction.objects.get().pk])
    assert [answer.headers.get("Location") for answer in answers] == [decide, decide]
    other = client.post(url, form | {"amount_minor": "5.10", "key": "6c1f4b0e-0000-4000-8000-000000000000"})
    assert "asked for a correction of this record" in other.content.decode()
    assert (booked(), Correction.objects.count()) == (500, 1)


def test_a_cheque_is_typed_in_once(source):
    client = treasurer()
    form = opened(
        client, NEW, amount_minor="1k", currency="gbp", why="cheque", giver_name="Alice", consent="on", publish="1"
    )  # fmt: skip
    assert [client.post(NEW, form).status_code for _ in range(3)] == [302, 302, 302]
    entry = Entry.objects.get(external_id__startswith="hand-")
    assert (entry.amount_minor, entry.giver.name, entry.show_name) == (100_000, "Alice", True)
    client.post(NEW, form | {"amount_minor": "2k"})
    assert booked() == 500 + 100_000 + 200_000


def test_a_reference_that_is_too_long_for_the_ledger_is_refused_beside_it(source):
    counter = factories.SourceFactory(kind="manual", name="Counter", slug="c" * 50)
    client = treasurer()
    form = opened(client, NEW, source=str(counter.pk), amount_minor="120", currency="gbp", publish="1")
    answer = client.post(NEW, form | {"reference": "7" * 141})
    assert answer.context["form"].errors["reference"] == ["At most 140 characters."]
    assert client.post(NEW, form | {"reference": "7" * 140}).status_code == 302
    assert len(Entry.objects.get(source=counter).payment_ref) == 193


def test_without_consent_no_name_is_kept(source):
    client = treasurer()
    client.post(
        NEW, opened(client, NEW, amount_minor="1k", currency="GBP", giver_name="Eve Secret", publish="1")
    )
    assert not Giver.objects.filter(name__contains="Eve").exists()
    assert (booked(), Correction.objects.get().giver_name) == (100_500, "")


def test_without_a_source_for_it_nothing_can_be_typed_in():
    assert "There is no source for what is typed in." in treasurer().get(NEW).content.decode()


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_is_no_treasurer_corrects_nothing(url, role):
    client = Client()
    client.force_login(factories.UserFactory(role=role))
    assert [client.post(page, {"publish": "1"}).status_code for page in (url, NEW)] == [403, 403]
    assert "Correct" not in client.get(reverse("staff:entries")).content.decode()

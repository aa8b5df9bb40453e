"""A form that was sent after the session had ended is filled in again after signing in, and not sent by itself."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from campaigns.models import Statement
from fundtracker import accounts
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db]
PASSWORD = "a horse that is quite correct"


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory()
    accounts.make("ann@example.org", password=PASSWORD, role="editor")
    factories.CampaignFactory(slug="appeal", name="Appeal")


def url():
    return reverse("staff:figure", args=["appeal"])


def sign_in(client, page):
    return client.post(
        f"/staff/account/login/?next={page}", {"login": "ann@example.org", "password": PASSWORD}
    )


def sent_without_a_session(fields):
    client = Client()
    answer = client.post(url(), fields)
    assert (answer.status_code, answer["Location"]) == (302, f"/staff/account/login/?next={url()}")
    return client


def test_what_was_typed_comes_back_and_nothing_was_sent():
    client = sent_without_a_session({"amount_minor": "415k", "note": "From the bank", "publish": "1"})
    assert sign_in(client, url()).url == url()
    page = client.get(url())
    assert page.context["form"]["amount_minor"].value() == "415k"
    assert page.context["form"]["note"].value() == "From the bank"
    assert "You had been signed out" in page.content.decode()
    assert Statement.objects.count() == 0
    assert client.get(url()).context["form"]["note"].value() == ""


def test_it_comes_back_on_its_own_page_only():
    client = sent_without_a_session({"note": "From the bank"})
    sign_in(client, url())
    assert "You had been signed out" not in client.get(reverse("staff:campaigns")).content.decode()
    assert client.get(url()).context["form"]["note"].value() == "From the bank"


def test_it_is_forgotten_after_an_hour():
    with time_machine.travel(NOW, tick=False) as clock:
        client = sent_without_a_session({"note": "From the bank"})
        clock.shift(3601)
        sign_in(client, url())
        assert client.get(url()).context["form"]["note"].value() == ""


def test_secrets_do_not_lie_in_the_session():
    client = sent_without_a_session(
        {"note": "From the bank", "new_token": "sk_live_1", "hook_secret": "whsec"}
    )
    assert client.session["unsent"]["text"] == "note=From+the+bank"


def test_more_than_a_form_is_not_kept():
    client = sent_without_a_session({"note": "x" * 70_000})
    assert "unsent" not in client.session


def test_without_the_forms_token_nothing_is_kept():
    client = Client(enforce_csrf_checks=True)
    assert client.post(url(), {"note": "From somewhere else"}).status_code == 403
    assert "unsent" not in client.session

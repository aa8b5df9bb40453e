"""“Something wrong with a figure?”: anybody may ask, without cookie, token or script, and not without end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from campaigns import tasks
from campaigns.outbox import Message
from campaigns.questions import Question
from fundtracker.models import Asked
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TYPED = {"text": "May should be £500.", "evidence_url": "", "name": "", "email": ""}


@pytest.fixture(autouse=True)
def pages():
    factories.SiteFactory()
    factories.CampaignFactory(slug="appeal", name="Appeal")
    factories.ProjectFactory(slug="bridge", name="Bridge")
    factories.FunderFactory(slug="giver", name="Giver")


def url(kind="campaigns", slug="appeal"):
    return reverse("question_about", args=[kind, slug])


def send(address=None, page=None, **typed):
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address or "192.0.2.1")
    return client.post(page or url(), TYPED | typed)


def test_a_planned_campaign_is_not_named_before_its_time():
    factories.CampaignFactory(slug="secret", publish_at=NOW + timedelta(days=3650))
    assert Client().get(url(slug="secret")).status_code == 404


def test_what_was_asked_is_kept_and_thanked_for_with_its_number():
    answer = send(name="Eve", email="eve@example.org", evidence_url="example.org/proof")
    question = Question.objects.get()
    assert answer["Location"] == reverse("question_thanks", args=[question.reference])
    assert question.reference in Client().get(answer["Location"]).content.decode()
    assert (question.campaign.name, question.text) == ("Appeal", "May should be £500.")
    assert (question.email, question.evidence_url) == ("eve@example.org", "https://example.org/proof")


@pytest.mark.parametrize(
    ("page", "about"),
    [
        (("projects", "bridge"), "Bridge"),
        (("funders", "giver"), "Giver"),
        (("campaigns", "appeal"), "Appeal"),
    ],
)
def test_it_is_about_the_page_that_it_was_sent_from(page, about):
    shown = Client().get(reverse(f"{page[0]}:{page[0][:-1]}", args=[page[1]])).content.decode()
    assert url(*page) in shown
    send(page=url(*page))
    question = Question.objects.get()
    assert (str(question.page), question.url) == (about, reverse(f"{page[0]}:{page[0][:-1]}", args=[page[1]]))


def test_or_about_the_site_as_a_whole():
    assert reverse("question") in Client().get(reverse("home")).content.decode()
    send(page=reverse("question"))
    assert (Question.objects.get().page, Question.objects.get().url) == (None, reverse("home"))


@pytest.mark.parametrize("page", [("campaigns", "none"), ("people", "ann"), ("campaigns", "hidden")])
def test_there_is_no_form_about_what_is_not_public(page):
    factories.CampaignFactory(slug="hidden", is_public=False)
    assert (Client().get(url(*page)).status_code, send(page=url(*page)).status_code) == (404, 404)


def test_the_page_is_public_like_the_others(django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = Client().get(url())
    assert (answer.status_code, answer.cookies, "Vary" in answer) == (200, {}, False)
    assert answer["Cache-Control"].startswith("public")
    assert "csrf" not in answer.content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_stays():
    answer = send(text="", email="eve@", name="Eve")
    form = answer.context["form"]
    assert form.errors == {"text": ["This field is required."], "email": ["Enter a valid email address."]}
    assert (form["email"].value(), form["name"].value(), Question.objects.count()) == ("eve@", "Eve", 0)


def test_a_message_has_an_end():
    assert "at most 4000 characters" in send(text="x" * 4001).content.decode()


def test_a_double_click_asks_once():
    first, second = send(), send()
    assert (first["Location"], Question.objects.count()) == (second["Location"], 1)
    Question.objects.update(settled_at=Now(), note="It was right.")
    assert (send()["Location"] != first["Location"], Question.objects.count()) == (True, 2)


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten():
    answer = send(website="https://spam.example")
    assert (answer.status_code, Question.objects.count(), Asked.objects.count()) == (302, 0, 0)


def test_one_address_asks_ten_times_a_day():
    statuses = [send(text=f"Number {number}").status_code for number in range(12)]
    assert statuses == [302] * 10 + [429] * 2
    assert (send("192.0.2.2").status_code, Question.objects.count()) == (302, 11)
    Asked.objects.update(at=Now() - timedelta(days=1))
    assert send().status_code == 302


def test_what_comes_too_often_stays_in_the_form():
    for number in range(11):
        answer = send(text=f"Number {number}")
    assert answer.context["form"]["text"].value() == "Number 10"
    assert "Send it tomorrow." in answer.content.decode()


def test_all_together_ask_so_often_and_no_oftener(monkeypatch):
    monkeypatch.setattr(Asked, "MOST_OF_ALL", 2)
    statuses = [send(f"192.0.2.{number}", text=str(number)).status_code for number in range(3)]
    assert statuses == [302, 302, 429]


def test_a_household_with_many_addresses_is_one(monkeypatch):
    monkeypatch.setattr(Asked, "MOST_OF_ONE", 2)
    hosts = ["2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:1:f::3", "2001:db8:1:2::1"]
    assert [send(host, text=host).status_code for host in hosts] == [302, 302, 429, 302]


def test_of_an_address_only_a_keyed_hash_is_kept_and_that_for_a_day():
    send("192.0.2.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fundtracker_asked a WHERE a::text LIKE '%%192.0.2.77%%'")
        assert cursor.fetchone() == (0,)
    Asked.objects.update(at=Now() - timedelta(hours=25))
    tasks.forget_people()
    assert Asked.objects.count() == 0


def settled(days, **fields):
    question = factories.QuestionFactory(**fields)
    Question.objects.filter(pk=question.pk).update(settled_at=Now() - timedelta(days=days), note="Corrected.")
    factories.MessageFactory(key=f"answer {uuid4()}", to=question.email, question=question)
    return question


def test_thirty_days_after_it_is_settled_nobody_is_named_any_more():
    young, old = settled(29), settled(31)
    tasks.forget_people()
    old.refresh_from_db()
    assert (old.name, old.email, old.text, old.note) == ("", "", "", "Corrected.")
    assert old.forgotten_at is not None
    assert list(Message.objects.values_list("question", flat=True)) == [young.pk]
    assert list(Question.objects.of("EVE@example.org")) == [young]


def test_no_event_of_its_history_has_what_was_written():
    settled(31)
    tables = "campaigns_questionevent", "pghistory_context"
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table} row WHERE row::text ~ 'eve@|Eve|500'")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("email", ["", "ann@example.org"])
def test_whoever_left_no_address_is_not_found_by_one(email):
    factories.QuestionFactory(email="")
    assert list(Question.objects.of(email)) == []

"""Which messages one gets, where else news goes, and what to do with those that could not be sent."""

import base64
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.outbox import Message, Webhook, Wishes
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
HOOK = "https://chat.example.org/hooks/1"


def staff(role="administrator", email="ann@example.org"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role=role))
    return client


def setup(client, **typed):
    page = reverse("staff:webhook")
    seen = client.get(page).context["seen"]
    return client.post(page, {"url": HOOK, "secret": SECRET, "seen": seen, **typed})


def kept():
    return [(row.url, row.secret) for row in Webhook.objects.all()]


def test_everybody_chooses_for_themselves():
    ann, bob = staff("viewer"), staff("viewer", "bob@example.org")
    page = reverse("staff:messages")
    assert ann.get(page).context["form"]["digest"].value() == "daily"
    for _ in range(2):
        assert ann.post(page, {"digest": "weekly"}).status_code == 302
    assert [(one.user.email, one.digest, one.alerts) for one in Wishes.objects.all()] == [
        ("ann@example.org", "weekly", False)
    ]
    assert bob.get(page).context["form"]["digest"].value() == "daily"


def test_a_secret_is_proposed_kept_sealed_and_never_shown_again():
    client = staff()
    proposed = client.get(reverse("staff:webhook")).context["form"]["secret"].value()
    assert len(base64.b64decode(proposed.removeprefix("whsec_"))) == 32
    setup(client, secret=proposed)
    assert kept() == [(HOOK, proposed)]
    assert proposed not in client.get(reverse("staff:webhook")).content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(w::text || e::text, '') FROM campaigns_webhook w, campaigns_webhookevent e"
        )
        assert proposed not in cursor.fetchone()[0]


def test_left_empty_the_secret_stays_but_not_for_another_server():
    client = staff()
    setup(client)
    setup(client, url=HOOK + "2", secret="")
    assert kept() == [(HOOK + "2", SECRET)]
    for elsewhere in ("https://evil.example.org/hooks/1", "https://chat.example.org:8443/hooks/1"):
        form = setup(client, url=elsewhere, secret="").context["form"]
        assert form.errors == {"secret": ["This is another server: type the secret for it."]}
    assert kept() == [(HOOK + "2", SECRET)]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"secret": "hunter2"}, "secret"),
        ({"secret": "whsec_" + base64.b64encode(b"short").decode()}, "secret"),
        ({"secret": ""}, "secret"),
        ({"url": "chat"}, "url"),
        ({"url": "https://ann:pw@chat.example.org/"}, "url"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(typed, field):
    form = setup(staff(), **typed).context["form"]
    assert (list(form.errors), kept()) == ([field], [])
    assert form["url"].value() == typed.get("url", HOOK)


def test_a_double_click_sends_one_test():
    client = staff()
    setup(client)
    key = uuid4()
    for _ in range(2):
        client.post(reverse("staff:webhook_test"), {"key": key})
    assert [one.subject for one in Message.objects.all()] == ["This is a test message of fundtracker."]
    assert "hx-trigger" in client.get(reverse("staff:webhook")).content.decode().partition('id="calls"')[2]


def test_removed_it_is_called_no_more():
    client = staff()
    setup(client)
    client.post(reverse("staff:webhook_test"), {"key": uuid4()})
    setup(client, remove="1")
    assert (kept(), Message.objects.count()) == ([], 0)


def test_what_could_not_be_sent_is_tried_again_or_dropped():
    client = staff()
    again, drop, other = [
        factories.MessageFactory(
            error="The mail server refused it (550).", failed_at=factories.NOW, attempts=12
        )
        for _ in range(3)
    ]
    client.post(reverse("staff:sending"), {"message": [again.pk], "again": "1"})
    client.post(reverse("staff:sending"), {"message": [drop.pk], "drop": "1"})
    assert list(Message.objects.due()) == [again]
    assert set(Message.objects.all()) == {again, other}


def test_what_was_sent_is_not_sent_again():
    sent = factories.MessageFactory(sent_at=factories.NOW)
    staff().post(reverse("staff:sending"), {"message": [sent.pk], "again": "1", "drop": "1"})
    assert list(Message.objects.due()) == []
    assert Message.objects.count() == 1


@pytest.mark.parametrize("page", ["staff:webhook", "staff:sending", "staff:webhook_test"])
def test_only_administrators_say_where_news_goes(page):
    assert staff("treasurer").post(reverse(page), {"url": HOOK, "secret": SECRET}).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
# The webhook's page is in a transaction, whose begin and end are counted.
@pytest.mark.parametrize(("page", "queries"), [("staff:webhook", 12), ("staff:sending", 10)])
def test_the_lists_ask_the_same_number_of_questions(django_assert_num_queries, page, queries, count):
    client = staff()
    factories.MessageFactory.create_batch(count, error="The mail server refused it (550).", kind="webhook")
    factories.MessageFactory.create_batch(count, sent_at=factories.NOW, kind="webhook")
    client.get(reverse(page))
    with django_assert_num_queries(queries):
        client.get(reverse(page))


@pytest.mark.parametrize("verb", [{}, {"remove": "1"}])
def test_the_second_of_two_administrators_sees_the_change_of_the_first(verb):
    ann, bob = staff(), staff(email="bob@example.org")
    setup(ann)
    seen = bob.get(reverse("staff:webhook")).context["seen"]
    setup(ann, url="https://chat.example.org/hooks/ann")
    page = setup(bob, url="https://chat.example.org/hooks/bob", seen=seen, **verb)
    assert "it is https://chat.example.org/hooks/ann now" in page.content.decode()
    assert kept() == [("https://chat.example.org/hooks/ann", SECRET)]
    setup(bob, url="https://chat.example.org/hooks/bob", seen=page.context["seen"])
    assert kept() == [("https://chat.example.org/hooks/bob", SECRET)]

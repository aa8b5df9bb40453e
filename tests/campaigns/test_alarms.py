"""Staff are told once that a source fails or is silent, and once that it works again."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from campaigns import alarms
from campaigns.outbox import Alarm, Message, Webhook
from funders.models import Source
from funders.models.sources import file_kinds
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
FAILING = {"failures": 2, "error": "Eve Example was refused (401).", "due_at": NOW + timedelta(minutes=2)}
FRESH = {"failures": 0, "error": "", "synced_at": NOW}


@pytest.fixture(autouse=True)
def reader():
    return factories.UserFactory(email="ann@example.org", role="viewer")


def fetched(**fields):
    fields = {"name": "Giving page", "kind": "opencollective", "due_at": NOW, **fields}
    return factories.SourceFactory(**fields)


def told():
    return list(Message.objects.order_by("pk").values_list("subject", flat=True))


def look(**fields):
    if fields:
        Source.objects.update(**fields)
    return alarms.watch(NOW)


def long_ago():
    Alarm.objects.update(ended_at=Now() - timedelta(hours=2))


FAILS = "fundtracker: Giving page cannot be read."
SILENT = "fundtracker: Giving page has not been read for too long."
WORKS = "fundtracker: Giving page can be read again."


def test_it_is_told_once_and_its_end_once():
    fetched(failures=1, error="503", due_at=NOW + timedelta(minutes=1))
    assert (look(), look(**FAILING), look(failures=9), look(**FRESH), look()) == (0, 1, 0, 1, 0)
    assert told() == [FAILS, WORKS]


def test_a_failure_that_is_not_tried_again_soon_is_told_at_once():
    fetched(failures=1, error="It refused the token (401).", due_at=NOW + timedelta(hours=6))
    assert (look(), told()) == (1, [FAILS])


def test_a_single_failure_ends_no_alarm():
    fetched(**FAILING)
    assert (look(), look(failures=1), told()) == (1, 0, [FAILS])


@pytest.mark.parametrize(("minutes", "told_times"), [(120, 0), (121, 1)])
def test_silence_is_told_after_two_missed_runs(minutes, told_times):
    fetched(every_minutes=60, synced_at=NOW - timedelta(minutes=minutes))
    assert (look(), told()) == (told_times, [SILENT] * told_times)


@pytest.mark.parametrize(("minutes", "told_times"), [(120, 0), (121, 1)])
def test_so_is_one_that_was_never_read_although_it_was_due(minutes, told_times):
    fetched(every_minutes=60, synced_at=None, due_at=NOW - timedelta(minutes=minutes))
    assert look() == told_times


def test_one_that_is_being_read_is_not_silent():
    fetched(synced_at=None, due_at=NOW - timedelta(days=1), lease_until=NOW + timedelta(minutes=1))
    assert look() == 0


@pytest.mark.parametrize("kind", ["manual", file_kinds()[0]])
def test_what_people_bring_is_left_to_today(kind):
    fetched(**FAILING, kind=kind)
    assert look() == 0


def test_one_that_is_paused_is_told_neither_way():
    fetched(**FAILING)
    assert (look(), look(active=False), told()) == (1, 1, [FAILS])
    assert (look(**FRESH), Alarm.objects.filter(ended_at=None).count()) == (0, 0)


def test_one_that_comes_and_goes_is_told_of_once_an_hour():
    fetched(**FAILING)
    for _ in range(5):
        look(**FAILING)
        look(**FRESH)
    assert told() == [FAILS, WORKS]
    long_ago()
    look(**FAILING)
    assert told() == [FAILS, WORKS, FAILS]


def test_it_goes_to_those_who_want_it_and_to_the_webhook_and_quotes_nobody():
    Webhook.objects.create(pk=1, url="https://chat.example.org/", secret_sealed="x")
    factories.UserFactory(email="bob@example.org", role="editor", is_active=False)
    factories.UserFactory(email="eve@example.org")
    quiet = factories.UserFactory(email="cleo@example.org", role="editor")
    factories.WishesFactory(user=quiet, alerts=False)
    fetched(**FAILING)
    look()
    assert [(one.kind, one.to) for one in Message.objects.order_by("pk")] == [
        ("email", "ann@example.org"),
        ("webhook", ""),
    ]
    assert not any("Eve Example" in one.body for one in Message.objects.all())


@pytest.mark.parametrize("count", [1, 3])
def test_looking_asks_the_same_number_of_questions(django_assert_num_queries, count):
    for number in range(count):
        fetched(name=f"Source {number}")
    with django_assert_num_queries(2):
        look()

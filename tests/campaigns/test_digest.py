"""The daily digest: at seven by the clock of the books, once a day, to those who want it, and only if there is something."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from campaigns import digest
from campaigns.outbox import Message, Morning
from funders.todo import Todo
from fundtracker import seals
from fundtracker.models import Seal, Site
from tests import factories

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 29, 12, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def site():
    return factories.SiteFactory(name="Example", time_zone="Europe/Berlin")


@pytest.fixture
def trouble():
    """For a treasurer to mend, in words of the provider."""
    return factories.SourceFactory(
        name="Giving page", kind="opencollective", failures=2, error="Eve Example was refused.", synced_at=MONDAY
    )  # fmt: skip


def reader(email="ann@example.org", role="viewer", **wishes):
    user = factories.UserFactory(email=email, role=role)
    if wishes:
        factories.WishesFactory(user=user, **wishes)
    return user


def readers():
    return list(Message.objects.order_by("to").values_list("to", flat=True))


@pytest.mark.usefixtures("trouble")
@pytest.mark.parametrize(("hour", "minute", "count"), [(4, 59, 0), (5, 0, 1), (23, 59, 0)])
def test_it_is_written_from_seven_by_the_clock_of_the_books(hour, minute, count):
    reader()
    assert digest.prepare(MONDAY.replace(hour=hour, minute=minute)) == count


@pytest.mark.usefixtures("trouble")
def test_once_a_day_however_often_the_bell_rings():
    reader()
    assert [digest.prepare(MONDAY + timedelta(minutes=n)) for n in range(3)] == [1, 0, 0]
    assert [digest.prepare(TUESDAY), len(readers())] == [1, 2]


def test_on_a_morning_without_anything_nothing_is_written_all_day():
    reader()
    assert digest.prepare(MONDAY) == 0
    factories.QuestionFactory()
    assert (digest.prepare(MONDAY + timedelta(hours=2)), readers()) == (0, [])
    assert digest.prepare(TUESDAY) == 1


@pytest.mark.usefixtures("trouble")
def test_a_worker_that_dies_on_the_way_leaves_the_day_to_the_next(monkeypatch):
    reader()
    with monkeypatch.context() as patch:
        patch.setattr(digest, "_written", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            digest.prepare(MONDAY)
    assert (Morning.objects.count(), digest.prepare(MONDAY)) == (0, 1)


CHANGES = {
    "Europe/Berlin": [(3, 29), (10, 25)],
    "America/New_York": [(3, 8), (11, 1)],
    "Africa/Cairo": [(4, 24), (10, 29)],
}


@pytest.mark.parametrize("zone", CHANGES)
def test_days_of_23_and_25_hours_have_one_too(monkeypatch, zone):
    monkeypatch.setattr(
        "campaigns.digest.every_group", lambda now: [("Group", [Todo("A thing", "", "/staff/")])]
    )
    Site.objects.update(time_zone=zone)
    reader()
    for month, day in CHANGES[zone]:
        day_before = datetime(2026, month, day, tzinfo=ZoneInfo(zone)) - timedelta(days=1)
        start = day_before.astimezone(UTC)
        for hour in range(71):
            digest.prepare(start + timedelta(hours=hour))
    written = [str(morning) for morning in Morning.objects.order_by("day")]
    days = [str(date(2026, *when) + timedelta(days=n)) for when in CHANGES[zone] for n in (-1, 0, 1)]
    assert (written, len(readers())) == (days, 6)


@pytest.mark.usefixtures("trouble")
def test_each_reader_chooses():
    reader("daily@example.org", digest="daily")
    reader("default@example.org")
    reader("weekly@example.org", digest="weekly")
    reader("none@example.org", digest="none")
    reader("nobody@example.org", role="")
    assert (digest.prepare(TUESDAY), readers()) == (2, ["daily@example.org", "default@example.org"])
    assert digest.prepare(TUESDAY + timedelta(days=6)) == 3


@pytest.mark.usefixtures("trouble")
def test_what_its_reader_can_mend_comes_first_with_a_whole_address():
    factories.QuestionFactory()
    factories.give(factories.SourceFactory(name="Bank"), factories.pounds(5))
    reader(role="editor")
    digest.prepare(MONDAY)
    message = Message.objects.get()
    assert message.subject == "Example: 3 things need a person"
    first, second = message.body.split("For others:")
    assert "* 1 question of the public is open" in first
    assert "  http://127.0.0.1:8000/staff/questions/\n" in first
    assert "* £5 of Bank reach no project (treasurer)" in second
    assert 'href="http://127.0.0.1:8000/staff/questions/"' in message.html


@pytest.mark.usefixtures("trouble")
def test_it_repeats_nothing_that_somebody_outside_said():
    reader(role="administrator")
    factories.QuestionFactory()
    digest.prepare(MONDAY)
    message = Message.objects.get()
    for private in ("Eve Example", "eve@example.org", "£500"):
        assert private not in message.body + message.html


@pytest.mark.usefixtures("trouble")
def test_its_footer_says_the_last_seal_as_check_history_takes_it():
    reader()
    factories.CostFactory()
    head = seals.seal()
    digest.prepare(MONDAY)
    message = Message.objects.get()
    assert head == f"{Seal.objects.count()}:{Seal.objects.last().digest}"
    assert message.body.endswith(f"\nmanage.py check_history --head {head}\n\n")
    assert f"<code>manage.py check_history --head {head}</code>" in message.html
    call_command("check_history", head=head)


@pytest.mark.usefixtures("trouble")
def test_its_footer_says_nothing_of_seals_where_there_is_none():
    reader()
    digest.prepare(MONDAY)
    message = Message.objects.get()
    assert "seal" not in message.body + message.html
    assert "check_history" not in message.body + message.html


@pytest.mark.usefixtures("trouble")
@pytest.mark.parametrize("count", [1, 3])
def test_it_asks_the_same_number_of_questions_for_one_reader_and_for_three(django_assert_num_queries, count):
    for number in range(count):
        reader(f"user{number}@example.org")
    with django_assert_num_queries(39):
        digest.prepare(MONDAY)

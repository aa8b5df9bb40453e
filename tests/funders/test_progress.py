"""How far a run is: told while it reads, within one long page too, to whoever looks."""

import io
import re
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from funders import leases
from funders.connectors import opencollective
from funders.connectors.base import Kind, Page, Receipt
from funders.management.commands import sync as command
from funders.models import Entry, Source, SyncRun, Upload
from funders.sync import sync
from fundtracker.money import Money
from tests.factories import NOW, SourceFactory

PROGRESS = "2 pages, 1,500 of 10,000 records, 300 a second, 0:00:28 left"


def run(**facts):
    return SyncRun(started_at=NOW, **{"state": "running", "pages": 2, **facts})


def seconds(number):
    return NOW + timedelta(seconds=number)


def test_the_rate_and_the_time_left_follow_from_what_was_read():
    one = run(rows=1_500, expected=10_000, read_at=seconds(5))
    assert (one.rate, one.left, one.progress()) == (300.0, timedelta(seconds=28), PROGRESS)


@pytest.mark.parametrize(
    ("facts", "rate", "left", "words"),
    [
        ({"rows": 0}, None, None, "2 pages, 0 records"),
        ({"rows": 0, "expected": 10}, None, None, "2 pages, 0 of 10 records"),
        ({"rows": 10, "read_at": seconds(5)}, 2.0, None, "2 pages, 10 records, 2 a second"),
        ({"rows": 10, "read_at": NOW}, None, None, "2 pages, 10 records"),
        (
            {"rows": 12, "expected": 10, "read_at": seconds(6)},
            2.0,
            timedelta(0),
            "2 pages, 12 of 10 records, 2 a second",
        ),
        (
            {"rows": 5, "expected": 10, "read_at": seconds(5), "state": "failed"},
            1.0,
            timedelta(seconds=5),
            "2 pages, 5 of 10 records, 1 a second",
        ),
    ],
    ids=["nothing read", "nothing of a total", "no total", "no time passed", "more than counted", "over"],
)
def test_what_is_not_known_is_not_told(facts, rate, left, words):
    one = run(**facts)
    assert (one.rate, one.left, one.progress()) == (rate, left, words)


def test_a_page_gets_plain_values():
    one = run(rows=1_000, expected=10_000, read_at=seconds(3), new=900, changed=60, unchanged=30, rejected=10)
    assert one.as_progress() == {
        "state": "running", "pages": 2, "rows": 1000, "expected": 10_000, "rate": 333.3, "seconds_left": 27,
        "new": 900, "changed": 60, "unchanged": 30, "rejected": 10,
    }  # fmt: skip
    assert run().as_progress()["seconds_left"] is None


@pytest.fixture
def listing(monkeypatch):
    """A provider that lists `count` gifts, all on one page, at the pace that the test sets."""

    class Listing:
        count = 2_500
        between = staticmethod(lambda number: None)

    def fetch(account, cursor, *, full):
        def items():
            for number in range(Listing.count):
                Listing.between(number)
                yield f"item {number + 1}", number

        yield Page(items(), {}, timezone.now(), total=Listing.count, last=True, whole=True)

    def parse(number, account, asked_at):
        yield Receipt(
            f"gift-{number}", Kind.DONATION, Money(100, "EUR"), datetime(2026, 1, 1, tzinfo=UTC), asked_at
        )

    monkeypatch.setattr(opencollective, "fetch", fetch)
    monkeypatch.setattr(opencollective, "parse", parse)
    return Listing


@pytest.mark.django_db
def test_whoever_watches_is_told_within_one_long_page_too(listing):
    told = []
    source = SourceFactory(kind="opencollective")
    finished = sync(source, on_page=lambda run: told.append((run.pages, run.rows, run.expected)))
    assert told == [(0, 1000, 2500), (0, 2000, 2500), (1, 2500, 2500)]
    finished.refresh_from_db()
    assert (finished.rows, finished.expected, finished.state) == (2500, 2500, "complete")
    assert finished.read_at is not None
    assert finished.ended_at is not None
    assert finished.started_at < finished.read_at <= finished.ended_at


@pytest.mark.django_db
def test_each_file_of_a_series_is_counted(monkeypatch):
    options = {"columns": {"date": "Date", "amount": "Amount"}, "currency": "EUR"}
    source = SourceFactory(kind="table", options=options)
    for name in ("a", "b"):
        file = ContentFile(
            f"Date,Amount\n2026-01-01,{ord(name) + 10}\n2026-01-02,{ord(name)}\n", f"{name}.csv"
        )
        Upload.objects.create(source=source, digest=name, file=file)
    assert (sync(source).rows, Entry.objects.count()) == (4, 4)


@pytest.mark.django_db(transaction=True)
def test_others_see_a_long_page_move_before_it_is_booked(listing, monkeypatch):
    monkeypatch.setattr(leases, "TELL_SECONDS", 0.05)
    seen = []

    def between(number):
        if number in (1_000, 2_000):
            time.sleep(0.4)
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()

    def look():
        one = SyncRun.objects.get()
        seen.append((one.rows, one.expected, one.pages, one.read_at is None, Entry.objects.count()))
        connection.close()

    listing.between = staticmethod(between)
    finished = sync(SourceFactory(kind="opencollective"))
    assert seen == [(1000, 2500, 0, False, 0), (2000, 2500, 0, False, 0)]
    finished.refresh_from_db()
    assert (finished.rows, finished.pages, finished.new, finished.state) == (2500, 1, 2500, "complete")


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_passes_a_locked_run_over_and_takes_nothing_back():
    one = SyncRun.objects.create(source=SourceFactory(), rows=10)
    with transaction.atomic():
        SyncRun.objects.select_for_update().get()
        started = time.monotonic()
        thread = threading.Thread(target=told, args=(one, 20))
        thread.start()
        thread.join(5)
        assert (thread.is_alive(), time.monotonic() - started < 2) == (False, True)
    assert SyncRun.objects.get().rows == 10
    told(one, 20)
    assert SyncRun.objects.get().rows == 20
    told(one, 15)
    assert SyncRun.objects.get().rows == 20


def told(run, rows):
    leases._tell(run, rows)
    if threading.current_thread() is not threading.main_thread():
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_as_often_as_before_whatever_is_told(monkeypatch, settings):
    settings.LEASE_SECONDS = 1.2
    monkeypatch.setattr(leases, "TELL_SECONDS", 0.05)
    source = SourceFactory()
    one, lease, renewals = SyncRun.objects.create(source=source), leases.claim(source), set()
    with leases.heartbeat(source, lease, one):
        for _ in range(20):
            one.rows += 1
            time.sleep(0.05)
            renewals.add(Source.objects.values_list("lease_until", flat=True).get())
    assert len(renewals) in (2, 3, 4)
    assert SyncRun.objects.get().rows > 0


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_finds_no_database_is_not_the_last_one(monkeypatch, settings):
    settings.LEASE_SECONDS = 0.6
    monkeypatch.setattr(leases, "TELL_SECONDS", 0.05)
    source, away = SourceFactory(), threading.Event()
    one, lease, tell = SyncRun.objects.create(source=source), leases.claim(source), leases._tell

    def told(run, rows):
        if not away.is_set():
            away.set()
            raise OperationalError("the server closed the connection")
        tell(run, rows)

    monkeypatch.setattr(leases, "_tell", told)
    with leases.heartbeat(source, lease, one):
        one.rows = 7
        assert away.wait(5)
        until = Source.objects.get().lease_until
        time.sleep(1)
        later = Source.objects.get().lease_until
        assert until
        assert later
        assert later > until
    assert SyncRun.objects.get().rows == 7


@pytest.mark.django_db
def test_the_rate_is_by_one_clock_whatever_the_databases_says(monkeypatch):
    one = SyncRun.objects.create(source=SourceFactory(), started_at=NOW)
    one.rows, one.expected = 300, 600
    with time_machine.travel(seconds(3), tick=False):
        leases._tell(one, 300)
    one.refresh_from_db()
    assert (one.rate, one.left) == (100.0, timedelta(seconds=3))


@pytest.mark.django_db
def test_without_a_terminal_a_line_says_every_few_seconds_how_far_it_is(listing, monkeypatch):
    monkeypatch.setattr(command, "EVERY_SECONDS", 0.0)
    out = io.StringIO()
    SourceFactory(kind="opencollective", slug="one", name="One")
    call_command("sync", "one", stdout=out)
    *lines, report = out.getvalue().splitlines()
    assert [re.sub(r", [\d,]+ a second.*", "", line) for line in lines] == [
        "0 pages, 1,000 of 2,500 records",
        "0 pages, 2,000 of 2,500 records",
        "1 pages, 2,500 of 2,500 records",
    ]
    assert all(re.search(r"records, [\d,]+ a second", line) for line in lines)
    assert report == "One: complete, 1 pages, 2500 new, 0 changed, 0 unchanged, 0 rejected"


@pytest.mark.django_db
def test_a_short_run_says_no_more_than_its_end(listing):
    out = io.StringIO()
    SourceFactory(kind="opencollective", slug="one", name="One")
    call_command("sync", "one", stdout=out)
    assert len(out.getvalue().splitlines()) == 1


@pytest.mark.django_db
def test_on_a_terminal_a_bar_moves_with_pages_records_and_the_rate(listing, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    listing.between = staticmethod(lambda number: time.sleep(0.15) if number == 1_500 else None)
    SourceFactory(kind="opencollective", slug="one", name="One")
    call_command("sync", "one", stdout=io.StringIO())
    drawn = terminal.getvalue()
    assert re.search(r"2000/2500 \[.* records/s, .*new=0, pages=0", drawn)
    assert re.search(r"100%.*2500/2500", drawn)

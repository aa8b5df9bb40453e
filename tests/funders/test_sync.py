"""One run of one source against a provider that speaks Open Collective's own schema over HTTP."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from funders import leases, tasks
from funders.connectors import graphql, opencollective, opencollective_pages, table
from funders.connectors.base import Page, Rejected, SchemaChanged
from funders.models import Commitment, Entry, Source, SyncRun, Upload
from funders.sandbox.people import identity
from funders.sync import sync
from fundtracker.http import FetchError
from tests.factories import SourceFactory
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with sandbox(clock) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


@pytest.fixture
def source(server):
    return Source.objects.create(
        slug="sandbox",
        name="Sandbox",
        kind="opencollective",
        account="sandbox",
        base_url=f"{server.url}/graphql/v2",
    )


def drop(server, count, *, after=30):
    """The provider forgets some gifts that nothing else speaks of."""
    world = server.world
    world.at(NOON)
    given_back = {row.refunds for row in world._rows}
    forgotten = [
        row
        for row in world._rows
        if row.kind == "CONTRIBUTION" and not row.refunds and row.key not in given_back
    ][after : after + count]
    world._rows = [row for row in world._rows if row not in forgotten]


def test_syncing_twice_is_syncing_once(source):
    first = sync(source)
    before = everything()
    again = sync(source, full=True)
    assert (first.state, again.state) == ("complete", "complete")
    assert (first.new > 100, again.new, again.changed) == (True, 0, 0)
    assert everything() == before


def test_a_later_run_reads_on_from_where_the_last_one_ended(source, clock):
    clock.now = NOON - timedelta(days=20)
    first = sync(source)
    clock.now = NOON
    run = sync(source)
    assert (run.state, run.new > 0, run.new < first.new) == ("complete", True, True)
    before = everything()
    assert (sync(source, full=True).new, everything()) == (0, before)


def test_a_wrong_token_is_said_in_words_and_other_sources_go_on(source, server):
    source.token = "wrong"
    source.save()
    run = sync(source)
    source.refresh_from_db()
    assert (run.state, run.pages, source.failures) == ("failed", 0, 1)
    assert "refused the token (401)" in source.error
    assert source.due_at - timezone.now() > timedelta(hours=5)
    other = Source.objects.create(
        slug="other", name="Other", kind="opencollective", account="sandbox", base_url=source.base_url
    )
    assert sync(other).state == "complete"


def test_a_run_that_breaks_in_the_middle_is_partial_and_the_next_one_goes_on(source, server, monkeypatch):
    monkeypatch.setattr(opencollective_pages, "LIMIT", 20)
    answers = iter([({}, 0.0)] * 3)
    server.limiter.take = lambda *asked: next(answers, ({"Retry-After": "900"}, 900.0))
    run = sync(source)
    source.refresh_from_db()
    assert (run.state, run.pages, bool(source.cursor)) == ("partial", 3, True)
    assert source.due_at - timezone.now() > timedelta(minutes=14)
    server.limiter.take = lambda *asked: ({}, 0.0)
    assert sync(source).state == "complete"
    source.refresh_from_db()
    assert (source.failures, source.error) == (0, "")
    reference = Source.objects.create(
        slug="whole", name="Whole", kind="opencollective", account="sandbox", base_url=source.base_url
    )
    sync(reference)
    assert content(source) == content(reference)


def content(source):
    return set(source.entries.values_list("external_id", "part", "kind", "amount_minor", "currency"))


def test_each_failure_in_a_row_doubles_the_rest_before_the_next_try(source, server):
    server.limiter.take = lambda *asked: ({"Retry-After": "61"}, 61.0)
    rests = []
    for _ in range(4):
        sync(source)
        source.refresh_from_db()
        rests.append(round((source.due_at - timezone.now()).total_seconds() / 60))
    assert rests == [1, 2, 4, 8]


def test_a_record_is_gone_when_two_whole_runs_in_a_row_do_not_list_it(source, server):
    sync(source)
    drop(server, 1)
    first = sync(source, full=True)
    assert (len(first.missing), first.state) == (1, "complete")
    assert not Entry.objects.filter(revision=1).exists()
    second = sync(source, full=True)
    assert (second.missing, second.state) == ([], "complete")
    taken_back = Entry.objects.filter(revision=1, part="gross")
    assert list(taken_back.values_list("external_id", flat=True)) == first.missing


def test_more_than_one_in_a_hundred_gone_stops_for_staff(source, server):
    sync(source)
    drop(server, 5)
    for _ in range(2):
        run = sync(source, full=True)
    source.refresh_from_db()
    assert run.state == "partial"
    assert source.error.startswith("The provider no longer lists 5 of ")
    assert not Entry.objects.filter(revision=1).exists()


def test_while_a_record_is_rejected_none_is_concluded_gone(source, monkeypatch):
    sync(source)
    original = opencollective.parse

    def parse(node, *rest):
        if node["id"] == unreadable:
            raise Rejected("an amount cannot be booked")
        return original(node, *rest)

    unreadable = Entry.objects.filter(part="gross", kind="donation").latest("pk").external_id
    monkeypatch.setattr(opencollective, "parse", parse)
    runs = [sync(source, full=True) for _ in range(2)]
    source.refresh_from_db()
    assert [(run.state, run.rejected, run.missing) for run in runs] == [("partial", 1, [])] * 2
    assert source.error.startswith("1 records cannot be booked, so it is not known whether others are gone")
    assert not Entry.objects.filter(revision=1).exists()


def overstated(monkeypatch, operation):
    """The provider counts one record more than it lists."""

    def answer(*asked):
        data, asked_at = graphql.answer(*asked)
        if asked[3] == operation:
            data["account"]["page"]["totalCount"] += 1
        return data, asked_at

    monkeypatch.setattr(opencollective_pages, "answer", answer)


@pytest.mark.parametrize("operation", ["Transactions", "Orders"])
def test_a_listing_shorter_than_the_providers_count_concludes_nothing(source, server, monkeypatch, operation):
    sync(source)
    drop(server, 1)
    overstated(monkeypatch, operation)
    runs = [sync(source, full=True) for _ in range(2)]
    assert [(run.state, run.missing) for run in runs] == [("partial", [])] * 2
    assert runs[0].error.startswith("The provider listed fewer than the ")
    assert not Entry.objects.filter(revision=1).exists()


def test_a_listing_in_small_windows_is_whole_all_the_same(source, monkeypatch):
    monkeypatch.setattr(opencollective_pages, "LIMIT", 20)
    sync(source)
    assert sync(source, full=True).state == "complete"


def test_a_provider_that_never_lists_everything_is_never_asked_what_is_gone(source, server, monkeypatch):
    monkeypatch.setattr(opencollective, "COMPLETE", False)
    sync(source)
    drop(server, 1)
    runs = [sync(source, full=True) for _ in range(2)]
    assert [(run.state, run.missing) for run in runs] == [("complete", [])] * 2
    assert not Entry.objects.filter(revision=1).exists()


def test_a_whole_run_that_concluded_nothing_is_not_repeated_at_once(source, server):
    sync(source)
    drop(server, 5)
    assert sync(source, full=True).state == "partial"
    assert (sync(source).full, sync(source, full=True).full) == (False, True)
    SyncRun.objects.update(started_at=timezone.now() - timedelta(days=31))
    assert sync(source).full


def test_a_whole_run_that_broke_off_is_repeated_a_day_later_and_keeps_nothing_new_waiting(
    source, monkeypatch
):
    sync(source)

    def answer(*asked):
        raise FetchError("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(opencollective_pages, "answer", answer)
        assert not sync(source, full=True).finished
    run = sync(source)
    assert (run.full, run.state) == (False, "complete")
    SyncRun.objects.update(started_at=timezone.now() - timedelta(days=1))
    assert sync(source).full


def unlist(server, external_id):
    world = server.world
    world.at(NOON)
    kept = [order for order in world._orders if identity(world.seed, order.key) != external_id]
    assert len(kept) == len(world._orders) - 1
    world._orders = kept


def test_a_subscription_that_two_whole_runs_do_not_list_has_ended(source, server):
    sync(source)
    promise = running()
    unlist(server, promise.external_id)
    first, state = sync(source, full=True), Commitment.objects.get(pk=promise.pk).state
    assert (first.state, first.promises_missing, state) == ("complete", [promise.external_id], "active")
    second = sync(source, full=True)
    promise.refresh_from_db()
    assert (second.promises_missing, promise.state) == ([], "ended")
    assert promise.ends_on == timezone.now().date()


def test_a_subscription_that_is_listed_again_goes_on(source):
    sync(source)
    promise = running()
    Commitment.objects.filter(pk=promise.pk).update(state="ended", ends_on=NOON.date())
    sync(source)
    promise.refresh_from_db()
    assert (promise.state, promise.ends_on) == ("active", None)


def running():
    """A subscription without a receipt that speaks of it too."""
    return Commitment.objects.filter(state="active", frequency="monthly").latest("pk")


def test_a_changed_schema_stops_the_source_before_anything_of_the_page_is_booked(source, monkeypatch):

    def changed(*asked):
        data, asked_at = graphql.answer(*asked)
        for node in data["account"]["page"]["nodes"]:
            node.pop("amountInHostCurrency", None)
        return data, asked_at

    monkeypatch.setattr(opencollective_pages, "answer", changed)
    run = sync(source)
    assert (run.state, Entry.objects.count()) == ("failed", 0)
    assert run.error.startswith("page 1, item 1: ")


def test_a_run_that_lost_its_lease_books_nothing_more(source, monkeypatch):
    monkeypatch.setattr(opencollective_pages, "LIMIT", 20)
    thief = uuid.uuid4()

    def steal(run):
        Source.objects.update(lease=thief)

    run = sync(source, on_page=steal)
    source.refresh_from_db()
    assert (run.state, run.pages, source.lease) == ("partial", 1, thief)
    assert run.error == "Another worker has taken this source over; what was booked stays."


def test_a_run_that_lost_its_lease_leaves_the_source_to_the_other(source, monkeypatch):
    before = Source.objects.values("error", "failures", "due_at", "synced_at", "cursor").get()

    def answer(*asked):
        Source.objects.update(lease=uuid.uuid4())
        raise FetchError("no answer")

    monkeypatch.setattr(opencollective_pages, "answer", answer)
    assert sync(source).state == "failed"
    assert Source.objects.values("error", "failures", "due_at", "synced_at", "cursor").get() == before


def test_a_run_that_lost_its_lease_at_its_end_did_not_succeed(source):
    def steal(run):
        if run.pages == 4:
            Source.objects.update(lease=uuid.uuid4())

    run = sync(source, on_page=steal)
    source.refresh_from_db()
    assert (run.pages, run.state, source.synced_at) == (4, "partial", None)


def test_bells_that_nobody_hears_lapse(source, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.sync_source, "apply_async", lambda args, **more: rung.append((args, more)))
    assert tasks.sync_due_sources() == 1
    assert rung == [((source.pk,), {"expires": 20})]


def test_a_lease_that_is_anothers_moves_nothing(source):
    leases.claim(source)
    with pytest.raises(leases.LeaseLost):
        leases.move(source, uuid.uuid4(), error="wrong")
    source.refresh_from_db()
    assert source.error == ""


def test_a_run_that_was_killed_is_marked_by_the_next_one(source):
    SyncRun.objects.create(source=source)
    sync(source)
    killed = SyncRun.objects.earliest("pk")
    assert (killed.state, killed.ended_at is None) == ("failed", False)


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, 1),
        ({"active": False}, 0),
        ({"due_at": timezone.now() + timedelta(hours=1)}, 0),
        ({"lease_until": timezone.now() + timedelta(hours=1)}, 0),
        ({"lease_until": timezone.now() - timedelta(hours=1)}, 1),
        ({"kind": "manual"}, 0),
    ],
)
def test_a_source_is_due_when_active_late_and_nobody_elses(source, changes, due):
    Source.objects.update(**changes)
    assert Source.objects.due().count() == due


UNREADABLE = "“\0\ud800\x1b” in it"


@pytest.mark.parametrize(
    ("fetched", "parsed", "state", "error", "rejections"),
    [
        (None, Rejected(UNREADABLE), "complete", "", [{"where": "item 1", "why": "“” in it"}]),
        (None, SchemaChanged(UNREADABLE), "failed", "item 1: “” in it", []),
        (FetchError(UNREADABLE), None, "failed", "“” in it", []),
        (Rejected(UNREADABLE), None, "failed", "“” in it", []),
    ],
    ids=["record", "schema", "answer", "page"],
)
def test_letters_that_nobody_can_store_or_read_never_keep_a_run_from_saying_what_is_wrong(
    source, monkeypatch, fetched, parsed, state, error, rejections
):
    def fetch(account, cursor, *, full):
        if fetched:
            raise fetched
        yield Page([("item\0 1\udfff", None)], {}, timezone.now(), last=True)

    def parse(item, account, asked_at):
        raise parsed

    monkeypatch.setattr(opencollective, "fetch", fetch)
    monkeypatch.setattr(opencollective, "parse", parse)
    sync(source)
    run = SyncRun.objects.get()
    source.refresh_from_db()
    assert (run.state, run.error, source.error, run.rejections) == (state, error, error, rejections)
    assert (run.ended_at is None, source.lease) == (False, None)


def test_letters_that_nobody_can_store_or_read_keep_no_file_from_being_refused(monkeypatch):
    def fetch(account, cursor, *, full):
        raise Rejected(UNREADABLE)

    monkeypatch.setattr(table, "fetch", fetch)
    files = SourceFactory(kind="table")
    upload = Upload.objects.create(source=files, digest="a", name="a.csv", file=ContentFile("a", "a.csv"))
    run = sync(files)
    upload.refresh_from_db()
    assert (run.state, run.error, upload.refused) == ("failed", "a.csv: “” in it", "“” in it")


@pytest.mark.parametrize("total", [-1, 2**31])
def test_a_count_that_no_provider_can_have_is_said_in_words(source, monkeypatch, total):
    def fetch(account, cursor, *, full):
        yield Page((), {}, timezone.now(), total=total, last=True)

    monkeypatch.setattr(opencollective, "fetch", fetch)
    run = sync(source)
    run.refresh_from_db()
    source.refresh_from_db()
    words = f"the provider counts {total} records, which cannot be: this needs a developer"
    assert (run.state, run.error, run.expected) == ("failed", words, None)
    assert (source.error, source.lease) == (words, None)

"""From GitHub to the ledger: what is observed, what the export says of it, and that no payment counts twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.core.files.base import ContentFile
from django.db.models import Sum
from django.utils import timezone

from funders import sync
from funders.connectors import github_export, github_pages, graphql
from funders.models import Commitment, DailyTotal, Entry, Giver, Source, SyncRun
from funders.sandbox import github as sandbox_github
from funders.sandbox.github_sponsors import Sponsor, given_back, sponsors
from funders.sandbox.server import Server
from fundtracker.http import FetchError
from tests.funders.sandboxes import everything, sandbox

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
END = datetime(2026, 3, 30, 12, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
RAISED = ("sponsorship", "refund", "chargeback")


class World:
    """GitHub at a moment that is ours too."""

    def __init__(self, server: Server, traveller: Any) -> None:
        self.server, self.traveller, self.now = server, traveller, START

    def go(self, moment: datetime) -> None:
        self.now = moment
        self.traveller.move_to(moment)


@pytest.fixture
def world(settings, tmp_path, monkeypatch) -> Iterator[World]:
    # The database's clock stands elsewhere, and would ask for a whole run each time.
    monkeypatch.setattr(sync, "_full_is_due", lambda source: False)
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    settings.MEDIA_ROOT = str(tmp_path)
    with time_machine.travel(START, tick=False) as traveller, sandbox(lambda: one.now, live=FAR) as server:
        one = World(server, traveller)
        yield one


def api(world: World, slug: str = "api", **options: Any) -> Source:
    source = Source(slug=slug, name=slug, kind="github", account="sandbox", options=options)
    source.base_url, source.token = f"{world.server.url}/github/graphql", "sandbox"
    source.save()
    return source


def export(world: World, kind: str = "csv") -> SyncRun:
    content = requests.get(f"{world.server.url}/github/export.{kind}", timeout=10).content
    return export_of(content, f"{world.now:%m-%d}.{kind}")


def export_of(content: bytes, name: str) -> SyncRun:
    source, _ = Source.objects.get_or_create(
        slug="export", name="export", kind="github_export", account="sandbox", is_sandbox=True
    )
    source.uploads.create(file=ContentFile(content, name), name=name, digest=name, uploaded_at=timezone.now())
    return sync.sync(source)


def read(source: Source, *, full: bool = False) -> SyncRun:
    run = sync.sync(source, full=full)
    assert (run.state, run.error) == ("complete", "")
    return run


def watch(world: World, source: Source, *, until: datetime, every: timedelta = timedelta(days=7)) -> None:
    read(source)
    while world.now < until:
        world.go(min(world.now + every, until))
        read(source)


def raised(**sources: Any) -> int:
    found = DailyTotal.objects.filter(counted_as__in=RAISED, **sources)
    return found.aggregate(cents=Sum("amount_minor"))["cents"] or 0


def paid(world: World, *, since: datetime | None = None, seen: bool = False) -> int:
    """What GitHub has had and kept; `seen`: only what a sponsor's total tells of it."""
    return sum(
        payment.cents
        for one in sponsors(world.server.foundation, world.now)
        if not one.at_patreon and not (seen and one.left)
        for payment in one.payments
        if not payment.failed and not given_back(payment) and (since is None or payment.at > since)
    )


def notes(source: Source) -> dict[str, Any]:
    source.refresh_from_db()
    return dict(source.cursor["observed"]["sponsors"])


def test_without_the_setting_no_money_is_ever_booked(world):
    source = api(world)
    watch(world, source, until=END)
    assert (Entry.objects.count(), Commitment.objects.filter(state="active").exists()) == (0, True)
    source.refresh_from_db()
    assert source.cursor == {}


def test_the_first_run_only_notes_the_totals(world):
    source = api(world, book_observed=True)
    read(source)
    assert Entry.objects.count() == 0
    assert sum(total for [total] in notes(source).values()) == paid(world, seen=True)


def test_what_totals_rise_is_booked_once(world):
    source = api(world, book_observed=True)
    watch(world, source, until=END)
    before = {key: value for key, value in everything().items() if key != "funders_commitment"}
    rose = raised()
    assert rose == paid(world, since=START, seen=True) > 0
    again = [read(source), read(source, full=True), read(source)]
    assert [(run.new, run.changed, run.missing) for run in again] == [(0, 0, [])] * 3
    assert {key: value for key, value in everything().items() if key != "funders_commitment"} == before


def test_an_observed_payment_is_never_dated_too_late(world):
    source = api(world, book_observed=True)
    watch(world, source, until=END)
    days = {entry.occurred_at for entry in Entry.objects.filter(part="gross")}
    assert days <= {START + timedelta(days=7 * number) for number in range(4)}
    assert set(Entry.objects.values_list("kind", "currency")) == {("sponsorship", "USD")}


def test_the_notes_name_nobody(world):
    source = api(world, book_observed=True)
    watch(world, source, until=END)
    source.refresh_from_db()
    written = str(source.cursor) + str(list(Entry.objects.values_list("external_id", "payment_ref")))
    assert "giver" not in written
    assert "kgDO" not in written


def test_a_private_sponsors_observed_payment_is_anonymous(world):
    watch(world, api(world, book_observed=True), until=END)
    public = {
        one.giver for one in sponsors(world.server.foundation, world.now) if one.public and not one.left
    }
    names = set(Giver.objects.exclude(name="").values_list("name", flat=True))
    assert names
    assert names <= {giver.name for giver in public} | {giver.handle for giver in public}
    assert Entry.objects.filter(show_name=False, giver__name="").exists()


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_an_export_holds_every_payment_and_every_refund(world, kind):
    world.go(END)
    run = export(world, kind)
    assert (run.state, run.rejected) == ("complete", 0)
    assert raised() == paid(world) > 0
    assert Entry.objects.filter(kind="refund").exists()


def test_both_forms_of_the_export_are_one_ledger(world):
    world.go(END)
    export(world, "csv")
    before = raised()
    assert (export(world, "json").new, raised()) == (0, before)


@pytest.mark.parametrize("first", ["observed", "export"])
def test_an_export_counts_instead_of_what_was_observed_in_any_order(world, first):
    source = api(world, book_observed=True)
    watch(world, source, until=END - timedelta(days=7))
    if first == "export":
        world.go(END)
        export(world)
        read(source)
    else:
        watch(world, source, until=END)
        export(world)
    assert Entry.objects.filter(source=source).exists()
    assert raised() == raised(source__kind="github_export") == paid(world)


def test_two_payments_of_one_month_are_two_in_the_export_and_what_was_observed_is_neither(world, monkeypatch):
    """A monthly sponsor who gives something extra: one name for both payments, and both count."""
    source = api(world, book_observed=True)
    read(source)
    world.go(world.now + timedelta(minutes=10))
    totals(world, 1000, monkeypatch)
    read(source)
    handle = lowest(world).giver.handle
    line = f"{handle},,true,false,{{}},$5 a month,$5.00,settled,2026-03-0{{}} 10:00:00 +0000"
    rows = (",".join(github_export.NEEDED), line.format("ch_one", 1), line.format("ch_two", 2))
    assert export_of("\n".join(rows).encode(), "two.csv").state == "complete"
    assert raised() == raised(source__kind="github_export") == 1000


@pytest.mark.parametrize("status", ["failed", "voided"])
def test_a_payment_that_failed_after_all_is_taken_back_by_the_next_export(world, status):
    line = "sandbox-giver-1,,true,false,ch_one,$5 a month,$5.00,{},2026-03-01 10:00:00 +0000"
    for word, cents in (("settled", 500), (status, 0), ("settled", 500)):
        world.go(world.now + timedelta(hours=1))
        rows = (",".join(github_export.NEEDED), line.format(word))
        assert export_of("\n".join(rows).encode(), f"{world.now:%H}.csv").state == "complete"
        assert raised() == cents


def test_what_came_after_the_export_is_observed_until_the_next(world):
    source = api(world, book_observed=True)
    export(world)
    exported = raised()
    read(source)
    watch(world, source, until=END)
    assert raised() > exported


def lowest(world: World) -> Sponsor:
    """A sponsor with a total, always the same one."""
    found = [one for one in sponsors(world.server.foundation, START) if one.kept() and not one.left]
    return min((one for one in found if not one.at_patreon), key=lambda one: one.giver.handle)


def totals(world: World, change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on that sponsor's total is `change` cents above what it would be."""
    original, giver = Sponsor.kept, lowest(world).giver
    monkeypatch.setattr(Sponsor, "kept", lambda one: original(one) + (change if one.giver == giver else 0))


def test_a_fall_makes_what_was_observed_smaller(world, monkeypatch):
    source = api(world, book_observed=True)
    read(source)
    for change, cents in ((700, 700), (700, 1400), (-900, 500), (-500, 0), (300, 300)):
        world.go(world.now + timedelta(minutes=10))
        totals(world, change, monkeypatch)
        read(source)
        assert raised() == cents
    assert set(Entry.objects.values_list("external_id", flat=True).distinct()).__len__() == 1


def test_a_fall_of_more_than_was_observed_is_said_once(world, monkeypatch):
    source = api(world, book_observed=True)
    read(source)
    world.go(world.now + timedelta(minutes=10))
    totals(world, -100, monkeypatch)
    run = read(source)
    assert (run.rejected, raised()) == (1, 0)
    assert run.rejections[0]["why"] == (
        "a total fell by 1.00 USD, more than was observed of it last: "
        "upload GitHub's export, which lists every payment"
    )
    assert read(source).rejected == 0


def test_a_rise_that_may_be_of_two_months_is_said_and_not_booked(world, monkeypatch):
    source = api(world, book_observed=True)
    world.go(datetime(2026, 3, 31, 23, 50, tzinfo=UTC))
    read(source)
    world.go(datetime(2026, 4, 1, 0, 10, tzinfo=UTC))
    totals(world, 500, monkeypatch)
    run = read(source)
    assert (run.rejected, raised()) == (1, 0)
    assert (
        "a total rose by 5.00 USD between 2026-03-31 23:50 and 2026-04-01 00:10" in run.rejections[0]["why"]
    )
    assert read(source).rejected == 0


def test_each_month_of_a_sponsor_is_a_receipt_of_its_own(world, monkeypatch):
    source = api(world, book_observed=True)
    read(source)
    for moment in (
        START + timedelta(hours=1),
        datetime(2026, 4, 2, tzinfo=UTC),
        datetime(2026, 4, 3, tzinfo=UTC),
    ):
        world.go(moment)
        read(source)
        world.go(moment + timedelta(minutes=10))
        totals(world, 500, monkeypatch)
        read(source)
    observed = Entry.objects.filter(external_id__startswith="observed:", revision=0, amount_minor=500)
    assert sorted(one.external_id[-7:] for one in observed) == ["2026-03", "2026-04"]


def test_what_somebody_had_paid_before_they_were_shown_is_no_rise(world, monkeypatch):
    """An organisation that hid behind its single sign-on, until the token was let in."""
    source, hidden = api(world, book_observed=True), lowest(world)
    assert hidden.kept() > 0
    with monkeypatch.context() as closed:
        closed.setattr(
            sandbox_github,
            "sponsors",
            lambda *asked: [one for one in sponsors(*asked) if one.id != hidden.id],
        )
        read(source)
    world.go(world.now + timedelta(minutes=10))
    run = read(source)
    assert (run.rejected, raised()) == (1, 0)
    assert "began on" in run.rejections[0]["why"]
    assert read(source).rejected == 0
    world.go(world.now + timedelta(minutes=10))
    totals(world, 700, monkeypatch)
    assert (read(source).rejected, raised()) == (0, 700)


@pytest.mark.parametrize("operation", ["Activities", "Sponsorships", "LifetimeValues"])
def test_a_run_that_is_killed_anywhere_books_nothing_twice_and_nothing_never(world, monkeypatch, operation):
    source = api(world, book_observed=True)
    read(source)
    world.go(END)
    monkeypatch.setattr(github_pages, "LIMIT", 10)
    asked: list[str] = []

    def dies(*question: Any) -> Any:
        asked.append(question[3])
        if asked.count(operation) == 2:
            raise FetchError("no answer")
        return graphql.answer(*question)

    with monkeypatch.context() as broken:
        broken.setattr(github_pages, "answer", dies)
        assert sync.sync(source).state in ("failed", "partial")
    assert raised() == 0
    read(source)
    assert raised() == paid(world, since=START, seen=True)


def test_an_observed_payment_is_never_listed_again_and_not_gone(world):
    source = api(world, book_observed=True)
    watch(world, source, until=END)
    before = raised()
    runs = [read(source, full=True) for _ in range(3)]
    assert ([run.missing for run in runs], raised()) == ([[], [], []], before)


def test_a_sponsorship_that_is_no_longer_listed_is_missed(world, monkeypatch):
    world.go(datetime(2026, 9, 20, 12, tzinfo=UTC))
    source = api(world)
    read(source)
    known = Commitment.objects.exclude(state="ended")
    gone = known.latest("pk").external_id
    monkeypatch.setattr(
        sandbox_github, "sponsors", lambda *asked: [one for one in sponsors(*asked) if one.id != gone]
    )
    run = sync.sync(source, full=True)
    assert run.error.startswith(f"The provider no longer lists 1 of {known.count()} records")

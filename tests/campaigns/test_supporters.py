"""Who counts as a supporter: DESIGN section 4."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import supporters
from campaigns.models import Campaign
from funders import ledger
from funders.connectors.base import GiverRef, Purpose
from funders.models import Funder, Giver, SyncRun
from projects.models import Stream
from tests.campaigns.test_progress import campaign, day, source
from tests.funders.test_ledger import gift, refund

pytestmark = pytest.mark.django_db


def test_supporters_are_distinct_givers_with_a_positive_sum_in_the_window():
    bank = source()
    spring = campaign(sources=[bank])
    ledger.record(
        bank,
        [
            gift("a1", giver=GiverRef("alice", "Alice", public=True)),
            gift("a2", giver=GiverRef("alice", "Alice", public=True)),
            gift("b1", giver=GiverRef("bob")),
            gift("c1", giver=GiverRef("charlie")),
            refund("c2", of="c1", giver=GiverRef("charlie")),
            gift("old", on=-400, giver=GiverRef("dora")),
            gift("nobody"),
        ],
    )
    assert supporters.count(spring, today=day(180)) == 2


def test_the_identities_of_one_funder_are_one_supporter():
    bank = source()
    spring = campaign(sources=[bank])
    ledger.record(bank, [gift("a", giver=GiverRef("a")), gift("b", giver=GiverRef("b"))])
    assert supporters.count(spring, today=day(180)) == 2
    Giver.objects.update(funder=Funder.objects.create(slug="acme", name="Acme"))
    assert supporters.count(spring, today=day(180)) == 1


def test_supporters_are_counted_again_only_after_a_sync():
    bank = source()
    campaign(sources=[bank])
    ledger.record(bank, [gift(giver=GiverRef("alice"))])
    assert supporters.recount(today=day(180)) == 1
    assert Campaign.objects.get().supporters == 1
    assert supporters.recount(today=day(180)) == 0
    SyncRun.objects.create(source=bank, ended_at=timezone.now() + timedelta(seconds=1))
    assert supporters.recount(today=day(180)) == 1


def counted(spring):
    return supporters.count(spring, today=day(180))


def test_givers_of_money_before_the_start_count_only_if_the_campaign_says_so():
    bank = source()
    ledger.record(bank, [gift("old", on=-40, giver=GiverRef("alice"))])
    earlier = campaign(sources=[bank], counts_earlier=True)
    later = campaign("later")
    later.streams.set(earlier.streams.all())
    assert (counted(earlier), counted(later)) == (1, 0)


def test_givers_for_another_purpose_do_not_count():
    bank = source()
    security = campaign(sources=[bank], purposes=["security"])
    ledger.record(
        bank,
        [
            gift("a", giver=GiverRef("alice")),
            gift("b", giver=GiverRef("bob"), purpose=Purpose.SECURITY),
        ],
    )
    assert counted(security) == 1


def test_givers_to_a_designation_with_a_stream_of_its_own_are_its_supporters():
    bank = source()
    spring = campaign(sources=[bank])
    docs = campaign("docs", sources=[bank], designation="docs")
    ledger.record(
        bank,
        [
            gift("a", giver=GiverRef("alice")),
            gift("b", giver=GiverRef("bob")),
            gift("c", giver=GiverRef("charlie"), designation="docs"),
        ],
    )
    assert (counted(spring), counted(docs)) == (2, 1)


def test_givers_count_on_the_days_of_the_stream():
    bank = source()
    spring = campaign(sources=[bank])
    Stream.objects.update(starts_on=day(50), ends_on=day(99))
    docs = Stream.objects.create(
        project=spring.project, source=bank, designation="docs", starts_on=day(70), ends_on=day(80)
    )
    ledger.record(
        bank,
        [
            *(gift(str(on), on=on, giver=GiverRef(str(on))) for on in (49, 50, 99, 100)),
            *(gift(f"d{n}", on=n, giver=GiverRef(f"d{n}"), designation="docs") for n in (69, 70, 80, 81)),
        ],
    )
    assert counted(spring) == 2 + 2
    spring.streams.set([docs])
    assert counted(spring) == 2


def test_what_syncs_during_the_count_is_counted_again(monkeypatch):
    bank = source()
    campaign(sources=[bank])

    def overtaken(campaign, *, today):
        SyncRun.objects.create(source=bank, ended_at=timezone.now())
        return 0

    monkeypatch.setattr(supporters, "count", overtaken)
    assert [supporters.recount(today=day(180)) for _ in range(2)] == [1, 1]

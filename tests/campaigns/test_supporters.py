"""Who counts as a supporter: DESIGN section 4."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import supporters
from campaigns.models import Campaign
from funders import ledger
from funders.connectors.base import GiverRef
from funders.models import Funder, Giver, Source
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
    Source.objects.update(synced_at=timezone.now() + timedelta(seconds=1))
    assert supporters.recount(today=day(180)) == 1

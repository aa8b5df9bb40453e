"""Who gives: no name that is not public, no group that points at somebody."""

from datetime import date

import pytest

from campaigns.givers import Group, by_tier, merged
from campaigns.models import Campaign
from funders.models import Tier
from tests.factories import (
    CampaignFactory,
    CommitmentFactory,
    FunderFactory,
    GiverFactory,
    SourceFactory,
    StreamFactory,
    TierFactory,
)

ON = date(2026, 6, 30)


def shown(source):
    return by_tier(CampaignFactory(sources=[source]), on=ON)


def group(givers, public):
    return Group(None, givers, public)


def rest(givers, public):
    return Group(None, givers, public, merged=True)


def test_unnamed_givers_of_small_groups_are_put_together_and_the_named_stay():
    assert merged([group(5, 0), group(2, 1), group(2, 0)]) == [group(5, 0), group(1, 1), rest(3, 0)]


def test_a_small_group_stays_where_all_its_gifts_are_public():
    assert merged([group(1, 1), group(7, 2)]) == [group(1, 1), group(7, 2)]


def test_too_few_take_in_the_unnamed_of_the_next_smallest_that_hides_enough():
    assert merged([group(2, 2), group(9, 4), group(4, 1), group(1, 0)]) == [
        group(2, 2),
        group(9, 4),
        group(1, 1),
        rest(4, 0),
    ]


def test_a_single_unnamed_giver_goes_in_with_the_last_public_group_and_is_not_counted():
    [first, together] = merged([group(1, 1), group(5, 5), group(1, 0)])
    assert (first, together) == (group(1, 1), rest(6, 5))
    assert not together.may_be_counted


def test_as_many_public_groups_go_in_as_it_takes():
    assert merged([group(4, 4), group(1, 1), group(1, 0), group(1, 1)]) == [group(4, 4), rest(3, 2)]


@pytest.mark.parametrize("unnamed", [1, 2])
def test_one_or_two_unnamed_of_a_group_are_neither_counted_nor_of_that_group(unnamed):
    [named, together] = merged([group(2 + unnamed, 2)])
    assert (named, together) == (group(2, 2), rest(unnamed, 0))
    assert not together.may_be_counted


def test_three_unnamed_of_a_group_stay_in_it():
    assert merged([group(5, 2)]) == [group(5, 2)]


def test_one_person_in_all_has_no_tier_and_no_price():
    [alone] = merged([Group(Tier(name="Gold", amount_minor=100, currency="USD", note="Rare"), 1, 0)])
    assert (alone.tier, alone.price, alone.may_be_counted) == (None, None, False)


@pytest.mark.django_db
def test_tiers_come_in_their_order_with_public_names_only():
    source = SourceFactory()
    silver, gold = TierFactory(source=source, position=2), TierFactory(source=source, position=1)
    CommitmentFactory(source=source, tier=gold, giver__name="Alice Ltd")
    for name in ("Bob", "Carol", "Dave", "Eve", "Frank"):
        CommitmentFactory(source=source, tier=silver, giver__name=name, show_name=name in ("Bob", "Dave"))
    groups = shown(source)
    assert [(one.tier, one.givers, one.public) for one in groups] == [(gold, 1, 1), (silver, 5, 2)]
    assert [[name.giver.name for name in one.names] for one in groups] == [["Alice Ltd"], ["Bob", "Dave"]]


@pytest.mark.django_db
def test_a_giver_with_two_promises_counts_once():
    source = SourceFactory()
    giver = GiverFactory(source=source)
    CommitmentFactory.create_batch(2, source=source, giver=giver)
    [group] = shown(source)
    assert (group.givers, len(group.names)) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"state": "ended"},
        {"state": "paused"},
        {"ends_on": date(2026, 6, 29)},
        {"starts_on": date(2026, 7, 1)},
    ],
)
def test_what_does_not_run_on_the_day_is_left_out(fields):
    commitment = CommitmentFactory(**fields)
    assert shown(commitment.source) == []


@pytest.mark.django_db
def test_a_funder_that_may_not_be_named_is_not_named_by_its_account():
    source = SourceFactory()
    CommitmentFactory(source=source, giver__name="Charlie", giver__funder=FunderFactory(is_public=False))
    [alone] = shown(source)
    assert (alone.names, alone.public, alone.givers) == ((), 0, 1)


def promises(source, *designations, **fields):
    for designation in designations:
        CommitmentFactory(source=source, designation=designation, giver__name=designation or "All", **fields)


def named(campaign):
    return sorted(one.giver.name for group in by_tier(campaign, on=ON) for one in group.names)


@pytest.mark.django_db
def test_a_designations_stream_wins_over_its_sources():
    source = SourceFactory()
    whole, bridges = CampaignFactory(sources=[source]), CampaignFactory()
    bridges.streams.add(StreamFactory(source=source, designation="bridges"))
    promises(source, "", "bridges", "server")
    assert (named(whole), named(bridges)) == (["All", "server"], ["bridges"])


@pytest.mark.django_db
def test_a_stream_counts_only_on_its_days():
    source = SourceFactory()
    past, campaign = CampaignFactory(), CampaignFactory(sources=[source])
    past.streams.add(StreamFactory(source=source, designation="bridges", ends_on=date(2026, 6, 29)))
    promises(source, "bridges")
    assert (named(past), named(campaign)) == ([], ["bridges"])


@pytest.mark.django_db
def test_only_purposes_that_count_are_shown_the_promises_own_before_its_streams():
    source = SourceFactory()
    campaign = CampaignFactory(purposes=["security"])
    campaign.streams.add(StreamFactory(source=source, purpose="security"))
    promises(source, "inherits", purpose=None)
    promises(source, "features", purpose="features")
    promises(source, "security", purpose="security")
    assert named(campaign) == ["inherits", "security"]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_five_queries_however_many_tiers(number, django_assert_num_queries):
    source = SourceFactory()
    CampaignFactory(sources=[source])
    for _ in range(number):
        CommitmentFactory.create_batch(3, source=source, tier=TierFactory(source=source))
    campaign = Campaign.objects.for_page().get()
    with django_assert_num_queries(5):
        assert len(by_tier(campaign, on=ON)) == number

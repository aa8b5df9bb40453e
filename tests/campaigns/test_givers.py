"""Who gives: no name that is not public, no group that points at somebody."""

from datetime import date

import pytest

from campaigns.givers import Group, by_tier, merged
from tests.factories import CommitmentFactory, GiverFactory, SourceFactory, TierFactory

ON = date(2026, 6, 30)


def group(givers, public):
    return Group(None, givers, public)


def test_small_groups_with_somebody_unnamed_become_one():
    assert merged([group(5, 0), group(2, 1), group(1, 0)]) == [
        group(5, 0),
        Group(None, 3, 1, merged=True),
    ]


def test_a_small_group_stays_where_all_its_gifts_are_public():
    assert merged([group(1, 1), group(7, 2)]) == [group(1, 1), group(7, 2)]


def test_one_small_group_takes_in_the_next_smallest_that_hides_somebody():
    assert merged([group(2, 2), group(9, 4), group(4, 1), group(1, 0)]) == [
        group(2, 2),
        group(9, 4),
        Group(None, 5, 1, merged=True),
    ]


def test_two_people_in_all_are_not_counted():
    [alone] = merged([group(2, 1)])
    assert not alone.may_be_counted


@pytest.mark.django_db
def test_tiers_come_in_their_order_with_public_names_only():
    source = SourceFactory()
    silver, gold = TierFactory(source=source, position=2), TierFactory(source=source, position=1)
    CommitmentFactory(source=source, tier=gold, giver__name="Alice Ltd")
    for name in ("Bob", "Carol", "Dave"):
        CommitmentFactory(source=source, tier=silver, giver__name=name, show_name=name != "Carol")
    groups = by_tier([source], on=ON)
    assert [(one.tier, one.givers, one.public) for one in groups] == [(gold, 1, 1), (silver, 3, 2)]
    assert [[name.giver.name for name in one.names] for one in groups] == [["Alice Ltd"], ["Bob", "Dave"]]


@pytest.mark.django_db
def test_a_giver_with_two_promises_counts_once():
    source = SourceFactory()
    giver = GiverFactory(source=source)
    CommitmentFactory.create_batch(2, source=source, giver=giver)
    [group] = by_tier([source], on=ON)
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
    assert by_tier([commitment.source], on=ON) == []


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_three_queries_however_many_tiers(number, django_assert_num_queries):
    source = SourceFactory()
    for _ in range(number):
        CommitmentFactory.create_batch(3, source=source, tier=TierFactory(source=source))
    with django_assert_num_queries(3):
        assert len(by_tier([source], on=ON)) == number

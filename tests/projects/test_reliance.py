"""Who relies on a project and who of them pays: worked examples, and the same with pandas."""

import random

import pandas as pd
import pytest

from fundtracker.money import Money
from projects.reliance import Paying, Reliant, fair_share, paying


def rows(*said):
    return [Reliant(*one) for one in said]


@pytest.mark.parametrize(
    ("said", "counts", "percents"),
    [
        ([], (0, 0, 0, 0, 0), (None, None)),
        ([("a", None, False)], (1, 0, 0, 0, 1), (0, None)),
        ([("a", None, True)], (1, 1, 0, 0, 1), (100, None)),
        ([("a", 100, True), ("b", 200, False)], (2, 1, 300, 100, 0), (50, 33)),
        ([("a", 100, True), ("b", None, False)], (2, 1, 100, 100, 1), (50, 100)),
        ([("a", 2, True), ("b", 1, False), ("c", None, False)], (3, 1, 3, 2, 1), (33, 66)),
        # Two deployments of one organisation: counted once, its seats together; paying for one is paying.
        ([("a", 100, True), ("a", 50, False), ("b", 50, False)], (2, 1, 200, 150, 0), (50, 75)),
        ([("a", None, False), ("a", 50, False)], (1, 0, 50, 0, 0), (0, 0)),
        ([("a", 199, True), ("b", 1, False)], (2, 1, 200, 199, 0), (50, 99)),
    ],
)  # fmt: skip
def test_worked_examples(said, counts, percents):
    found = paying(rows(*said))
    assert found == Paying(*counts)
    assert (found.percent, found.percent_of_seats) == percents


@pytest.mark.parametrize(
    ("year", "seats", "every", "share"),
    [
        (90_000_000, 300_000, 600_000, 45_000_000),
        (90_000_000, 1, 3, 30_000_000),
        (100, 1, 3, 33),
        (200, 1, 3, 67),
        (5, 1, 2, 2),  # half to even
        (15, 1, 2, 8),
        (0, 10, 20, 0),
        (90_000_000, 20, 20, 90_000_000),
    ],
)
def test_a_fair_share_is_cost_times_seats_over_all_seats(year, seats, every, share):
    assert fair_share(Money(year, "GBP"), seats, every) == Money(share, "GBP")


@pytest.mark.parametrize(("seats", "every"), [(None, 100), (None, 0), (0, 0), (0, 100)])
def test_without_seats_there_is_no_share(seats, every):
    assert fair_share(Money(100, "GBP"), seats, every) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_spreadsheet_says_the_same(seed):
    draw = random.Random(seed)
    said = [
        (draw.choice("abcdefgh"), draw.choice([None, draw.randint(1, 9_999)]), draw.random() < 0.3)
        for _ in range(draw.randint(1, 40))
    ]
    table = pd.DataFrame(said, columns=["who", "seats", "pays"])
    by_who = table.groupby("who").agg(seats=("seats", "sum"), pays=("pays", "any"))
    found = paying(rows(*said))
    assert found.percent == int(by_who.pays.sum() * 100 // len(by_who))
    assert (found.seats, found.paying_seats) == (by_who.seats.sum(), by_who.seats[by_who.pays].sum())
    assert found.without_seats == (by_who.seats == 0).sum()
    shares = [fair_share(Money(90_000_000, "GBP"), one.seats, found.seats) for one in rows(*said)]
    expected = (90_000_000 * table.seats.dropna() / table.seats.sum()).tolist()
    assert [one.minor for one in shares if one] == pytest.approx(expected, abs=0.5 + 1e-6)

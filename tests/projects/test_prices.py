"""What maintenance costs a buyer: worked examples."""

import pandas as pd
import pytest

from fundtracker.money import Money
from projects.prices import Seats, Share, prices


@pytest.mark.parametrize(
    ("year", "own", "every", "expected"),
    [
        (90_000_000, 0, 0, {"whole": [90_000_000, 180_000_000, 270_000_000], "half": [45_000_000, 90_000_000, 135_000_000]}),
        (90_000_000, 300, 900, {"whole": [90_000_000, 180_000_000, 270_000_000], "half": [45_000_000, 90_000_000, 135_000_000], "fair": [30_000_000, 60_000_000, 90_000_000]}),
        (100, 1, 3, {"whole": [100, 200, 300], "half": [50, 100, 150], "fair": [33, 67, 100]}),
        (1, 1, 1, {"whole": [1, 2, 3], "half": [0, 1, 2], "fair": [1, 2, 3]}),
        (100, 0, 9, {"whole": [100, 200, 300], "half": [50, 100, 150]}),
    ],
)  # fmt: skip
def test_a_price_is_a_share_of_a_years_need_for_so_many_years(year, own, every, expected):
    found = prices(Money(year, "GBP"), Seats(own, every))
    assert {str(one.share): [amount.minor for amount in one.amounts] for one in found} == expected


def test_fair_shares_agree_with_a_spreadsheet():
    seats = pd.Series({"Ministry": 12_000, "University": 30_000, "Rail": 8_000})
    spreadsheet = (15_486_000 * seats / seats.sum()).round().astype(int)
    ours = {
        name: next(one for one in prices(Money(15_486_000, "EUR"), Seats(int(own), int(seats.sum()))) if one.share == Share.FAIR)
        for name, own in seats.items()
    }  # fmt: skip
    assert {name: one.of(1).minor for name, one in ours.items()} == spreadsheet.to_dict()
    assert sum(one.of(1).minor for one in ours.values()) == 15_486_000

"""What a post is worth in a year, by worked examples."""

import pytest

from fundtracker.money import Money
from projects import posts


@pytest.mark.parametrize(
    ("percent", "day_rate", "days", "worth"),
    [
        (100, Money(50_000, "EUR"), 220, Money(11_000_000, "EUR")),  # €500 × 220 = €110,000
        (40, Money(50_000, "EUR"), 220, Money(4_400_000, "EUR")),
        (33, Money(33_333, "GBP"), 220, Money(2_419_976, "GBP")),  # 2,419,975.8
        (50, Money(1, "GBP"), 1, Money(0, "GBP")),  # 0.5, half to even
        (50, Money(3, "GBP"), 1, Money(2, "GBP")),  # 1.5, half to even
        (25, Money(10, "GBP"), 1, Money(2, "GBP")),  # 2.5, half to even
        (60, Money(40_000, "JPY"), 240, Money(5_760_000, "JPY")),  # yen have no minor unit
        (200, Money(50_000, "EUR"), 366, Money(36_600_000, "EUR")),  # two people, every day
    ],
)
def test_a_post_is_worth(percent, day_rate, days, worth):
    assert posts.worth(percent, day_rate, days) == worth

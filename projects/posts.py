"""What a post is worth in a year. Pure: no models, no clock."""

from decimal import ROUND_HALF_EVEN, Decimal

from fundtracker.money import Money

# Proposed where nobody says otherwise: a year's weekdays less holidays, leave and some days of illness.
DAYS_A_YEAR = 220


def worth(percent: int, day_rate: Money, days: int) -> Money:
    """`percent` of a full-time post of `days` a year, rounded once, half to even."""
    exact = Decimal(percent * day_rate.minor * days) / 100
    return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), day_rate.currency)

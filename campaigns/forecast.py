"""Where a campaign may stand at its end: what is signed, and what unscheduled giving has done lately. Pure.

Method, as the page tells it: of the last thirteen whole weeks, a slow one (a quarter of them were slower) and a brisk
one (a quarter were brisker) are carried on to the end, on top of what was raised and what is signed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import quantiles

from campaigns.progress import Progress
from fundtracker.money import Money

WEEKS = 13
WEEK = timedelta(weeks=1)
# With fewer weeks that saw money, a quarter of them says nothing.
FEWEST_WEEKS = 6


@dataclass(frozen=True, slots=True)
class Forecast:
    """At the end of the window, in the campaign's currency."""

    low: Money
    high: Money


def forecast(made: Progress, *, today: date) -> Forecast | None:
    """None where there is nothing to go by: no end or past it, a monthly target, too little or no recent data."""
    campaign = made.campaign
    if (
        campaign.mode == "monthly"
        or made.raised is None
        or campaign.ends_on is None
        or campaign.ends_on <= today
    ):
        return None
    sums = weekly(made, today)
    if sum(1 for minor in sums if minor) < FEWEST_WEEKS:
        return None
    slow, _, brisk = quantiles([Decimal(minor) for minor in sums], n=4, method="inclusive")
    weeks_left = Decimal((campaign.ends_on - today).days) / 7
    sure = made.raised + made.committed
    return Forecast(
        *(sure + _money(max(week, Decimal(0)) * weeks_left, campaign.currency) for week in (slow, brisk))
    )


def weekly(made: Progress, today: date) -> list[int]:
    """Minor units of each whole week before `today` that the running total covers, the latest first.

    A statement is no giving: the weeks up to the day of the latest one are left out.
    """
    known_from = max(made.campaign.starts_on, made.statement.as_of if made.statement else date.min)
    found = []
    for number in range(WEEKS):
        end = today - timedelta(days=1) - number * WEEK
        if end - WEEK < known_from:
            break
        found.append(_running(made, end) - _running(made, end - WEEK))
    return found


def _running(made: Progress, day: date) -> int:
    """The running total by the end of `day`."""
    return next((step.raised.minor for step in reversed(made.steps) if step.day <= day), 0)


def _money(minor: Decimal, currency: str) -> Money:
    return Money(int(minor.quantize(Decimal(1), ROUND_HALF_EVEN)), currency)

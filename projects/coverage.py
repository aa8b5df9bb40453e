"""How far the money reaches, month by month. Pure: no models, no clock; one currency; exact decimals of minor units.

Coverage of a month = what is recognised in it ÷ what it costs. Recurring money is spread by day over the period it is
given for, a grant over its term; one-off money stands apart and covers nothing. Gross: fees are a cost.
"""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise

# A fall of so many points of coverage within a month is a cliff.
CLIFF_POINTS = 10
MONTHS_OF = {"monthly": 1, "quarterly": 3, "yearly": 12}
DAY = timedelta(days=1)


class Certainty(StrEnum):
    """How sure the money is: in hand, or promised."""

    RECEIVED = "received"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Need:
    """What one thing costs a month while it is needed, both days included. In kind it is given, and covers itself."""

    label: str
    per_month: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    in_kind: bool = False


@dataclass(frozen=True, slots=True)
class Income:
    """Money for a time: `minor` in all, from a day until another, both included. Negative where it was given back."""

    label: str
    minor: Decimal
    starts_on: date
    ends_on: date
    certainty: Certainty = Certainty.RECEIVED


@dataclass(frozen=True, slots=True)
class OneOff:
    """Money that was given once, for no time in particular."""

    minor: Decimal
    day: date


@dataclass(frozen=True, slots=True)
class Month:
    """One month's figures, in minor units."""

    first: date
    cost: Decimal
    in_kind: Decimal  # of `cost`, what is given and not paid
    received: Decimal
    committed: Decimal
    one_off: Decimal  # apart: in neither of the two above

    @property
    def percent(self) -> int | None:
        """Floored, never capped, may be negative where more was given back than came; None where nothing is needed."""
        if self.cost == 0:
            return None
        covered = self.received + self.committed + self.in_kind
        return int((covered * 100 / self.cost).to_integral_value(ROUND_FLOOR))

    @property
    def last(self) -> date:
        return self.first.replace(day=days_in(self.first))


@dataclass(frozen=True, slots=True)
class Cliff:
    """From `first` on coverage is `percent`, after `before`; `because` of what ended, the largest first; empty where costs rose."""

    first: date
    before: int
    percent: int
    because: tuple[str, ...]


def days_in(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def add_months(day: date, months: int) -> date:
    """The same day of a later month; its last day where it has no such day: 31 January, 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, days_in(first)))


def months_between(first: date, last: date) -> Iterator[date]:
    """The first day of each month from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = add_months(month, 1)


def period(day: date, frequency: str) -> tuple[date, date]:
    """What a recurring gift of `day` is given for: a month from that day, a quarter, or a year."""
    return day, add_months(day, MONTHS_OF[frequency]) - DAY


def coverage(
    needs: Sequence[Need], income: Sequence[Income], one_off: Sequence[OneOff], *, first: date, last: date
) -> list[Month]:
    """The figures of each month from that of `first` to that of `last`."""
    months = []
    for month in months_between(first, last):
        end = month.replace(day=days_in(month))
        by_certainty = {
            sure: sum((_share(one, month, end) for one in income if one.certainty == sure), Decimal(0))
            for sure in Certainty
        }
        costs = [(need, _cost(need, month, end)) for need in needs]
        months.append(
            Month(
                first=month,
                cost=sum((cost for _, cost in costs), Decimal(0)),
                in_kind=sum((cost for need, cost in costs if need.in_kind), Decimal(0)),
                received=by_certainty[Certainty.RECEIVED],
                committed=by_certainty[Certainty.COMMITTED],
                one_off=sum((one.minor for one in one_off if month <= one.day <= end), Decimal(0)),
            )
        )
    return months


def cliffs(months: Sequence[Month], income: Sequence[Income]) -> list[Cliff]:
    """Where coverage falls by CLIFF_POINTS or more from one month to the next, and what ended there.

    A short month alone is none: February has a tenth less of what comes by the day.
    """
    found = []
    for before, after in pairwise(months):
        if before.percent is None or after.percent is None:
            continue
        because = _lost(before, after, income)
        if before.percent - after.percent >= CLIFF_POINTS and (because or after.cost > before.cost):
            found.append(Cliff(after.first, before.percent, after.percent, because))
    return found


def _lost(before: Month, after: Month, income: Sequence[Income]) -> tuple[str, ...]:
    lost: dict[str, Decimal] = {}
    for one in income:
        fall = _share(one, before.first, before.last) - _share(one, after.first, after.last)
        lost[one.label] = lost.get(one.label, Decimal(0)) + fall
    # Months differ by up to three days: what is steady is no reason.
    steady = Decimal(3) / 28
    had = _by_label(income, before.first, before.last)
    return tuple(
        label
        for label, fall in sorted(lost.items(), key=lambda pair: (-pair[1], pair[0]))
        if fall > had[label] * steady
    )


def _by_label(income: Iterable[Income], first: date, last: date) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in income:
        sums[one.label] = sums.get(one.label, Decimal(0)) + _share(one, first, last)
    return sums


def _share(one: Income, first: date, last: date) -> Decimal:
    """What falls into the days from `first` to `last`."""
    days = _overlap(one.starts_on, one.ends_on, first, last)
    return one.minor * days / ((one.ends_on - one.starts_on).days + 1)


def _cost(need: Need, first: date, last: date) -> Decimal:
    """Of a month that it begins or ends in, the share of its days."""
    days = _overlap(need.starts_on or first, need.ends_on or last, first, last)
    return need.per_month * days / days_in(first)


def _overlap(starts_on: date, ends_on: date, first: date, last: date) -> int:
    return max(0, (min(ends_on, last) - max(starts_on, first)).days + 1)

"""How far the money reaches, month by month. Pure: no models, no clock; one currency; exact decimals of minor units.

Coverage of a month = what is recognised in it ÷ what it costs in money; what is given in kind stands beside both.
Recurring money is spread by day over the period it is given for, a grant over its term; one-off money stands apart and
covers nothing. Gross: fees are a cost.
"""

import calendar
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
# A fall of so many points of coverage within a month is a cliff.
CLIFF_POINTS = 10
ALL = 100
MONTHS_OF = {"monthly": 1, "quarterly": 3, "yearly": 12}
DAY = timedelta(days=1)
UNRESTRICTED = "unrestricted"
ZERO = Decimal(0)
# The first and the last day of a time; None where it has no beginning or no end.
Span = tuple[date | None, date | None]


class Certainty(StrEnum):
    """How sure the money is: in hand, or promised."""

    RECEIVED = "received"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Need:
    """What one thing costs a month while it is needed, both days included. In kind it is given, and takes no money."""

    label: str
    per_month: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    in_kind: bool = False
    purpose: str = UNRESTRICTED


@dataclass(frozen=True, slots=True)
class Income:
    """Money for a time: `minor` in all, from a day until another, both included. Negative where it was given back."""

    label: str
    minor: Decimal
    starts_on: date
    ends_on: date
    certainty: Certainty = Certainty.RECEIVED
    purpose: str = UNRESTRICTED
    funder: int | None = None
    per_month: Decimal | None = None  # what it comes to a month, where it recurs


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
    is_withheld: bool = False  # what it costs would tell what one person earns
    has_money: bool = True  # else no money of the whole time is on record, which is not the same as none came

    @property
    def percent(self) -> int | None:
        """Floored, never capped, may be negative where more was given back than came.

        None where nothing is needed, and where nothing is known of what came.
        """
        return None if self.is_withheld or not self.has_money else percent_of(self.covered, self.paid)

    @property
    def covered(self) -> Decimal:
        return self.received + self.committed

    @property
    def paid(self) -> Decimal:
        """What takes money: what is given in kind stands beside it, and would make every percentage look better."""
        return self.cost - self.in_kind

    @property
    def last(self) -> date:
        return end_of(self.first)


@dataclass(frozen=True, slots=True)
class Cliff:
    """From `first` on coverage is `percent`, after `before`; `because` of what ended, the largest first; empty where costs rose."""

    first: date
    before: int
    percent: int
    because: tuple[str, ...]


def days_in(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def end_of(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=days_in(day))


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
    needs: Sequence[Need],
    income: Sequence[Income],
    one_off: Sequence[OneOff],
    *,
    first: date,
    last: date,
    withheld: Sequence[Span] = (),
    has_money: bool = True,
) -> list[Month]:
    """The figures of each month from that of `first` to that of `last`; `withheld` are times whose costs are not told."""
    money = sums_by_month(income, first, last, lambda one: one.certainty)
    cost = costs_by_month(needs, first, last, lambda need: need.in_kind)
    once: dict[date, Decimal] = defaultdict(Decimal)
    for one in one_off:
        once[one.day.replace(day=1)] += one.minor
    return [
        Month(
            first=month,
            cost=cost[month, True] + cost[month, False],
            in_kind=cost[month, True],
            received=money[month, Certainty.RECEIVED],
            committed=money[month, Certainty.COMMITTED],
            one_off=once[month],
            is_withheld=any(_overlap(since, until, month, end_of(month)) for since, until in withheld),
            has_money=has_money,
        )
        for month in months_between(first, last)
    ]


def cliffs(months: Sequence[Month], income: Sequence[Income]) -> list[Cliff]:
    """Where coverage falls by CLIFF_POINTS or more from one month to the next, and what ended there.

    A short month alone is none: February has a tenth less of what comes by the day. Nor is a surplus that shrinks.
    """
    if not months:
        return []
    had = sums_by_month(income, months[0].first, months[-1].first, lambda one: one.label)
    labels = {one.label for one in income}
    found = []
    for before, after in pairwise(months):
        if before.percent is None or after.percent is None:
            continue
        if min(before.percent, ALL) - min(after.percent, ALL) < CLIFF_POINTS:
            continue
        because = _lost(had, labels, before.first, after.first)
        if because or after.paid > before.paid:
            found.append(Cliff(after.first, before.percent, after.percent, because))
    return found


def _lost(
    had: Mapping[tuple[date, str], Decimal], labels: Iterable[str], before: date, after: date
) -> tuple[str, ...]:
    # Months differ by up to three days: what is steady is no reason.
    steady = Decimal(3) / 28
    falls = {label: had.get((before, label), ZERO) - had.get((after, label), ZERO) for label in labels}
    return tuple(
        label
        for label, fall in sorted(falls.items(), key=lambda pair: (-pair[1], pair[0]))
        if fall > had.get((before, label), ZERO) * steady
    )


def spread(one: Income, first: date, last: date) -> Iterator[tuple[date, Decimal]]:
    """What falls into each month between the two days that it touches, by its days."""
    days = (one.ends_on - one.starts_on).days + 1
    for month in months_between(max(one.starts_on, first.replace(day=1)), min(one.ends_on, end_of(last))):
        yield month, one.minor * _overlap(one.starts_on, one.ends_on, month, end_of(month)) / days


def sums_by_month(
    income: Iterable[Income], first: date, last: date, key: Callable[[Income], Key]
) -> defaultdict[tuple[date, Key], Decimal]:
    sums: defaultdict[tuple[date, Key], Decimal] = defaultdict(Decimal)
    for one in income:
        name = key(one)
        for month, minor in spread(one, first, last):
            sums[month, name] += minor
    return sums


def costs_by_month(
    needs: Iterable[Need], first: date, last: date, key: Callable[[Need], Key]
) -> defaultdict[tuple[date, Key], Decimal]:
    """Of a month that a need begins or ends in, the share of its days."""
    sums: defaultdict[tuple[date, Key], Decimal] = defaultdict(Decimal)
    for need in needs:
        name = key(need)
        start, end = need.starts_on or first, need.ends_on or end_of(last)
        for month in months_between(max(start, first.replace(day=1)), min(end, end_of(last))):
            days = _overlap(need.starts_on, need.ends_on, month, end_of(month))
            sums[month, name] += need.per_month * days / days_in(month)
    return sums


def _overlap(starts_on: date | None, ends_on: date | None, first: date, last: date) -> int:
    return max(0, (min(ends_on or last, last) - max(starts_on or first, first)).days + 1)


def percent_of(part: Decimal, whole: Decimal) -> int | None:
    """Floored; None of nothing."""
    return int((part * 100 / whole).to_integral_value(ROUND_FLOOR)) if whole > 0 else None

"""Of the hours that a person's work takes, those that are paid for, month by month. Pure; exact decimals.

A month's hours are paid for as far as its purpose is covered, and never more than all of them; what is given in kind
is paid for by whoever gives it. A month that the work begins or ends in counts by its days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from projects.coverage import days_in, months_between

# By the first day of a month: how much of what it takes is covered. None where that is not told; missing: nothing is known.
Covered = Mapping[date, Decimal | None]


@dataclass(frozen=True, slots=True)
class Work:
    """`hours` and `per_month`, in minor units, are those of a whole month. None: it has no amount."""

    hours: Decimal
    per_month: Decimal | None
    starts_on: date | None = None
    ends_on: date | None = None
    in_kind: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """Hours and minor units; `funded` and `paid` are None where nobody can tell."""

    first: date
    hours: Decimal
    funded: Decimal | None
    cost: Decimal | None
    paid: Decimal | None

    @property
    def percent(self) -> int | None:
        """Floored; None where it is not known, or where there is no work."""
        if self.funded is None or self.hours == 0:
            return None
        return int((self.funded * 100 / self.hours).to_integral_value(ROUND_FLOOR))


def months(work: Work, covered: Covered, *, first: date, last: date) -> list[Month]:
    """Those months from that of `first` to that of `last` in which there is work."""
    found = []
    for month in months_between(first, last):
        days = _days(work, month)
        if days == 0:
            continue
        part = Decimal(days) / days_in(month)
        ratio = Decimal(1) if work.in_kind else _whole(covered.get(month))
        hours, cost = work.hours * part, None if work.per_month is None else work.per_month * part
        found.append(Month(month, hours, _times(hours, ratio), cost, _times(cost, ratio)))
    return found


def together(every: Iterable[Sequence[Month]]) -> list[Month]:
    """The hours of several works by month, without money: it may be in several currencies."""
    by_month: dict[date, list[Month]] = {}
    for months_of_one in every:
        for one in months_of_one:
            by_month.setdefault(one.first, []).append(one)
    return [
        Month(
            first,
            _sum(one.hours for one in found) or Decimal(0),
            _sum(one.funded for one in found),
            None,
            None,
        )
        for first, found in sorted(by_month.items())
    ]


def total(found: Sequence[Month]) -> Month | None:
    """All of it as if it were one month, the first. Not known if a part is not; None without any."""
    if not found:
        return None
    return Month(
        found[0].first,
        _sum(one.hours for one in found) or Decimal(0),
        _sum(one.funded for one in found),
        _sum(one.cost for one in found),
        _sum(one.paid for one in found),
    )


def falls(found: Sequence[Month], *, after: date) -> list[tuple[Month, Month]]:
    """Months after that of a day in which an hour a month or more is no longer paid for, each with the one before."""
    pairs = zip(found, found[1:], strict=False)
    return [
        (before, now)
        for before, now in pairs
        if now.first > after
        and before.funded is not None
        and now.funded is not None
        and before.funded - now.funded >= 1
        and (now.percent or 0) < (before.percent or 0)
    ]


def _days(work: Work, month: date) -> int:
    end = month.replace(day=days_in(month))
    start, stop = max(work.starts_on or month, month), min(work.ends_on or end, end)
    return max(0, (stop - start).days + 1)


def _whole(ratio: Decimal | None) -> Decimal | None:
    return None if ratio is None else min(max(ratio, Decimal(0)), Decimal(1))


def _times(amount: Decimal | None, ratio: Decimal | None) -> Decimal | None:
    return None if amount is None or ratio is None else amount * ratio


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    every = list(parts)
    return None if None in every else sum((one for one in every if one is not None), Decimal(0))

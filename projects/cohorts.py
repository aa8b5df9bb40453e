"""What several people cost together, so that nobody reads what one of them earns. Pure: one currency, exact decimals.

Fewer than FEWEST people are no cohort: their sum is withheld. A purpose with one or two people is not told apart from
the others, or they could be subtracted. From one day to the next a sum changes only once FEWEST people in it have
changed; until then it is carried forward. It is worked out from the first day on, so that what it says of a day
depends on no window that a page shows.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

FEWEST = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """What one person costs a month from a day until another, both included. `who` is the same in each of their rows."""

    who: Hashable
    per_month: Decimal
    purpose: str
    starts_on: date | None = None
    ends_on: date | None = None
    in_kind: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """What a cohort costs a month from a day until another; None where it is withheld. Without a purpose: of all."""

    per_month: Decimal | None
    purpose: str | None
    starts_on: date | None = None
    ends_on: date | None = None
    in_kind: bool = False

    def holds(self, day: date) -> bool:
        return (self.starts_on or day) <= day <= (self.ends_on or day)


def together(rows: Sequence[Person]) -> list[Together]:
    """The sums that anyone may read: by purpose where each has people enough, else of all of them.

    What is given in kind is a sum of its own, and left out where it is that of one or two people.
    """
    paid = _of([row for row in rows if not row.in_kind], in_kind=False)
    given = _of([row for row in rows if row.in_kind], in_kind=True)
    return [*paid, *(one for one in given if one.per_month is not None)]


def _of(rows: Sequence[Person], *, in_kind: bool) -> list[Together]:
    purposes: dict[str, list[Person]] = defaultdict(list)
    for row in rows:
        purposes[row.purpose].append(row)
    apart = [
        one for purpose, own in sorted(purposes.items()) for one in _series(own, purpose, in_kind=in_kind)
    ]
    if any(one.per_month is None for one in apart):
        return list(_series(rows, None, in_kind=in_kind))
    return apart


def _series(rows: Sequence[Person], purpose: str | None, *, in_kind: bool) -> Iterator[Together]:
    """The cohort's sum from its first day to its last, cut where it changes. Nothing for a time without anybody."""
    shown: frozenset[Person] | None = frozenset()
    began: date | None = None
    for start in _changes(rows):
        now = frozenset(row for row in rows if _in_force(row, start))
        after = _shown(shown, now)
        if after == shown:
            continue
        if start is not None and shown != frozenset():
            yield Together(_sum(shown), purpose, began, start - DAY, in_kind)
        shown, began = after, start
    if shown != frozenset():
        yield Together(_sum(shown), purpose, began, None, in_kind)


def _shown(before: frozenset[Person] | None, now: frozenset[Person]) -> frozenset[Person] | None:
    """Whose sum may be told after that of `before`; None is a sum that is withheld."""
    enough = not now or len({row.who for row in now}) >= FEWEST
    if not before:  # nothing was told that this could be compared with
        return now if enough else None
    changed = {row.who for row in before ^ now}
    return now if enough and len(changed) >= FEWEST else before


def _changes(rows: Sequence[Person]) -> list[date | None]:
    """The days on which somebody begins or has ended, in order; None stands for the time before all of them."""
    days = {row.starts_on for row in rows if row.starts_on} | {
        row.ends_on + DAY for row in rows if row.ends_on
    }
    return [None, *sorted(days)]


def _in_force(row: Person, start: date | None) -> bool:
    if start is None:
        return row.starts_on is None
    return (row.starts_on or start) <= start <= (row.ends_on or start)


def _sum(rows: frozenset[Person] | None) -> Decimal | None:
    return None if rows is None else sum((row.per_month for row in rows), Decimal(0))

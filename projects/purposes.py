"""What each purpose needs and gets, month by month. Pure, as projects/coverage.py is.

Money for a purpose pays for that purpose; unrestricted money goes to each by what it still lacks, and never more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from projects.coverage import (
    UNRESTRICTED,
    ZERO,
    Income,
    Need,
    costs_by_month,
    months_between,
    percent_of,
    sums_by_month,
)


@dataclass(frozen=True, slots=True)
class PurposeMonth:
    """One month of one purpose: what it costs, the money meant for it, and its part of the unrestricted money."""

    first: date
    cost: Decimal
    in_kind: Decimal
    own: Decimal
    allotted: Decimal

    @property
    def percent(self) -> int | None:
        return percent_of(self.covered, self.paid)

    @property
    def covered(self) -> Decimal:
        return self.own + self.allotted

    @property
    def paid(self) -> Decimal:
        return self.cost - self.in_kind


def allocate(lacks: Mapping[str, Decimal], unrestricted: Decimal) -> dict[str, Decimal]:
    """What each purpose gets of money that is free for any, in proportion to what it lacks and never more than that."""
    wanting = {purpose: lack for purpose, lack in lacks.items() if lack > 0}
    whole = sum(wanting.values(), ZERO)
    if whole == 0 or unrestricted <= 0:
        return {}
    if unrestricted >= whole:
        return wanting
    return {purpose: unrestricted * lack / whole for purpose, lack in wanting.items()}


def by_purpose(
    needs: Sequence[Need], income: Sequence[Income], *, first: date, last: date
) -> dict[str, list[PurposeMonth]]:
    """Each purpose that needs or gets something. What is left of unrestricted money stays there, as its own."""
    money = sums_by_month(income, first, last, lambda one: one.purpose)
    cost = costs_by_month(needs, first, last, lambda need: (need.purpose, need.in_kind))
    purposes = sorted({one.purpose for one in income} | {need.purpose for need in needs})
    found: dict[str, list[PurposeMonth]] = {purpose: [] for purpose in purposes}
    for month in months_between(first, last):
        free = money[month, UNRESTRICTED]
        lacks = {
            purpose: cost[month, (purpose, False)]
            - (ZERO if purpose == UNRESTRICTED else money[month, purpose])
            for purpose in purposes
        }
        allotted = allocate(lacks, free)
        left = free - sum(allotted.values(), ZERO)
        for purpose in purposes:
            in_kind = cost[month, (purpose, True)]
            found[purpose].append(
                PurposeMonth(
                    first=month,
                    cost=cost[month, (purpose, False)] + in_kind,
                    in_kind=in_kind,
                    own=left if purpose == UNRESTRICTED else money[month, purpose],
                    allotted=allotted.get(purpose, ZERO),
                )
            )
    return found

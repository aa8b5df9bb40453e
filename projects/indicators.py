"""What a project's months come to. Pure: exact decimals of minor units of one currency; no models, no clock.

Each answers None where there is nothing to divide by; the page has a sentence for it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from itertools import accumulate
from typing import TypeVar

from projects.coverage import ZERO, Income, Month, Need, percent_of
from projects.purposes import PurposeMonth

Giver = TypeVar("Giver", bound=Hashable)
UPKEEP = ("maintenance", "security", "infrastructure")


@dataclass(frozen=True, slots=True)
class Runway:
    """How long the reserve lasts: `months` floored to tenths, or None where it is not shrinking."""

    months: Decimal | None


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much hangs on few: `top` is the largest giver's percent, floored; `hhi` lies between 0 and 1.

    `absence` is the fewest givers who give half of it together.
    """

    top: int
    hhi: Decimal
    absence: int
    givers: int
    largest: Hashable


def monthly_cost(needs: Iterable[Need], on: date) -> Decimal:
    """What a month costs at the needs of a day; what is given in kind takes no money."""
    return _sum(need.per_month for need in needs if not need.in_kind and _in_force(need, on))


def monthly_in_kind(needs: Iterable[Need], on: date) -> Decimal:
    return _sum(need.per_month for need in needs if need.in_kind and _in_force(need, on))


def monthly_recurring(income: Iterable[Income], on: date) -> Decimal:
    """Monthly + quarterly ÷ 3 + yearly ÷ 12 of what recurs and is for that day."""
    return _sum(one.per_month for one in income if one.per_month and one.starts_on <= on <= one.ends_on)


def recurring_cover(recurring: Decimal, cost: Decimal) -> int | None:
    """Percent of a month's cost, or of a year's, that comes again and again. Floored."""
    return percent_of(recurring, cost)


def runway(reserve: Decimal, *, cost: Decimal, recurring: Decimal) -> Runway:
    shrinking = cost - recurring
    if shrinking <= 0:
        return Runway(None)
    return Runway((reserve / shrinking).quantize(Decimal("0.1"), ROUND_FLOOR))


def upkeep_of_costs(by_purpose: Mapping[str, Sequence[PurposeMonth]]) -> int | None:
    """Percent of what is needed that keeps things as they are."""
    return _upkeep({purpose: _sum(one.cost for one in months) for purpose, months in by_purpose.items()})


def upkeep_of_money(by_purpose: Mapping[str, Sequence[PurposeMonth]]) -> int | None:
    """The same of the money, with the part of the unrestricted money that is allotted to it."""
    return _upkeep(
        {purpose: _sum(one.own + one.allotted for one in months) for purpose, months in by_purpose.items()}
    )


def one_off_share(months: Iterable[Month]) -> int | None:
    """Percent of what these months received that was given once, for no time in particular."""
    every = list(months)
    once = _sum(month.one_off for month in every)
    return percent_of(once, once + _sum(month.received for month in every))


def concentration(sums: Mapping[Giver, Decimal]) -> Concentration | None:
    """Of what each giver gave. Who got back more than they gave is nobody here."""
    gave = sorted(((minor, giver) for giver, minor in sums.items() if minor > 0), key=lambda one: -one[0])
    whole = _sum(minor for minor, _ in gave)
    if not whole:
        return None
    reached = accumulate(minor for minor, _ in gave)
    absence = next(count for count, minor in enumerate(reached, start=1) if minor * 2 >= whole)
    return Concentration(
        top=_floor(gave[0][0] * 100 / whole),
        hhi=_sum((minor / whole) ** 2 for minor, _ in gave),
        absence=absence,
        givers=len(gave),
        largest=gave[0][1],
    )


def _upkeep(sums: Mapping[str, Decimal]) -> int | None:
    return percent_of(_sum(sums.get(purpose, ZERO) for purpose in UPKEEP), _sum(sums.values()))


def _in_force(need: Need, on: date) -> bool:
    return (need.starts_on or on) <= on <= (need.ends_on or on)


def _floor(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_FLOOR))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)

"""What maintenance costs a buyer: shares of a year's published need, for one year or several. Pure.

A price is need × share × years, in exact fractions, rounded once, half to even. Nothing is added for later years.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from fundtracker.money import Money

YEARS = (1, 2, 3)


class Share(StrEnum):
    """What part of a year's need a buyer pays."""

    WHOLE = "whole"
    HALF = "half"
    FAIR = "fair"  # its seats ÷ all seats on record: an estimate


@dataclass(frozen=True, slots=True)
class Price:
    """One share, and what it comes to for each of YEARS."""

    share: Share
    amounts: tuple[Money, ...]

    def of(self, years: int) -> Money:
        return self.amounts[YEARS.index(years)]


@dataclass(frozen=True, slots=True)
class Seats:
    """Those of one organisation, and all on record, its own among them."""

    own: int
    every: int

    @property
    def part(self) -> Fraction | None:
        """None where nobody has said how many seats it has, or where there are none."""
        return Fraction(self.own, self.every) if self.own and self.every else None


def prices(year: Money, seats: Seats) -> tuple[Price, ...]:
    """The shares that can be worked out, the largest first."""
    parts = {Share.WHOLE: Fraction(1), Share.HALF: Fraction(1, 2), Share.FAIR: seats.part}
    known: Iterable[tuple[Share, Fraction]] = ((share, part) for share, part in parts.items() if part)
    return tuple(
        Price(share, tuple(Money(round(year.minor * part * years), year.currency) for years in YEARS))
        for share, part in known
    )

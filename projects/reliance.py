"""Who relies on a project, who of them pays, and what a fair share would be. Pure: no models, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from fundtracker.money import Money


@dataclass(frozen=True, slots=True)
class Reliant:
    """One deployment: whose it is, how many use it where that is known, and whether its owner is known to pay."""

    organisation: str
    seats: int | None
    pays: bool


@dataclass(frozen=True, slots=True)
class Paying:
    """Organisations, each counted once, and the seats that are known of them."""

    organisations: int
    paying: int
    seats: int
    paying_seats: int
    without_seats: int  # organisations of which no seats are known

    @property
    def percent(self) -> int | None:
        """Floored; None where there is nobody."""
        return _percent(self.paying, self.organisations)

    @property
    def percent_of_seats(self) -> int | None:
        """Floored; None where no seats are known."""
        return _percent(self.paying_seats, self.seats)


def paying(rows: Iterable[Reliant]) -> Paying:
    """An organisation that pays does so for all of its deployments."""
    rows = list(rows)
    every = {row.organisation for row in rows}
    payers = {row.organisation for row in rows if row.pays}
    return Paying(
        organisations=len(every),
        paying=len(payers),
        seats=sum(row.seats or 0 for row in rows),
        paying_seats=sum(row.seats or 0 for row in rows if row.organisation in payers),
        without_seats=len(every - {row.organisation for row in rows if row.seats}),
    )


def fair_share(year: Money, seats: int | None, all_seats: int) -> Money | None:
    """A year's cost × seats ÷ all seats, rounded once, half to even. None where either is not known."""
    if not seats or not all_seats:
        return None
    return Money(round(Fraction(year.minor) * seats / all_seats), year.currency)


def _percent(part: int, whole: int) -> int | None:
    return part * 100 // whole if whole else None

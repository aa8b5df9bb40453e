"""Hours by month as bars: what the work takes, and of it what is paid for. Pure: rows to places.

Horizontal places are percentages and vertical ones pixels, as in every chart of the site.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from projects.coverage import months_between
from projects.hours import Month

TOP, BASE, HEIGHT = 12, 172, 200


@dataclass(frozen=True, slots=True)
class Bar:
    """`paid` is how tall its lower part is; None where it is not known."""

    month: Month
    x: str
    y: int
    height: int
    paid_y: int
    paid: int | None
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Tick:
    first: date
    x: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    years: tuple[Tick, ...]
    today_x: str
    width: str
    base: int = BASE
    height: int = HEIGHT

    @property
    def words_y(self) -> int:
        return self.height - 8


def bars(found: Sequence[Month], *, on: date) -> Chart | None:
    """A bar for each month with work, `on` is the first day of the present one; None without work."""
    most = max((month.hours for month in found), default=Decimal(0))
    if not most:
        return None
    places = list(months_between(min(found[0].first, on), max(found[-1].first, on)))
    at = {first: _percent(number * 1000 // len(places)) for number, first in enumerate(places)}
    return Chart(
        bars=tuple(_bar(month, at[month.first], most, month.first >= on) for month in found),
        years=tuple(Tick(first, at[first]) for first in places if first.month == 1),
        today_x=at[on],
        width=_percent(max(1000 // len(places) - 4, 3)),
    )


def _bar(month: Month, x: str, most: Decimal, is_ahead: bool) -> Bar:
    height, paid = _tall(month.hours, most), None if month.funded is None else _tall(month.funded, most)
    return Bar(month, x, BASE - height, height, BASE - (paid or 0), paid, is_ahead)


def _tall(hours: Decimal, most: Decimal) -> int:
    return int(hours * (BASE - TOP) / most)


def _percent(thousandths: int) -> str:
    """1000 is 100%. A string, so that no locale puts a comma into an attribute."""
    return f"{thousandths // 10}.{thousandths % 10}%"

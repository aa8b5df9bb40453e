"""Rows to places: the scale gap on a logarithmic axis, and coverage month by month. Pure.

Horizontal places are percentages and vertical ones pixels, as in every chart of the site.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from fundtracker.money import Money, exponent
from projects.coverage import Month
from projects.fit import Offer

# Pixels: where the rows begin, how tall each is, and the axis below them.
TOP, ROW, AXIS = 56, 72, 32
BOX = 1_000


@dataclass(frozen=True, slots=True)
class Reach:
    """One programme's row. Where only one end is known a dotted line runs from it to the edge."""

    offer: Offer
    y: int
    start: str
    end: str
    width: str
    known: str  # the one end that is known, where the other is not
    most: str  # what all awards allowed come to, where that is more than one


@dataclass(frozen=True, slots=True)
class Line:
    """What is needed, as a line across all rows; its words stand at the side that has room."""

    amount: Money
    x: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Tick:
    money: Money
    x: str


@dataclass(frozen=True, slots=True)
class Gap:
    rows: tuple[Reach, ...]
    year: Line
    month: Line
    ticks: tuple[Tick, ...]
    axis_y: int

    @property
    def has_several_awards(self) -> bool:
        return any(row.most for row in self.rows)

    @property
    def height(self) -> int:
        return self.axis_y + AXIS

    @property
    def axis_words_y(self) -> int:
        return self.axis_y + 22


@dataclass(frozen=True, slots=True)
class _Axis:
    """Whole powers of ten, in minor units, from one to another."""

    first: int
    last: int

    def place(self, minor: Decimal) -> int:
        """Thousandths of the width; less than the axis begins with lies at its beginning."""
        return max(0, int((minor.log10() - self.first) * BOX / (self.last - self.first)))


def gap(offers: Iterable[Offer], need: Money | None) -> Gap | None:
    """Those of the offers whose grants can be compared with a year's need; None where there is nothing to draw."""
    shown = [one for one in offers if one.smallest or one.largest]
    if not need or not shown:
        return None
    year, month = Decimal(need.minor), Decimal(need.minor) / 12
    ends = [end for one in shown for end in (one.smallest, one.largest, _most(one)) if end]
    axis = _axis([*ends, year, month])
    return Gap(
        rows=tuple(_reach(one, axis, TOP + place * ROW) for place, one in enumerate(shown)),
        year=_line(year, need.currency, axis),
        month=_line(month, need.currency, axis),
        ticks=tuple(
            Tick(Money(10**power, need.currency), _percent(axis.place(Decimal(10**power))))
            for power in range(axis.first, axis.last + 1)
        ),
        axis_y=TOP + len(shown) * ROW,
    )


def _axis(amounts: list[Decimal]) -> _Axis:
    first = int(max(min(amounts), Decimal(1)).log10().to_integral_value(ROUND_FLOOR))
    last = int(max(amounts).log10().to_integral_value(ROUND_CEILING))
    return _Axis(first, max(last, first + 1))


def _reach(one: Offer, axis: _Axis, y: int) -> Reach:
    start = axis.place(one.smallest) if one.smallest else 0
    end = axis.place(one.largest) if one.largest else BOX
    known = "" if one.smallest and one.largest else _percent(end if one.largest else start)
    most = _most(one)
    return Reach(
        offer=one,
        y=y,
        start=_percent(start),
        end=_percent(end),
        width=_percent(max(end - start, 4)),  # a grant of one size can be seen too
        known=known,
        most=_percent(axis.place(most)) if most else "",
    )


def _most(one: Offer) -> Decimal | None:
    return one.largest * one.awards if one.largest and one.awards > 1 else None


def _line(minor: Decimal, currency: str, axis: _Axis) -> Line:
    place = axis.place(minor)
    return Line(Money(int(minor.to_integral_value()), currency), _percent(place), is_right=place > BOX // 2)


def _percent(thousandths: int) -> str:
    """1000 is 100%. A string, so that no locale puts a comma into an attribute."""
    return f"{thousandths // 10}.{thousandths % 10}%"


# Of the chart of months: its top and bottom in pixels.
MONTHS_TOP, MONTHS_BOTTOM = 24, 276


@dataclass(frozen=True, slots=True)
class Piece:
    """Of a month's column: in thousandths of the plot."""

    kind: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    x: int
    width: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class MonthTick:
    money: Money
    y: int


@dataclass(frozen=True, slots=True)
class MonthsChart:
    """`need` are the corners of the line of what is needed; empty where it is withheld or nothing is needed."""

    columns: tuple[Column, ...]
    need: str
    ticks: tuple[MonthTick, ...]
    now_x: str
    cliffs: tuple[str, ...]


def months(rows: Sequence[Month], currency: str, *, now: date, cliffs: Iterable[date] = ()) -> MonthsChart:
    """Received, committed and in kind above each other, month by month, against the line of what is needed."""
    highest = max((max(row.covered + row.in_kind, row.cost) for row in rows), default=Decimal(1))
    marks = ticks(Money(max(int(highest), 1), currency))
    top, width = marks[-1].minor, BOX // max(len(rows), 1)
    places = {row.first: n * width for n, row in enumerate(rows)}
    corners = [
        f"{x},{BOX - _height(row.cost, top)}"
        for n, row in enumerate(rows)
        for x in (n * width, (n + 1) * width)
    ]
    has_need = any(row.cost for row in rows) and not any(row.is_withheld for row in rows)
    return MonthsChart(
        columns=tuple(Column(places[row.first], width, _pieces(row, top)) for row in rows),
        need=" ".join(corners) if has_need else "",
        ticks=tuple(
            MonthTick(mark, MONTHS_BOTTOM - mark.minor * (MONTHS_BOTTOM - MONTHS_TOP) // top)
            for mark in marks
        ),
        now_x=_percent(places[now]) if now in places else "",
        cliffs=tuple(_percent(places[day]) for day in cliffs if day in places),
    )


def _pieces(row: Month, top: int) -> tuple[Piece, ...]:
    pieces, below = [], 0
    for kind in ("received", "committed", "in_kind"):
        height = _height(getattr(row, kind), top)
        if height:
            below += height
            pieces.append(Piece(kind.replace("_", "-"), BOX - below, height))
    return tuple(pieces)


def _height(minor: Decimal, top: int) -> int:
    return int(max(minor, Decimal(0)) * BOX / top)


def ticks(highest: Money) -> list[Money]:
    """Zero and three to six round amounts, the last at or above `highest`."""
    unit = 10 ** exponent(highest.currency)
    step = next(
        size
        for power in range(16)
        for size in (unit * 10**power, 2 * unit * 10**power, 5 * unit * 10**power)
        if size * 5 >= highest.minor
    )
    return [Money(step * number, highest.currency) for number in range(-(-highest.minor // step) + 1)]

"""Rows to pictures: where things lie in an SVG, and the dict that Plotly reads. No database, no request.

Horizontal places are percentages and vertical ones pixels, so that one picture fits every screen while its letters
keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from campaigns.models import Campaign, Level
from campaigns.progress import Progress, Step
from fundtracker.money import Money
from projects.charts import ticks as round_amounts

# The plot: its top and bottom in pixels, and the box that its lines are drawn in.
TOP, BOTTOM, BOX = 24, 276, 1_000
MOST_POINTS, MOST_ROWS = 240, 40


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a bar: where it begins and how long it is, of the bar's length."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Bar:
    received: Span
    committed: Span
    pledged: Span
    marks: tuple[str, ...]  # where levels lie


@dataclass(frozen=True, slots=True)
class Tick:
    money: Money
    y: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A level's line across the chart."""

    level: Level
    y: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The chart of the first paint."""

    line: str
    area: str
    pace: str
    last_x: str
    last_y: int
    ticks: tuple[Tick, ...]
    levels: tuple[Rule, ...]
    first_day: date
    last_day: date
    today_x: str  # empty where it would touch an end of the axis
    rows: tuple[Step, ...]


def bar(received: Money, committed: Money, pledged: Money, target: Money, marks: Iterable[Money]) -> Bar:
    """The three segments one after the other, cut off at the target."""
    ends = [0]
    for part in (received, committed, pledged):
        share = max(part.minor, 0) * 1_000 // target.minor
        # What exists can be seen, however small.
        ends.append(min(ends[-1] + max(share, 4 if part.minor > 0 else 0), 1_000))
    spans = [Span(_percent(start), _percent(end - start)) for start, end in pairwise(ends)]
    places = (mark.minor * 1_000 // target.minor for mark in marks if mark < target)
    return Bar(spans[0], spans[1], spans[2], marks=tuple(_percent(place) for place in places))


def even_pace(target: Money, starts_on: date, ends_on: date, on: date) -> Money:
    """What had come in by the end of `on` if every day brought the same."""
    days = (ends_on - starts_on).days + 1
    passed = min(max((on - starts_on).days + 1, 0), days)
    return Money(target.minor * passed // days, target.currency)


def thinned(steps: Sequence[Step], most: int) -> list[Step]:
    """At most `most` steps, the last of each stretch of days: running totals lose nothing by it."""
    if len(steps) <= most:
        return list(steps)
    first = steps[0].day
    stretch = ((steps[-1].day - first).days + most) // most
    return list({(step.day - first).days // stretch: step for step in steps}.values())


def outline(progress: Progress) -> Outline | None:
    """The running total as steps, against an even pace. None where nothing was published."""
    steps = _shown(progress)
    if not steps:
        return None
    campaign = progress.campaign
    first, last = campaign.starts_on, campaign.ends_on or max(progress.on, steps[-1].day)
    target, levels = _aims(progress)
    highest = max([step.raised.minor for step in steps] + [level.amount.minor for level in levels])
    ticks = round_amounts(Money(max(highest, target.minor if target else 0, 1), campaign.currency))
    top = ticks[-1]
    corners = _corners([(_x(step.day, first, last), _y(step.raised, top)) for step in steps])
    line = _points(corners)
    return Outline(
        line=line,
        area=f"{corners[0][0]},{BOX} {line} {corners[-1][0]},{BOX}",
        pace=f"0,{BOX} {BOX},{_y(target, top)}" if target and campaign.ends_on else "",
        last_x=_percent(corners[-1][0]),
        last_y=_pixels(corners[-1][1]),
        ticks=tuple(Tick(tick, _pixels(_y(tick, top))) for tick in ticks),
        levels=tuple(Rule(level, _pixels(_y(level.amount, top))) for level in levels),
        first_day=first,
        last_day=last,
        today_x=_percent(corners[-1][0]) if 260 < corners[-1][0] < 740 else "",
        rows=tuple(thinned(progress.steps, MOST_ROWS)),
    )


def figure(progress: Progress, *, names: dict[str, str]) -> dict[str, Any]:
    """The same for Plotly, which takes amounts as decimal strings. Colours are the page's business."""
    campaign = progress.campaign
    target, levels = _aims(progress)
    steps = _shown(progress)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "name": names["raised"],
            "mode": "lines+markers" if len(steps) < MOST_ROWS else "lines",
            "line": {"shape": "hv", "width": 3},
            "fill": "tozeroy",
            "x": [step.day.isoformat() for step in steps],
            "y": [str(step.raised.decimal) for step in steps],
        }
    ]
    if target and campaign.ends_on:
        traces.append(
            {
                "type": "scatter",
                "name": names["pace"],
                "mode": "lines",
                "line": {"dash": "dash", "width": 2},
                "x": [campaign.starts_on.isoformat(), campaign.ends_on.isoformat()],
                "y": ["0", str(target.decimal)],
            }
        )
    shapes = [_rule(str(level.amount.decimal)) for level in levels]
    return {"data": traces, "layout": {**_layout(campaign.currency), "shapes": shapes}}


def _rule(height: str) -> dict[str, Any]:
    place = {"xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height}
    return {"type": "line", **place, "line": {"dash": "dot", "width": 1.5}}


def _layout(currency: str) -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 64, "r": 16, "t": 16, "b": 40},
        "hovermode": "x unified",
        "showlegend": False,
        "xaxis": {"type": "date"},
        "yaxis": {"type": "linear", "rangemode": "tozero", "ticksuffix": f" {currency}"},
    }


def _aims(progress: Progress) -> tuple[Money | None, tuple[Level, ...]]:
    """The target and the levels that a running total can be held against: those of a monthly campaign cannot."""
    if progress.campaign.mode == Campaign.Mode.MONTHLY:
        return None, ()
    return progress.campaign.target, progress.levels


def _shown(progress: Progress) -> list[Step]:
    """The steps of the window. Nothing is drawn for the time before a statement: it says nothing about it."""
    first = progress.campaign.starts_on
    before = [step for step in progress.steps if step.day < first]
    inside = [step for step in progress.steps if step.day >= first]
    if before:
        inside.insert(0, Step(first, before[-1].raised))
    elif inside and inside[0].day > first and progress.statement is None:
        inside.insert(0, Step(first, Money(0, progress.campaign.currency)))
    return thinned(inside, MOST_POINTS)


def _corners(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Steps and not slopes: a total stays until the day that changes it."""
    corners = points[:1]
    for (_, y), (x, next_y) in pairwise(points):
        corners += [(x, y), (x, next_y)] if y != next_y else [(x, y)]
    return corners


def _points(corners: Iterable[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)


def _x(day: date, first: date, last: date) -> int:
    """Of the box's width, at the end of `day`."""
    days = (last - first + timedelta(days=1)).days
    return min(max(((day - first).days + 1) * BOX // days, 0), BOX)


def _y(amount: Money, top: Money) -> int:
    return BOX - max(amount.minor, 0) * BOX // top.minor


def _pixels(y: int) -> int:
    return TOP + y * (BOTTOM - TOP) // BOX


def _percent(thousandths: int) -> str:
    """1000 is 100%. A string, so that no locale puts a comma into an attribute."""
    return f"{thousandths // 10}.{thousandths % 10}%"

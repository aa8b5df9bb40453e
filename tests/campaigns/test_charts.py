"""Rows to pictures, without a database."""

from datetime import date, timedelta

import plotly.graph_objects
import pytest

from campaigns import charts
from campaigns.models import Campaign, Level, Statement
from campaigns.progress import Progress, Step
from fundtracker.money import Money

START, END = date(2026, 1, 1), date(2026, 12, 31)
NAMES = {"raised": "Received", "pace": "An even pace"}


def eur(amount):
    return Money.of(amount, "EUR")


def progress(*steps, target=1_000, on=END, ends_on=END, levels=(), statement=None, told_until=None, **fields):
    campaign = Campaign(
        currency="EUR", target_minor=target and target * 100, starts_on=START, ends_on=ends_on, **fields
    )
    made = tuple(Step(day, eur(amount)) for day, amount in steps)
    return Progress(
        campaign=campaign, on=on, raised=made[-1].raised if made else None,
        committed=eur(0), pledged=eur(0), overdue=eur(0), percent=None, statement=statement,
        itemised=eur(0), not_itemised=eur(0), overstated=None, unconverted=(), unconverted_promised=(),
        is_converted=False, is_provisional=False, rate_publishers=(), time_percent=None, monthly=None,
        steps=made, sources=(), taken_back=eur(0), corrections=(), as_of=None, told_until=told_until or on,
        levels=tuple(Level(campaign=campaign, kind="full", amount_minor=n * 100) for n in levels),
    )  # fmt: skip


def widths(bar):
    return [bar.received.width, bar.committed.width, bar.pledged.width]


def test_the_three_segments_lie_one_after_the_other():
    bar = charts.bar(eur(415), eur(100), eur(50), eur(900), [])
    assert widths(bar) == ["46.1%", "11.1%", "5.5%"]
    assert [bar.received.x, bar.committed.x, bar.pledged.x] == ["0.0%", "46.1%", "57.2%"]


def test_the_bar_ends_at_the_target_whatever_came_in():
    assert widths(charts.bar(eur(800), eur(300), eur(300), eur(1_000), [])) == ["80.0%", "20.0%", "0.0%"]
    assert widths(charts.bar(eur(5_000), eur(0), eur(0), eur(1_000), [])) == ["100.0%", "0.0%", "0.0%"]


def test_what_exists_can_be_seen_and_what_does_not_cannot():
    assert widths(charts.bar(eur(1), eur(0), eur(0), eur(1_000_000), [])) == ["0.4%", "0.0%", "0.0%"]


def test_money_taken_back_beyond_zero_leaves_an_empty_bar():
    assert widths(charts.bar(eur(-5), eur(0), eur(0), eur(1_000), [])) == ["0.0%", "0.0%", "0.0%"]


def test_only_levels_below_the_target_are_marked_on_the_bar():
    bar = charts.bar(eur(0), eur(0), eur(0), eur(1_000), [eur(250), eur(1_000), eur(2_000)])
    assert bar.marks == ("25.0%",)


@pytest.mark.parametrize(
    ("on", "amount"),
    [(START - timedelta(1), 0), (START, 1), (date(2026, 7, 1), 182), (END, 365), (END + timedelta(9), 365)],
)
def test_an_even_pace_brings_the_same_each_day(on, amount):
    assert charts.even_pace(eur(365), START, END, on) == eur(amount)


def test_thinning_keeps_the_first_stretch_and_the_last_total():
    steps = [Step(START + timedelta(n), eur(n)) for n in range(300)]
    thin = charts.thinned(steps, 40)
    assert len(thin) <= 40
    assert thin[-1] == steps[-1]
    assert charts.thinned(steps[:40], 40) == steps[:40]


def test_nothing_published_draws_nothing():
    assert charts.outline(progress()) is None


def test_a_total_stays_until_the_day_that_changes_it():
    outline = charts.outline(progress((date(2026, 7, 1), 500), (END, 500)))
    assert outline.line == "2,1000 498,1000 498,500 1000,500"
    assert outline.area == "2,1000 2,1000 498,1000 498,500 1000,500 1000,1000"
    assert outline.pace == "0,1000 1000,0"
    assert (outline.last_x, outline.last_y) == ("100.0%", 150)


def test_nothing_is_drawn_for_the_time_before_a_statement():
    stated = progress((date(2026, 7, 1), 500), (END, 500), statement=Statement())
    assert charts.outline(stated).line == "498,500 1000,500"


def test_money_from_before_the_start_lies_at_the_start():
    outline = charts.outline(progress((START - timedelta(400), 250), (END, 500)))
    assert outline.line == "2,750 1000,750 1000,500"


def test_the_scale_is_round_and_reaches_over_everything():
    outline = charts.outline(progress((END, 10), target=900, levels=(550, 1_200)))
    assert [tick.money for tick in outline.ticks] == [eur(0), eur(500), eur(1_000), eur(1_500)]
    assert [rule.y for rule in outline.levels] == [183, 74]


def test_the_line_and_the_table_end_where_the_figures_do():
    april = date(2026, 4, 4)
    outline = charts.outline(progress((april, 460), statement=Statement(), told_until=april))
    assert (outline.line, outline.last_x, outline.last_day) == ("257,540", "25.7%", END)
    assert [step.day for step in outline.rows] == [april]


def test_without_an_end_or_a_target_there_is_no_pace():
    open_end = charts.outline(progress((date(2026, 2, 1), 5), ends_on=None, on=date(2026, 3, 1)))
    assert open_end.pace == ""
    assert open_end.last_day == date(2026, 3, 1)
    assert charts.outline(progress((END, 5), target=None)).pace == ""


def test_a_monthly_target_is_not_held_against_a_running_total():
    outline = charts.outline(progress((END, 5), levels=(550,), mode="monthly"))
    assert (outline.pace, outline.levels) == ("", ())


def test_the_day_of_the_figures_is_named_only_where_there_is_room():
    assert charts.outline(progress((date(2026, 7, 1), 1), on=date(2026, 7, 1))).today_x == "49.8%"
    assert charts.outline(progress((END, 1))).today_x == ""
    assert charts.outline(progress((date(2026, 3, 20), 1), on=date(2026, 3, 20))).today_x == ""


@pytest.mark.parametrize("fields", [{}, {"mode": "monthly"}, {"target": None}, {"ends_on": None}])
def test_plotly_knows_every_property_of_the_figure(fields):
    figure = charts.figure(progress((START, 1), (END, 500), levels=(550,), **fields), names=NAMES)
    plotly.graph_objects.Figure(figure)


def test_plotly_gets_amounts_as_decimal_strings():
    figure = charts.figure(progress((END, "500.50")), names=NAMES)
    assert [trace["y"] for trace in figure["data"]] == [["0.00", "500.50"], ["0", "1000.00"]]

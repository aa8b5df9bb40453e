"""Which of a person's hours are paid for: worked examples, and pandas computing the same its own way."""

from datetime import date
from decimal import Decimal

import pandas
import pytest

from projects import hour_charts, hours
from projects.hours import Work

JAN, FEB, MAR = (date(2026, month, 1) for month in (1, 2, 3))


def said(work, covered, first=JAN, last=MAR):
    return [
        (month.first.month, *(None if one is None else float(round(one, 4)) for one in (month.hours, month.funded, month.paid)))
        for month in hours.months(work, covered, first=first, last=last)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("work", "covered", "expected"),
    [
        # Half of it is covered in each month.
        (Work(Decimal(80), Decimal(400)), {JAN: Decimal("0.5"), FEB: Decimal("0.5"), MAR: Decimal("0.5")},
         [(1, 80, 40, 200), (2, 80, 40, 200), (3, 80, 40, 200)]),
        # More than all of it is all of it; money given back is none of it.
        (Work(Decimal(80), Decimal(400)), {JAN: Decimal(2), FEB: Decimal("-0.5"), MAR: Decimal(1)},
         [(1, 80, 80, 400), (2, 80, 0, 0), (3, 80, 80, 400)]),
        # From 15 February to 10 March: 14 of 28 days, and 10 of 31.
        (Work(Decimal(56), Decimal(280), date(2026, 2, 15), date(2026, 3, 10)), {FEB: Decimal(1), MAR: Decimal("0.5")},
         [(2, 28, 28, 140), (3, 18.0645, 9.0323, 45.1613)]),
        # In kind it is paid for by who gives it.
        (Work(Decimal(80), Decimal(400), in_kind=True), {}, [(1, 80, 80, 400), (2, 80, 80, 400), (3, 80, 80, 400)]),
        # What nobody can tell is not known, and never 0.
        (Work(Decimal(80), Decimal(400)), {JAN: None}, [(1, 80, None, None), (2, 80, None, None), (3, 80, None, None)]),
        # Without an amount there are hours, and no money.
        (Work(Decimal(8), None), dict.fromkeys((JAN, FEB, MAR), Decimal(0)),
         [(1, 8, 0, None), (2, 8, 0, None), (3, 8, 0, None)]),
        # It ended before, or begins after.
        (Work(Decimal(80), Decimal(400), None, date(2025, 12, 31)), {}, []),
        (Work(Decimal(80), Decimal(400), date(2026, 4, 1)), {}, []),
    ],
)  # fmt: skip
def test_hours_are_paid_for_as_far_as_their_purpose_is_covered(work, covered, expected):
    assert said(work, covered) == expected


def test_pandas_comes_to_the_same_hours_day_by_day():
    starts, ends = date(2025, 11, 17), date(2026, 10, 3)
    first, last = date(2025, 9, 1), date(2026, 12, 31)
    ratios = {date(year, month, 1): Decimal(month) / 9 for year in (2025, 2026) for month in range(1, 13)}
    days = pandas.date_range(starts, ends).to_series()
    table = pandas.DataFrame({"first": days.dt.strftime("%Y-%m-01"), "part": 72.5 / days.dt.days_in_month})
    by_month = {
        date.fromisoformat(str(day)): part for day, part in table.groupby("first")["part"].sum().items()
    }
    expected = {day: part * min(1.0, float(ratios[day])) for day, part in by_month.items()}
    found = hours.months(Work(Decimal("72.5"), Decimal(1), starts, ends), ratios, first=first, last=last)
    funded = {month.first: float(month.funded) for month in found if month.funded is not None}
    assert funded == pytest.approx(expected, abs=1e-9)


def test_percent_is_floored_and_absent_where_there_is_nothing_to_tell():
    month = hours.Month(JAN, Decimal(3), Decimal(2), None, None)
    assert month.percent == 66
    assert hours.Month(JAN, Decimal(3), None, None, None).percent is None
    assert hours.Month(JAN, Decimal(0), Decimal(0), None, None).percent is None


def test_several_works_come_together_by_month_and_one_unknown_makes_the_sum_unknown():
    known = hours.months(Work(Decimal(10), None), dict.fromkeys((JAN, FEB), Decimal(1)), first=JAN, last=FEB)
    unknown = hours.months(Work(Decimal(5), None), {FEB: None}, first=FEB, last=FEB)
    together = hours.together([known, unknown])
    assert [(one.first, str(one.hours), one.funded) for one in together] == [
        (JAN, "10", Decimal(10)), (FEB, "15", None),
    ]  # fmt: skip
    assert (hours.total(together).hours, hours.total(together).funded) == (25, None)
    assert (hours.together([]), hours.total([])) == ([], None)


def test_a_fall_is_an_hour_or_more_that_is_no_longer_paid_and_not_the_work_getting_less():
    def month(first, needed, funded):
        return hours.Month(first, Decimal(needed), Decimal(funded), None, None)

    found = [month(JAN, 80, 80), month(FEB, 80, 28), month(MAR, 80, "27.5")]
    assert hours.falls(found, after=JAN) == [(found[0], found[1])]
    assert hours.falls(found, after=FEB) == []
    assert hours.falls([month(JAN, 80, 80), month(FEB, 40, 40)], after=JAN) == []


def test_bars_stand_on_the_axis_and_the_tallest_fills_it():
    found = [
        hours.Month(JAN, Decimal(40), Decimal(20), None, None),
        hours.Month(FEB, Decimal(80), None, None, None),
    ]
    chart = hour_charts.bars(found, on=FEB)
    room = hour_charts.BASE - hour_charts.TOP
    assert [(bar.height, bar.paid, bar.is_ahead) for bar in chart.bars] == [
        (room // 2, room // 4, False),
        (room, None, True),
    ]
    assert {bar.y + bar.height for bar in chart.bars} == {hour_charts.BASE}
    assert (chart.bars[0].x, chart.bars[1].x, chart.today_x) == ("0.0%", "50.0%", "50.0%")
    assert hour_charts.bars([], on=JAN) is None

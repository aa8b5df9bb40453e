"""What months come to: worked examples, and the same out of a spreadsheet."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from projects import indicators
from projects.coverage import Income, Month, Need
from projects.indicators import Runway
from projects.purposes import by_purpose

JAN, JAN_END = date(2026, 1, 1), date(2026, 1, 31)
DAY = date(2026, 1, 15)


def need(minor, purpose="maintenance", **fields):
    return Need("A cost", Decimal(minor), purpose=purpose, **fields)


def income(minor, purpose="maintenance", per_month=None, starts_on=JAN, ends_on=JAN_END):
    return Income("Money", Decimal(minor), starts_on, ends_on, purpose=purpose, per_month=per_month and Decimal(per_month))  # fmt: skip


def test_a_month_costs_what_is_needed_on_the_day_and_is_paid():
    needs = [need(100), need(30, in_kind=True), need(7, ends_on=date(2026, 1, 14)), need(9, starts_on=date(2026, 1, 16))]  # fmt: skip
    assert (indicators.monthly_cost(needs, DAY), indicators.monthly_in_kind(needs, DAY)) == (
        Decimal(100),
        Decimal(30),
    )


def test_what_recurs_is_what_the_day_is_paid_by():
    gifts = [income(31, per_month=31), income(900, per_month=300), income(50), income(9, per_month=9, ends_on=date(2026, 1, 14))]  # fmt: skip
    assert indicators.monthly_recurring(gifts, DAY) == 331


@pytest.mark.parametrize(
    ("recurring", "cost", "wanted"),
    [(50, 100, 50), (2, 3, 66), (300, 100, 300), (0, 100, 0), (-1, 100, -1), (5, 0, None), (0, 0, None)],
)
def test_recurring_cover(recurring, cost, wanted):
    assert indicators.recurring_cover(Decimal(recurring), Decimal(cost)) == wanted


@pytest.mark.parametrize(
    ("reserve", "cost", "recurring", "wanted"),
    [
        (1200, 200, 100, Runway(Decimal(12))),
        (1000, 400, 100, Runway(Decimal("3.3"))),
        (0, 200, 100, Runway(Decimal(0))),
        (1000, 100, 100, Runway(None)),
        (1000, 100, 101, Runway(None)),
        (1000, 0, 0, Runway(None)),
        (1000, 100, -100, Runway(Decimal(5))),
    ],
)
def test_runway(reserve, cost, recurring, wanted):
    assert indicators.runway(Decimal(reserve), cost=Decimal(cost), recurring=Decimal(recurring)) == wanted


@pytest.mark.parametrize(
    ("needs", "gifts", "costs", "money"),
    [
        # Of 100 free pounds features take what they lack and so does maintenance: in proportion.
        ([need(300), need(100, "features")], [income(100, "unrestricted")], 75, 75),
        ([need(300), need(100, "features")], [income(100, "features"), income(60, "unrestricted")], 75, 37),
        ([need(100, "security"), need(100, "infrastructure")], [income(1)], 100, 100),
        ([need(100)], [income(300, "unrestricted")], 100, 33),
        ([need(100)], [], 100, None),
        ([], [income(100)], None, 100),
        ([], [], None, None),
    ],
)
def test_how_much_keeps_things_as_they_are(needs, gifts, costs, money):
    found = by_purpose(needs, gifts, first=JAN, last=JAN_END)
    assert (indicators.upkeep_of_costs(found), indicators.upkeep_of_money(found)) == (costs, money)


def month(received, one_off):
    return Month(JAN, Decimal(0), Decimal(0), Decimal(received), Decimal(0), Decimal(one_off))


@pytest.mark.parametrize(
    ("months", "wanted"),
    [
        ([(300, 100)], 25),
        ([(0, 5)], 100),
        ([(5, 0)], 0),
        ([(10, 1), (0, 4)], 33),
        ([(0, 0)], None),
        ([(-9, 4)], None),
        ([], None),
    ],
)
def test_how_much_was_given_once(months, wanted):
    assert indicators.one_off_share(month(*one) for one in months) == wanted


GIVERS = [
    # what each gave, the top one's percent, Σ share², how many give half
    ([100], 100, "1", 1),
    ([50, 50], 50, "0.5", 1),
    ([40, 30, 30], 40, "0.34", 2),
    ([1, 1, 1, 1, 1], 20, "0.2", 3),
    ([2, 1], 66, None, 1),
    ([100, -20, 0], 100, "1", 1),
]


@pytest.mark.parametrize(("gave", "top", "hhi", "absence"), GIVERS)
def test_how_much_hangs_on_few(gave, top, hhi, absence):
    found = indicators.concentration({n: Decimal(minor) for n, minor in enumerate(gave)})
    sheet = pd.Series(gave, dtype=float)
    share = (sheet[sheet > 0] / sheet[sheet > 0].sum()).sort_values(ascending=False)
    assert (found.top, found.absence) == (top, absence) == (int(share.iloc[0] * 100), int((share.cumsum() < 0.5).sum()) + 1)  # fmt: skip
    assert float(found.hhi) == pytest.approx((share**2).sum())
    assert hhi is None or found.hhi.quantize(Decimal("0.01")) == Decimal(hhi)


@pytest.mark.parametrize("gave", [[], [0], [-5]])
def test_where_nobody_gave_nothing_hangs_on_anyone(gave):
    assert indicators.concentration({n: Decimal(minor) for n, minor in enumerate(gave)}) is None


def test_purposes_against_a_spreadsheet():
    """Restricted money first, then the free money by what each lacks: as columns of a sheet."""
    sheet = pd.DataFrame(
        {"need": [500, 300, 200], "own": [100, 300, 350]}, index=["maintenance", "security", "features"]
    )
    lacks = (sheet.need - sheet.own).clip(lower=0)
    sheet["allotted"] = (lacks / lacks.sum() * 240).clip(upper=lacks)
    needs = [need(minor, purpose) for purpose, minor in sheet.need.items()]
    gifts = [income(minor, purpose) for purpose, minor in sheet.own.items()] + [income(240, "unrestricted")]
    found = by_purpose(needs, gifts, first=JAN, last=JAN_END)
    assert {p: int(found[p][0].allotted) for p in sheet.index} == sheet.allotted.astype(int).to_dict()
    upkeep = sheet.loc[["maintenance", "security"]]
    assert indicators.upkeep_of_costs(found) == int(upkeep.need.sum() * 100 / sheet.need.sum())
    assert indicators.upkeep_of_money(found) == int((upkeep.own + upkeep.allotted).sum() * 100 / (sheet.own.sum() + 240))  # fmt: skip

"""Coverage by month: worked examples, and the same figures from a spreadsheet of days."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.coverage import (
    Certainty,
    Cliff,
    Income,
    Month,
    Need,
    OneOff,
    add_months,
    cliffs,
    coverage,
    months_between,
    period,
)

JAN, DEC = date(2026, 1, 1), date(2026, 12, 31)
SERVERS = Need("Servers", Decimal(3100))


def grant(minor, starts_on, ends_on, label="Grant", certainty=Certainty.RECEIVED):
    return Income(label, Decimal(minor), starts_on, ends_on, certainty)


def percents(needs, income, one_off=(), first=JAN, last=DEC):
    return [month.percent for month in coverage(needs, income, one_off, first=first, last=last)]


WORKED = [
    # what it shows, needs, income, the months from January on, their percentages
    ("a month paid in full", [SERVERS], [grant(3100, JAN, date(2026, 1, 31))], 1, [100]),
    ("floored, never rounded up", [SERVERS], [grant(3099, JAN, date(2026, 1, 31))], 1, [99]),
    ("more than is needed is said", [SERVERS], [grant(4650, JAN, date(2026, 1, 31))], 1, [150]),
    ("a year's grant covers each month by its days", [SERVERS], [grant(36500, JAN, DEC)], 3, [100, 90, 100]),
    ("a grant that starts in the middle", [SERVERS], [grant(3100, date(2026, 1, 16), date(2026, 1, 31))], 1, [100]),
    ("a grant over two halves", [SERVERS], [grant(3100, date(2026, 1, 17), date(2026, 2, 15))], 2, [50, 50]),
    ("a cost that ends mid-month", [Need("Rent", Decimal(3100), None, date(2026, 1, 10))], [grant(3100, JAN, date(2026, 1, 31))], 1, [310]),
    ("a cost that rises mid-month", [Need("A", Decimal(2800), None, date(2026, 2, 14)), Need("A", Decimal(5600), date(2026, 2, 15))], [grant(4200, date(2026, 2, 1), date(2026, 2, 28))], 2, [0, 100]),
    ("in kind stands beside the money and covers nothing", [SERVERS, Need("Lent", Decimal(3100), in_kind=True)], [], 1, [0]),
    ("where all is given in kind there is nothing to cover", [Need("Lent", Decimal(3100), in_kind=True)], [], 1, [None]),
    ("nothing needed", [], [grant(3100, JAN, DEC)], 1, [None]),
    ("nothing received", [SERVERS], [], 1, [0]),
    ("more given back than came", [SERVERS], [grant(-310, JAN, date(2026, 1, 31))], 1, [-10]),
]  # fmt: skip


@pytest.mark.parametrize(("needs", "income", "months", "wanted"), [row[1:] for row in WORKED], ids=[row[0] for row in WORKED])  # fmt: skip
def test_worked_examples(needs, income, months, wanted):
    last = list(months_between(JAN, DEC))[months - 1]
    assert percents(needs, income, last=last) == wanted


@pytest.mark.parametrize(
    ("day", "frequency", "until"),
    [
        (date(2026, 1, 15), "monthly", date(2026, 2, 14)),
        (date(2026, 1, 31), "monthly", date(2026, 2, 27)),
        (date(2028, 1, 31), "monthly", date(2028, 2, 28)),
        (date(2026, 11, 30), "quarterly", date(2027, 2, 27)),
        (date(2028, 2, 29), "yearly", date(2029, 2, 27)),
        (date(2026, 3, 1), "yearly", date(2027, 2, 28)),
    ],
)
def test_a_gift_is_given_for_the_time_until_the_next_one(day, frequency, until):
    assert period(day, frequency) == (day, until)


def test_one_off_money_stands_apart():
    [january, february] = coverage(
        [SERVERS], [], [OneOff(Decimal(9000), date(2026, 1, 31))], first=JAN, last=date(2026, 2, 1)
    )
    assert [january.one_off, january.percent, february.one_off] == [9000, 0, 0]


def test_what_is_promised_is_told_from_what_is_in_hand():
    [january] = coverage(
        [SERVERS],
        [grant(1550, JAN, date(2026, 1, 31)), grant(1550, JAN, date(2026, 1, 31), certainty=Certainty.COMMITTED)],
        [],
        first=JAN,
        last=JAN,
    )  # fmt: skip
    assert [january.received, january.committed, january.percent] == [1550, 1550, 100]


def test_a_cliff_is_named_after_what_ended():
    income = [
        grant(3100 * 2, JAN, date(2026, 2, 28), "NLnet"),
        grant(365 * 30, JAN, DEC, "Members"),
        grant(1000, JAN, date(2026, 2, 28), "A company"),
    ]
    months = coverage([SERVERS], income, [], first=JAN, last=date(2026, 4, 1))
    assert [month.percent for month in months] == [152, 137, 30, 29]
    assert cliffs(months, income) == [Cliff(date(2026, 3, 1), 137, 30, ("NLnet", "A company"))]


def test_a_surplus_that_shrinks_is_no_cliff():
    income = [grant(3100 * 2, JAN, date(2026, 2, 28), "NLnet"), grant(365 * 120, JAN, DEC, "Members")]
    months = coverage([SERVERS], income, [], first=JAN, last=date(2026, 4, 1))
    assert [month.percent for month in months] == [225, 203, 120, 116]
    assert cliffs(months, income) == []


def test_costs_that_rise_are_a_cliff_too():
    needs = [SERVERS, Need("A second server", Decimal(3100), date(2026, 3, 1))]
    income = [grant(3100 * 12, JAN, DEC)]
    months = coverage(needs, income, [], first=JAN, last=date(2026, 4, 1))
    assert cliffs(months, income) == [Cliff(date(2026, 3, 1), 92, 50, ())]


def test_a_month_without_costs_is_no_cliff():
    months = [
        Month(JAN, Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0)),
        Month(date(2026, 2, 1), Decimal(10), Decimal(0), Decimal(0), Decimal(0), Decimal(0)),
    ]
    assert cliffs(months, []) == []


DAYS = st.dates(date(2023, 11, 1), date(2026, 3, 31))
SPANS = st.tuples(DAYS, DAYS).map(lambda pair: (min(pair), max(pair)))
MINOR = st.integers(-10_000, 1_000_000)


def by_days(spans):
    """Independently: each span as a column of days, summed by calendar month."""
    days = pd.date_range("2023-11-01", "2026-03-31", freq="D")
    total = pd.Series(0.0, index=days)
    for (starts_on, ends_on), minor in spans:
        own = pd.date_range(starts_on, ends_on, freq="D")
        total[own] += minor / len(own)
    return total.groupby([days.year, days.month]).sum()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(SPANS, MINOR), max_size=5))
def test_it_is_what_a_spreadsheet_of_days_says(spans):
    income = [grant(minor, *span) for span, minor in spans]
    months = coverage([], income, [], first=date(2023, 11, 1), last=date(2026, 3, 31))
    wanted = by_days(spans)
    assert len(months) == len(wanted) == 29
    for month in months:
        assert float(month.received) == pytest.approx(wanted[month.first.year, month.first.month], abs=1e-3)
    assert sum(m.received for m in months) == pytest.approx(sum(minor for _, minor in spans))


def test_months_are_added_across_years():
    assert [add_months(date(2026, 11, 30), n) for n in (1, 3, 14)] == [
        date(2026, 12, 30),
        date(2027, 2, 28),
        date(2028, 1, 30),
    ]

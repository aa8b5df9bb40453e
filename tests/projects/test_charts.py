"""The scale gap: places on a logarithmic axis, without a database."""

from decimal import Decimal

from funders.models import Programme
from fundtracker.money import Money
from projects import charts
from projects.fit import Offer

NEED = Money.of(900_000, "GBP")


def offer(smallest=None, largest=None, awards=None):
    """In pounds, however the programme pays."""

    def minor(amount):
        return None if amount is None else Decimal(amount * 100)

    return Offer(Programme(awards_allowed=awards), minor(smallest), minor(largest), None, has_rate=True)


def test_each_step_is_ten_times_as_much_and_reaches_over_everything():
    gap = charts.gap([offer(5_000, 50_000)], NEED)
    assert [(str(tick.money), tick.x) for tick in gap.ticks] == [
        ("1000.00 GBP", "0.0%"), ("10000.00 GBP", "33.3%"), ("100000.00 GBP", "66.6%"), ("1000000.00 GBP", "100.0%"),
    ]  # fmt: skip


def test_the_need_is_a_line_for_a_year_and_one_for_a_month():
    gap = charts.gap([offer(5_000, 50_000)], NEED)
    assert (gap.year.amount, gap.year.x, gap.year.is_right) == (NEED, "98.4%", True)
    assert (gap.month.amount, gap.month.x) == (Money.of(75_000, "GBP"), "62.5%")


def test_a_range_lies_between_its_ends():
    [row] = charts.gap([offer(5_000, 50_000)], NEED).rows
    assert (row.start, row.width, row.known, row.most) == ("23.2%", "33.4%", "", "")


def test_where_one_end_is_unknown_the_line_runs_to_the_edge():
    largest, smallest = charts.gap([offer(None, 95_000), offer(50_000, None)], NEED).rows
    assert (largest.start, largest.end, largest.known) == ("0.0%", "48.8%", "48.8%")
    assert (smallest.start, smallest.end, smallest.known) == ("34.9%", "100.0%", "34.9%")


def test_all_awards_together_are_marked_where_there_are_several():
    [row] = charts.gap([offer(5_000, 50_000, awards=3)], NEED).rows
    assert row.most == "72.5%"
    assert charts.gap([offer(5_000, 50_000, awards=1)], NEED).rows[0].most == ""


def test_several_awards_that_exceed_the_need_stay_inside_the_picture():
    gap = charts.gap([offer(None, 500_000, awards=4)], NEED)
    assert (gap.ticks[-1].money, gap.rows[0].most) == (Money.of(10_000_000, "GBP"), "76.7%")


def test_a_grant_of_one_size_can_be_seen():
    [row] = charts.gap([offer(10_000, 10_000)], NEED).rows
    assert row.width == "0.4%"


def test_rows_stand_below_each_other():
    gap = charts.gap([offer(1_000, 2_000), offer(1_000, 2_000)], NEED)
    assert ([row.y for row in gap.rows], gap.axis_y, gap.height) == ([56, 128], 200, 232)


def test_a_tiny_need_still_has_an_axis():
    gap = charts.gap([offer(1, 1)], Money(100, "GBP"))
    assert [tick.money.minor for tick in gap.ticks] == [1, 10, 100]
    assert charts.gap([offer(1, 1)], Money(5, "GBP")).month.x == "0.0%"


def test_nothing_to_compare_draws_nothing():
    assert charts.gap([offer()], NEED) is None
    assert charts.gap([offer(1, 2)], None) is None
    assert charts.gap([offer(1, 2)], Money(0, "GBP")) is None

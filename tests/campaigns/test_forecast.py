"""The forecast: a range, and none where there is nothing to go by."""

import pytest

from campaigns.forecast import forecast, weekly
from funders.connectors.base import Certainty, Due, Promise
from funders.promises import record as promise
from fundtracker.money import Money
from tests.campaigns.test_progress import NOW, campaign, day, figures, give, source, state

pytestmark = pytest.mark.django_db
TODAY = 200


def giving(bank, weeks, amounts=(1_000, 2_000, 3_000, 4_000, 5_000)):
    """One gift in the middle of each of the last whole weeks."""
    give(bank, *((f"w{n}", amounts[n % len(amounts)], TODAY - 4 - 7 * n) for n in range(weeks)))


def test_slow_and_brisk_weeks_are_carried_on_to_the_end_on_top_of_what_is_signed():
    bank = source()
    spring = campaign(sources=[bank], ends_on=day(TODAY + 70))
    giving(bank, 13)
    due = Due(Money(7_000, "EUR"), day(TODAY + 10))
    promise(bank, [Promise("grant", due.amount, NOW, certainty=Certainty.COMMITTED, schedule=[due])])
    made = figures(spring, on=TODAY)
    assert weekly(made, day(TODAY))[:5] == [1_000, 2_000, 3_000, 4_000, 5_000]
    found = forecast(made, today=day(TODAY))
    sure = made.raised + Money(7_000, "EUR")
    assert (found.low, found.high) == (sure + Money(20_000, "EUR"), sure + Money(40_000, "EUR"))


@pytest.mark.parametrize(
    "fields",
    [{"ends_on": None}, {"ends_on": day(TODAY)}, {"mode": "monthly"}, {"starts_on": day(TODAY - 30)}],
)
def test_there_is_none_without_an_end_or_with_too_little_behind_it(fields):
    bank = source()
    spring = campaign(sources=[bank], **fields)
    giving(bank, 13)
    assert forecast(figures(spring, on=TODAY), today=day(TODAY)) is None


def test_there_is_none_where_few_weeks_saw_money():
    bank = source()
    spring = campaign(sources=[bank])
    giving(bank, 5)
    assert forecast(figures(spring, on=TODAY), today=day(TODAY)) is None


def test_a_statement_is_no_giving():
    bank = source()
    spring = campaign(sources=[bank])
    giving(bank, 13)
    state(spring, 900_000, TODAY - 60)
    made = figures(spring, on=TODAY)
    assert weekly(made, day(TODAY)) == [1_000, 2_000, 3_000, 4_000, 5_000, 1_000, 2_000, 3_000]
    assert forecast(made, today=day(TODAY)) is not None

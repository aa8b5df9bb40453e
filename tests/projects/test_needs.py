"""What a project needs in a year, by examples."""

from datetime import date
from decimal import Decimal

import pytest

from funders.models import Rate
from funders.rates import Rates
from fundtracker.money import Money
from projects import needs
from projects.models import Cost

TODAY = date(2026, 6, 30)
RATES = Rates({(Rate.Publisher.ECB, "GBP"): ([TODAY], [Decimal("0.80")])})


def cost(amount, frequency="yearly", currency="EUR", **fields):
    minor = None if amount is None else Money.of(amount, currency).minor
    return Cost(amount_minor=minor, currency=currency, frequency=frequency, **fields)


def need(*costs, day=TODAY):
    return needs.yearly(costs, day=day, rates=RATES.mark())


def euros(amount):
    return Money.of(amount, "EUR")


@pytest.mark.parametrize(
    ("costs", "amount"),
    [
        ([cost(900)], euros(900)),
        ([cost(100, "monthly")], euros(1_200)),
        ([cost(100, "monthly"), cost("0.01")], euros("1200.01")),
        ([cost(500), cost(300, "once"), cost(200, "other")], euros(500)),
        ([cost(500), cost(3_000_000, in_kind=True), cost(None)], euros(500)),
        ([cost(500), cost(100, ends_on=date(2026, 6, 29)), cost(100, starts_on=date(2026, 7, 1))], euros(500)),
        ([cost(500, starts_on=TODAY, ends_on=TODAY)], euros(500)),
        ([cost(500), cost(300), cost(80, currency="GBP")], euros(900)),
        ([], None),
        ([cost(None), cost(5, "once")], None),
    ],
)  # fmt: skip
def test_a_year_takes(costs, amount):
    assert need(*costs).amount == amount


def test_what_has_no_yearly_sum_stands_apart():
    one_off, in_kind, any_amount = cost(300, "once"), cost(9, in_kind=True), cost(None)
    assert need(cost(500), one_off, in_kind, any_amount).apart == (one_off, in_kind, any_amount)


def test_money_without_a_rate_stands_beside_the_sum_and_is_never_guessed():
    found = need(cost(500), cost(300), cost(1_200, currency="XOF"))
    assert (found.amount, found.unconverted) == (euros(800), (Money(1_200, "XOF"),))


def test_a_sum_of_several_currencies_is_rounded_once():
    third = Rates({(Rate.Publisher.ECB, "GBP"): ([TODAY], [Decimal(3)])})
    costs = [cost(1), cost(1), cost("0.01", currency="GBP"), cost("0.01", currency="GBP"), cost(1)]
    assert needs.yearly(costs, day=TODAY, rates=third).amount == euros("3.01")


@pytest.mark.parametrize(
    ("costs", "day"),
    [
        ([cost(1)], TODAY),
        ([cost(1, ends_on=date(2024, 12, 31)), cost(1, ends_on=date(2023, 12, 31))], date(2024, 12, 31)),
        ([cost(1, ends_on=date(2024, 12, 31)), cost(1)], TODAY),
        ([cost(1, ends_on=date(2024, 12, 31)), cost(1, "once")], date(2024, 12, 31)),
        ([cost(1, starts_on=date(2027, 1, 1))], TODAY),
        ([], TODAY),
    ],
)
def test_the_last_day_with_known_costs_stands_in_for_today(costs, day):
    assert needs.day_of(costs, TODAY) == day


@pytest.mark.parametrize(
    ("costs", "shown"),
    [
        ([cost(1, is_person=True)], True),
        ([cost(1, is_person=True), cost(1)], True),
        ([cost(1, is_person=True), cost(1, manifest_guid="a"), cost(1, manifest_guid="b")], True),
        ([cost(1, is_person=True), cost(1), cost(1)], False),
        ([cost(1), cost(1)], False),
        ([cost(1, is_person=True, manifest_guid="a")], False),
    ],
)
def test_a_sum_that_tells_what_a_person_costs_is_known_as_such(costs, shown):
    assert needs.shows_a_person(costs, TODAY) is shown

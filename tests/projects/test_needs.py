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


def person(amount, **fields):
    return cost(amount, is_person=True, **fields)


@pytest.mark.parametrize(
    ("costs", "amount"),
    [
        ([person(1)], None),
        ([person(1), cost(1)], None),
        ([person(1), cost(1), cost(1), cost(1)], None),
        ([person(1), person(1)], None),
        ([person(1), person(2), person(3)], euros(6)),
        ([person(1), person(2), person(3), cost(10), cost(8, currency="GBP")], euros(26)),
        ([cost(1), cost(1)], euros(2)),
        ([person(1, manifest_guid="a")], euros(1)),
        ([person(1, in_kind=True), cost(5)], euros(5)),
        # From 30 June on one is paid more: who knows both sums would know by how much.
        ([person(100, ends_on=date(2026, 6, 29)), person(150, starts_on=TODAY), person(1), person(2), person(3)], euros(106)),
    ],
)  # fmt: skip
def test_a_published_year_tells_what_no_person_costs(costs, amount):
    found = needs.published(costs, day=TODAY, rates=RATES.mark())
    assert (found.amount, found.is_withheld) == (amount, amount is None)


def test_a_person_paid_in_a_currency_without_a_rate_withholds_the_sum():
    costs = [person(1), person(2), person(3), person(1_000, currency="XOF")]
    assert needs.published(costs, day=TODAY, rates=RATES.mark()).is_withheld


def test_a_persons_pay_in_another_currency_does_not_move_with_the_rates():
    days = [needs.RATE_DAY, TODAY]
    moving = Rates({(Rate.Publisher.ECB, "GBP"): (days, [Decimal("0.80"), Decimal("0.50")])})
    costs = [person(1), person(2), person(8, currency="GBP")]
    assert needs.published(costs, day=TODAY, rates=moving).amount == euros(13)

"""Stripe's subscriptions as promises: their states, their rhythms, and what they amount to."""

from copy import deepcopy
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from funders.connectors.base import Account, Frequency, GiverRef, Promise, Receipt, Rejected, State
from funders.connectors.stripe_subscriptions import STATES
from fundtracker.money import Money
from tests.funders.connectors.test_stripe import MONTHLY, NOW, SUBSCRIPTION, receipt, said, source

ENDED = 1774000800  # 20 March 2026, 10:00 UTC
PLAN = SUBSCRIPTION["items"]["data"][0]["plan"]


def items(*plans: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    data = [{"object": "subscription_item", "plan": {**PLAN, **plan}, "quantity": quantity} for plan in plans]
    return {"items": {"object": "list", "has_more": False, "data": data}}


def promise(**changes: Any) -> Promise:
    [one] = said(SUBSCRIPTION, **changes)
    assert isinstance(one, Promise)
    return one


def test_a_subscription_is_a_promise():
    assert promise() == Promise(
        external_id="sub_Monthly",
        amount=Money(1500, "EUR"),
        seen=NOW,
        frequency=Frequency.MONTHLY,
        giver=GiverRef("cus_Monthly"),
        starts_on=date(2026, 1, 5),
        tier="Supporter",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("active", State.ACTIVE),
        ("trialing", State.ACTIVE),
        ("past_due", State.OVERDUE),
        ("unpaid", State.OVERDUE),
        ("paused", State.PAUSED),
        ("canceled", State.ENDED),
        ("incomplete", None),
        ("incomplete_expired", None),
    ],
)
def test_every_status_has_its_meaning(status, state):
    found = said(SUBSCRIPTION, status=status, trial_end=ENDED, ended_at=ENDED)
    assert [one.state for one in found if isinstance(one, Promise)] == ([state] if state else [])
    assert set(STATES) == {
        "active", "trialing", "past_due", "unpaid", "paused", "canceled", "incomplete", "incomplete_expired"
    }  # fmt: skip


def test_while_its_collection_is_paused_it_is_paused():
    assert promise(pause_collection={"behavior": "void"}).state == State.PAUSED
    assert promise(pause_collection={"behavior": "void"}, status="past_due").state == State.OVERDUE


def test_it_ends_when_it_was_canceled_or_will_be():
    assert promise(status="canceled", ended_at=ENDED).ends_on == date(2026, 3, 20)
    assert promise(cancel_at=ENDED).ends_on == date(2026, 3, 20)
    assert promise(cancel_at=ENDED).state == State.ACTIVE


def test_a_trial_promises_from_its_end_on():
    assert promise(status="trialing", trial_end=ENDED).starts_on == date(2026, 3, 20)


def test_days_are_those_of_the_sources_zone():
    [one] = said(
        SUBSCRIPTION, Account("example", time_zone=ZoneInfo("Pacific/Auckland")), start_date=ENDED + 3600
    )
    assert isinstance(one, Promise)
    assert one.starts_on == date(2026, 3, 21)


@pytest.mark.parametrize(
    ("interval", "count", "frequency", "minor"),
    [
        ("day", 1, Frequency.MONTHLY, 45_625),  # 1500 × 365 / 12
        ("day", 30, Frequency.MONTHLY, 1521),
        ("week", 1, Frequency.MONTHLY, 6500),
        ("week", 2, Frequency.MONTHLY, 3250),
        ("month", 1, Frequency.MONTHLY, 1500),
        ("month", 2, Frequency.QUARTERLY, 2250),
        ("month", 3, Frequency.QUARTERLY, 1500),
        ("month", 6, Frequency.YEARLY, 3000),
        ("month", 12, Frequency.YEARLY, 1500),
        ("year", 1, Frequency.YEARLY, 1500),
        ("year", 2, Frequency.YEARLY, 750),
    ],
)
def test_every_rhythm_becomes_one_of_ours_and_its_amount_fits(interval, count, frequency, minor):
    one = promise(**items({"interval": interval, "interval_count": count}))
    assert (one.frequency, one.amount) == (frequency, Money(minor, "EUR"))


def test_halves_of_a_cent_go_to_the_even_one():
    assert promise(**items({"amount": 3, "interval": "month", "interval_count": 2})).amount == Money(4, "EUR")
    assert promise(**items({"amount": 5, "interval": "year", "interval_count": 2})).amount == Money(2, "EUR")


def test_what_it_bills_adds_up_by_quantity_and_over_rhythms():
    assert promise(**items({}, {"amount": 200}, quantity=3)).amount == Money(5100, "EUR")
    mixed = promise(**items({}, {"amount": 1200, "interval": "year"}))
    assert (mixed.frequency, mixed.amount) == (Frequency.MONTHLY, Money(1600, "EUR"))


@pytest.mark.parametrize("plan", [{"amount": None, "amount_decimal": None}, {"usage_type": "metered"}])
def test_what_depends_on_use_or_on_a_scale_has_no_amount(plan):
    assert promise(**items(plan)).amount is None


def test_prices_in_two_currencies_are_refused():
    with pytest.raises(Rejected, match="bills is in two currencies"):
        promise(**items({}, {"currency": "usd"}))


@pytest.mark.parametrize("count", [0, -1, 10**30])
def test_a_rhythm_that_cannot_be_is_refused(count):
    with pytest.raises(Rejected, match="which cannot be: ask Stripe"):
        promise(**items({"interval_count": count}))


def test_a_price_may_be_finer_than_a_cent():
    assert promise(**items({"amount": None, "amount_decimal": "12.5"}, quantity=4)).amount == Money(50, "EUR")


def test_what_costs_nothing_promises_nothing():
    assert said(SUBSCRIPTION, **items({"amount": 0})) == []


def test_a_price_without_a_nickname_is_known_by_its_product():
    assert promise(**items({"nickname": None})).tier == "prod_Example"


def test_its_designation_is_in_its_metadata():
    assert promise(metadata={"campaign": "Sandcastles"}).designation == "Sandcastles"


@pytest.mark.parametrize(
    ("plan", "frequency"),
    [
        ({"interval": "week"}, Frequency.MONTHLY),
        ({"interval_count": 3}, Frequency.QUARTERLY),
        ({"interval": "year"}, Frequency.YEARLY),
    ],
)
def test_a_payment_has_the_rhythm_of_what_its_invoice_bills(plan, frequency):
    invoice = deepcopy(MONTHLY["source"]["invoice"])
    invoice["lines"]["data"][0]["plan"] |= plan
    assert receipt(MONTHLY, **source(MONTHLY, invoice=invoice)).frequency == frequency


@pytest.mark.parametrize("changes", [{"subscription": None}, {"lines": {"data": [{"plan": None}]}}])
def test_an_invoice_that_bills_no_subscription_is_paid_once(changes):
    invoice = {**MONTHLY["source"]["invoice"], **changes}
    one: Receipt = receipt(MONTHLY, **source(MONTHLY, invoice=invoice))
    assert one.frequency == Frequency.ONCE

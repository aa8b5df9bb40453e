"""Stripe's subscriptions: what they promise, and how often what they bill comes."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from funders.connectors.base import Account, Frequency, GiverRef, Promise, Rejected, State
from funders.connectors.stripe_values import decimals, designation, is_real, moment
from funders.connectors.values import typed
from fundtracker.money import Money, exponent

# None: its first payment has not come, so nothing began. An unpaid one goes on to bill, and nobody pays.
STATES: dict[str, State | None] = {
    "active": State.ACTIVE, "trialing": State.ACTIVE, "past_due": State.OVERDUE, "unpaid": State.OVERDUE,
    "paused": State.PAUSED, "canceled": State.ENDED, "incomplete": None, "incomplete_expired": None,
}  # fmt: skip
TIMES_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
IN_A_YEAR = {Frequency.MONTHLY: 12, Frequency.QUARTERLY: 4, Frequency.YEARLY: 1}
LONGEST = 1096  # days in three years, the most that Stripe allows
AHEAD = timedelta(days=3660)


def promised(plan: Any, account: Account, asked_at: datetime) -> Iterator[Promise]:
    state, items = STATES[plan["status"]], plan["items"]
    if state is None or not is_real(plan, account):
        return
    if typed(bool, items["has_more"]):
        raise Rejected("a subscription to more things than Stripe lists at once: tell a developer")
    if plan.get("pause_collection") and state is State.ACTIVE:
        state = State.PAUSED
    prices = [item["plan"] for item in items["data"]]
    every = _together(prices)
    amount = _sum(items["data"], every)
    if amount is not None and not amount:
        return  # it costs nothing
    yield Promise(
        external_id=typed(str, plan["id"]),
        amount=amount,
        seen=asked_at,
        frequency=every,
        state=state,
        giver=GiverRef(typed(str, plan["customer"])),
        # A trial costs nothing yet.
        starts_on=_day(
            plan["trial_end" if plan["status"] == "trialing" else "start_date"], account, asked_at
        ),
        ends_on=_day(plan["ended_at" if state is State.ENDED else "cancel_at"], account, asked_at),
        tier=typed(str, prices[0]["nickname"] or prices[0]["product"]),
        designation=designation(plan, account),
    )


def frequency(invoice: Any) -> Frequency:
    """Of a payment: as its invoice bills a subscription."""
    if invoice is None or invoice["subscription"] is None:
        return Frequency.ONCE
    prices = [line["plan"] for line in invoice["lines"]["data"] if line["plan"] is not None]
    return _together(prices) if prices else Frequency.ONCE


def _together(prices: Any) -> Frequency:
    """The shortest of our periods that holds each of theirs."""
    times = [_times(price) for price in prices]
    if min(times) >= 12 or len(set(times)) > 1:
        return Frequency.MONTHLY
    return Frequency.QUARTERLY if min(times) >= 4 else Frequency.YEARLY


def _times(price: Any) -> Fraction:
    """How often a year."""
    count = typed(int, price["interval_count"])
    if not 1 <= count <= LONGEST:
        raise Rejected(f"what it bills comes every {count} {price['interval']}s, which cannot be: ask Stripe")
    return Fraction(TIMES_A_YEAR[price["interval"]], count)


def _sum(items: Any, every: Frequency) -> Money | None:
    """What comes each month, quarter or year; None where that depends on use or on a scale."""
    total, currency = Fraction(0), items[0]["plan"]["currency"]
    for item in items:
        price = item["plan"]
        unit = price["amount_decimal"] if price["amount"] is None else typed(int, price["amount"])
        if unit is None or {"metered": True, "licensed": False}[price["usage_type"]]:
            return None
        if price["currency"] != currency:
            raise Rejected("what a subscription bills is in two currencies: ask Stripe")
        total += Fraction(unit) * typed(int, item["quantity"]) * _times(price)
    finer = exponent(currency.upper()) - decimals(currency)
    return Money(round(total / IN_A_YEAR[every] * Fraction(10) ** finer), currency.upper())


def _day(seconds: Any, account: Account, asked_at: datetime) -> date | None:
    return None if seconds is None else moment(seconds, asked_at, AHEAD).astimezone(account.time_zone).date()

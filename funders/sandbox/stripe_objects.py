"""What Stripe would have of the sandbox foundation: the balance's rows and all that they come from.

The account is settled in euros. Rows of the test mode stand among the others, which Stripe's own keys would keep
apart: a client must not rely on that.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from funders.sandbox.foundation import CHARGED_BY_STRIPE, Foundation, Payment, Plan, Refund

VERSION = "2025-02-24.acacia"
# What a unit of another currency brings in euros: when it comes, and when it must be given back.
RATES = {
    "EUR": ("1", "1"),
    "USD": ("0.9173", "0.9241"),
    "GBP": ("1.1687", "1.1502"),
    "JPY": ("0.006127", "0.006188"),
}
WHOLE = frozenset({"JPY"})
DISPUTE_FEE = 2000
RETURNS = timedelta(days=10)
STATES = {"cancelled": "canceled", "failed": "past_due", "paused": "active", "": "active"}
Object = dict[str, Any]


@lru_cache(maxsize=2)
def everything(foundation: Foundation, now: datetime) -> dict[str, Object]:
    books = foundation.at(now).through(*CHARGED_BY_STRIPE)
    found: list[Object] = [
        _subscription(foundation, plan, now) for plan in books.plans if plan.channel == "stripe"
    ]
    for payment in books.payments:
        found += _paid(foundation, payment, now)
    found += _payouts(foundation, found, now)
    return {one["id"]: one for one in found}


def _paid(foundation: Foundation, payment: Payment, now: datetime) -> Iterator[Object]:
    charge, created = charge_of(foundation, payment, now), seconds(payment.at)
    yield charge
    yield event_of(foundation, payment, charge)
    if charge["invoice"]:
        yield _invoice(foundation, charge["invoice"], payment, created)
    if payment.failed:
        return
    kind = "payment" if payment.giver.company else "charge"
    brought = _euros(payment.cents, payment.currency, 0)
    fee = 25 + brought * (35 if payment.currency != "EUR" else 15) // 1000
    yield _row(foundation, payment.key, charge["id"], kind, "charge", brought, fee, payment, 0)
    if back := payment.refunded(now):
        yield from _back(foundation, payment, back, charge, now)


def _back(
    foundation: Foundation, payment: Payment, back: Refund, charge: Object, now: datetime
) -> Iterator[Object]:
    word, prefix = ("dispute", "du") if back.dispute else ("refund", "re")
    amount, key = _euros(back.cents, payment.currency, 1), f"{prefix}_{foundation.id(back.key)[:24]}"
    won = back.won and back.at + RETURNS <= now
    thing: Object = {
        "id": key, "object": word, "amount": _minor(back.cents, payment.currency),
        "currency": payment.currency.lower(), "charge": charge["id"], "created": seconds(back.at), "metadata": {},
    }  # fmt: skip
    if not back.dispute:
        row = _row(foundation, back.key, key, "refund", "refund", -amount, 0, payment, 1, back.at)
        yield from ({**thing, "status": "succeeded", "balance_transaction": row["id"]}, row)
        return
    status = "won" if won else "needs_response" if back.at + RETURNS > now else "lost"
    rows = [
        _row(foundation, back.key, key, "adjustment", "dispute", -amount, DISPUTE_FEE, payment, 1, back.at)
    ]
    if won:
        again, at = f"{back.key} won", back.at + RETURNS
        rows.append(
            _row(
                foundation, again, key, "adjustment", "dispute_reversal", amount, -DISPUTE_FEE, payment, 1, at
            )
        )
    yield {**thing, "status": status, "livemode": not payment.test, "balance_transactions": [*rows]}
    yield from rows


def _row(
    foundation: Foundation, key: str, source: str | None, kind: str, category: str, amount: int, fee: int,
    payment: Payment | None, rate: int, at: datetime | None = None,
) -> Object:  # fmt: skip
    """One of the balance: it stays pending for a week, and is never changed but for that."""
    when = at or (payment.at if payment else None)
    assert when
    foreign = payment is not None and payment.currency != "EUR"
    details = [
        {"amount": fee, "application": None, "currency": "eur", "description": "fees", "type": "stripe_fee"}
    ]
    return {
        "id": f"txn_{foundation.id(f'row {key}')[:24]}", "object": "balance_transaction", "amount": amount,
        "available_on": seconds(when + timedelta(days=7)), "created": seconds(when), "currency": "eur",
        "description": None,
        "exchange_rate": float(RATES[payment.currency][rate]) if payment and foreign else None, "fee": fee,
        "fee_details": details if fee else [], "net": amount - fee, "reporting_category": category, "source": source,
        "status": "pending", "type": kind,
    }  # fmt: skip


def charge_of(foundation: Foundation, payment: Payment, now: datetime) -> Object:
    key, plan, giver = foundation.charge(payment), payment.plan, payment.giver
    back = payment.refunded(now)
    amount, refunded = _minor(payment.cents, payment.currency), back if back and not back.dispute else None
    given_back = _minor(refunded.cents, payment.currency) if refunded else 0
    method = "sepa_debit" if giver.company else "card"
    print_ = foundation.id(f"card {giver.number}")[:16]
    return {
        "id": key, "object": "charge", "amount": amount, "amount_captured": 0 if payment.failed else amount,
        "amount_refunded": given_back, "balance_transaction":
            None if payment.failed else f"txn_{foundation.id(f'row {payment.key}')[:24]}",
        "billing_details": {"email": f"{giver.handle}@example.org", "name": giver.name, "phone": None},
        "captured": not payment.failed, "created": seconds(payment.at), "currency": payment.currency.lower(),
        "customer": f"cus_{foundation.id(f'customer {giver.number}')[:14]}" if plan else None,
        "description": None, "disputed": bool(back and back.dispute),
        "failure_code": "card_declined" if payment.failed else None,
        "invoice": f"in_{foundation.id(f'invoice {payment.key}')[:24]}" if plan and plan.channel == "stripe" else None,
        "livemode": not payment.test, "metadata": {"campaign": payment.designation} if payment.designation else {},
        "paid": not payment.failed, "payment_intent": f"pi_{foundation.id(f'intent {payment.key}')[:24]}",
        "payment_method_details": {"type": method, method: {"fingerprint": print_, "last4": "4242"}},
        "receipt_email": f"{giver.handle}@example.org", "refunded": given_back == amount,
        "status": "failed" if payment.failed else "succeeded",
    }  # fmt: skip


def _invoice(foundation: Foundation, key: str, payment: Payment, created: int) -> Object:
    plan = payment.plan
    assert plan
    lines = [
        {
            "object": "line_item",
            "type": "subscription",
            "amount": payment.cents,
            "plan": _price(foundation, plan),
        }
    ]
    return {
        "id": key, "object": "invoice", "created": created, "subscription": f"sub_{foundation.id(plan.key)[:24]}",
        "lines": {"object": "list", "has_more": False, "data": lines},
    }  # fmt: skip


def _price(foundation: Foundation, plan: Plan) -> Object:
    return {
        "id": f"price_{foundation.id(f'price {plan.cents} {plan.interval}')[:24]}", "object": "plan",
        "amount": _minor(plan.cents, plan.currency), "amount_decimal": str(_minor(plan.cents, plan.currency)),
        "billing_scheme": "per_unit", "currency": plan.currency.lower(), "interval": plan.interval,
        "interval_count": 1, "nickname": plan.tier or None, "product": "prod_Sandbox", "usage_type": "licensed",
    }  # fmt: skip


def _subscription(foundation: Foundation, plan: Plan, now: datetime) -> Object:
    end = plan.end if plan.ended(now) else ""
    ended = seconds(plan.ends) if plan.ends and end == "cancelled" else None
    items = [{"object": "subscription_item", "plan": _price(foundation, plan), "quantity": 1}]
    return {
        "id": f"sub_{foundation.id(plan.key)[:24]}", "object": "subscription", "cancel_at": None,
        "cancel_at_period_end": False, "canceled_at": ended, "created": seconds(plan.started),
        "currency": plan.currency.lower(), "customer": f"cus_{foundation.id(f'customer {plan.giver.number}')[:14]}",
        "ended_at": ended, "items": {"object": "list", "has_more": False, "data": items}, "livemode": True,
        "metadata": {}, "pause_collection": {"behavior": "void"} if end == "paused" else None,
        "start_date": seconds(plan.started), "status": STATES[end], "trial_end": None,
    }  # fmt: skip


def _payouts(foundation: Foundation, found: list[Object], now: datetime) -> Iterator[Object]:
    """Each Monday what the week before brought, and a fee for having the account."""
    weeks: dict[datetime, int] = {}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for row in found:
        if row["object"] == "balance_transaction":
            day = midnight + timedelta(days=(row["created"] - seconds(midnight)) // 86_400)
            monday = day + timedelta(days=7 - day.weekday())
            weeks[monday] = weeks.get(monday, 0) + row["net"]
    for monday, net in sorted(weeks.items()):
        if monday <= now:
            key = f"payout {monday:%Y-%m-%d}"
            yield _row(foundation, f"fee {key}", None, "stripe_fee", "fee", -150, 0, None, 0, monday)
            payout = f"po_{foundation.id(key)[:24]}"
            row = _row(foundation, key, payout, "payout", "payout", 150 - net, 0, None, 0, monday)
            yield {"id": payout, "object": "payout", "amount": net - 150, "currency": "eur", "livemode": True,
                   "created": row["created"], "status": "paid"}  # fmt: skip
            yield row


def event_of(foundation: Foundation, payment: Payment, charge: Object) -> Object:
    return {
        "id": f"evt_{foundation.id(f'event {payment.key}')[:24]}", "object": "event", "api_version": VERSION,
        "created": charge["created"], "data": {"object": charge}, "livemode": charge["livemode"],
        "type": "charge.failed" if payment.failed else "charge.succeeded",
    }  # fmt: skip


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _minor(cents: int, currency: str) -> int:
    return cents // 100 if currency in WHOLE else cents


def _euros(cents: int, currency: str, side: int) -> int:
    return int((Decimal(cents) * Decimal(RATES[currency][side])).to_integral_value())

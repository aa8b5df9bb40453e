"""Donorbox's API: gifts, what was given back of them, and recurring plans, of one account.

Its rows say how much of a gift was given back, but not when. A refund is dated as its gift is: the day on which we
happened to find it would differ between two installations, and move with each re-read. What was raised is the same
either way (a refund's value date is its gift's); only a statement that staff made between the two days must be
made anew. Where Stripe's account is a source too, that one knows the day, and of twins the higher-ranked counts.
A row tells how things stand now: it says with 0 what did not come, or no longer is given back.
A plan has no currency of its own: it is its campaign's, or the one that all campaigns have. Nothing says that a plan is public, so its giver is unnamed.

options: memberships   [names or ids of the campaigns whose money is membership dues; each is a tier]
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    State,
)
from funders.connectors.donorbox_pages import fetch
from funders.connectors.graphql import reading
from funders.connectors.values import T, money, number, rounded, shown, typed
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse"]

LABEL = "Donorbox"
ATOMIC = False
COMPLETE = True

# Whether a gift of this status is money.
STATUSES = {"paid": True, "pending": False, "failed": False}
MONTHS_OF_WEEKS = Decimal(52) / 12
# How often, and by how much one amount is then multiplied.
INTERVALS = {
    "weekly": (Frequency.MONTHLY, MONTHS_OF_WEEKS), "1 W": (Frequency.MONTHLY, MONTHS_OF_WEEKS),
    "monthly": (Frequency.MONTHLY, Decimal(1)), "1 M": (Frequency.MONTHLY, Decimal(1)),
    "quarterly": (Frequency.QUARTERLY, Decimal(1)), "3 M": (Frequency.QUARTERLY, Decimal(1)),
    "annual": (Frequency.YEARLY, Decimal(1)), "annually": (Frequency.YEARLY, Decimal(1)),
    "yearly": (Frequency.YEARLY, Decimal(1)), "1 Y": (Frequency.YEARLY, Decimal(1)),
    "12 M": (Frequency.YEARLY, Decimal(1)),
}  # fmt: skip
PROCESSORS = {"stripe_charge_id": "stripe", "paypal_transaction_id": "paypal"}
NOISE = Decimal("0.000001")
STATES = {
    "active": State.ACTIVE, "paused": State.PAUSED, "failed": State.OVERDUE, "past_due": State.OVERDUE,
    "cancelled": State.ENDED, "canceled": State.ENDED, "ended": State.ENDED, "completed": State.ENDED,
}  # fmt: skip


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading(LABEL):
        if "plan" in item:
            yield from _promise(item["plan"], item["currency"], account, asked_at)
        else:
            yield from _receipts(item["donation"], account, asked_at)


def _receipts(row: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    amount, back = (money(number(row[one], str), row["currency"]) for one in ("amount", "amount_refunded"))
    if back.minor < 0 or back > amount:
        raise Rejected(f"{back} of {amount} were given back: ask Donorbox which of the two is right")
    if not STATUSES[row["status"]]:
        amount = back = Money(0, amount.currency)
    payment = _payment(row) if amount else ""
    gift = Receipt(
        external_id=str(_id(row)),
        kind=Kind.MEMBERSHIP if _is_membership(row["campaign"], account) else Kind.DONATION,
        amount=amount,
        occurred_at=datetime.fromisoformat(row["donation_date"]),
        seen=asked_at,
        giver=_giver(row["donor"], public=row.get("anonymous_donation") is False),
        fee=_fee(row["processing_fee"], row["currency"], payment) if amount else None,
        frequency=_frequency(row),
        designation=typed(str, row.get("designation") or ""),
        payment_ref=payment,
    )
    yield gift
    yield replace(
        gift,
        external_id=f"{gift.external_id}:refund",
        kind=Kind.REFUND,
        amount=-back,
        fee=None,
        payment_ref="",
        refunds_external_id=gift.external_id,
    )


def _promise(row: Any, currency: str | None, account: Account, asked_at: datetime) -> Iterator[Promise]:
    frequency, times = _known(INTERVALS, row["type"])
    state, campaign = _known(STATES, row["status"]), row["campaign"]
    if currency is None:
        raise Rejected(
            "a plan of a campaign that is not listed, so that its currency is not known: ask Donorbox"
        )
    amount = rounded(number(row["amount"], str) * times, currency)
    if not amount:
        return
    started = date.fromisoformat(row["started_at"])
    yield Promise(
        external_id=f"plan:{_id(row)}",
        amount=amount,
        seen=asked_at,
        frequency=frequency,
        state=state,
        giver=_giver(row["donor"], public=False),
        starts_on=started,
        # When it ended is not said; what is known is until when it was paid.
        ends_on=_last_paid(row, started) if state is State.ENDED else None,
        tier=campaign["name"] if _is_membership(campaign, account) else "",
    )


def _known(words: dict[str, T], word: Any) -> T:
    """Plans come before gifts, and nobody wrote down all of their words: a new one keeps no gift waiting."""
    if word not in words:
        raise Rejected(f"a plan says “{shown(word)}”, which is new to us: tell a developer what it means")
    return words[word]


def _last_paid(row: Any, started: date) -> date:
    last = row["last_donation_date"]
    return max(started, datetime.fromisoformat(last).date()) if last else started


def _is_membership(campaign: Any, account: Account) -> bool:
    named = account.options.get("memberships", [])
    if not isinstance(named, list):
        raise Rejected('the setting “memberships” is no list: write ["its name"], with the brackets')
    return campaign is not None and not {*map(str, named)}.isdisjoint((str(_id(campaign)), campaign["name"]))


def _frequency(row: Any) -> Frequency:
    """Older rows name neither plan nor interval; monthly is what Donorbox offers first, and plans tell it always."""
    if not typed(bool, row["recurring"]):
        return Frequency.ONCE
    return INTERVALS[row["interval"] if "interval" in row or "plan_id" in row else "1 M"][0]


def _giver(donor: Any, *, public: bool) -> GiverRef | None:
    if donor is None:
        return None
    name = typed(str, donor["name"] or "")
    return GiverRef(str(_id(donor)), name if public else "", public and bool(name))


def _id(thing: Any) -> int:
    return typed(int, thing["id"])


def _payment(row: Any) -> str:
    """As the processor knows it. Gifts in cash and the like have none."""
    for field, service in PROCESSORS.items():
        if row.get(field) or row["donation_type"] == service:
            return f"{service}:{typed(str, row[field])}"
    return ""


def _fee(written: Any, currency: str, payment: str) -> Money | None:
    """It comes as a binary fraction, such as 1.7500000000000002. What no processor had a part in has none."""
    cost = number(written if payment else written or 0, int, Decimal)
    fee = rounded(-cost, currency)
    if abs(fee.decimal + cost) > NOISE or fee.minor > 0:
        raise Rejected(f"a fee of {cost} {currency} cannot be booked: ask Donorbox what it means")
    return fee or None

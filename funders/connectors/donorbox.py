"""Donorbox's API: gifts, what was given back of them, and recurring plans, of one account.

Its rows say how much of a gift was given back, but not when. A refund is dated as its gift is: the day on which we
happened to find it would differ between two installations, and move with each re-read. What was raised is the same
either way (a refund's value date is its gift's); only a statement that staff made between the two days must be
made anew. Where Stripe's account is a source too, that one knows the day, and of twins the higher-ranked counts.
A plan has no currency of its own: it is its campaign's, or the one that all campaigns have. Nothing says that a plan is public, so its giver is unnamed.

options: memberships   [names or ids of the campaigns whose money is membership dues; each is a tier]
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
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
from fundtracker.money import Money, exponent

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
    amount, back = _money(row["amount"], row["currency"]), _money(row["amount_refunded"], row["currency"])
    if not STATUSES[row["status"]] or not amount:
        return
    if back.minor < 0 or back > amount:
        raise Rejected(f"{back} of {amount} were given back: ask Donorbox which of the two is right")
    payment = _payment(row)
    gift = Receipt(
        external_id=str(_id(row)),
        kind=Kind.MEMBERSHIP if _is_membership(row["campaign"], account) else Kind.DONATION,
        amount=amount,
        occurred_at=datetime.fromisoformat(row["donation_date"]),
        seen=asked_at,
        giver=_giver(row["donor"], public=row.get("anonymous_donation") is False),
        # What no processor had a part in has no fee.
        fee=_fee(row["processing_fee"] if payment else row["processing_fee"] or 0, row["currency"]),
        frequency=_frequency(row),
        designation=_typed(str, row.get("designation") or ""),
        payment_ref=payment,
    )
    yield gift
    if back:
        yield Receipt(
            external_id=f"{gift.external_id}:refund",
            kind=Kind.REFUND,
            amount=-back,
            occurred_at=gift.occurred_at,
            seen=asked_at,
            giver=gift.giver,
            frequency=gift.frequency,
            designation=gift.designation,
            refunds_external_id=gift.external_id,
        )


def _promise(row: Any, currency: str | None, account: Account, asked_at: datetime) -> Iterator[Promise]:
    frequency, times = INTERVALS[row["type"]]
    state, campaign = STATES[row["status"]], row["campaign"]
    if currency is None:
        raise Rejected(
            "a plan of a campaign that is not listed, so that its currency is not known: ask Donorbox"
        )
    amount = _rounded(Decimal(_typed(str, row["amount"])) * times, currency)
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


def _last_paid(row: Any, started: date) -> date:
    last = row["last_donation_date"]
    return max(started, datetime.fromisoformat(last).date()) if last else started


def _is_membership(campaign: Any, account: Account) -> bool:
    named = {str(one) for one in account.options.get("memberships", ())}
    return campaign is not None and not named.isdisjoint((str(_id(campaign)), campaign["name"]))


def _frequency(row: Any) -> Frequency:
    """Older rows name neither plan nor interval; monthly is what Donorbox offers first, and plans tell it always."""
    if not _typed(bool, row["recurring"]):
        return Frequency.ONCE
    return INTERVALS[row["interval"] if "interval" in row or "plan_id" in row else "1 M"][0]


def _giver(donor: Any, *, public: bool) -> GiverRef | None:
    if donor is None:
        return None
    name = _typed(str, donor["name"] or "")
    return GiverRef(str(_id(donor)), name if public else "", public and bool(name))


def _id(thing: Any) -> int:
    number: int = _typed(int, thing["id"])
    return number


def _payment(row: Any) -> str:
    """As the processor knows it. Gifts in cash and the like have none."""
    for field, service in PROCESSORS.items():
        if row.get(field) or row["donation_type"] == service:
            return f"{service}:{_typed(str, row[field])}"
    return ""


def _money(text: Any, currency: str) -> Money:
    amount = Decimal(_typed(str, text))
    try:
        return Money.of(amount, currency)
    except ValueError as error:
        raise Rejected(f"an amount cannot be booked: {error}") from None


def _fee(number: Any, currency: str) -> Money | None:
    """It comes as a binary fraction, such as 1.7500000000000002."""
    written = Decimal(_typed((int, Decimal), number))
    fee = _rounded(-written, currency)
    if abs(fee.decimal + written) > NOISE or fee.minor > 0:
        raise Rejected(f"a fee of {written} {currency} cannot be booked: ask Donorbox what it means")
    return fee or None


def _rounded(amount: Decimal, currency: str) -> Money:
    try:
        with localcontext(prec=100):
            whole = amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_EVEN)
        return Money.of(whole, currency)
    except (ValueError, ArithmeticError) as error:
        raise Rejected(f"an amount cannot be booked: {error}") from None


def _typed(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError
    return value

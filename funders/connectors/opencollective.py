"""Open Collective's GraphQL API v2: gifts, refunds and subscriptions of one account, its events and its projects.

Receipts are in the host's currency: there the bank was credited, fees are taken and the net is computed, while the
collective's own currency would have us convert each fee. Tax, which comes in the collective's currency, is what
the provider's own net leaves over. When is the effective date: hosts date added funds back to the day of the money.
An edit of added funds is a refund and a new gift: what was booked before the edit must be taken back. A gift in
dispute stays in the provider's balance, and here, until its reversal.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from funders.connectors.base import (
    Account,
    Certainty,
    Due,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
    State,
)
from funders.connectors.graphql import reading
from funders.connectors.opencollective_pages import fetch
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse"]

LABEL = "Open Collective"
ATOMIC = False
COMPLETE = True

# None: part of another row, or not this account's income.
KINDS: dict[str, Kind | None] = {
    "CONTRIBUTION": Kind.DONATION, "ADDED_FUNDS": Kind.DONATION, "BALANCE_TRANSFER": Kind.TRANSFER,
    "PAYMENT_PROCESSOR_COVER": Kind.FEE, "PAYMENT_PROCESSOR_DISPUTE_FEE": Kind.FEE,
    "PAYMENT_PROCESSOR_FEE": None, "HOST_FEE": None, "TAX": None, "EXPENSE": None, "PREPAID_PAYMENT_METHOD": None,
    "PLATFORM_FEE": None, "PLATFORM_TIP": None, "PLATFORM_TIP_DEBT": None, "HOST_FEE_SHARE": None,
    "HOST_FEE_SHARE_DEBT": None, "APPLICATION_FEE": None,
}  # fmt: skip
TAKEN_BACK = {None: Kind.REFUND, "REFUND": Kind.REFUND, "REJECT": Kind.REFUND, "EDIT": Kind.REFUND,
              "DUPLICATE": Kind.REFUND, "DISPUTE": Kind.CHARGEBACK}  # fmt: skip
SIDES = {"CREDIT": True, "DEBIT": False}
BACK = {"True": True, "False": False}  # by their names: 1 would pass for True
TIERS = {"MEMBERSHIP": Kind.MEMBERSHIP, "TIER": Kind.DONATION, "DONATION": Kind.DONATION, "TICKET": Kind.DONATION,
         "SERVICE": Kind.DONATION, "PRODUCT": Kind.DONATION}  # fmt: skip
FREQUENCIES = {"ONETIME": Frequency.ONCE, "MONTHLY": Frequency.MONTHLY,
               "YEARLY": Frequency.YEARLY}  # fmt: skip
# An ORGANIZATION may be a company, a foundation or a public body: staff say which.
GIVERS = {"INDIVIDUAL": "person"}
# Only a person can be a guest, and what is none of these may be a person.
NO_GUESTS = {"ORGANIZATION", "COLLECTIVE", "EVENT", "PROJECT", "FUND", "VENDOR", "BOT"}
# As opencollective_pages asks for them; PAID comes along with its receipt.
STATES = {
    "ACTIVE": State.ACTIVE, "PROCESSING": State.ACTIVE, "IN_REVIEW": State.ACTIVE, "PENDING": State.ACTIVE,
    "PAUSED": State.PAUSED, "ERROR": State.OVERDUE, "DISPUTED": State.OVERDUE, "CANCELLED": State.ENDED,
    "EXPIRED": State.ENDED, "REJECTED": State.ENDED, "REFUNDED": State.ENDED, "PAID": State.ENDED,
}  # fmt: skip


def parse(node: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading("Open Collective"):
        if node["__typename"] == "Order":
            yield from _promise(node, node["fromAccount"], account)
        else:
            yield from _receipt(node, account, asked_at)


def _receipt(node: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    order, who, back = node["order"], node["oppositeAccount"], BACK[str(node["isRefund"])]
    # Very old rows have no kind; those of an order are gifts.
    kind = KINDS[node["kind"] or ("CONTRIBUTION" if order is not None else "EXPENSE")]
    if kind is Kind.DONATION and who and account.slug in (who["slug"], (who.get("parent") or who)["slug"]):
        kind = Kind.TRANSFER
    if kind is Kind.DONATION:
        # The account's own giving, and its coming back, are no income.
        kind = None if SIDES[node["type"]] is back else _kind(order)
        kind = TAKEN_BACK[node["refundKind"]] if kind and back else kind
    gross = _money(node["amountInHostCurrency"])
    if kind is None or not gross:
        return
    taken_back, gift = kind in TAKEN_BACK.values(), kind not in (Kind.TRANSFER, Kind.FEE)
    if taken_back and node["refundTransaction"] is None:
        raise Rejected("a refund that names no original: ask Open Collective which gift it gave back")
    fee = _money(node["hostFee"]) + _money(node["paymentProcessorFee"]) + _money(node["platformFee"])
    yield Receipt(
        external_id=node["id"],
        kind=kind,
        amount=gross,
        occurred_at=datetime.fromisoformat(node["clearedAt"] or node["createdAt"]),
        seen=asked_at,
        giver=_giver(who, account) if gift else None,
        fee=fee or None,
        tax=_money(node["netAmountInHostCurrency"]) - gross - fee or None,
        frequency=FREQUENCIES[order["frequency"]] if order is not None else Frequency.ONCE,
        designation=_designation(node["account"], account),
        payment_ref=_payment(node) if gift and not taken_back else "",
        refunds_external_id=node["refundTransaction"]["id"] if taken_back else "",
    )
    if gift and not taken_back and order and order["status"] == "PAID" and node["kind"] == "CONTRIBUTION":
        yield from _promise(order, who, account)


def _promise(order: Any, who: Any, account: Account) -> Iterator[Promise]:
    frequency, status, amount = FREQUENCIES[order["frequency"]], order["status"], _money(order["amount"])
    once, updated = frequency is Frequency.ONCE, datetime.fromisoformat(order["updatedAt"])
    if once and order["paymentMethod"]:
        return  # a payment by card happens or fails: nobody waits for it
    if not amount:
        return  # a tier that costs nothing
    expected = (order["pendingContributionData"] or {}).get("expectedAt")
    due = Due(amount, datetime.fromisoformat(expected).date() if expected else None, paid=status == "PAID")
    yield Promise(
        external_id=order["id"],
        amount=amount,
        seen=updated,
        frequency=frequency,
        certainty=Certainty.PLEDGED if once or status == "PENDING" else Certainty.COMMITTED,
        state=STATES[status],
        giver=_giver(who, account),
        starts_on=datetime.fromisoformat(order["createdAt"]).date(),
        ends_on=updated.date() if STATES[status] is State.ENDED else None,
        tier=(order["tier"] or {}).get("slug") or "",
        designation=_designation(order["toAccount"], account),
        schedule=(due,) if once else (),
    )


def _kind(order: Any) -> Kind:
    return TIERS[order["tier"]["type"]] if order is not None and order["tier"] is not None else Kind.DONATION


def _money(amount: Any) -> Money:
    """Hundredths in every currency: 50000 of JPY are 500 yen."""
    hundredths = Decimal(amount["valueInCents"])
    try:
        return Money.of(hundredths.scaleb(-2), amount["currency"])
    except ValueError as error:
        raise Rejected(f"an amount cannot be booked: {error}") from None


def _giver(who: Any, account: Account) -> GiverRef | None:
    if who is None:
        return None
    # A flag that is unknown or missing hides the name.
    shown = who.get("isIncognito") is False and who.get("isPrivate") is False
    no_guest = who["type"] in NO_GUESTS or who.get("isGuest") is False
    public = bool(who["name"]) and shown and no_guest
    url = f"https://opencollective.com/{who['slug']}" if public and not account.base_url else ""
    return GiverRef(who["id"], who["name"] if public else "", public, GIVERS.get(who["type"], "unknown"), url)


def _designation(recipient: Any, account: Account) -> str:
    return "" if recipient["slug"] == account.slug else str(recipient["slug"])


def _payment(node: Any) -> str:
    """As the processor knows it where we may see that; else the payment's group, which the export has too."""
    if node["merchantId"] and node["paymentMethod"]:
        return str(node["paymentMethod"]["service"].lower() + ":" + node["merchantId"])
    if not node["group"]:
        raise SchemaChanged("a payment has no group in Open Collective's answer: this needs a developer")
    return str("opencollective:" + node["group"])

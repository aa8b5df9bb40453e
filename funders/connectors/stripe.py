"""Stripe: the rows of the account's balance, which are its ledger, and its subscriptions.

A row counts as it stands, whatever its charge says by now: what fails or is given back later has a row of its own. So
one that is still pending counts too: it was paid, and waits only for its payout. Amounts are in the currency that the
balance was credited in. What a refund or a dispute moves at another rate than its gift came at is a cost of exchange,
booked with the fees: the gift itself is taken back for just what it brought. Nobody said that their name may be
shown, so everybody is anonymous.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from funders.connectors.base import Account, Frequency, Kind, Promise, Receipt, Rejected
from funders.connectors.graphql import reading
from funders.connectors.stripe_pages import fetch
from funders.connectors.stripe_subscriptions import frequency, promised
from funders.connectors.stripe_values import designation, giver, is_real, moment, money
from funders.connectors.stripe_webhooks import receive
from funders.connectors.values import shown, typed
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse", "receive"]

LABEL = "Stripe"
ATOMIC = False
COMPLETE = True

# By type, an adjustment by its reporting category: https://docs.stripe.com/reports/reporting-categories. What takes a
# gift back, or restores it, has a sign. None: the account's own spending, or what it earns as a platform.
KINDS: dict[str, tuple[Kind | None, int]] = {
    "charge": (Kind.DONATION, 1), "payment": (Kind.DONATION, 1),
    "refund": (Kind.REFUND, -1), "payment_refund": (Kind.REFUND, -1), "payment_failure_refund": (Kind.REFUND, -1),
    "payment_reversal": (Kind.REFUND, -1), "adjustment partial_capture_reversal": (Kind.REFUND, -1),
    "refund_failure": (Kind.REFUND, 1), "adjustment refund_failure": (Kind.REFUND, 1),
    "adjustment dispute": (Kind.CHARGEBACK, -1), "adjustment dispute_reversal": (Kind.CHARGEBACK, 1),
    **dict.fromkeys(("stripe_fee", "stripe_fx_fee", "adjustment fee"), (Kind.FEE, 0)),
    "tax_fee": (Kind.TAX, 0),
    **dict.fromkeys(
        ("payout", "payout_cancel", "payout_failure", "payout_minimum_balance_hold", "payout_minimum_balance_release",
         "transfer", "transfer_cancel", "transfer_failure", "transfer_refund", "connect_collection_transfer", "topup",
         "topup_reversal", "reserve_transaction", "reserved_funds", "reserve_hold", "reserve_release",
         "payment_network_reserve_hold", "payment_network_reserve_release", "tax_fund", "advance", "advance_funding",
         "anticipation_repayment"), (Kind.TRANSFER, 0)),
    **dict.fromkeys(
        ("contribution", "climate_order_purchase", "climate_order_refund", "issuing_authorization_hold",
         "issuing_authorization_release", "issuing_dispute", "issuing_transaction", "application_fee",
         "application_fee_refund"), (None, 0)),
}  # fmt: skip
GIFTS = (Kind.DONATION, Kind.REFUND, Kind.CHARGEBACK)
# Whether what a row of a gift comes from is that gift; else it names it.
SOURCES = {"charge": True, "refund": False, "dispute": False}


def parse(record: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading("Stripe"):
        if {"balance_transaction": True, "subscription": False}[record["object"]]:
            yield from _receipt(record, account, asked_at)
        else:
            yield from promised(record, account, asked_at)


def _receipt(row: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    word = f"adjustment {row['reporting_category']}" if row["type"] == "adjustment" else row["type"]
    if word not in KINDS:
        raise Rejected(
            f"a row of the type “{shown(word)}”, which is new to us: tell a developer what it stands for"
        )
    (kind, sign), source = KINDS[word], row["source"]
    gift: Any = _gift(source, word) if kind in GIFTS else None
    tested = gift or (source if isinstance(source, dict) and "livemode" in source else None)
    if kind is None or (tested and not is_real(tested, account)):
        return
    gross, fee = money(row["amount"], row["currency"]), -money(row["fee"], row["currency"])
    if gross + fee != money(row["net"], row["currency"]):
        raise Rejected(f"its net is not what its fee leaves of {gross}: ask Stripe")
    if gross.minor * sign < 0:
        raise Rejected(f"a row of the type “{word}” over {gross}, which has the wrong sign: ask Stripe")
    if gift and kind is not Kind.DONATION:
        taken = _taken(gross, source, gift)
        gross, fee = taken, fee + gross - taken
    if not gross:  # nothing moved but perhaps a fee
        kind, gross, fee, gift = Kind.FEE, fee, gross, None
    if not gross:
        return
    given = kind is Kind.DONATION
    if given and gift["balance_transaction"] not in (None, row["id"]):
        raise Rejected(f"a second payment of the charge {gift['id']}, which is booked already: ask Stripe")
    yield Receipt(
        external_id=typed(str, gift["id"] if given else row["id"]),
        kind=kind,
        amount=gross,
        occurred_at=moment(row["created"], asked_at),
        seen=asked_at,
        giver=giver(gift) if gift else None,
        fee=fee or None,
        frequency=frequency(gift["invoice"]) if gift else Frequency.ONCE,
        designation=designation(gift, account) if gift else "",
        payment_ref=f"stripe:{gift['id']}" if given else "",
        refunds_external_id=typed(str, gift["id"]) if gift and not given else "",
    )


def _gift(source: Any, word: str) -> Any:
    gift = source if SOURCES[source["object"]] else source["charge"]
    if gift is None:
        raise Rejected(
            f"a row of the type “{word}” that names no charge: ask Stripe which gift it belongs to"
        )
    return gift


def _taken(moved: Money, source: Any, gift: Any) -> Money:
    """What it takes from its gift, or restores: that share of what the gift brought, and never more than all of it.

    Rounded down, so that the parts do not exceed the whole.
    """
    brought = gift["balance_transaction"]
    if not isinstance(brought, dict) or brought["currency"].upper() != moved.currency:
        return moved
    most, share = money(brought["amount"], brought["currency"]).minor, abs(moved.minor)
    if source["currency"] == gift["currency"] != brought["currency"]:
        share = most * typed(int, source["amount"]) // typed(int, gift["amount"])
    return Money(min(most, share) * (1 if moved.minor > 0 else -1), moved.currency)

"""Ko-fi: payments as its webhook tells them. It has no API to ask, so what no message told comes by its export.

A message is not signed: it carries the token of the account's webhook page, so whoever knows the token can make
messages up. Compare with the export (kofi_csv): a payment that both tell counts once. Ko-fi tells no fee, no refund
and no cancellation. So a renewal is a monthly receipt and nothing here is a promise, which could never be seen to
end; the monthly equivalent takes each giver's latest renewal while its term lasts. The money goes straight to the
recipient's PayPal or Stripe account: where that is a source too, only one of the two may have a stream.
"""

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from funders.connectors import cells
from funders.connectors.base import Account, Frequency, GiverRef, Kind, Message, Page, Receipt, Rejected
from funders.connectors.graphql import reading
from fundtracker.http import FetchError
from fundtracker.money import Money

LABEL = "Ko-fi"
ATOMIC = False
COMPLETE = False  # nothing is listed: silence means nothing

# None: somebody bought something, which is no gift.
KINDS: dict[str, Kind | None] = {
    "Donation": Kind.DONATION, "Tip": Kind.DONATION, "Subscription": Kind.DONATION, "Commission": None, "Shop Order": None,
}  # fmt: skip
FREQUENCIES = {False: Frequency.ONCE, True: Frequency.MONTHLY}
# What is kept of a message until it is booked: no address, no e-mail, nothing that a giver wrote.
KEPT = (
    "type", "timestamp", "amount", "currency", "is_public", "from_name", "is_subscription_payment", "tier_name",
    "kofi_transaction_id",
)  # fmt: skip
# What the “send test” buttons of the webhook page send.
TEST_PAYMENT, TEST_DOMAIN = "00000000-1111-2222-3333-444444444444", "@example.com"


def receive(body: bytes, headers: Mapping[str, str], account: Account, now: datetime) -> Message:
    try:
        form = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=10)
        [data] = form["data"]
        said = json.loads(data)
        token, known = said["verification_token"], said["message_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Rejected("it is not a form with one field “data” that holds JSON, as Ko-fi sends it") from None
    if not isinstance(token, str) or not isinstance(known, str):
        raise Rejected("its token or its id is no text")
    if not account.hook_secret or not hmac.compare_digest(_bytes(token), _bytes(account.hook_secret)):
        raise Rejected("its verification token is not the one that this source has")
    email = str(said.get("email") or "").strip().lower()
    item = {name: said[name] for name in KEPT if name in said}
    item["payer"] = digest(email)
    item["test"] = said.get("kofi_transaction_id") == TEST_PAYMENT or email.endswith(TEST_DOMAIN)
    return Message(known, item)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    """There is nothing to ask. A run that comes here has booked what was told."""
    if not account.hook_secret:
        raise FetchError(
            "Ko-fi tells of payments by its webhook only: type its verification token as this source's webhook secret.",
            permanent=True,
        )
    yield Page((), cursor, datetime.now(UTC), last=True)


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    with reading(LABEL):
        kind, frequency = KINDS[item["type"]], FREQUENCIES[item["is_subscription_payment"]]
        amount = Money.of(cells.number(_text(item, "amount")), _text(item, "currency"))
        if kind is None or not amount or (item["test"] and not account.sandbox):
            return
        if frequency is Frequency.MONTHLY and item["tier_name"]:
            kind = Kind.MEMBERSHIP
        sent, payment = moment(_text(item, "timestamp"), None, asked_at), _text(item, "kofi_transaction_id")
        name = _text(item, "from_name") if item["from_name"] is not None else ""
        yield Receipt(
            external_id=payment,
            kind=kind,
            amount=amount,
            occurred_at=sent,
            # Of two messages on one payment the later one holds, whichever came first.
            seen=sent,
            giver=giver(name, item["payer"], public=item.get("is_public") is True),
            frequency=frequency,
            payment_ref=f"kofi:{payment}",
        )


def giver(name: str, payer: str, *, public: bool) -> GiverRef | None:
    """Ko-fi names no account: the public are who they say, the others what their e-mail's digest tells apart."""
    if public and name:
        return GiverRef(name, name, public=True)
    return GiverRef(payer or name) if payer or name else None


def digest(email: str) -> str:
    """Of nobody but an unnamed giver, of whom the ledger keeps a keyed digest of this one."""
    return sha256(_bytes(email.strip().lower())).hexdigest() if email else ""


def moment(text: str, form: str | None, now: datetime) -> datetime:
    """Ko-fi's times are UTC, whether they say so or not. ValueError says why it is none."""
    when = cells.when(text, form, ZoneInfo("UTC"), now)
    if not isinstance(when, datetime):
        raise ValueError(f"“{text}” is a day without a time")
    return when


def _text(item: Any, name: str) -> str:
    value = item[name]
    if not isinstance(value, str):
        raise ValueError(f"“{name}” is no text")
    return value


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")

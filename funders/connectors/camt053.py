"""Bank statements in the format camt.053, as banks export them.

A line is a gift only if the settings say so. Everything else is money on its way, which never counts: the payouts of
providers, whose gifts are booked where they were given, what the account pays, and whatever nobody spoke of.
Nobody is named: a bank does not say who wants to be.

donations   texts or IBANs: what comes in is a gift if one of them is its payer, its IBAN or in its reference;
            “*”: so is everything that comes in and is no payout
payouts     texts or IBANs of further payers whose money is no gift, own accounts among them
originals   {id or bank reference of a line: id of the gift}, where a gift was taken back and the statement does not
            say which, or where the account itself sent one back
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from funders.connectors import statements
from funders.connectors.base import Account, GiverRef, Kind, Page, Receipt, Rejected
from funders.connectors.heads import Head
from fundtracker.money import Money

LABEL = "Bank statement (camt.053)"
ATOMIC = True
COMPLETE = False  # a file lists what was asked for, so absence from it means nothing

# Who pays out what others were given. The settings' own donations come before them.
PAYOUTS = (
    "Stripe", "PayPal", "Donorbox", "Open Collective", "Open Source Collective", "GitHub", "Patreon", "Liberapay",
    "Ko-fi", "GoCardless", "Mollie", "Buy Me a Coffee", "thanks.dev", "Tidelift", "Every.org", "Benevity",
)  # fmt: skip
EVERYTHING = "*"
# ISO 20022's sub-families of what a bank takes for itself.
CHARGES = frozenset({"CHRG", "FEES", "COMM", "COME", "COMI", "COMT"})


def recognises(head: Head) -> bool:
    """Its relatives too (camt.052, camt.054), which the reading then refuses in words."""
    return head.is_xml and statements.FORMAT.search(head.text) is not None


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    assert account.file is not None, "a file series has a file"
    lines = statements.read(account.file)
    yield Page(lines, cursor, datetime.now(UTC), total=len(lines), last=True)


def parse(line: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    amount, day = _money(line), date.fromisoformat(line["day"])
    if day > (asked_at + timedelta(days=1)).date():
        raise Rejected(f"it was booked on {day}, which has not come yet: export the statement again")
    kind = _kind(line, amount, account.options)
    if not amount:
        return
    yield Receipt(
        external_id=line["id"],
        kind=kind,
        amount=amount,
        occurred_at=day,
        seen=asked_at,
        giver=_giver(line) if kind in (Kind.DONATION, Kind.REFUND) else None,
        refunds_external_id=_original(line, account.options) if kind is Kind.REFUND else "",
    )


def _money(line: Mapping[str, str]) -> Money:
    try:
        return Money.of(line["amount"], line["currency"])
    except ValueError as error:
        raise Rejected(f"{error}: export the statement again") from None


def _kind(line: Mapping[str, str], amount: Money, options: Mapping[str, Any]) -> Kind:
    back, comes_in = bool(line["back"]), amount.minor > 0
    gifts, payouts = _list(options, "donations"), _list(options, "payouts")
    if not comes_in and _told(line, options):
        return Kind.REFUND
    if line["code"] in CHARGES and comes_in == back:
        return Kind.FEE
    named = [one for one in gifts if one != EVERYTHING]
    is_gift = _speaks_of(line, named) or (EVERYTHING in gifts and not _speaks_of(line, [*PAYOUTS, *payouts]))
    # A payment of the account's own that came back is no gift, and what it pays is none that is given back.
    if not is_gift or comes_in == back:
        return Kind.TRANSFER
    return Kind.DONATION if comes_in else Kind.REFUND


def _list(options: Mapping[str, Any], name: str) -> list[str]:
    texts = options.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(one, str) and one.strip() for one in texts):
        raise Rejected(f"The setting “{name}” must be a list of texts or IBANs, like [“Membership”].")
    return [one.strip() for one in texts]


def _speaks_of(line: Mapping[str, str], texts: list[str]) -> bool:
    """By whole words, in any case; an IBAN with blanks or without."""
    said = "\n".join((line["name"], line["text"], line["end_to_end"])).casefold()
    return any(
        re.sub(r"\s", "", one).upper() == line["iban"]
        or re.search(rf"(?<!\w){re.escape(one.casefold())}(?!\w)", said)
        for one in texts
    )


def _giver(line: Mapping[str, str]) -> GiverRef | None:
    known = line["iban"] or line["name"].casefold()
    return GiverRef(sha256(known.encode()).hexdigest()[:32]) if known else None


def _told(line: Mapping[str, str], options: Mapping[str, Any]) -> str:
    told = options.get("originals", {})
    if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
        raise Rejected("The setting “originals” must be a table like {“bank reference”: “id of the gift”}.")
    return told.get(line["id"]) or told.get(line["reference"]) or ""


def _original(line: Mapping[str, str], options: Mapping[str, Any]) -> str:
    """Where nobody knows it the refund waits uncounted, and says for what."""
    said = _told(line, options) or line["original"]
    return said or f"not in the statement: name the gift of {line['id']} in “originals”"

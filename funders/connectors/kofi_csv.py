"""Ko-fi's transaction export (CSV), for what its webhook did not tell: before it was set up, or while we were away.

Ko-fi documents no columns. These are the ones that published exports have in 2025 and 2026; the id of a row is taken
for the kofi_transaction_id of the webhook, so that a payment both tell counts once. Times are UTC, as the heading
says. The file does not say whether a gift is public. What the account itself gave (“Given”) is no receipt.

names_are_public  true: whoever exported it made sure that everybody in it may be named
date_format       as strptime has it, where a spreadsheet has rewritten the dates
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from funders.connectors import cells
from funders.connectors.base import Account, Frequency, Page, Receipt, Rejected, SchemaChanged
from funders.connectors.heads import Head
from funders.connectors.kofi import KINDS, digest, giver, moment
from funders.connectors.rows import open_table
from fundtracker.money import Money

LABEL = "Ko-fi export (CSV)"
ATOMIC = True
COMPLETE = False  # a file lists what was asked for, so absence from it means nothing

WHEN, NAME, RECEIVED, GIVEN, CURRENCY = "DateTime (UTC)", "From", "Received", "Given", "Currency"
TYPE, ID = "TransactionType", "TransactionId"
NEEDED = (WHEN, NAME, RECEIVED, CURRENCY, TYPE, ID)
E_MAILS = ("BuyerEmail", "Email")
OPTIONAL = (GIVEN, *E_MAILS)
MONTHLY = ("Subscription",)


def recognises(head: Head) -> bool:
    return head.has(NEEDED)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    assert account.file is not None, "a file series has a file"
    table = open_table(account.file, NEEDED, OPTIONAL, account.options, key=ID)
    items = ((row.where, row.cells) for chunk in table.chunks() for row in chunk)
    yield Page(items, cursor, datetime.now(UTC), total=table.total, last=True)


def parse(row: Mapping[str, str], account: Account, asked_at: datetime) -> Iterator[Receipt]:
    if row[TYPE] not in KINDS:
        raise SchemaChanged(f"“{row[TYPE]}” in “{TYPE}” is new at Ko-fi: this needs a developer")
    kind = KINDS[row[TYPE]]
    if kind is None or (row.get(GIVEN) and not row[RECEIVED]):
        return
    amount = _money(row)
    if not amount:
        return
    monthly = row[TYPE] in MONTHLY
    email = next((row[name] for name in E_MAILS if row.get(name)), "")
    yield Receipt(
        external_id=row[ID],
        kind=kind,
        amount=amount,
        occurred_at=_when(row, account, asked_at),
        seen=asked_at,
        giver=giver(row[NAME], digest(email), public=account.options.get("names_are_public") is True),
        frequency=Frequency.MONTHLY if monthly else Frequency.ONCE,
        payment_ref=f"kofi:{row[ID]}",
    )


def _money(row: Mapping[str, str]) -> Money:
    try:
        return cells.money(row[RECEIVED], row[CURRENCY])
    except ValueError as error:
        raise Rejected(f"“{RECEIVED}” or “{CURRENCY}”: {error}") from None


def _when(row: Mapping[str, str], account: Account, asked_at: datetime) -> datetime:
    try:
        return moment(row[WHEN], account.options.get("date_format"), asked_at)
    except ValueError as error:
        raise Rejected(f"“{WHEN}”: {error}: export the file again, unopened, or set “date_format”") from None

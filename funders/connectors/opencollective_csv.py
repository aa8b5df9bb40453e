"""Open Collective's transaction export (CSV), as its dashboard writes it today.

An amount comes net of the processor's fee and the tax of its own row, so both are added back. Host fees are rows of
their own, and stay so: a receipt never depends on the order of the rows. A gift that the account itself gives away
is an expense by another name and no receipt; its coming back neither.

date_format       as strptime has it, where a spreadsheet has rewritten the dates
names_are_public  true: whoever exported it made sure that everybody in it may be named; the file does not say who
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from funders.connectors import cells
from funders.connectors.base import Account, GiverRef, Kind, Page, Receipt, Rejected, SchemaChanged
from funders.connectors.heads import Head
from funders.connectors.rows import open_table
from fundtracker.money import Money

LABEL = "Open Collective export (CSV)"
ATOMIC = True
COMPLETE = False  # a file lists what was asked for, so absence from it means nothing

WHEN, ID, SIDE, KIND, GROUP = "Effective Date & Time", "Transaction ID", "Credit/Debit", "Kind", "Group ID"
AMOUNT, CURRENCY, FEE, TAX = "Amount Single Column", "Currency", "Payment Processor Fee", "Tax Amount"
REVERSE, ORIGINAL, ACCOUNT, GIVER = (
    "Is Reverse",
    "Reverse Transaction ID",
    "Account Handle",
    "Opposite Account Handle",
)
NEEDED = (WHEN, ID, SIDE, KIND, GROUP, AMOUNT, CURRENCY, FEE, TAX, REVERSE, ORIGINAL, ACCOUNT, GIVER)
REVERSE_KIND, GIVER_NAME, EXPENSE = "Reverse Kind", "Opposite Account Name", "Expense Type"
SERVICE, MERCHANT = "Payment Processor", "Merchant ID"
OPTIONAL = (REVERSE_KIND, GIVER_NAME, EXPENSE, SERVICE, MERCHANT)

# (credit or debit, is a reversal) → what a gift's row is. None: the account's own giving, and its coming back.
GIFT = {("CREDIT", False): Kind.DONATION, ("DEBIT", True): Kind.REFUND,
        ("DEBIT", False): None, ("CREDIT", True): None}  # fmt: skip
# What these take is a debit and what they give back a credit, so the sign of the row is right as it is.
ALWAYS: dict[str, Kind | None] = {
    "HOST_FEE": Kind.FEE, "PAYMENT_PROCESSOR_FEE": Kind.FEE, "PAYMENT_PROCESSOR_COVER": Kind.FEE,
    "PAYMENT_PROCESSOR_DISPUTE_FEE": Kind.FEE, "PLATFORM_FEE": Kind.FEE, "TAX": Kind.TAX,
    "BALANCE_TRANSFER": Kind.TRANSFER, "EXPENSE": None, "PLATFORM_TIP": None, "PLATFORM_TIP_DEBT": None,
    "HOST_FEE_SHARE": None, "HOST_FEE_SHARE_DEBT": None, "PREPAID_PAYMENT_METHOD": None, "APPLICATION_FEE": None,
}  # fmt: skip
GIFTS = ("CONTRIBUTION", "ADDED_FUNDS")
# Only a lost dispute is the bank's doing. A reversed row may lack its kind: then it is a plain refund.
TAKEN_BACK = {"": Kind.REFUND, "REFUND": Kind.REFUND, "REJECT": Kind.REFUND, "EDIT": Kind.REFUND,
              "DUPLICATE": Kind.REFUND, "DISPUTE": Kind.CHARGEBACK}  # fmt: skip
# Hidden whatever the settings say.
UNNAMED = ("incognito-", "guest-")
Value = TypeVar("Value")


def recognises(head: Head) -> bool:
    return head.has(NEEDED)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    assert account.file is not None, "a file series has a file"
    table = open_table(account.file, NEEDED, OPTIONAL, account.options, key=ID)
    items = ((row.where, row.cells) for chunk in table.chunks() for row in chunk)
    yield Page(items, cursor, datetime.now(UTC), total=table.total, last=True)


def parse(row: Mapping[str, str], account: Account, asked_at: datetime) -> Iterator[Receipt]:
    kind = _kind(row)
    if kind is None:
        return
    fee, tax = _money(row, FEE), _money(row, TAX)
    gross = _money(row, AMOUNT) - fee - tax
    incoming = kind not in (Kind.FEE, Kind.TAX, Kind.TRANSFER)
    taken_back = kind in (Kind.REFUND, Kind.CHARGEBACK)
    if taken_back and not row[ORIGINAL]:
        raise Rejected(f"a reversal that names no original: fill in “{ORIGINAL}”")
    if not gross:
        return
    yield Receipt(
        external_id=row[ID],
        kind=kind,
        amount=gross,
        occurred_at=_when(row, account, asked_at),
        seen=asked_at,
        giver=_giver(row, account.options) if incoming else None,
        fee=fee if fee else None,
        tax=tax if tax else None,
        designation="" if row[ACCOUNT] == account.slug else _read(row, ACCOUNT, cells.text),
        payment_ref=_payment(row) if incoming and not taken_back else "",
        refunds_external_id=row[ORIGINAL] if taken_back else "",
    )


def _kind(row: Mapping[str, str]) -> Kind | None:
    side, reverse = row[SIDE], row[REVERSE]
    if side not in ("CREDIT", "DEBIT") or reverse not in ("", "REVERSE"):
        raise SchemaChanged(
            f"“{side}” in “{SIDE}” or “{reverse}” in “{REVERSE}” is new: this needs a developer"
        )
    if row[KIND] in GIFTS:
        meaning = GIFT[side, reverse == "REVERSE"]
        return (
            _look_up(TAKEN_BACK, row.get(REVERSE_KIND, ""), REVERSE_KIND)
            if meaning == Kind.REFUND
            else meaning
        )
    # What an expense cost to pay, and got back, belongs to the expense.
    return None if row.get(EXPENSE) else _look_up(ALWAYS, row[KIND], KIND)


def _look_up(table: Mapping[str, Kind | None], word: str, column: str) -> Kind | None:
    if word not in table:
        raise SchemaChanged(f"“{word}” in “{column}” is new at Open Collective: this needs a developer")
    return table[word]


def _money(row: Mapping[str, str], column: str) -> Money:
    try:
        return cells.money(row[column] or "0", row[CURRENCY])
    except ValueError:
        raise Rejected(
            f"“{row[column]}” “{row[CURRENCY]}” in “{column}” is no amount: export the file again"
        ) from None


def _when(row: Mapping[str, str], account: Account, asked_at: datetime) -> date | datetime:
    form = account.options.get("date_format")
    return _read(row, WHEN, lambda cell: cells.when(cell, form, account.time_zone, asked_at))


def _read(row: Mapping[str, str], column: str, convert: Callable[[str], Value]) -> Value:
    try:
        return convert(row[column])
    except ValueError as error:
        raise Rejected(f"Column “{column}”: {error}.") from None


def _giver(row: Mapping[str, str], options: Mapping[str, Any]) -> GiverRef | None:
    handle, name = row[GIVER], row.get(GIVER_NAME, "")
    if not handle:
        return None
    allowed = options.get("names_are_public") is True and not handle.startswith(UNNAMED)
    public = bool(name) and allowed
    return GiverRef(handle, name=name if public else "", public=public)


def _payment(row: Mapping[str, str]) -> str:
    if row.get(MERCHANT) and row.get(SERVICE):
        return f"{row[SERVICE].lower()}:{row[MERCHANT]}"
    return f"opencollective:{row[GROUP]}" if row[GROUP] else ""

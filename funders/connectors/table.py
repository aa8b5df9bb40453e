"""A CSV or XLSX file of any layout: the source's settings say which column is what.
columns       {field: heading}; date and amount, and whichever of FIELDS the file has
currency      for all rows, where no column says it; kind: for rows that do not say it
date_format   as strptime has it, where dates are not ISO
decimal       “,” or “.”, where thousands are grouped or cents follow a comma
words         {the file's word: ours} for kind, frequency, purpose and public
delimiter, encoding, sheet: see rows.py
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

from funders.connectors import cells, rows
from funders.connectors.base import (
    INCOMING,
    Account,
    Frequency,
    GiverRef,
    Kind,
    Page,
    Purpose,
    Receipt,
    Rejected,
)
from fundtracker.money import Money

LABEL = "Spreadsheet (CSV or XLSX)"
ATOMIC = True
COMPLETE = False

NEEDED = ("date", "amount")
FIELDS = (
    *NEEDED, "currency", "id", "giver_id", "giver_name", "public", "kind", "frequency", "designation",
    "purpose", "payment_ref", "refunds", "fee",
)  # fmt: skip
# Anything else, and nothing at all, means that the gift is anonymous.
PUBLIC = frozenset({"yes", "y", "true", "1", "public"})
Value = TypeVar("Value")


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    columns = _columns(account.options)
    if account.file is None:
        raise Rejected("There is no file yet: upload one.")
    table = rows.open_table(account.file, columns.values(), (), account.options)
    items = (
        (where, {field: cell[name] for field, name in columns.items()} | {"ordinal": ordinal})
        for chunk in table.chunks()
        for where, cell, ordinal in chunk
    )
    yield Page(items, {}, datetime.now(UTC), total=table.total, last=True)


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    options, sign, form = account.options, account.options.get("decimal"), account.options.get("date_format")

    def read(field: str, convert: Callable[[str], Value], default: str = "") -> Value:
        try:
            return convert(cells.text(item.get(field, "")) or default)
        except ValueError as error:
            raise Rejected(f"Column “{options['columns'].get(field, field)}”: {error}.") from None

    def word(cell: str) -> str:
        return str(options.get("words", {}).get(cell, cell)).lower()

    refunds, name, public = read("refunds", str), read("giver_name", str), read("public", word) in PUBLIC
    otherwise = "refund" if refunds else options.get("kind") or "donation"
    kind = read("kind", lambda cell: cells.one_of(word(cell), Kind), otherwise)
    currency = read("currency", str.upper, options.get("currency", ""))
    giver_id = read("giver_id", str) or name
    fee = read("fee", lambda cell: Money.of(cells.number(cell, sign), currency), "0")
    yield Receipt(
        external_id=read("id", str) or _fingerprint(item),
        kind=kind,
        amount=read("amount", lambda cell: _amount(Money.of(cells.number(cell, sign), currency), kind)),
        occurred_at=read("date", lambda cell: cells.when(cell, form, account.time_zone, asked_at)),
        seen=asked_at,
        giver=GiverRef(giver_id, name if public else "", public) if giver_id else None,
        # Files write what was charged; in the ledger that is money gone.
        fee=-fee if fee else None,
        frequency=read("frequency", lambda cell: cells.one_of(word(cell), Frequency), "once"),
        designation=read("designation", str),
        purpose=read("purpose", lambda cell: cells.one_of(word(cell), Purpose) if cell else None),
        payment_ref=read("payment_ref", str),
        refunds_external_id=refunds,
    )


def _columns(options: Mapping[str, Any]) -> dict[str, str]:
    columns = {field: name.strip() for field, name in options.get("columns", {}).items()}
    for field in NEEDED:
        if not columns.get(field):
            raise Rejected(f"The setting “columns” does not say which column is the {field}.")
    if unknown := ", ".join(columns.keys() - set(FIELDS)):
        raise Rejected(f"The setting “columns” names {unknown}: use {', '.join(FIELDS)}.")
    if not options.get("currency") and "currency" not in columns:
        raise Rejected("No column is the currency: name it in “columns”, or set “currency” for all rows.")
    if options.get("decimal") not in (None, *cells.GROUPED):
        raise Rejected("The setting “decimal” must be “.” or “,”.")
    return columns


def _amount(amount: Money, kind: Kind) -> Money:
    if not amount:
        raise ValueError("0 is no payment: take the row out")
    if kind is Kind.REFUND:
        return min(amount, -amount)
    if kind in INCOMING and amount.minor < 0:
        raise ValueError(
            f"{amount} is less than 0, so its kind cannot be {kind}: make it refund or chargeback"
        )
    return amount


def _fingerprint(item: Mapping[str, Any]) -> str:
    """Equal rows are told apart by their ordinal. Empty cells are left out: mapping one more changes nothing."""
    said = sorted((field, cell) for field, cell in item.items() if cell and field != "ordinal")
    return f"{sha256(repr(said).encode()).hexdigest()[:32]}-{item['ordinal']}"

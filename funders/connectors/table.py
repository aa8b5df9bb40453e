"""A CSV or XLSX file of any layout: the source's settings say which column is what.
columns       {field: heading}; date and amount, and whichever of FIELDS the file has
currency      for all rows, where no column says it; kind: for rows that do not say it
date_format   as strptime has it, where dates are not ISO
decimal       “,” or “.”, where thousands are grouped or cents follow a comma
fee_sign      “-” where the file writes fees below 0; otherwise it writes what was charged
words         {the file's word: ours} for kind, frequency, purpose and public
delimiter, encoding, sheet: rows.py
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
    table = rows.open_table(account.file, columns.values(), (), account.options, key=columns.get("id", ""))
    items = (
        (where, {field: cell[name] for field, name in columns.items()} | {"ordinal": str(ordinal)})
        for chunk in table.chunks()
        for where, cell, ordinal in chunk
    )
    yield Page(items, {}, datetime.now(UTC), total=table.total, last=True)


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    options, words = account.options, account.options.get("words", {})
    sign, form = options.get("decimal"), options.get("date_format")

    def read(field: str, convert: Callable[[str], Value], otherwise: str = "") -> Value:
        return _read(item, options, field, convert, otherwise)

    def one_of(field: str, ours: type[cells.Word], otherwise: str) -> cells.Word:
        return read(field, lambda cell: cells.one_of(str(words.get(cell, cell)).lower(), ours), otherwise)

    for field in _odd(item):
        read(field, cells.text)
    kind = one_of("kind", Kind, "refund" if item.get("refunds") else options.get("kind") or "donation")
    currency = (item.get("currency") or options.get("currency", "")).upper()
    below = options.get("fee_sign") == "-"
    fee = (
        read("fee", lambda cell: _fee(cells.money(cell, currency, sign), kind, below))
        if item.get("fee")
        else None
    )
    yield Receipt(
        external_id=item.get("id") or _fingerprint(item),
        kind=kind,
        amount=read("amount", lambda cell: cells.amount(cells.money(cell, currency, sign), kind)),
        occurred_at=read("date", lambda cell: cells.when(cell, form, account.time_zone, asked_at)),
        seen=asked_at,
        giver=_giver(item, words),
        fee=fee or None,
        frequency=one_of("frequency", Frequency, "once"),
        designation=item.get("designation", ""),
        purpose=one_of("purpose", Purpose, "") if item.get("purpose") else None,
        payment_ref=item.get("payment_ref", ""),
        refunds_external_id=item.get("refunds", ""),
    )


def _fee(written: Money, kind: Kind, below: bool) -> Money:
    """As the ledger has it: money gone. Only what is taken back gives a fee back."""
    fee = written if below else -written
    if kind in INCOMING and fee.minor > 0:
        remedy = "leave “fee_sign” unset" if below else "write it without a sign, or set “fee_sign” to “-”"
        raise ValueError(f"a fee of {written} would be given back with a {kind}: {remedy}")
    return fee


def _read(
    item: Any, options: Mapping[str, Any], field: str, convert: Callable[[str], Value], otherwise: str
) -> Value:
    try:
        return convert(item.get(field) or otherwise)
    except ValueError as error:
        raise Rejected(f"Column “{options['columns'].get(field, field)}”: {error}.") from None


def _odd(item: Mapping[str, str]) -> list[str]:
    """The few cells worth a closer look."""
    return [field for field, cell in item.items() if len(cell) > cells.LONGEST or not cell.isprintable()]


def _giver(item: Mapping[str, str], words: Mapping[str, str]) -> GiverRef | None:
    name, flag = item.get("giver_name", ""), item.get("public", "")
    public = str(words.get(flag, flag)).lower() in PUBLIC
    known = item.get("giver_id") or name
    return GiverRef(known, name if public else "", public) if known else None


def _columns(options: Mapping[str, Any]) -> dict[str, str]:
    columns = {field: name.strip() for field, name in options.get("columns", {}).items()}
    for field in NEEDED:
        if not columns.get(field):
            raise Rejected(f"The setting “columns” does not say which column is the {field}.")
    if unknown := ", ".join(columns.keys() - set(FIELDS)):
        raise Rejected(f"The setting “columns” names {unknown}: use {', '.join(FIELDS)}.")
    if not (options.get("currency") or "currency" in columns):
        raise Rejected("No column is the currency: name it in “columns”, or set “currency” for all rows.")
    if options.get("fee_sign") not in (None, "-"):
        raise Rejected("The setting “fee_sign” can only be “-”: leave it out where fees have no sign.")
    if options.get("decimal") not in (None, *cells.GROUPED):
        raise Rejected("The setting “decimal” must be “.” or “,”.")
    return columns


def _fingerprint(item: Mapping[str, Any]) -> str:
    """Equal rows are told apart by their ordinal. Empty cells are left out: mapping one more changes nothing."""
    said = sorted(f"{field}={cell}\n" for field, cell in item.items() if cell and field != "ordinal")
    return f"{sha256(''.join(said).encode()).hexdigest()[:32]}-{item['ordinal']}"

"""GitHub Sponsors' export, CSV or JSON as it is mailed: the only list of payments that GitHub gives.

Amounts are what the sponsor paid; what GitHub keeps of a company's payment is not in the file, and it keeps nothing
of a person's. A refund has no day of its own, so it has that of its payment. What moved nothing says so with 0, which
takes back what an earlier export called settled. Neither the public e-mail address nor where a sponsor lives is ever
read, and nobody is named whose sponsorship is not public.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from funders.connectors import cells, rows
from funders.connectors.base import Account, Frequency, GiverRef, Kind, Page, Receipt, Rejected, SchemaChanged
from funders.connectors.github_observed import payment_ref
from funders.connectors.graphql import reading
from funders.connectors.heads import Head
from fundtracker.money import Money

LABEL = "GitHub Sponsors export (CSV or JSON)"
ATOMIC = True
COMPLETE = False  # a file lists the months that were asked for

HANDLE, NAME, PUBLIC, YEARLY = "Sponsor Handle", "Sponsor Profile Name", "Is Public?", "Is Yearly?"
ID, TIER, AMOUNT, STATUS, WHEN = (
    "Transaction ID",
    "Tier Name",
    "Processed Amount",
    "Status",
    "Transaction Date",
)
SOURCE = "Payment Source"
# Under which name the JSON has each: of the sponsor, and of each of their transactions.
SPONSOR = {HANDLE: "sponsor_handle", NAME: "sponsor_profile_name", PUBLIC: "is_public", YEARLY: "is_yearly"}
TRANSACTION = {ID: "transaction_id", TIER: "tier_name", AMOUNT: "processed_amount", STATUS: "status",
               WHEN: "transaction_date"}  # fmt: skip
NEEDED, OPTIONAL = (*SPONSOR, *TRANSACTION), (SOURCE,)
LARGEST = 100 * 1024 * 1024

# What a transaction of each status is to the ledger. One that is not settled yet may be in the next export.
PAID, TAKEN_BACK, NO_MONEY = (Kind.SPONSORSHIP,), (Kind.SPONSORSHIP, Kind.REFUND), ()
STATUSES: dict[str, tuple[Kind, ...]] = {
    "settled": PAID, "credit_balance_adjusted": PAID,  # paid from what GitHub owed the sponsor
    "refunded": TAKEN_BACK, "failed": NO_MONEY, "voided": NO_MONEY, "pending": NO_MONEY,
    # The words of the processor that GitHub had before Stripe.
    "authorizing": NO_MONEY, "authorized": NO_MONEY, "authorization_expired": NO_MONEY,
    "submitted_for_settlement": NO_MONEY, "settling": NO_MONEY, "settlement_pending": NO_MONEY,
    "settlement_confirmed": NO_MONEY, "settlement_declined": NO_MONEY, "gateway_rejected": NO_MONEY,
    "processor_declined": NO_MONEY,
}  # fmt: skip
PAID_HERE = {"": True, "github": True, "patreon": False}  # older files know no other source than GitHub
YES = {"true": True, "false": False}
DOLLARS = re.compile(r"\$([0-9]{1,3}(,[0-9]{3})+|[0-9]+)\.[0-9]{2}")
GHOST = "ghost"  # stands for everybody who has left GitHub


def recognises(head: Head) -> bool:
    return head.has(NEEDED) or head.is_json_of(SPONSOR[HANDLE], "transactions")


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    if account.file is None:
        raise Rejected("There is no file yet: upload one.")
    if not account.slug:
        raise Rejected("The source does not say whose export it is: fill in the account at the provider.")
    with account.file.open("rb") as file:
        is_json = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if is_json:
        items = _from_json(account.file)
        yield Page(items, {}, datetime.now(UTC), total=len(items), last=True)
    else:
        table = rows.open_table(account.file, NEEDED, OPTIONAL, account.options, key=ID)
        lines = ((row.where, row.cells) for chunk in table.chunks() for row in chunk)
        yield Page(lines, {}, datetime.now(UTC), total=table.total, last=True)


def parse(row: Mapping[str, str], account: Account, asked_at: datetime) -> Iterator[Receipt]:
    kinds, amount = _look_up(STATUSES, row, STATUS), _amount(row)
    if not _look_up(PAID_HERE, row, SOURCE):
        return
    if not (kinds and amount):
        if row[ID]:
            yield Receipt(row[ID], Kind.SPONSORSHIP, Money(0, "USD"), asked_at, asked_at)
        return
    if not row[ID]:
        raise Rejected(f"a payment without “{ID}”: export the file again")
    when, giver = _when(row, account, asked_at), _giver(row, account)
    yield Receipt(
        external_id=row[ID],
        kind=Kind.SPONSORSHIP,
        amount=amount,
        occurred_at=when,
        seen=asked_at,
        giver=giver,
        frequency=_frequency(row),
        payment_ref=payment_ref(account, row[HANDLE], when) if giver else "",
    )
    if kinds is TAKEN_BACK:
        refund, original = f"{row[ID]}:refund", row[ID]
        yield Receipt(refund, Kind.REFUND, -amount, when, asked_at, giver, refunds_external_id=original)


def _look_up(table: Mapping[str, Any], row: Mapping[str, str], column: str) -> Any:
    word = row.get(column, "")
    if word not in table:
        raise SchemaChanged(f"“{word}” in “{column}” is new at GitHub: this needs a developer")
    return table[word]


def _amount(row: Mapping[str, str]) -> Money:
    text = row[AMOUNT]
    if not DOLLARS.fullmatch(text):
        raise Rejected(f"“{text}” in “{AMOUNT}” is no amount like $1,234.50: export the file again")
    return Money.of(text.replace("$", "").replace(",", ""), "USD")


def _when(row: Mapping[str, str], account: Account, asked_at: datetime) -> datetime:
    try:
        moment = cells.when(row[WHEN].replace(" UTC", "Z"), None, account.time_zone, asked_at)
    except ValueError as error:
        raise Rejected(f"Column “{WHEN}”: {error}.") from None
    if not isinstance(moment, datetime):
        raise Rejected(f"“{row[WHEN]}” in “{WHEN}” has no time: export the file again, unopened")
    return moment


def _frequency(row: Mapping[str, str]) -> Frequency:
    """A sponsor who pays by the year pays one-time gifts at once all the same."""
    if not row[TIER].endswith("a month"):
        return Frequency.ONCE
    return Frequency.YEARLY if _look_up(YES, row, YEARLY) else Frequency.MONTHLY


def _giver(row: Mapping[str, str], account: Account) -> GiverRef | None:
    handle, public = row[HANDLE], row[PUBLIC] == "true"
    if not handle or handle == GHOST:
        return None
    url = f"https://github.com/{handle}" if public and not account.sandbox else ""
    return GiverRef(handle.lower(), (row[NAME] or handle) if public else "", public, url=url)


def _from_json(path: Path) -> list[tuple[str, Mapping[str, str]]]:
    if path.stat().st_size > LARGEST:
        raise Rejected(f"The file has more than {LARGEST:,} bytes: export one year at a time.")
    try:
        sponsors = json.loads(path.read_bytes(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"The file is not JSON ({error}): export it again.") from None
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    with reading("GitHub"):
        for number, sponsor in enumerate(sponsors, 1):
            who = {column: _text(sponsor[key]) for column, key in SPONSOR.items()}
            who[SOURCE] = _text(sponsor.get("payment_source"))
            for place, paid in enumerate(sponsor["transactions"], 1):
                row = who | {column: _text(paid[key]) for column, key in TRANSACTION.items()}
                where = f"sponsor {number}, transaction {place}"
                known, version = found.setdefault(row[ID] or where, (where, row))
                if version != row:
                    raise Rejected(
                        f"Transaction {row[ID]} is there twice, at {known} and {where}: take one out."
                    )
    return list(found.values())


def _text(value: Any) -> str:
    """As the CSV has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value} is no text")
    return value.strip() if value else ""

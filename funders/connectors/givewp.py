"""GiveWP's donation export (CSV): the columns that staff ticked, with the site's headings, amounts and dates.

GiveWP has one row a donation and rewrites its status: one that was refunded is the gift and, under an id of its own,
the refund, on the gift's day, since the file does not say when. Nor does it say how often a renewal comes. Staff may
correct a status: what moved no money, or is no longer refunded, says so with 0, which takes back what an earlier file
said. So the file that was uploaded last is the one that holds.

columns      {GiveWP's English heading: the site's}, for those that the site translates
words        {the site's status: GiveWP's}, for instance {"Abgeschlossen": "Complete"}
date_format  the site's, as strptime has it; ISO dates and GiveWP's own “April 3, 2026” need none
renewals     how often the site's plans are charged: monthly, quarterly or yearly; without it each stands alone
names_are_public  true: the site told its givers that they are named; who asked to stay anonymous never is
decimal, delimiter, encoding: as in table.py
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from funders.connectors import cells
from funders.connectors.base import Account, Frequency, GiverRef, Kind, Page, Receipt, Rejected
from funders.connectors.heads import Head
from funders.connectors.rows import open_table
from fundtracker.money import Money

LABEL = "GiveWP export (CSV)"
ATOMIC = True
COMPLETE = False  # a file lists what was asked for, so absence from it means nothing

ID, TOTAL, CURRENCY, STATUS, DAY = (
    "Donation ID", "Donation Total", "Currency Code", "Donation Status", "Donation Date",
)  # fmt: skip
# Both, so that nothing of the test gateway or of a real one's test mode is taken for money.
GATEWAY, MODE = "Payment Gateway", "Payment Mode"
NEEDED = (ID, TOTAL, CURRENCY, STATUS, DAY, GATEWAY, MODE)
TIME, FORM, DONOR = "Donation Time", "Form Title", "Donor ID"
FIRST, LAST, COMPANY, ANONYMOUS = "First Name", "Last Name", "Company Name", "_give_anonymous_donation"
OPTIONAL = (TIME, FORM, DONOR, FIRST, LAST, COMPANY, ANONYMOUS)

# Each by its label and by its name in the database.
PAID, RENEWED, REFUNDED, NOTHING = "paid", "renewed", "refunded", ""
STATUSES = {
    "complete": PAID, "completed": PAID, "publish": PAID,
    "renewal": RENEWED, "give_subscription": RENEWED,
    "refunded": REFUNDED,
    "pending": NOTHING, "processing": NOTHING, "failed": NOTHING, "cancelled": NOTHING, "abandoned": NOTHING,
    "pre-approved": NOTHING, "preapproval": NOTHING, "revoked": NOTHING,
}  # fmt: skip
MODES = {"live": False, "test": True}
TEST_GATEWAYS = frozenset({"manual", "test donation"})
DATE_FORMAT = "%B %d, %Y"
YES, NO = frozenset({"1", "yes", "true", "on"}), frozenset({"", "0", "no", "false", "off"})
Value = TypeVar("Value")


def recognises(head: Head) -> bool:
    """By GiveWP's English headings: a site that translates them says how in its settings."""
    return head.has(NEEDED)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    assert account.file is not None, "a file series has a file"
    named = _columns(account.options)
    needed, optional = [named[one] for one in NEEDED], [named[one] for one in OPTIONAL]
    table = open_table(account.file, needed, optional, account.options, key=named[ID])
    items = (
        (row.where, {ours: row.cells[theirs] for ours, theirs in named.items() if theirs in row.cells})
        for chunk in table.chunks()
        for row in chunk
    )
    yield Page(items, cursor, datetime.now(UTC), total=table.total, last=True)


def parse(row: Mapping[str, str], account: Account, asked_at: datetime) -> Iterator[Receipt]:
    options = account.options

    def read(column: str, convert: Callable[[str], Value]) -> Value:
        return _read(row, options, column, convert)

    status, is_test = read(STATUS, lambda cell: _status(cell, options)), read(MODE, _is_test)
    if (is_test or row[GATEWAY].lower() in TEST_GATEWAYS) and not account.sandbox:
        return
    currency = row[CURRENCY].upper()
    amount = read(TOTAL, lambda cell: _amount(cell, currency, options))
    anonymous, nothing = read(ANONYMOUS, _is_anonymous), Money(0, currency)
    gift = Receipt(
        external_id=read(ID, _id),
        kind=Kind.DONATION,
        amount=amount if status else nothing,
        occurred_at=read(DAY, lambda cell: _when(cell, row.get(TIME, ""), account, asked_at)),
        seen=asked_at,
        giver=_giver(row, options, anonymous) if status and amount else None,
        frequency=_frequency(options) if status == RENEWED else Frequency.ONCE,
        designation=read(FORM, cells.text),
        payment_ref=f"givewp:{row[ID]}",
    )
    yield gift
    yield replace(
        gift,
        external_id=f"{gift.external_id}:refund",
        kind=Kind.REFUND,
        amount=-amount if status == REFUNDED else nothing,
        payment_ref="",
        refunds_external_id=gift.external_id,
    )


def _columns(options: Mapping[str, Any]) -> dict[str, str]:
    told = options.get("columns", {})
    if unknown := ", ".join(sorted(told.keys() - {*NEEDED, *OPTIONAL})):
        raise Rejected(f"The setting “columns” names {unknown}: use {', '.join((*NEEDED, *OPTIONAL))}.")
    return {name: str(told.get(name, name)).strip() for name in (*NEEDED, *OPTIONAL)}


def _read(
    row: Mapping[str, str], options: Mapping[str, Any], column: str, convert: Callable[[str], Value]
) -> Value:
    try:
        return convert(row.get(column, ""))
    except ValueError as error:
        raise Rejected(f"Column “{options.get('columns', {}).get(column, column)}”: {error}.") from None


def _status(cell: str, options: Mapping[str, Any]) -> str:
    word = str(options.get("words", {}).get(cell, cell)).lower()
    if word not in STATUSES:
        raise ValueError(
            f"“{cell}” is no status of GiveWP's ({', '.join(STATUSES)}): correct it, or translate it in “words”"
        )
    return STATUSES[word]


def _is_test(cell: str) -> bool:
    if cell.lower() not in MODES:
        raise ValueError(f"“{cell}” is neither live nor test: export the file again")
    return MODES[cell.lower()]


def _is_anonymous(cell: str) -> bool:
    if cell.lower() not in YES | NO:
        raise ValueError(f"“{cell}” is neither 1 nor 0: export the file again")
    return cell.lower() in YES


def _amount(cell: str, currency: str, options: Mapping[str, Any]) -> Money:
    amount = cells.money(cell, currency, options.get("decimal"))
    if amount.minor < 0:
        raise ValueError(f"{amount} is less than 0, which GiveWP never writes: export the file again")
    return amount


def _id(cell: str) -> str:
    if not cell:
        raise ValueError("a donation without its number: export the file again")
    return cells.text(cell)


def _when(day: str, time: str, account: Account, asked_at: datetime) -> date | datetime:
    """In the hour that autumn repeats nobody knows the instant, but everybody the day."""
    form, zone = account.options.get("date_format", DATE_FORMAT), account.time_zone
    written, its_form = (f"{day} {time}", f"{form} %H:%M") if time else (day, form)
    try:
        return cells.when(written, its_form, zone, asked_at)
    except cells.ClocksChanged as error:
        if error.twice:
            return cells.when(day, form, zone, asked_at)
        raise ValueError(f"{error}, and leave “{TIME}” empty, or correct the source's time zone") from None


def _frequency(options: Mapping[str, Any]) -> Frequency:
    try:
        return Frequency(options.get("renewals", "once"))
    except ValueError:
        raise Rejected("The setting “renewals” must be monthly, quarterly or yearly.") from None


def _giver(row: Mapping[str, str], options: Mapping[str, Any], anonymous: bool) -> GiverRef | None:
    donor, company = row.get(DONOR, ""), row.get(COMPANY, "")
    name = company or f"{row.get(FIRST, '')} {row.get(LAST, '')}".strip()
    public = options.get("names_are_public") is True and bool(name) and not anonymous
    if not donor and not name:
        return None
    return GiverRef(donor or name, name if public else "", public, "company" if company else "unknown")

"""Liberapay's lists of patrons: the public one, and the export of active or of all patrons that the owner downloads.

Each patron is a promise; no money is booked, for the reasons told in liberapay.py. A list tells of now, and who has left it is not named as gone: so what it says stands for a
month, and is said again by the next upload. The export of all patrons does not tell who is still one; Liberapay's own
word for that is that weeks are paid in advance, which its columns tell as long as the amount was not changed.

Every patron of the public list agreed to be seen. In an export the column says who did; a secret one has no id, and
is told from others by the day of the pledge.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from funders.connectors import cells
from funders.connectors.base import Account, Frequency, GiverRef, Page, Promise, Rejected, State
from funders.connectors.heads import Head
from funders.connectors.liberapay import monthly
from funders.connectors.rows import open_table
from fundtracker.money import Money

LABEL = "Liberapay patrons (CSV)"
ATOMIC = True
COMPLETE = False

SINCE, ID, USER, CURRENCY, WEEKLY = (
    "pledge_date", "patron_id", "patron_username", "donation_currency", "weekly_amount",
)  # fmt: skip
NEEDED = (SINCE, ID, USER, CURRENCY, WEEKLY)
NAME, VISIBILITY, FIRST = "patron_public_name", "visibility", "first_payment_date"
WEEKS, SUM = "number_of_weeks_active", "sum_received"
OPTIONAL = (NAME, VISIBILITY, FIRST, WEEKS, SUM)
VISIBLE = {"public": True, "private": False, "secret": False}
HIDDEN = "private"  # instead of an amount
STANDS = timedelta(days=31)


def recognises(head: Head) -> bool:
    return head.has(NEEDED)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    if account.file is None:
        raise Rejected("There is no file yet: upload one.")
    if account.file.stat().st_size <= len("\r\n"):
        raise Rejected(
            "The file is empty. Liberapay writes no header where there is no patron: if that is so, there is "
            "nothing to upload; if not, download it again."
        )
    table = open_table(account.file, NEEDED, OPTIONAL, account.options, key=ID)
    if FIRST in table.header and VISIBILITY not in table.header:
        raise Rejected(
            f"There is no column “{VISIBILITY}”, which says who may be named: download the file again."
        )
    secret = Counter[str]()
    items = []
    for row in (row for chunk in table.chunks() for row in chunk):
        secret[row.cells[SINCE]] += not row.cells[ID]
        items.append((row.where, {**row.cells, "ordinal": secret[row.cells[SINCE]]}))
    yield Page(items, {}, datetime.now(UTC), total=table.total, last=True)


def parse(row: Mapping[str, Any], account: Account, asked_at: datetime) -> Iterator[Promise]:
    public, user = _is_public(row), row[USER]
    if public and not row[ID]:
        raise Rejected(f"a public patron without a “{ID}”: download the file again")
    amount = None if row[WEEKLY] == HIDDEN else _monthly(row)
    # Who has chosen no name has a number for it.
    name = (row.get(NAME) or ("" if user.startswith("~") else user)) if public else ""
    giver = GiverRef(row[ID], name, bool(name), url=f"https://liberapay.com/{user}" if name else "")
    yield Promise(
        external_id=row[ID] or f"secret:{row[SINCE]}:{row['ordinal']}",
        amount=amount or None,
        seen=asked_at,
        frequency=Frequency.MONTHLY,
        state=State.ENDED if (amount is not None and not amount) or _has_run_out(row) else State.ACTIVE,
        giver=giver if row[ID] else None,
        starts_on=_day(row[SINCE], asked_at),
        ends_on=asked_at.date() + STANDS,
    )


def _monthly(row: Mapping[str, Any]) -> Money:
    try:
        return monthly(str(cells.money(row[WEEKLY], row[CURRENCY]).decimal), row[CURRENCY])
    except ValueError as error:
        raise Rejected(f"Column “{WEEKLY}”: {error}.") from None


def _is_public(row: Mapping[str, Any]) -> bool:
    """A list without that column is the public one."""
    word = row.get(VISIBILITY, "public")
    if word not in VISIBLE:
        raise Rejected(f"“{word}” in “{VISIBILITY}” is new at Liberapay: this needs a developer")
    return VISIBLE[word]


def _has_run_out(row: Mapping[str, Any]) -> bool:
    if WEEKS not in row or SUM not in row:
        return False  # only active patrons are on the other lists
    try:
        received, weeks, weekly = (cells.number(row[column] or "0") for column in (SUM, WEEKS, WEEKLY))
    except ValueError:
        raise Rejected(f"“{row[SUM]}” or “{row[WEEKS]}” is no number: download the file again") from None
    return received <= weeks * weekly


def _day(text: str, asked_at: datetime) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Rejected(f"“{text}” in “{SINCE}” is no day: download the file again, unopened") from None
    if day > asked_at.date() + timedelta(days=1):
        raise Rejected(f"“{text}” in “{SINCE}” has not come yet: download the file again, unopened")
    return day

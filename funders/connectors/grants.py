"""The grants of a 360Giving file under the standard's titles, whether it is JSON, CSV or XLSX."""

import json
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from funders.connectors import cells, rows
from funders.connectors.base import Rejected
from fundtracker.money import Money

LARGEST = 100 * 1024 * 1024
ID, TITLE, DESCRIPTION, CURRENCY = "Identifier", "Title", "Description", "Currency"
AWARDED, AWARD_DATE, DISBURSED, PAID_ON = (
    "Amount Awarded",
    "Award Date",
    "Amount Disbursed",
    "Disbursement Date",
)
FUNDER_ID, FUNDER = "Funding Org:Identifier", "Funding Org:Name"
RECIPIENT_ID, RECIPIENT = "Recipient Org:Identifier", "Recipient Org:Name"
PERSON_ID, PERSON = "Recipient Ind:Identifier", "Recipient Ind:Name"
STARTS, ENDS = "Planned Dates:Start Date", "Planned Dates:End Date"
PROGRAMME, URL, MODIFIED = "Grant Programme:Title", "URL", "Last Modified"
# Where the standard's JSON keeps each. Beside these, a grant has an organisation or an individual that receives it.
REQUIRED = {
    ID: "id", TITLE: "title", DESCRIPTION: "description", CURRENCY: "currency", AWARDED: "amountAwarded",
    AWARD_DATE: "awardDate", FUNDER_ID: "fundingOrganization.id", FUNDER: "fundingOrganization.name",
}  # fmt: skip
OPTIONAL = {
    RECIPIENT_ID: "recipientOrganization.id", RECIPIENT: "recipientOrganization.name",
    PERSON_ID: "recipientIndividual.id", PERSON: "recipientIndividual.name", DISBURSED: "amountDisbursed",
    PAID_ON: "disbursementTransaction.transactionDate", STARTS: "plannedDates.startDate",
    ENDS: "plannedDates.endDate", PROGRAMME: "grantProgramme.title", URL: "url", MODIFIED: "dateModified",
}  # fmt: skip

Grant = Mapping[str, str]


def read(path: Path, options: Mapping[str, Any]) -> list[tuple[str, Grant]]:
    """Each grant with its place in the file. Rejected where the file cannot be read, or says two things of one."""
    with path.open("rb") as file:
        is_json = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if is_json:
        grants = _from_json(path)
    else:
        table = rows.open_table(path, REQUIRED, OPTIONAL, options)
        grants = [(row.where, row.cells) for chunk in table.chunks() for row in chunk]
    _refuse_two_versions(grants)
    return grants


def check(grant: Grant) -> None:
    """Rejected where it lacks what the standard requires."""
    person = grant.get(PERSON_ID) and not grant.get(RECIPIENT_ID)
    recipient = (PERSON_ID, PERSON) if person else (RECIPIENT_ID, RECIPIENT)
    if missing := [title for title in (*REQUIRED, *recipient) if not grant.get(title)]:
        named = ", ".join(f"“{title}”" for title in missing)
        raise Rejected(f"Grant {grant.get(ID) or 'without an id'} lacks {named}: fill it in.")
    for title in (ID, FUNDER_ID, FUNDER, RECIPIENT):
        try:
            cells.text(grant.get(title, ""))
        except ValueError as error:
            raise Rejected(f"Grant {grant[ID][:200]}, “{title}”: {error}.") from None


def money(grant: Grant, title: str, options: Mapping[str, Any]) -> Money:
    try:
        amount = cells.money(grant.get(title) or "0", grant[CURRENCY], options.get("decimal"))
        if amount.minor < 0:
            raise ValueError(f"{amount} is less than 0: an award that was taken back is listed at 0")
    except ValueError as error:
        raise Rejected(f"Grant {grant[ID]}, “{title}”: {error}.") from None
    return amount


def day(grant: Grant, title: str, *, last: bool = False) -> date | None:
    """As written: an instant is its day, and of a plan's month or year the first day, or the last."""
    written = grant.get(title, "")
    try:
        if len(written) in (4, 7) and title in (STARTS, ENDS):
            year, month = int(written[:4]), int(written[5:] or (12 if last else 1))
            return date(year, month, monthrange(year, month)[1] if last else 1)
        return date.fromisoformat(written[:10]) if written else None
    except ValueError:
        raise Rejected(f"Grant {grant[ID]}, “{title}”: “{written}” is no date: write 2026-04-03.") from None


def _from_json(path: Path) -> list[tuple[str, Grant]]:
    if path.stat().st_size > LARGEST:
        raise Rejected(f"The file has more than {LARGEST:,} bytes: split it by year.")
    try:
        # Numbers stay the text that was published.
        package = json.loads(path.read_bytes(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Rejected(f"The file is not JSON ({error}): export it again.") from None
    found = package.get("grants") if isinstance(package, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(grant, dict) for grant in found):
        raise Rejected('The file has no list of grants: it must be {"grants": […]}.')
    return [(f"grant {number}", _flat(grant)) for number, grant in enumerate(found, 1)]


def _flat(grant: Mapping[str, Any]) -> Grant:
    return {title: _at(grant, title, path) for title, path in (REQUIRED | OPTIONAL).items()}


def _at(grant: Mapping[str, Any], title: str, path: str) -> str:
    """Of several funders or recipients all are named; of several dates the first or the last counts."""
    name, _, part = path.partition(".")
    held = grant.get(name)
    if part:
        parents = held if isinstance(held, list) else [held]
        found = [parent.get(part) for parent in parents if isinstance(parent, dict)]
    else:
        found = [held]
    texts = [str(one).strip() for one in found if one not in (None, "")]
    if title in (STARTS, ENDS, PAID_ON):
        return (min if title == STARTS else max)(texts, default="")
    return "; ".join(texts)


def _refuse_two_versions(grants: list[tuple[str, Grant]]) -> None:
    known: dict[str, tuple[str, Grant]] = {}
    for where, grant in grants:
        first, version = known.setdefault(grant[ID], (where, grant))
        if grant[ID] and version != grant:
            raise Rejected(
                f"Grant {grant[ID]}, “{ID}”: it is in the file twice and says two things, at {first} and at {where}: "
                "take the wrong one out."
            )

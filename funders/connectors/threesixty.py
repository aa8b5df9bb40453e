"""Grants in the 360Giving standard, as JSON or under the standard's titles in CSV and XLSX.

An award is a promise and what was disbursed of it a receipt, under the same id.

awards_are_paid  true: this publisher lists what it has paid, so the award itself is the receipt
recipients       ids of organisations: all other grants are not ours
decimal, delimiter, encoding, sheet: as in table.py
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from funders.connectors import grants
from funders.connectors.base import Account, Due, GiverRef, Kind, Page, Promise, Receipt, Rejected, State
from funders.connectors.grants import Grant
from funders.connectors.heads import Head
from fundtracker.money import Money

LABEL = "360Giving grants (JSON or CSV)"
ATOMIC = True
COMPLETE = False

# Registers that hold nothing else. A register of companies holds charities too, and says nothing.
REGISTERS = {
    "GB-CHC-": "foundation",
    "GB-SC-": "foundation",
    "GB-NIC-": "foundation",
    "GB-GOR-": "public_body",
    "GB-LAE-": "public_body",
    "GB-LAS-": "public_body",
    "GB-NHS-": "public_body",
}
# People who were given a grant are not named: not here, nor by the grant's title, its page or their id.
SOMEBODY = "an individual"


def recognises(head: Head) -> bool:
    return head.has(grants.REQUIRED) or head.is_json_of("grants", "awardDate")


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    if account.file is None:
        raise Rejected("There is no file yet: upload one.")
    items = grants.read(account.file, account.options)
    yield Page(items, {}, datetime.now(UTC), total=len(items), last=True)


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    grants.check(item)
    options = account.options
    if "recipients" in options and item.get(grants.RECIPIENT_ID) not in options["recipients"]:
        return
    awarded = grants.money(item, grants.AWARDED, options)
    paid = awarded if options.get("awards_are_paid") else grants.money(item, grants.DISBURSED, options)
    if paid:
        yield _receipt(item, paid, asked_at)
    if awarded and not options.get("awards_are_paid"):
        yield _promise(item, awarded, paid, asked_at)


def _receipt(grant: Grant, paid: Money, asked_at: datetime) -> Receipt:
    day = _paid_on(grant)
    if day > asked_at.date():
        column = grants.PAID_ON if grant.get(grants.PAID_ON) else grants.AWARD_DATE
        raise Rejected(f"Grant {grant[grants.ID]}, “{column}”: {day} has not come yet: correct it.")
    return Receipt(
        external_id=grant[grants.ID],
        kind=Kind.GRANT,
        amount=paid,
        occurred_at=day,
        seen=_seen(grant, asked_at),
        giver=_funder(grant),
        designation=_recipient(grant),
    )


def _promise(grant: Grant, awarded: Money, paid: Money, asked_at: datetime) -> Promise:
    named, ends_on = bool(grant.get(grants.RECIPIENT_ID)), grants.day(grant, grants.ENDS, last=True)
    url = grant.get(grants.URL, "")
    schedule = [Due(paid, _paid_on(grant), paid=True)] if paid else []
    if paid < awarded:
        # No publisher says when the rest is to be paid: by the end of the work, where that is known.
        schedule.append(Due(awarded - paid, ends_on))
    return Promise(
        external_id=grant[grants.ID],
        amount=awarded,
        seen=_seen(grant, asked_at),
        state=State.ACTIVE if paid < awarded else State.ENDED,
        giver=_funder(grant),
        starts_on=grants.day(grant, grants.STARTS),
        ends_on=ends_on,
        title=grant[grants.TITLE] if named else grant.get(grants.PROGRAMME, ""),
        designation=_recipient(grant),
        url=url if named and url.startswith(("https://", "http://")) else "",
        schedule=schedule,
    )


def _paid_on(grant: Grant) -> date:
    """The last payment's day. Most publish none: then the day of the award, before which nothing was paid."""
    day = grants.day(grant, grants.PAID_ON) or grants.day(grant, grants.AWARD_DATE)
    assert day is not None, "an award has a day"
    return day


def _seen(grant: Grant, asked_at: datetime) -> datetime:
    try:
        version = datetime.fromisoformat(grant.get(grants.MODIFIED, ""))
    except ValueError:
        return asked_at
    return min(version if version.tzinfo else version.replace(tzinfo=UTC), asked_at)


def _funder(grant: Grant) -> GiverRef:
    kinds = {kind for register, kind in REGISTERS.items() if grant[grants.FUNDER_ID].startswith(register)}
    joint = "; " in grant[grants.FUNDER_ID]
    kind = "unknown" if joint or not kinds else kinds.pop()
    return GiverRef(grant[grants.FUNDER_ID], grant[grants.FUNDER], public=True, kind=kind)


def _recipient(grant: Grant) -> str:
    return grant[grants.RECIPIENT] if grant.get(grants.RECIPIENT_ID) else SOMEBODY

"""What GitHub's totals tell of payments, since it lists none: the change of each sponsor's total between two runs.

The first run notes the totals. What one sponsor's total rises in one month is one receipt, dated at the beginning of
the time in which the first of it came; a refund makes it smaller. A sponsor whom GitHub hid until now (an organisation
that lets in no token but its own) has paid before, so that the first total is no rise. Nothing is ever booked twice,
since the notes are kept with the rows. They hold digests and amounts, and no names.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from funders.connectors.base import Account
from fundtracker.money import Money

# By this start of its id the ledger knows an observed receipt: any recorded one counts instead of it.
OBSERVED = "observed:"
ADVICE = "upload GitHub's export, which lists every payment"
# A new sponsor's first payment may take so long to be in their total.
LATEST = timedelta(days=3)


def payment_ref(account: Account, login: str, paid_at: datetime) -> str:
    """One sponsor's payments of one month, as both GitHub's sources call them. Nobody is named in it."""
    month = f"{paid_at.astimezone(UTC):%Y-%m}"
    return f"github:{_digest(account, login.lower(), month)}"


def observe(
    account: Account,
    known: Mapping[str, Any] | None,
    values: list[Any],
    sponsorships: list[Any],
    began: datetime,
    ended: datetime,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What was observed of each sponsor's latest month, and the notes for the next run.

    A note is [total, since when, how much since then], all of them in cents; without a rise it is [total].
    """
    notes = dict(known["sponsors"]) if known else {}
    start = datetime.fromisoformat(known["at"]) if known else None
    about = {sponsor(node): node for node in sponsorships}
    items = []
    for value in values:
        who, total = value["sponsor"], Money(value["amountInCents"], "USD").minor
        key, problem, node = _digest(account, who["id"]), "", about.get(who["id"])
        if start is None:
            notes[key] = [total]
        elif (
            key not in notes and node and (day := datetime.fromisoformat(node["createdAt"])) < start - LATEST
        ):
            notes[key] = [total]
            problem = f"a total of {Money(total, 'USD')} is new, of what began on {day:%Y-%m-%d}: {ADVICE}"
        else:
            notes[key], problem = _note(notes.get(key, [0]), total, start, ended)
        if problem:
            items.append({"problem": problem})
        if len(notes[key]) > 1:
            said = {"since": notes[key][1], "cents": notes[key][2], "sponsorship": node}
            items.append({"key": key, "login": who["login"], **said})
    return items, {"observed": {"at": began.isoformat(), "sponsors": notes}}


def sponsor(sponsorship: Any) -> str:
    """GitHub's id of the sponsor; "" where GitHub does not say who it is."""
    who = sponsorship["sponsorEntity"]
    return "" if who is None else str(who["id"])


def _note(before: list[Any], total: int, start: datetime, ended: datetime) -> tuple[list[Any], str]:
    """The next note of one sponsor, and what is wrong with it in words."""
    since, cents = before[1:] or ("", 0)
    rise, month = total - before[0], _month(start)
    if rise > 0 and month != _month(ended):
        when = f"between {start:%Y-%m-%d %H:%M} and {ended:%Y-%m-%d %H:%M}"
        words = f"a total rose by {Money(rise, 'USD')} {when}, so that its month is not known: {ADVICE}"
        return [total, *before[1:]], words
    if rise > 0 and not (since and _month(datetime.fromisoformat(since)) == month):
        return [total, start.isoformat(), rise], ""
    if cents + rise < 0:
        words = f"a total fell by {Money(-rise, 'USD')}, more than was observed of it last: {ADVICE}"
        return [total, *before[1:]], words
    return ([total, since, cents + rise] if since else [total]), ""


def _month(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m}"


def _digest(account: Account, *parts: str) -> str:
    return sha256(" ".join((account.slug.lower(), *parts)).encode()).hexdigest()[:32]

"""GitHub Sponsors by its GraphQL API: who has promised what each month, and what is seen of the payments.

GitHub lists no payments here. Its export does (github_export.py), and is the ledger; between two exports the rise of
each sponsor's total stands for them, if the settings ask for it. What is paid at Patreon is Patreon's to report.
A sponsor who pays for a year has a monthly price all the same. PENDING_CHANGE names no day, so nothing follows of it.

book_observed  true: book what sponsors' totals rise between two runs
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    State,
)
from funders.connectors.github_observed import OBSERVED, payment_ref
from funders.connectors.github_pages import fetch
from funders.connectors.graphql import reading
from funders.connectors.values import typed
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse"]

LABEL = "GitHub Sponsors"
ATOMIC = False
COMPLETE = True

PAID_HERE = {"GITHUB": True, "PATREON": False}
PUBLIC = {"PUBLIC": True, "PRIVATE": False}
STATES = {True: State.ACTIVE, False: State.ENDED}
ONCE = {True: True, False: False}
BEGAN, CANCELLED = "NEW_SPONSORSHIP", "CANCELLED_SPONSORSHIP"
# An Organization may be a company, a foundation or a public body: staff say which.
GIVERS = {"User": "person"}
FIRST = datetime(2019, 1, 1, tzinfo=UTC)  # GitHub Sponsors began in that year


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading(LABEL):
        if "problem" in item:
            raise Rejected(item["problem"])
        if "since" in item:
            yield _observed(item, account, asked_at)
        elif item["paymentSource"] is None or item["tier"] is None:
            raise Rejected("GitHub does not show its tier: the token must be that of an owner of the account")
        elif PAID_HERE[item["paymentSource"]]:
            yield from _promise(item, account, asked_at)


def _promise(node: Any, account: Account, asked_at: datetime) -> Iterator[Promise]:
    once, state = ONCE[node["isOneTimePayment"]], STATES[node["isActive"]]
    giver, changes = _giver(node, account), _changes(node, asked_at)
    began = max([_moment(node["createdAt"], asked_at), *changes[BEGAN]])
    cancelled = [moment for moment in changes[CANCELLED] if moment >= began]
    price = Money(node["tier"]["monthlyPriceInCents"], "USD")
    if price.minor <= 0:
        raise ValueError(f"a price of {price}")
    if once and not changes[BEGAN]:
        return  # else the same record was a monthly one before, which has ended
    ended = once or state is State.ENDED
    yield Promise(
        external_id=_text(node["id"]),
        amount=price,
        seen=asked_at,
        frequency=Frequency.ONCE if once else Frequency.MONTHLY,
        state=State.ENDED if ended else state,
        giver=giver,
        starts_on=began.date(),
        ends_on=max(cancelled).date() if cancelled and ended else None,
        tier=_text(node["tier"]["name"]),
    )


def _changes(node: Any, asked_at: datetime) -> dict[str, list[datetime]]:
    """When this sponsor began and cancelled by the month."""
    found: dict[str, list[datetime]] = {BEGAN: [], CANCELLED: []}
    for activity in node["activities"]:
        moments = found[activity["action"]]
        tier, when = activity["sponsorsTier"], activity["timestamp"]
        if when is not None and tier is not None and not ONCE[tier["isOneTime"]]:
            moments.append(_moment(when, asked_at))
    return found


def _observed(item: Any, account: Account, asked_at: datetime) -> Receipt:
    node, since = item["sponsorship"], datetime.fromisoformat(item["since"])
    return Receipt(
        external_id=f"{OBSERVED}{item['key']}:{since:%Y-%m}",
        kind=Kind.SPONSORSHIP,
        amount=Money(item["cents"], "USD"),
        occurred_at=since,
        seen=asked_at,
        giver=_giver(node, account) if node else None,
        frequency=Frequency.MONTHLY if node and not ONCE[node["isOneTimePayment"]] else Frequency.ONCE,
        payment_ref=payment_ref(account, item["login"], since),
    )


def _giver(node: Any, account: Account) -> GiverRef | None:
    who, public = node["sponsorEntity"], PUBLIC[node["privacyLevel"]]
    if who is None:
        return None
    kind, login = GIVERS.get(who["__typename"], "unknown"), _text(who["login"])
    url = f"https://github.com/{login}" if public and not account.base_url else ""
    return GiverRef(_text(who["id"]), (who["name"] or login) if public else "", public, kind, url)


def _text(value: Any) -> str:
    return typed(str, value or None)  # an empty one is none


def _moment(text: str, asked_at: datetime) -> datetime:
    moment = datetime.fromisoformat(text)
    if not FIRST <= moment <= asked_at + timedelta(days=1):
        raise ValueError(f"{text} is before GitHub Sponsors began, or has not come yet")
    return moment.astimezone(UTC)

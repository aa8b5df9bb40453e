"""How Stripe's lists are walked through: newest first, from one record's id to the next, down to where we had been."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from funders.connectors.base import Account, Page
from funders.connectors.graphql import reading
from funders.connectors.values import typed
from fundtracker.http import FetchError
from fundtracker.http import fetch as ask

URL = "https://api.stripe.com/v1"
# The last version whose charges name their invoice, and so say how often they come.
VERSION = "2025-02-24.acacia"
LIMIT = 100
# Rows appear late, and what a charge says of itself is changed for some days.
OVERLAP = timedelta(days=14)
TEST_KEYS = ("sk_test_", "rk_test_")
WITH_SOURCES = (
    "data.source",
    "data.source.invoice",
    "data.source.charge.balance_transaction",
    "data.source.charge.invoice",
)
Answer = tuple[list[Any], datetime]
# From when on rows are asked for, the newest that was read, and the last one, after which it goes on.
Walk = dict[str, Any]


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    """The balance's rows, then all subscriptions.

    The newest rows come first, so what is known to be read moves on the last page only. Until then the cursor keeps
    the walk itself, which a run that is cut short goes on with: a large account would never come to its end otherwise.
    An account's option `created_filter`: false is for servers that know neither the filter by date nor the
    expansion of what only some rows have: the walk then ends at the first page that is older than we ask for.
    `subscriptions`: false is for an account whose subscriptions another source reports as its plans: payments of two
    sources know each other by their charge, promises by nothing.
    """
    if account.token.startswith(TEST_KEYS) and not account.sandbox:
        raise FetchError("This is a key of Stripe's test mode: put in the live one.", permanent=True)
    newest: int = 0 if full else cursor.get("watermark", 0)
    since = newest - int(OVERLAP.total_seconds()) if newest else None
    begun: Walk = {"since": since, "newest": newest, "after": None}
    walk: Walk = begun if full else cursor.get("walk", begun)
    number, since, newest = 0, walk["since"], walk["newest"]
    for rows, asked_at in _balance(account, since, walk["after"]):
        number += 1
        newest = max([newest, *(min(row["created"], int(asked_at.timestamp())) for row in rows)])
        walk = {"since": since, "newest": newest, "after": rows[-1]["id"] if rows else walk["after"]}
        yield Page(_placed(rows, number), {**cursor, "walk": walk}, asked_at)
    if account.options.get("subscriptions", True):
        for subscriptions, asked_at in _pages(account, "subscriptions", {"status": "all"}):
            number += 1
            yield Page(_placed(subscriptions, number), {**cursor, "walk": walk}, asked_at)
    yield Page([], {"watermark": newest} if newest else {}, asked_at, last=True, whole=full)


def _placed(records: list[Any], number: int) -> list[tuple[str, Any]]:
    return [(f"page {number}, item {place}", record) for place, record in enumerate(records, 1)]


def _balance(account: Account, since: int | None, after: str | None) -> Iterator[Answer]:
    """Rows with what they come from."""
    filtered = account.options.get("created_filter", True)
    params: dict[str, Any] = {"expand[]": WITH_SOURCES if filtered else WITH_SOURCES[:1]}
    if filtered and since is not None:
        params["created[gte]"] = since
    if after is not None:
        params["starting_after"] = after
    for rows, asked_at in _pages(account, "balance_transactions", params):
        with reading("Stripe"):
            for row in rows:
                typed(int, row["created"])
                if not filtered:
                    _complete(account, row["source"])
            older = since is not None and bool(rows) and rows[-1]["created"] < since
        yield rows, asked_at
        if older:
            return


def _complete(account: Account, source: Any) -> None:
    """The gift that a refund names only by its id, and the invoice that a gift does."""
    if not isinstance(source, dict):
        return
    if isinstance(source.get("charge"), str):
        params = {"expand[]": ("balance_transaction", "invoice")}
        source["charge"], _ = _answer(account, f"charges/{source['charge']}", params)
    elif isinstance(source.get("invoice"), str):
        source["invoice"], _ = _answer(account, f"invoices/{source['invoice']}", {})


def _pages(account: Account, name: str, params: Mapping[str, Any]) -> Iterator[Answer]:
    """Until there is no more. What is new while we walk comes before where we began, and waits for the next run."""
    asked, seen = {**params, "limit": LIMIT}, set[str]()
    while True:
        body, asked_at = _answer(account, name, asked)
        with reading("Stripe"):
            records, more = typed(list, body["data"]), typed(bool, body["has_more"])
            new = {record["id"]: record for record in records if record["id"] not in seen}
        if more and not new:
            raise FetchError(f"Stripe gave the same page of {name.replace('_', ' ')} again.")
        yield list(new.values()), asked_at
        if not more:
            return
        seen |= new.keys()
        asked["starting_after"] = records[-1]["id"]


def _answer(account: Account, address: str, params: Mapping[str, Any]) -> tuple[Any, datetime]:
    headers = {"Authorization": f"Bearer {account.token}", "Stripe-Version": VERSION}
    reply = ask(f"{account.base_url or URL}/{address}", headers=headers, params=params)
    return reply.json(), reply.asked_at

"""How Open Collective's transactions and orders are walked through, so that nothing is missed and nothing is endless."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from funders.connectors.base import Account, Page
from funders.connectors.graphql import answer, reading
from fundtracker.http import FetchError

URL = "https://api.opencollective.com/graphql/v2"
QUERIES = Path(__file__).with_name("opencollective.graphql").read_text()
LIMIT = 500
START = datetime(2010, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(days=2)
# It sorts by time rounded to ten seconds, so that a page may end before rows that are a little older.
STEP_BACK = timedelta(seconds=20)
# Without NEW and REQUIRE_CLIENT_CONFIRMATION, which are half-filled forms, and PAID, which is most of all orders.
STATUSES = (
    "ACTIVE", "PROCESSING", "IN_REVIEW", "PENDING", "PAUSED", "ERROR", "DISPUTED", "CANCELLED", "EXPIRED",
    "REJECTED", "REFUNDED",
)  # fmt: skip


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    reached = datetime.fromisoformat(cursor.get("watermark", START.isoformat()))
    since = START if full or reached == START else reached - OVERLAP
    number, total, counts = 0, 0, dict[str, int]()
    listed_all = since == START
    for operation in ("Transactions", "Orders"):
        for nodes, total, listed, asked_at in _pages(account, operation, since):
            number += 1
            # A window's total is less than the first one's, and a list that ends before its total is not whole.
            counts.setdefault(operation, total)
            listed_all &= bool(nodes) or listed >= counts[operation]
            if operation == "Transactions" and nodes:
                reached = max(reached, min(asked_at, max(_created(node) for node in nodes)))
            yield Page(
                [(f"page {number}, item {place}", node) for place, node in enumerate(nodes, 1)],
                {"watermark": reached.isoformat()},
                asked_at,
                total if number == 1 else None,
                last=operation == "Orders" and not nodes,
                whole=operation == "Orders" and not nodes and listed_all,
            )


def _pages(
    account: Account, operation: str, since: datetime
) -> Iterator[tuple[list[Any], int, int, datetime]]:
    """Until an empty one. A full page of transactions starts a new window at its end, where no offset can shift.

    Beside each page: the provider's count, and how many different records it has listed so far.
    """
    headers = {"Personal-Token": account.token} if account.token else {}
    offset, seen, before, listed = 0, set[str](), set[str](), 0
    while True:
        variables = {
            "slug": account.slug,
            "since": since.isoformat(),
            "status": STATUSES,
            "limit": LIMIT,
            "offset": offset,
        }
        data, asked_at = answer(account.base_url or URL, headers, QUERIES, operation, variables)
        with reading("Open Collective"):
            if data["account"] is None:
                raise FetchError(f"Open Collective knows no account “{account.slug}”.", permanent=True)
            nodes, total = data["account"]["page"]["nodes"], data["account"]["page"]["totalCount"]
            if not isinstance(nodes, list):
                raise TypeError("no list")
            new = {node["id"] for node in nodes} - seen
            newest = max((_created(node) for node in nodes), default=since) - STEP_BACK
            # Orders are asked for without a day.
            older = operation == "Transactions" and any(_created(node) < since for node in nodes)
        if nodes and (not new or older):
            raise FetchError(f"Open Collective gave the same page again, at {offset} since {since:%Y-%m-%d}.")
        listed += len(new - before)
        yield nodes, total, listed, asked_at
        if not nodes:
            return
        if operation == "Transactions" and len(nodes) >= LIMIT and newest > since:
            since, offset, seen, before = newest, 0, set(), seen | new
        else:
            offset, seen = offset + len(nodes), seen | new


def _created(node: Any) -> datetime:
    return datetime.fromisoformat(node["createdAt"])

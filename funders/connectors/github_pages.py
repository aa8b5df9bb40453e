"""How GitHub's lists are walked through, and what its errors mean to staff.

Every run lists all sponsorships, with the days on which each sponsor began and cancelled. A whole run does not look at
the totals: it is not told what the last one saw, so it leaves that alone and is never the last to move the cursor.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from funders.connectors.base import Account, Page
from funders.connectors.github_observed import observe, sponsor
from funders.connectors.graphql import answer, broken, first, reading
from funders.connectors.values import typed
from fundtracker.http import FetchError, Reply
from fundtracker.replies import asked_wait

NAME = "GitHub Sponsors"
URL = "https://api.github.com/graphql"
QUERIES = Path(__file__).with_name("github.graphql").read_text()
LIMIT = 100
# Where GitHub does not say how long to wait: for a secondary limit it asks for a minute at least.
PATIENCE = 60.0
LIMITED = ("RATE_LIMIT", "RATE_LIMITED")
SCOPES = (
    "make a classic token of an owner of the account, tick “read:org” and “read:user”, and put it in here"
)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    changes = defaultdict[str, list[Any]](list)
    for nodes, _, _ in _pages(account, "Activities"):
        with reading(NAME):
            for node in nodes:
                if node["sponsor"] is not None:
                    changes[node["sponsor"]["id"]].append(node)
    number, listed, total, sponsorships = 0, set[str](), 0, list[Any]()
    for number, (nodes, total, asked_at) in enumerate(_pages(account, "Sponsorships"), 1):
        with reading(NAME):
            listed |= {node["id"] for node in nodes}
            items = [node | {"activities": changes[sponsor(node)]} for node in nodes]
        sponsorships += nodes
        yield Page(_placed(items, f"page {number}"), cursor, asked_at, total if number == 1 else None)
    observed = account.options.get("book_observed") is True and not full
    rises, seen = _observed(account, cursor, sponsorships) if observed else ([], {})
    yield Page(_placed(rises, "total"), seen, asked_at, last=not full, whole=len(listed) >= total)


def _observed(account: Account, cursor: Mapping[str, Any], sponsorships: list[Any]) -> tuple[list[Any], Any]:
    values, asked = list[Any](), list[datetime]()
    for nodes, _, asked_at in _pages(account, "LifetimeValues"):
        values += nodes
        asked.append(asked_at)
    with reading(NAME):
        return observe(account, cursor.get("observed"), values, sponsorships, asked[0], asked[-1])


def _placed(items: list[Any], where: str) -> list[tuple[str, Any]]:
    return [(f"{where}, item {place}", item) for place, item in enumerate(items, 1)]


def _pages(account: Account, operation: str) -> Iterator[tuple[list[Any], int, datetime]]:
    """Each page, with GitHub's own count and when it was asked for."""
    headers = {
        "Authorization": f"bearer {account.token}",
        # Else an old account has ids of an old kind, until one day it has not.
        "X-Github-Next-Global-ID": "1",
    }
    after, been = None, set[str | None]()
    while True:
        been.add(after)
        variables = {"login": account.slug, "first": LIMIT, "after": after}
        data, asked_at = answer(account.base_url or URL, headers, QUERIES, operation, variables, _explain)
        with reading(NAME):
            owner = data["repositoryOwner"]
            if owner is None:
                raise FetchError(f"{NAME} knows no account “{account.slug}”.", permanent=True)
            if owner["hasSponsorsListing"] is False:
                raise FetchError(f"“{account.slug}” does not take part in {NAME}.", permanent=True)
            page = owner["page"]
            nodes, total = typed(list, page["nodes"]), typed(int, page["totalCount"])
            more, after = typed(bool, page["pageInfo"]["hasNextPage"]), page["pageInfo"]["endCursor"]
        yield nodes, total, asked_at
        if not more:
            return
        if after in been or not nodes:
            raise FetchError(f"{NAME} gave the same page again.")


def _explain(reply: Reply, body: Mapping[str, Any]) -> FetchError | None:
    with reading(NAME):
        kinds, said = {error.get("type") for error in body["errors"]}, first(body)
        if kinds == {"FORBIDDEN"} and all("nodes" in error["path"] for error in body["errors"]):
            # Organisations with a single sign-on of their own hide themselves from everybody else's tokens.
            page = body["data"]["repositoryOwner"]["page"]
            page["nodes"] = [node for node in page["nodes"] if node is not None]
            return None
    if kinds & set(LIMITED) or reply.headers.get("X-RateLimit-Remaining") == "0" or "secondary rate" in said:
        wait = asked_wait(reply.headers, limited=True) or PATIENCE
        return FetchError(f"{NAME} asks us to come back in {wait:.0f} seconds.", retry_after=wait, status=200)
    if "INSUFFICIENT_SCOPES" in kinds:
        return FetchError(f"The token of {NAME} lacks a permission: {SCOPES}.", permanent=True, status=200)
    if "FORBIDDEN" in kinds:
        return FetchError(f"{NAME} refuses this token ({said}): {SCOPES}.", permanent=True, status=200)
    if "NOT_FOUND" in kinds:
        return FetchError(f"{NAME} does not find it: {said}.", permanent=True, status=200)
    return broken(reply, body)

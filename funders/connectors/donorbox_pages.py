"""How Donorbox's lists are walked through. It counts nothing and tells no changes, so that old rows are read again."""

import base64
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from funders.connectors.base import Account, Page, SchemaChanged
from funders.connectors.graphql import reading
from fundtracker import http
from fundtracker.http import FetchError

URL = "https://donorbox.org/api/v1"
LIMIT = 100
# Its filter takes whole days, of a time zone that it does not tell.
OVERLAP = timedelta(days=2)
# What was given back, and which plans ended, stands on old rows.
REREAD, REREAD_EVERY = timedelta(days=180), timedelta(days=7)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    currencies, began = _currencies(account)
    reached = datetime.fromisoformat(cursor["watermark"]) if "watermark" in cursor else None
    reread_on = date.fromisoformat(cursor["reread_on"]) if "reread_on" in cursor else None
    again = full or reread_on is None or began.date() - reread_on >= REREAD_EVERY
    since = None if full or reached is None else reached - (REREAD if again else OVERLAP)
    number = 0
    for name, start in (("plans", None if again else since), ("donations", since)):
        for rows, asked_at in _pages(account, name, start):
            number += 1
            last = name == "donations" and not rows
            if name == "donations":
                newest = [_day(row) for row in rows if _day(row) <= asked_at]
                reached = max([*([reached] if reached else []), *newest], default=None)
            reread_on = began.date() if last and again else reread_on
            marks = {"watermark": reached, "reread_on": reread_on}
            yield Page(
                [
                    (f"page {number}, item {place}", _item(name, row, currencies))
                    for place, row in enumerate(rows, 1)
                ],
                {key: mark.isoformat() for key, mark in marks.items() if mark},
                asked_at,
                last=last,
                whole=last and since is None,
            )


def _item(name: str, row: Any, currencies: Mapping[int, str]) -> Any:
    if name == "donations":
        return {"donation": row}
    with reading("Donorbox"):
        campaign, only = row["campaign"], set(currencies.values())
        known = currencies.get(campaign["id"]) if campaign else None
        return {"plan": row, "currency": known or (only.pop() if len(only) == 1 else None)}


def _currencies(account: Account) -> tuple[dict[int, str], datetime]:
    """Of each campaign, and when they were asked for."""
    pages = list(_pages(account, "campaigns", None))
    with reading("Donorbox"):
        return {row["id"]: row["currency"].upper() for rows, _ in pages for row in rows}, pages[0][1]


def _pages(account: Account, name: str, since: datetime | None) -> Iterator[tuple[list[Any], datetime]]:
    """Oldest first, so that new rows shift nothing; until an empty one, for a page may be shorter than asked for."""
    url = (account.base_url or URL).rstrip("/")
    key = base64.b64encode(f"{account.slug}:{account.token}".encode()).decode()
    seen, page = set[int](), 0
    while True:
        page += 1
        asked = {"page": page, "per_page": LIMIT, "order": "asc"}
        asked |= {"date_from": f"{since:%Y-%m-%d}"} if since else {}
        reply = http.fetch(f"{url}/{name}", headers={"Authorization": f"Basic {key}"}, params=asked)
        rows = reply.json()
        if not isinstance(rows, list):
            host = urlsplit(url).netloc
            raise SchemaChanged(f"{host} answered something else than a list: this needs a developer")
        with reading("Donorbox"):
            new = {row["id"] for row in rows} - seen
        if rows and not new:
            raise FetchError(f"Donorbox gave the same page of {name} again, at page {page}.")
        yield rows, reply.asked_at
        if not rows:
            return
        seen |= new


def _day(row: Any) -> datetime:
    with reading("Donorbox"):
        when = datetime.fromisoformat(row["donation_date"])
        if when.tzinfo is None:
            raise ValueError(f"{when} has no time zone")
        return when

"""How a CiviCRM site is asked: by id, so that nothing shifts, and again for what may have changed."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from funders.connectors.base import Account, Page, Rejected, SchemaChanged
from funders.connectors.graphql import reading
from funders.connectors.values import typed
from fundtracker import http
from fundtracker.http import FetchError

LIMIT = 500
LONGEST = 200
TYPE, RECUR = "membership_type_id", "contribution_recur_id"
FIELDS = {
    "Contribution": (
        "id", "contact_id", "financial_type_id:name", "total_amount", "fee_amount", "net_amount", "tax_amount",
        "paid_amount",
        "currency", "receive_date", "cancel_date", "contribution_status_id:name", "trxn_id",
        f"{RECUR}.frequency_unit", f"{RECUR}.frequency_interval", "is_test", "campaign_id:name",
    ),
    "Membership": (
        "id", "contact_id", f"{TYPE}:name", f"{TYPE}.minimum_fee", f"{TYPE}.duration_unit",
        f"{TYPE}.duration_interval", "join_date", "start_date", "end_date", "status_id:name", "is_test",
    ),
}  # fmt: skip
# It keeps no day on which a row was changed. A day of its own zone is compared with one of its own rows.
OVERLAP = timedelta(days=2)
REREAD, REREAD_EVERY = timedelta(days=120), timedelta(days=1)
LOCAL = "%Y-%m-%d %H:%M:%S"
Where = list[Any]


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    """By each run what is new and of lately; once a day what is older, and the memberships."""
    if not account.base_url:
        raise Rejected("The source has no address: fill in that of the CiviCRM site, as far as “/civicrm”.")
    today = datetime.now(UTC).date()
    reread_on = date.fromisoformat(cursor["reread_on"]) if "reread_on" in cursor else None
    again = full or reread_on is None or today - reread_on >= REREAD_EVERY
    mark = dict(cursor)
    where = {"Contribution": _changed(cursor, again), "Membership": [["owner_membership_id", "IS NULL"]]}
    newest, number, complete = cursor.get("newest", ""), 0, not where["Contribution"]
    asked = list(FIELDS) if again else ["Contribution"]
    for entity in asked:
        listed, total = 0, None
        for rows, count, asked_at in _pages(account, entity, where[entity]):
            number += 1
            listed, total = listed + len(rows), count if total is None else total
            complete &= bool(rows) or listed >= (total or 0)
            last = entity == asked[-1] and not rows
            if entity == "Contribution":
                now = f"{asked_at.astimezone(account.time_zone):{LOCAL}}"
                newest = max([newest, *(day for row in rows if (day := _day(row)) <= now)])
                # Ids ascend, days do not: the day moves once all of them are booked.
                mark |= {"id": max([mark.get("id", 0), *map(_id, rows)])} if rows else {"newest": newest}
            mark |= {"reread_on": today.isoformat()} if last and again else {}
            yield Page(
                [(f"page {number}, item {place}", row) for place, row in enumerate(rows, 1)],
                dict(mark),
                asked_at,
                total if number == 1 else None,
                last=last,
                whole=last and again and complete,
            )


def _changed(cursor: Mapping[str, Any], again: bool) -> Where:
    """Which contributions are to be read: all of them where nothing is known yet."""
    if "id" not in cursor:
        return []
    asked: Where = [["id", ">", cursor["id"]]]
    if cursor.get("newest"):
        since = datetime.fromisoformat(cursor["newest"]) - (REREAD if again else OVERLAP)
        asked += [[field, ">=", f"{since:{LOCAL}}"] for field in ("receive_date", "cancel_date")]
    return [["OR", asked]]


def _pages(account: Account, entity: str, where: Where) -> Iterator[tuple[list[Any], int | None, datetime]]:
    """Until an empty one. `get` leaves out tests, unless one asks for them by name."""
    reached, tests = 0, ["is_test", "IN", [False, True]] if account.sandbox else ["is_test", "=", False]
    while True:
        params = {
            "select": [*FIELDS[entity], "row_count"],
            "where": [*where, tests, ["id", ">", reached]],
            "orderBy": {"id": "ASC"},
            "limit": LIMIT,
        }
        body, asked_at = _answer(account, entity, params)
        with reading("CiviCRM"):
            rows, count = typed(list, body["values"]), typed(int, body["countMatched"])
            ids = [_id(row) for row in rows]
        if ids and (ids != sorted(set(ids)) or ids[0] <= reached):
            raise FetchError(f"CiviCRM listed a {entity.lower()} again, after {reached}.")
        yield rows, count, asked_at
        if not rows:
            return
        reached = ids[-1]


def _answer(account: Account, entity: str, params: Any) -> tuple[Any, datetime]:
    """FetchError where there is an error in it: CiviCRM says 500 to most that it does not like."""
    url = f"{account.base_url.rstrip('/')}/civicrm/ajax/api4/{entity}/get"
    # Without the second header it takes the question for one that a browser was lured into.
    headers = {"X-Civi-Auth": f"Bearer {account.token}", "X-Requested-With": "XMLHttpRequest"}
    reply = http.fetch(
        url,
        method="POST",
        headers=headers,
        data={"params": json.dumps(params)},
        accept_statuses=(200, 400, 403, 500),
    )
    host = urlsplit(url).netloc
    if reply.status == 200:
        body = reply.json()
        if isinstance(body, dict) and "error_message" not in body:
            return body, reply.asked_at
        if not isinstance(body, dict):
            raise SchemaChanged(f"{host} answered something else than a result: this needs a developer")
    said, status = _said(reply), reply.status
    if "SECURITY ALERT" in said:
        raise FetchError(
            f"{host} took our question for a browser's (SECURITY ALERT): something before it drops the header "
            "X-Requested-With; let it through.",
            permanent=True,
            status=status,
        )
    if status == 403:
        raise FetchError(
            f"{host} does not let this key read each {entity.lower()} (403): give its user the permissions to use "
            "an API key and to see CiviContribute, CiviMember and all contacts.",
            permanent=True,
            status=status,
        )
    raise FetchError(
        f"{host} answered with an error: {said}. CiviCRM's own log tells more, under the Error ID if there is one.",
        status=status,
    )


def _said(reply: http.Reply) -> str:
    try:
        text = str(reply.json()["error_message"])
    except (FetchError, KeyError, TypeError):
        text = (
            reply.body[:LONGEST].decode(errors="replace")
            if b"SECURITY ALERT" in reply.body
            else "it does not say which"
        )
    hidden = "@" in text or not text.isprintable()
    return "it does not say which" if hidden else " ".join(text.split())[:LONGEST].rstrip(".")


def _id(row: Any) -> int:
    return int(row["id"])


def _day(row: Any) -> str:
    with reading("CiviCRM"):
        day = row["receive_date"]
        return f"{datetime.fromisoformat(day):{LOCAL}}" if day is not None else ""

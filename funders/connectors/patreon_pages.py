"""How a campaign's members and their payments are listed: all of them each time, since Patreon tells no changes."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from funders.connectors.base import Account, Page, Rejected
from funders.connectors.graphql import reading
from funders.connectors.values import shown, typed
from fundtracker import http
from fundtracker.http import FetchError, Reply

URL = "https://www.patreon.com/api/oauth2/v2"
LIMIT = 500
# A history as long as this may have lost its beginning, and what is lost is not gone.
LONGEST = 100
CAMPAIGN = {"fields[campaign]": "currency,is_monthly,vanity"}
# Nothing comes that is not asked for; names and addresses are not.
MEMBERS = {
    "include": "currently_entitled_tiers,pledge_history",
    "fields[member]": "campaign_lifetime_support_cents,is_free_trial,is_gifted,patron_status,pledge_cadence,"
    "pledge_relationship_start,will_pay_amount_cents",
    "fields[tier]": "amount_cents,title",
    "fields[pledge-event]": "amount_cents,currency_code,date,payment_status,type",
}
MONTH_IS_OVER = (
    "Patreon refused the token (401). A creator's token lives a month: make a new one under "
    "patreon.com/portal/registration/register-clients and put it in."
)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    campaign = _campaign(account)
    at, number, known, asked, complete = "", 0, set[str](), set[str](), True
    while True:
        number += 1
        question = {**MEMBERS, "page[count]": LIMIT} | ({"page[cursor]": at} if at else {})
        reply = _ask(account, f"/campaigns/{campaign['id']}/members", question)
        with reading("Patreon"):
            body = reply.json()
            members, pages = typed(list, body["data"]), body["meta"]["pagination"]
            items = list(_items(body, number, campaign["attributes"]))
            known |= {member["id"] for member in members}
            complete &= all(len(_history(member)) < LONGEST for member in members)
            total, at = int(pages["total"]), (pages.get("cursors") or {}).get("next") or ""
        if at in asked:
            raise FetchError(f"Patreon's list of members leads back to itself after page {number}.")
        whole = not at and complete and len(known) >= total
        yield Page(items, {}, reply.asked_at, total, last=not at, whole=whole)
        if not at:
            return
        asked.add(at)


def _campaign(account: Account) -> Any:
    reply = _ask(account, "/campaigns", CAMPAIGN)
    with reading("Patreon"):
        found = {one["id"]: one for one in typed(list, reply.json()["data"])}
        names = [f"{key} ({one['attributes']['vanity']})" for key, one in found.items()]
        mine = (one for key, one in found.items() if account.slug in (key, one["attributes"]["vanity"]))
        chosen = next(mine, None)
    if chosen is None:
        raise FetchError(
            f"This token has no campaign “{account.slug}” at Patreon, only {shown(', '.join(names)) or 'none'}: "
            "correct the source's account.",
            permanent=True,
        )
    with reading("Patreon"):
        told = account.options.get("currency") or chosen["attributes"].get("currency")
        if not told:
            raise Rejected(
                "Patreon does not tell the campaign's currency: set “currency” in the source's settings."
            )
        return {**chosen, "attributes": {**chosen["attributes"], "currency": told}}


def _items(body: Any, page: int, campaign: Any) -> Iterator[tuple[str, Any]]:
    """A member, and each event of their history twice: what was paid, and what was given back."""
    included = {(one["type"], one["id"]): one for one in typed(list, body.get("included", []))}
    for place, member in enumerate(typed(list, body["data"]), 1):
        where = f"page {page}, member {place}"
        entitled = typed(list, member["relationships"]["currently_entitled_tiers"]["data"])
        tiers = [_resolved(included, one) for one in entitled]
        yield where, {"member": member, "tiers": tiers, "campaign": campaign}
        for one in _history(member):
            event = _resolved(included, one)
            for back in (False, True):
                yield f"{where}, {shown(event['id'])}", {"event": event, "member": member, "back": back}


def _history(member: Any) -> list[Any]:
    return typed(list, member["relationships"]["pledge_history"]["data"])


def _resolved(included: Mapping[tuple[str, str], Any], one: Any) -> Any:
    if (found := included.get((one["type"], one["id"]))) is None:
        raise ValueError("something is named and not included")
    return found


def _ask(account: Account, path: str, params: Mapping[str, Any]) -> Reply:
    reply = http.fetch(
        f"{(account.base_url or URL).rstrip('/')}{path}",
        headers={"Authorization": f"Bearer {account.token}"},
        params=params,
        accept_statuses=(200, 401, 429),
    )
    if reply.status == 401:
        raise FetchError(MONTH_IS_OVER, permanent=True, status=401)
    if reply.status == 429:
        error = reply.refusal()
        # It says how long in the body, if at all.
        with suppress(FetchError, LookupError, TypeError, ValueError):
            error.retry_after = float(reply.json()["errors"][0]["retry_after_seconds"])
        raise error
    return reply

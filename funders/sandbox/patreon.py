"""Patreon's API v2 over the sandbox foundation: JSON:API, where nothing comes that is not asked for.

A payment that was given back in part says so and not how much. A dispute that is won is paid again. A limit tells in
the body how long it lasts, and in no header.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from funders.sandbox.foundation import Foundation, Payment, Plan
from funders.sandbox.speech import TOKEN, Answer, Question

PREFIX = "/patreon/api/oauth2/v2"
NOTICE = "GET  /patreon/api/oauth2/v2/campaigns   Patreon's API, campaign “sandbox”; its members too\n"
MOST = 100  # questions a minute
LARGEST, WITH_EVENTS = 1000, 500
CAMPAIGN = "7300001"
INCLUDES = {"currently_entitled_tiers", "pledge_history", "user", "campaign", "address"}
# How long a failed charge is tried again before the member is a former one, and a dispute is decided.
RETRIED, DISPUTED = timedelta(days=30), timedelta(days=10)
Resource = dict[str, Any]


def answer(question: Question) -> Answer:
    if question.headers.get("Authorization") != f"Bearer {TOKEN}":
        return _refused(
            401, "Unauthorized", "The server could not verify that you are authorized to access this URL."
        )
    _, wait = question.limiter.take("patreon", MOST, question.now.timestamp())
    if wait:
        return _refused(
            429, "RequestThrottled", "You have made too many attempts.", retry_after_seconds=int(wait) + 1
        )
    if question.method != "GET" or question.path not in ("/campaigns", f"/campaigns/{CAMPAIGN}/members"):
        return _refused(404, "ResourceMissing", "This resource was not found.")
    try:
        found = _campaigns(question) if question.path == "/campaigns" else _members(question)
    except KeyError as error:
        return _refused(400, "ParameterInvalidOnResource", f"Invalid parameter: {error.args[0]}.")
    return Answer(200, found, kind="application/vnd.api+json")


def _refused(status: int, name: str, detail: str, **more: Any) -> Answer:
    error = {
        "code": None,
        "code_name": name,
        "detail": detail,
        "status": str(status),
        "title": detail,
        **more,
    }
    return Answer(status, {"errors": [error]}, kind="application/vnd.api+json")


def _campaigns(question: Question) -> Resource:
    said = {"vanity": "sandbox", "currency": "EUR", "is_monthly": True, "patron_count": 1, "summary": None}
    return {
        "data": [_resource("campaign", CAMPAIGN, said, question)],
        "meta": {"pagination": {"total": 1}},
    }


def _members(question: Question) -> Resource:
    include = set(filter(None, question.param("include").split(",")))
    for unknown in include - INCLUDES:
        raise KeyError(unknown)
    most = WITH_EVENTS if "pledge_history" in include else LARGEST
    asked = question.param("page[count]", str(most))
    size = min(most, int(asked)) if asked.isdecimal() and int(asked) else most
    books = question.foundation.at(question.now).through("patreon")
    paid: dict[str, list[Payment]] = {plan.key: [] for plan in books.plans}
    for payment in books.payments:
        if payment.plan:
            paid[payment.plan.key].append(payment)
    rows = sorted(
        [*(_member(plan, paid[plan.key], question) for plan in books.plans), *_guests(question)],
        key=lambda row: row["member"]["id"],
    )
    after = _decoded(question.param("page[cursor]"))
    page = [row for row in rows if row["member"]["id"] > after]
    pagination: Resource = {"total": len(rows), "cursors": {"next": None}}
    if len(page) > size:
        page = page[:size]
        pagination["cursors"]["next"] = base64.b64encode(page[-1]["member"]["id"].encode()).decode()
    return _document(page, include, pagination)


def _document(page: list[Resource], include: set[str], pagination: Resource) -> Resource:
    included: dict[tuple[str, str], Resource] = {}
    for row in page:
        row["member"]["relationships"] = {
            name: {"data": [{"id": one["id"], "type": one["type"]} for one in row[name]]}
            for name in sorted(include & row.keys())
        }
        included |= {(one["type"], one["id"]): one for name in include & row.keys() for one in row[name]}
    return {
        "data": [row["member"] for row in page],
        **({"included": list(included.values())} if included else {}),
        "meta": {"pagination": pagination},
    }


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise KeyError("page[cursor]") from None


def _resource(kind: str, key: str, attributes: Mapping[str, Any], question: Question) -> Resource:
    """With the attributes that were asked for, and no others."""
    fields = list(filter(None, question.param(f"fields[{kind}]").split(",")))
    return {"type": kind, "id": key, "attributes": {name: attributes[name] for name in fields}}


def _member(plan: Plan, paid: list[Payment], question: Question) -> Resource:
    now = question.now
    status = _status(plan, paid, now)
    cents = 0 if status == "former_patron" else plan.cents
    member = _attributes(
        plan.giver.name,
        patron_status=status,
        will_pay_amount_cents=cents,
        currently_entitled_amount_cents=cents,
        campaign_lifetime_support_cents=sum(one.cents for one in paid if _word(one, now) == "Paid"),
        last_charge_status=_word(paid[-1], now) if paid else None,
        pledge_cadence=1,
        pledge_relationship_start=plan.started.isoformat(timespec="milliseconds"),
    )
    tier = {"amount_cents": plan.cents, "title": f"{plan.tier} of {plan.cents // 100}", "description": ""}
    tiers = [_resource("tier", str(9_000_000 + plan.cents), tier, question)] if cents else []
    return {
        "member": _resource("member", _uuid(question.foundation, plan.key), member, question),
        "currently_entitled_tiers": tiers,
        "pledge_history": _history(plan, paid, question),
    }


def _attributes(name: str, **said: Any) -> Resource:
    return {
        "full_name": name, "email": f"{name.lower().replace(' ', '.')}@patron.example", "note": "", "is_follower": False,
        "is_free_trial": False, "is_gifted": False, "patron_status": None, "will_pay_amount_cents": 0,
        "currently_entitled_amount_cents": 0, "campaign_lifetime_support_cents": 0, "last_charge_status": None,
        "pledge_cadence": None, "pledge_relationship_start": None, **said,
    }  # fmt: skip


def _guests(question: Question) -> list[Resource]:
    """One who follows for nothing, one on trial, and one whose membership somebody else paid for."""
    patron = {"patron_status": "active_patron", "will_pay_amount_cents": 700, "pledge_cadence": 1}
    guests = {
        "follows": {},
        "tries": {**patron, "is_free_trial": True},
        "was given": {**patron, "is_gifted": True},
    }
    return [
        {
            "member": _resource(
                "member",
                _uuid(question.foundation, f"patreon guest who {what}"),
                _attributes(f"Sandbox Guest {place}", **said),
                question,
            ),
            "currently_entitled_tiers": [],
            "pledge_history": [],
        }
        for place, (what, said) in enumerate(guests.items(), 1)
    ]


def _history(plan: Plan, paid: list[Payment], question: Question) -> list[Resource]:
    """The newest first. What happens to a pledge names its amount too, and moves nothing."""
    foundation, now = question.foundation, question.now
    pledge = _number(foundation, plan.key)
    events: list[tuple[str, int, int, datetime, str | None]] = [
        ("pledge_start", pledge, plan.cents, plan.started, None)
    ]
    events += [
        ("subscription", _number(foundation, one.key), one.cents, one.at, _word(one, now)) for one in paid
    ]
    if plan.ended(now) and plan.ends:
        events.append(("pledge_delete", pledge, plan.cents, plan.ends, None))
    return [
        _resource(
            "pledge-event",
            f"{kind}:{key}",
            {
                "type": kind, "amount_cents": cents, "currency_code": plan.currency, "tier_title": plan.tier,
                "date": when.isoformat(timespec="milliseconds"), "payment_status": word, "tier_id": None,
                "pledge_payment_status": None if word else "valid",
            },
            question,
        )
        for kind, key, cents, when, word in reversed(events)
    ]  # fmt: skip


def _status(plan: Plan, paid: list[Payment], now: datetime) -> str:
    if plan.ended(now) and plan.ends and not (plan.end == "failed" and now < plan.ends + RETRIED):
        return "former_patron"
    return "declined_patron" if plan.ended(now) or (paid and paid[-1].failed) else "active_patron"


def _word(payment: Payment, now: datetime) -> str:
    """What would be a test elsewhere is a free trial here: either way there was no money."""
    back = payment.refunded(now)
    if payment.failed or payment.test:
        return "Declined" if payment.failed else "Free Trial"
    if back is None or (back.won and now >= back.at + DISPUTED):
        return "Paid"
    if back.dispute:
        return "Fraud"
    return "Refunded" if back.cents == payment.cents else "Partially Refunded"


def _uuid(foundation: Foundation, key: str) -> str:
    return str(UUID(foundation.id(f"patreon {key}")))


def _number(foundation: Foundation, key: str) -> int:
    return int(foundation.id(f"patreon event {key}")[:8], 16)

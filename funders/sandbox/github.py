"""GitHub Sponsors in the sandbox: its GraphQL API, with its limits and its silences, and the export that it mails.

The API lists no payment: only each sponsor's total moves.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphql import GraphQLError, build_schema, execute_sync, parse, validate

from funders.sandbox.github_files import csv_file, json_file
from funders.sandbox.github_sponsors import Sponsor, account, dollars, given_back, node, sponsors, tier
from funders.sandbox.speech import TOKEN, Answer, Question, text

PREFIX = "/github"
NOTICE = (
    "POST /github/graphql                    GitHub Sponsors, account “sandbox”, with the token\n"
    "GET  /github/export.csv, export.json    the same in the files that GitHub mails\n"
)
LOGIN = "sandbox"
POINTS, HOUR = 5_000, 3_600.0
MOST = 100
SCHEMA = build_schema(Path(__file__).with_name("github.graphql").read_text())


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    action: str
    at: datetime
    sponsor: Sponsor
    cents: int
    once: bool


def answer(question: Question) -> Answer:
    if question.method == "GET" and question.path in ("/export.csv", "/export.json"):
        found = sponsors(question.foundation, question.now)
        return csv_file(question, found) if question.path.endswith("csv") else json_file(question, found)
    if question.method != "POST" or question.path != "/graphql":
        return Answer(404, {"message": "Not Found", "status": "404"})
    if not question.headers.get("User-Agent"):
        return text("Request forbidden by administrative rules: send a User-Agent\n", 403)
    scheme, _, token = question.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "token") or token != TOKEN:
        return Answer(401, {"message": "Bad credentials", "status": "401"})
    headers, wait = question.limiter.take(f"github {token}", POINTS, question.now.timestamp(), HOUR)
    if wait:
        del headers["Retry-After"]
        words = "API rate limit already exceeded for user ID 1."
        return Answer(200, _failure(words, type="RATE_LIMIT", code="graphql_rate_limit"), headers)
    try:
        asked = json.loads(question.body)
        document = parse(asked["query"])
    except (ValueError, KeyError, TypeError):
        return Answer(400, {"message": "Problems parsing JSON", "status": "400"}, headers)
    except GraphQLError as error:
        return Answer(200, _failure(f"Parse error: {error.message}"), headers)
    if errors := validate(SCHEMA, document):
        return Answer(200, _failure(errors[0].message, extensions={"code": "undefinedField"}), headers)
    result = execute_sync(
        SCHEMA, document, None, question, asked.get("variables"), asked.get("operationName")
    )
    said = {"errors": [_said(error) for error in result.errors]} if result.errors else {}
    return Answer(200, {"data": result.data} | said, headers)


def _failure(words: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": words, **more}]}


def _said(error: GraphQLError) -> dict[str, Any]:
    return {**(error.extensions or {}), "path": error.path, "message": error.message}


def _owner(root: Any, info: Any, login: str) -> dict[str, Any] | None:
    if login.lower() != LOGIN:
        return None
    return {"__typename": "Organization", "id": "O_kwDOsandbox", "login": LOGIN, "name": "Sandbox Foundation"}


def _found(info: Any) -> list[Sponsor]:
    return sponsors(info.context.foundation, info.context.now)


def _sponsorships(owner: Any, info: Any, **asked: Any) -> dict[str, Any]:
    found = [
        one
        for one in _found(info)
        if (one.active or not asked["activeOnly"]) and (one.public or asked.get("includePrivate"))
    ]
    monthly = sum(one.plan.cents for one in found if one.plan and one.active)
    return _page("sponsorshipsAsMaintainer", found, asked) | {"totalRecurringMonthlyPriceInCents": monthly}


def _activities(owner: Any, info: Any, **asked: Any) -> dict[str, Any]:
    now, spans = info.context.now, {"DAY": 1, "WEEK": 7, "MONTH": 30, "ALL": 10_000}
    since = asked.get("since") or now - timedelta(days=spans[asked["period"]])
    found = [
        change
        for one in _found(info)
        for change in _changes(one, now)
        if change.at >= since
        and change.at <= (asked.get("until") or now)
        and (not asked["actions"] or change.action in asked["actions"])
        and (one.public or asked["includePrivate"])
    ]
    return _page("sponsorsActivities", sorted(found, key=lambda one: (one.at, one.key)), asked)


def _changes(one: Sponsor, now: datetime) -> list[Change]:
    found = []
    if one.plan:
        plan, key = one.plan, one.id
        found.append(Change(f"{key} new", "NEW_SPONSORSHIP", plan.started, one, plan.cents, False))
        if plan.ends:
            week = plan.ends - timedelta(days=7)
            found.append(Change(f"{key} soon", "PENDING_CHANGE", week, one, plan.cents, False))
            found.append(Change(f"{key} end", "CANCELLED_SPONSORSHIP", plan.ends, one, plan.cents, False))
    for payment in one.payments:
        if payment.plan is None:
            found.append(Change(payment.key, "NEW_SPONSORSHIP", payment.at, one, payment.cents, True))
        if payment.refund and given_back(payment):
            found.append(Change(payment.refund.key, "REFUND", payment.refund.at, one, payment.cents, False))
    return [change for change in found if change.at <= now]


def _totals(owner: Any, info: Any, **asked: Any) -> dict[str, Any]:
    found = [one for one in _found(info) if one.kept() and not one.at_patreon and not one.left]
    return _page("lifetimeReceivedSponsorshipValues", sorted(found, key=lambda one: one.giver.handle), asked)


def _page(name: str, found: list[Any], asked: dict[str, Any]) -> dict[str, Any]:
    size = asked.get("first")
    if size is None:
        words = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphQLError(words, extensions={"type": "MISSING_PAGINATION_BOUNDARIES"})
    if not 1 <= size <= MOST:
        words = f"Requesting {size} records on the `{name}` connection exceeds the `first` limit of {MOST} records."
        raise GraphQLError(words, extensions={"type": "EXCESSIVE_PAGINATION"})
    if (asked.get("orderBy") or {}).get("direction") == "DESC":
        found = found[::-1]
    start = int(asked["after"].removeprefix("cursor:")) if asked.get("after") else 0
    nodes = found[start : start + size]
    end = start + len(nodes)
    return {
        "totalCount": len(found),
        "nodes": nodes,
        "pageInfo": {
            "hasNextPage": end < len(found),
            "hasPreviousPage": start > 0,
            "startCursor": f"cursor:{start + 1}" if nodes else None,
            "endCursor": f"cursor:{end}" if nodes else None,
        },
    }


def _entity(one: Sponsor) -> dict[str, Any] | None:
    return None if one.left else account(one)


Resolver = Callable[..., Any]
SPONSORSHIP: dict[str, Resolver] = {
    "createdAt": lambda one, info: one.began,
    "isActive": lambda one, info: one.active,
    "isOneTimePayment": lambda one, info: one.plan is None,
    "privacyLevel": lambda one, info: "PUBLIC" if one.public else "PRIVATE",
    "paymentSource": lambda one, info: "PATREON" if one.at_patreon else "GITHUB",
    "tier": lambda one, info: tier((one.plan or one.payments[-1]).cents, one.plan is None),
    "tierSelectedAt": lambda one, info: one.plan.started if one.plan else one.payments[-1].at,
    "sponsorEntity": lambda one, info: _entity(one),
}
ACTIVITY: dict[str, Resolver] = {
    "id": lambda change, info: node("SA", info.context.foundation.id(f"activity {change.key}")),
    "action": lambda change, info: change.action,
    "timestamp": lambda change, info: change.at,
    "currentPrivacyLevel": lambda change, info: "PUBLIC" if change.sponsor.public else "PRIVATE",
    "paymentSource": lambda change, info: "PATREON" if change.sponsor.at_patreon else "GITHUB",
    "sponsor": lambda change, info: _entity(change.sponsor),
    "sponsorsTier": lambda change, info: tier(change.cents, change.once),
    "previousSponsorsTier": lambda change, info: None,
    "viaBulkSponsorship": lambda change, info: False,
}
TOTAL: dict[str, Resolver] = {
    "amountInCents": lambda one, info: one.kept(),
    "formattedAmount": lambda one, info: dollars(one.kept()),
    "sponsor": lambda one, info: account(one),
}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(written: Any) -> datetime:
    return datetime.fromisoformat(written)


def _bind() -> None:
    fields = {"Sponsorship": SPONSORSHIP, "SponsorsActivity": ACTIVITY, "SponsorAndLifetimeValue": TOTAL}
    lists: dict[str, Resolver] = {
        "hasSponsorsListing": lambda *_: True,
        "sponsorshipsAsMaintainer": _sponsorships,
        "sponsorsActivities": _activities,
        "lifetimeReceivedSponsorshipValues": _totals,
    }
    query: dict[str, Resolver] = {
        "repositoryOwner": _owner,
        "organization": _owner,
        "user": lambda *_, **__: None,
    }
    for name, resolvers in (fields | {"Organization": lists, "User": lists, "Query": query}).items():
        for field, resolver in resolvers.items():
            SCHEMA.get_type(name).fields[field].resolve = resolver  # type: ignore[union-attr]
    # graphql-core 3.3 has new names for what 3.2 calls by the second of each pair.
    for field, function in (
        ("coerce_output_value", _written), ("serialize", _written),
        ("coerce_input_value", _moment), ("parse_value", _moment),
    ):  # fmt: skip
        setattr(SCHEMA.get_type("DateTime"), field, function)


_bind()

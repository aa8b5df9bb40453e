"""Open Collective's GraphQL API v2 over the sandbox's ledger, with its limits and its ways to fail."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from funders.sandbox.people import identity, number
from funders.sandbox.records import Order, Row, part
from funders.sandbox.speech import TOKEN, Answer, Question
from funders.sandbox.world import World

PREFIX = "/graphql/v2"
NOTICE = "POST /graphql/v2                        Open Collective's API, account “sandbox”, with a token or without\n"
WITH_TOKEN, ANONYMOUS = 100, 10  # questions a minute
SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text())
MOST = {"transactions": 10_000, "orders": 1_000}
DEFAULT = 100
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
TIERS = {"backers": "MEMBERSHIP", "sponsors": "TIER"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world at the instant of one question."""

    world: World
    now: datetime
    rows: list[Row]
    orders: list[Order]
    by_key: Mapping[str, Row]
    refund_of: Mapping[str, Row]
    by_group: Mapping[tuple[str, str], Row]


def answer(question: Question) -> Answer:
    """To one POST, if its token is right and its client is not too hasty."""
    if question.method != "POST":
        return Answer(404, {"error": {"message": "POST /graphql/v2"}})
    token = question.headers.get("Personal-Token") or question.headers.get("Api-Key") or ""
    if token not in ("", TOKEN):
        message = f"Invalid Personal Token (Api Key): {token}"
        return Answer(401, {"error": {"code": 401, "type": "unauthorized", "message": message}})
    most = WITH_TOKEN if token else ANONYMOUS
    headers, wait = question.limiter.take(token or question.client, most, question.now.timestamp())
    if wait:
        message = "Rate limit exceeded. Create a Personal Token to get higher limits."
        return Answer(429, {"error": {"message": message}}, headers)
    try:
        asked = json.loads(question.body)
    except ValueError:
        return Answer(400, {"errors": [{"message": "the body is not JSON"}]}, headers)
    return Answer(*_data(question.world, question.now, asked), headers)


def _data(world: World, now: datetime, body: Any) -> tuple[int, dict[str, Any]]:
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return 400, _failure("BAD_REQUEST", "the body holds no query")
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        return 500, _failure("GRAPHQL_PARSE_FAILED", error.message)
    if errors := validate(SCHEMA, document):
        return 400, _failure("GRAPHQL_VALIDATION_FAILED", *(error.message for error in errors))
    result = execute_sync(
        SCHEMA, document, None, snapshot(world, now), body.get("variables"), body.get("operationName")
    )
    if result.data is None and result.errors and not any(error.path for error in result.errors):
        return 400, _failure("GRAPHQL_VALIDATION_FAILED", *(error.message for error in result.errors))
    return 200, _said(result)


def _said(result: ExecutionResult) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    failed = [{**error.formatted, "extensions": {"code": "INTERNAL_SERVER_ERROR"}} for error in result.errors]
    return {"errors": failed, "data": result.data}


def _failure(code: str, *messages: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}} for message in messages]}


def snapshot(world: World, now: datetime) -> Snapshot:
    rows, orders = world.at(now)
    return Snapshot(
        world, now, rows, orders,
        {row.key: row for row in rows},
        {row.refunds: row for row in rows if row.refunds},
        {(row.group, row.kind): row for row in rows},
    )  # fmt: skip


def _account(root: Any, info: Any, id: str | None = None, slug: str | None = None, **more: Any) -> Any:
    for account in info.context.world.accounts.values():
        if account["slug"] == slug or account["id"] == id:
            return account
    if more["throwIfMissing"]:
        raise GraphQLError(f"No account found with slug {slug}")
    return None


def _transactions(account: Any, info: Any, **asked: Any) -> dict[str, Any]:
    slugs = _slugs(account, asked["includeChildrenTransactions"], info)
    rows = [row for row in info.context.rows if row.account["slug"] in slugs and _is_asked(row, asked)]
    if asked["orderBy"]["direction"] == "DESC":
        rows.reverse()
    return _page("transactions", rows, asked)


def _is_asked(row: Row, asked: Mapping[str, Any]) -> bool:
    tests: dict[str, Callable[[Any], Any]] = {
        "type": lambda value: value == _side(row),
        "kind": lambda value: row.kind in value,
        "dateFrom": lambda value: row.created_at >= value,
        "dateTo": lambda value: row.created_at <= value,
        "hasExpense": lambda value: (row.kind == "EXPENSE") is value,
        "isRefund": lambda value: bool(row.refund_kind) is value,
        "includeEditedReversedTransactions": lambda value: value or row.refund_kind != "EDIT",
    }
    return all(test(asked[name]) for name, test in tests.items() if asked.get(name) is not None)


def _orders(account: Any, info: Any, **asked: Any) -> dict[str, Any]:
    slugs, now = _slugs(account, asked["includeChildrenAccounts"], info), info.context.now
    wanted = asked.get("status")
    orders = [
        order
        for order in info.context.orders
        if asked.get("filter") != "OUTGOING"
        and order.to["slug"] in slugs
        and (_status(order, now) in wanted if wanted else _status(order, now) != "PENDING")
        and (not asked.get("frequency") or order.frequency in asked["frequency"])
        and (not asked.get("dateFrom") or order.created_at >= asked["dateFrom"])
        and (not asked.get("dateTo") or order.created_at <= asked["dateTo"])
    ]
    if asked["orderBy"]["direction"] == "DESC":
        orders.reverse()
    return _page("orders", orders, asked)


def _slugs(account: Any, children: bool, info: Any) -> set[str]:
    family = info.context.world.accounts.values()
    return {account["slug"]} | {
        one["slug"] for one in family if children and one.get("parent", {}).get("slug") == account["slug"]
    }


def _page(name: str, found: list[Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    limit = asked["limit"] if asked["limit"] >= 0 else DEFAULT
    offset = max(0, asked["offset"])
    if limit > MOST[name]:
        raise GraphQLError(f"Cannot fetch more than {MOST[name]:,} {name} at once, please ask for less")
    nodes = found[offset : offset + limit]
    return {"offset": offset, "limit": limit, "totalCount": len(found), "nodes": nodes}


def _side(row: Row) -> str:
    return "CREDIT" if row.amount > 0 else "DEBIT"


def _status(order: Order, now: datetime) -> str:
    return order.end if order.ended(now) else order.status


def _money(cents: int, currency: str) -> dict[str, Any]:
    return {"value": cents / 100, "valueInCents": cents, "currency": currency}


def _beside(row: Row, info: Any, kind: str) -> Row | None:
    """The row of the same payment that carries a fee or tax, for a gift or its refund."""
    if row.kind not in ("CONTRIBUTION", "ADDED_FUNDS"):
        return None
    return info.context.by_group.get((row.group, kind))  # type: ignore[no-any-return]


def _host_fee(row: Row, info: Any, fetchHostFee: bool = False) -> dict[str, Any]:  # noqa: N803
    other = _beside(row, info, "HOST_FEE") if fetchHostFee else None
    return _money(other.host_amount if other else 0, row.host_currency)


def _processor_fee(row: Row, info: Any, fetchPaymentProcessorFee: bool = False) -> dict[str, Any]:  # noqa: N803
    other = _beside(row, info, "PAYMENT_PROCESSOR_FEE") if fetchPaymentProcessorFee else None
    return _money(row.processor_fee or (other.host_amount if other else 0), row.host_currency)


def _tax(row: Row, info: Any, fetchTax: bool = False) -> dict[str, Any]:  # noqa: N803
    other = _beside(row, info, "TAX") if fetchTax else None
    return _money(row.tax or (other.amount if other else 0), row.currency)


def _net(row: Row, info: Any, in_host: bool, asked: Mapping[str, bool]) -> dict[str, Any]:
    fees = (
        _host_fee(row, info, asked["fetchHostFee"])["valueInCents"]
        + _processor_fee(row, info, asked["fetchPaymentProcessorFee"])["valueInCents"]
    )
    tax = _tax(row, info, asked["fetchTax"])["valueInCents"]
    if in_host:
        return _money(row.host_amount + fees + _scaled(tax, row.host_amount, row.amount), row.host_currency)
    return _money(row.amount + _scaled(fees, row.amount, row.host_amount) + tax, row.currency)


def _scaled(cents: int, numerator: int, denominator: int) -> int:
    return (2 * cents * numerator + denominator) // (2 * denominator) if cents else 0


def _id(thing: Row | Order, info: Any) -> str:
    return identity(info.context.world.seed, thing.key)


def _other_row(rows: Mapping[str, Row], key: str) -> Row | None:
    return rows.get(key) if key else None


Resolver = Callable[..., Any]
TRANSACTION: dict[str, Resolver] = {
    "id": _id,
    "legacyId": lambda row, info: number(_id(row, info)),
    "publicId": lambda row, info: f"tx_{_id(row, info).replace('-', '')[:20]}",
    "group": lambda row, info: identity(info.context.world.seed, f"group {row.group}"),
    "type": lambda row, info: _side(row),
    "kind": lambda row, info: row.kind,
    "refundKind": lambda row, info: (
        row.refund_kind or getattr(info.context.refund_of.get(row.key), "refund_kind", None)
    ),
    "amount": lambda row, info: _money(row.amount, row.currency),
    "amountInHostCurrency": lambda row, info: _money(row.host_amount, row.host_currency),
    "hostCurrencyFxRate": lambda row, info: row.host_amount / row.amount,
    "netAmount": lambda row, info, **asked: _net(row, info, False, asked),
    "netAmountInHostCurrency": lambda row, info, **asked: _net(row, info, True, asked),
    "taxAmount": _tax,
    "platformFee": lambda row, info: _money(0, row.host_currency),
    "hostFee": _host_fee,
    "paymentProcessorFee": _processor_fee,
    "account": lambda row, info: row.account,
    "oppositeAccount": lambda row, info: row.opposite,
    "fromAccount": lambda row, info: row.opposite if row.amount > 0 else row.account,
    "toAccount": lambda row, info: row.account if row.amount > 0 else row.opposite,
    "createdAt": lambda row, info: row.created_at,
    "updatedAt": lambda row, info: row.created_at,
    "clearedAt": lambda row, info: row.cleared_at or row.created_at,
    "isRefund": lambda row, info: bool(row.refund_kind),
    "isRefunded": lambda row, info: row.key in info.context.refund_of,
    "isDisputed": lambda row, info: False,
    "isInReview": lambda row, info: False,
    "order": lambda row, info: row.order,
    "paymentMethod": lambda row, info: _method(row.order) if row.order else None,
    "merchantId": lambda row, info: None,
    "refundTransaction": lambda row, info: (
        _other_row(info.context.by_key, row.refunds) or info.context.refund_of.get(row.key)
    ),
}


def _method(order: Order) -> dict[str, str] | None:
    return {"service": order.service} if order.service else None


ORDER: dict[str, Resolver] = {
    "id": _id,
    "legacyId": lambda order, info: number(_id(order, info)),
    "publicId": lambda order, info: f"order_{_id(order, info).replace('-', '')[:20]}",
    "status": lambda order, info: _status(order, info.context.now),
    "frequency": lambda order, info: order.frequency,
    "amount": lambda order, info: _money(order.amount, order.currency),
    "totalAmount": lambda order, info: _money(order.amount + part(order.amount, 0), order.currency),
    "createdAt": lambda order, info: order.created_at,
    "updatedAt": lambda order, info: order.ends if order.ended(info.context.now) else order.created_at,
    "tier": lambda order, info: (
        {"id": order.tier, "slug": order.tier, "name": order.tier.title(), "type": TIERS[order.tier]}
        if order.tier
        else None
    ),
    "fromAccount": lambda order, info: order.giver,
    "toAccount": lambda order, info: order.to,
    "paymentMethod": lambda order, info: _method(order),
    "pendingContributionData": lambda order, info: (
        {"expectedAt": order.ends} if order.status == "PENDING" else None
    ),
}


def _bind() -> None:
    for name, resolvers in (("Credit", TRANSACTION), ("Debit", TRANSACTION), ("Order", ORDER)):
        for field, resolver in resolvers.items():
            SCHEMA.get_type(name).fields[field].resolve = resolver  # type: ignore[union-attr]
    for name in ("Individual", "Organization", "Collective", "Event", "Project"):
        fields = SCHEMA.get_type(name).fields  # type: ignore[union-attr]
        fields["transactions"].resolve, fields["orders"].resolve = _transactions, _orders
    SCHEMA.get_type("Query").fields["account"].resolve = _account  # type: ignore[union-attr]
    SCHEMA.get_type("Transaction").resolve_type = lambda row, *_: _side(row).title()  # type: ignore[union-attr]
    # graphql-core 3.3 has new names for what 3.2 calls by the second of each pair.
    for field, function in (
        ("coerce_output_value", _written), ("serialize", _written),
        ("coerce_input_value", _moment), ("parse_value", _moment),
    ):  # fmt: skip
        setattr(SCHEMA.get_type("DateTime"), field, function)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _moment(text: Any) -> datetime:
    if not isinstance(text, str) or not RFC3339.fullmatch(text):
        raise GraphQLError(f"DateTime must be RFC 3339, such as 2026-01-31T00:00:00Z, not {text!r}")
    return datetime.fromisoformat(text.upper())


_bind()

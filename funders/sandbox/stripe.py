"""Stripe's API over what the sandbox foundation was given: its lists and their pages, its errors, its signatures."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from funders.sandbox.foundation import Foundation, Payment
from funders.sandbox.speech import TOKEN, Answer, Question
from funders.sandbox.stripe_objects import VERSION, Object, charge_of, event_of, everything, seconds

PREFIX = "/stripe/v1"
NOTICE = (
    "GET  /stripe/v1/balance_transactions     Stripe's API with the key “sandbox”; charges, refunds, … too\n"
)
RESTRICTED = "rk_sandbox"  # a key that may read nothing
A_SECOND = 25
LISTS = ("balance_transactions", "charges", "refunds", "disputes", "subscriptions", "events")
FILTER = re.compile(r"created\[(gte|gt|lte|lt)\]")
COMPARED: dict[str, Callable[[int, int], bool]] = {
    "gte": int.__ge__, "gt": int.__gt__, "lte": int.__le__, "lt": int.__lt__
}  # fmt: skip


def answer(question: Question) -> Answer:
    key = _key(question.headers.get("Authorization") or "")
    if key not in (TOKEN, RESTRICTED):
        words = f"Invalid API Key provided: {key[:2]}***" if key else "You did not provide an API key."
        return _error(401, words)
    _, wait = question.limiter.take(f"stripe {key}", A_SECOND, question.now.timestamp(), 1.0)
    if wait:
        return _error(429, "Request rate limit exceeded.", code="rate_limit")
    if key == RESTRICTED:
        return _error(403, "The provided key does not have the required permissions for this endpoint.")
    name, _, found = question.path.strip("/").partition("/")
    if question.method != "GET" or (name not in LISTS and not (name == "invoices" and found)):
        return _error(404, f"Unrecognized request URL ({question.method}: /v1{question.path}).")
    objects = everything(question.foundation, question.now)
    if not found:
        return _list(
            name, [one for one in objects.values() if f"{one['object']}s" == name], objects, question
        )
    if found not in objects or f"{objects[found]['object']}s" != name:
        return _error(404, f"No such {name[:-1]}: '{found}'", code="resource_missing", param="id")
    one = deepcopy(objects[found])
    for path in question.params.get("expand[]", []):
        _expand(one, path.split("."), objects)
    return Answer(200, one)


def _key(header: str) -> str:
    kind, _, value = header.partition(" ")
    if kind == "Basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return value if kind == "Bearer" else ""


def _error(status: int, message: str, **more: str) -> Answer:
    error = {"type": "invalid_request_error", "message": message, **more}
    return Answer(status, {"error": error}, {"Stripe-Version": VERSION})


def _list(name: str, found: list[Object], objects: Mapping[str, Object], question: Question) -> Answer:
    """Newest first. What came since the first page shifts nothing, because a page begins after a record."""
    allowed = {"limit", "starting_after", "expand[]", "type", "status", "charge"}
    for asked, [value, *_] in question.params.items():
        if match := FILTER.fullmatch(asked):
            found = [one for one in found if COMPARED[match[1]](one["created"], int(value))]
        elif asked not in allowed:
            return _error(400, f"Received unknown parameter: {asked}", code="parameter_unknown", param=asked)
    found.sort(key=lambda one: (one["created"], one["id"]), reverse=True)
    for field in ("type", "charge"):
        if wanted := question.param(field):
            found = [one for one in found if one.get(field) == wanted]
    if name == "subscriptions" and question.param("status") != "all":
        found = [one for one in found if one["status"] != "canceled"]
    limit = question.param("limit", "10")
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        return _error(400, f"Invalid integer: {limit}", code="parameter_invalid_integer", param="limit")
    start, after = 0, question.param("starting_after")
    if after:
        ids = [one["id"] for one in found]
        if after not in ids:
            return _error(
                400, f"No such {name[:-1]}: '{after}'", code="resource_missing", param="starting_after"
            )
        start = ids.index(after) + 1
    page = [deepcopy(one) for one in found[start : start + int(limit)]]
    body = {"object": "list", "url": f"/v1/{name}", "has_more": len(found) > start + int(limit), "data": page}
    for path in question.params.get("expand[]", []):
        _expand(body, path.split("."), objects)
    return Answer(200, body, {"Stripe-Version": VERSION})


def _expand(thing: Any, path: list[str], objects: Mapping[str, Object]) -> None:
    """An id becomes what it names. What has no such field is left alone, since a source may be of many kinds."""
    for one in thing if isinstance(thing, list) else [thing]:
        if path and isinstance(one, dict) and path[0] in one:
            if isinstance(one[path[0]], str) and one[path[0]] in objects:
                one[path[0]] = deepcopy(objects[one[path[0]]])
            _expand(one[path[0]], path[1:], objects)


def event(
    foundation: Foundation, payment: Payment, secret: str, now: datetime
) -> tuple[bytes, dict[str, str]]:
    """What Stripe would post of this payment, signed at `now`: the body and its headers."""
    body = json.dumps(event_of(foundation, payment, charge_of(foundation, payment, now))).encode()
    signed = f"{seconds(now)}.".encode() + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={seconds(now)},v1={signature}"}

"""Liberapay over the sandbox foundation: its public page of an account, and its two lists of patrons.

Amounts are of a week, and nothing tells of a payment: those are at Stripe. Only questions with a query are counted.
"""

import csv
import io
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from funders.sandbox.foundation import Payment, Plan
from funders.sandbox.speech import Answer, Question

PREFIX = "/liberapay"
NOTICE = (
    "GET  /liberapay/sandbox/public.json     Liberapay's public page of “sandbox”; also ~1848000\n"
    "GET  /liberapay/sandbox/patrons/public.csv, …/export.csv?scope=active|all  its lists of patrons\n"
)
USER, NUMBER = "sandbox", 1_848_000
MOST, WINDOW = 10, 10.0  # questions with a query, in so many seconds


def answer(question: Question) -> Answer:
    if question.query:
        _, wait = question.limiter.take(
            f"liberapay {question.client}", MOST, question.now.timestamp(), WINDOW
        )
        if wait:  # it does not tell how long
            return Answer(429, {"error_code": 429, "error_message_short": "Too Many Requests"})
    user, _, page = question.path.removeprefix("/").partition("/")
    if user == f"~{NUMBER}":
        return Answer(302, "", {"Location": f"{PREFIX}/{USER}/{page}"})
    if user != USER or question.method != "GET":
        return _missing()
    patrons = _patrons(question)
    if page == "public.json":
        cached = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
        return Answer(
            200, json.dumps(_public([plan for plan, _ in patrons if _pays(plan, question)])), cached
        )
    if page == "patrons/public.csv":
        return _list(
            [_seen(plan) for plan, _ in patrons if _pays(plan, question) and _visibility(plan) == "public"]
        )
    if page == "patrons/export.csv":
        every = question.param("scope") == "all"
        return _list(
            [
                _exported(plan, paid, question.now, every=every)
                for plan, paid in patrons
                if every or _pays(plan, question)
            ]
        )
    return _missing()


def _missing() -> Answer:
    return Answer(404, {"error_code": 404, "error_message_short": "Not Found"})


def _patrons(question: Question) -> list[tuple[Plan, list[Payment]]]:
    books = question.foundation.at(question.now).through("liberapay")
    return [
        (plan, [one for one in books.payments if one.plan and one.plan.key == plan.key and not one.failed])
        for plan in books.plans
    ]


def _pays(plan: Plan, question: Question) -> bool:
    return not plan.ended(question.now)


def _visibility(plan: Plan) -> str:
    return "public" if plan.giver.public else ("private", "secret")[plan.giver.number % 2]


def _money(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2).quantize(Decimal("0.01")))


def _public(plans: list[Plan]) -> dict[str, Any]:
    return {
        "avatar": None, "display_name": "Sandbox (generated)", "id": NUMBER, "kind": "organization",
        "npatrons": len(plans), "username": USER, "giving": {"amount": "0.00", "currency": "EUR"}, "goal": None,
        "receiving": {"amount": _money(sum(plan.cents for plan in plans)), "currency": "EUR"},
        "statements": [{"lang": "en", "content": "All of this is generated."}], "summaries": [],
    }  # fmt: skip


def _number(plan: Plan) -> int:
    return 100_000 + plan.giver.number


def _seen(plan: Plan) -> dict[str, str]:
    """One in three hides how much."""
    hidden = plan.giver.number % 3 == 1
    return {
        "pledge_date": f"{plan.started:%Y-%m-%d}",
        "patron_id": str(_number(plan)),
        "patron_username": plan.giver.handle,
        "patron_public_name": plan.giver.name,
        "donation_currency": plan.currency,
        "weekly_amount": "private" if hidden else _money(plan.cents),
        "patron_avatar_url": "",
    }


def _exported(plan: Plan, paid: list[Payment], now: datetime, *, every: bool) -> dict[str, str]:
    """Each payment is of four weeks. Who has ended has used up what was paid; others have a week of it left."""
    secret, weeks = _visibility(plan) == "secret", 4 * len(paid)
    past = {
        "last_payment_date": f"{paid[-1].at:%Y-%m-%d}" if paid else "",
        "number_of_weeks_active": str(weeks if plan.ended(now) else max(0, weeks - 1)),
        "sum_received": _money(weeks * plan.cents) if paid else "",
    }
    return {
        "patron_id": "" if secret else str(_number(plan)),
        "patron_username": "" if secret else plan.giver.handle,
        "patron_public_name": "" if secret else plan.giver.name,
        "visibility": _visibility(plan),
        "donation_currency": plan.currency,
        "weekly_amount": _money(plan.cents),
        "pledge_date": f"{plan.started:%Y-%m-%d}",
        "last_modification_date": f"{plan.started:%Y-%m-%d}",
        "first_payment_date": f"{paid[0].at:%Y-%m-%d}" if paid else "",
        **(past if every else {}),
        "patron_avatar_url": "",
    }


def _list(rows: list[dict[str, str]]) -> Answer:
    """Without a header where there is no row."""
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return Answer(200, text.getvalue(), kind="text/csv; charset=utf-8")

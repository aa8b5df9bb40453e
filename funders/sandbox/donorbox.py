"""Donorbox's API over the sandbox foundation: bare lists, amounts as text, fees as binary fractions, and no count.

Only paid gifts are listed. A dispute is Stripe's business, and no row here speaks of it.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from funders.sandbox.foundation import Foundation, Giver, Payment, Plan
from funders.sandbox.speech import TOKEN, Answer, Question

PREFIX = "/donorbox/api/v1"
LOGIN = "treasurer@foundation.example"
NOTICE = (
    f"GET  /donorbox/api/v1/donations         Donorbox's API, account “{LOGIN}”; campaigns and plans too\n"
)
MOST = 60  # questions a minute
DEFAULT, LARGEST = 50, 100
GENERAL = "General fund"
CAMPAIGNS = {"": (11, GENERAL), "Individual membership": (12, "Individual membership")}
TYPES = {"week": ("weekly", "1 W"), "month": ("monthly", "1 M"), "year": ("annually", "1 Y")}
DAYS = {"week": 7, "month": 31, "year": 365}
EPOCH = "2025-09-01T09:00:00.000Z"
INSTANT = "%Y-%m-%dT%H:%M:%S"


def answer(question: Question) -> Answer:
    if _key(question.headers.get("Authorization", "")) != f"{LOGIN}:{TOKEN}":
        return Answer(401, {"error": "HTTP Basic: Access denied."})
    headers, wait = question.limiter.take(f"donorbox {LOGIN}", MOST, question.now.timestamp())
    if wait:
        # It tells how long to wait only every other second.
        told = {"Retry-After": headers["Retry-After"]} if int(question.now.timestamp()) % 2 else {}
        return Answer(429, {"error": "Too many requests"}, told)
    books = question.foundation.at(question.now).through("donorbox")
    lists: Mapping[str, tuple[str, list[dict[str, Any]]]] = {
        "/campaigns": ("created_at", [_campaign(*one) for one in CAMPAIGNS.values()]),
        "/plans": ("started_at", [_plan(plan, question) for plan in books.plans]),
        "/donations": (
            "donation_date",
            [
                _donation(payment, question)
                for payment in books.payments
                if not payment.failed and not payment.test
            ],
        ),
    }
    if question.method != "GET" or question.path not in lists:
        return Answer(404, {"error": "Not Found"})
    return Answer(200, _page(*lists[question.path], question))


def _key(header: str) -> str:
    try:
        return base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _page(by: str, rows: list[dict[str, Any]], question: Question) -> list[dict[str, Any]]:
    """What is out of range is taken as the default, and beyond the last page there is an empty one."""
    since, until = question.param("date_from"), question.param("date_to")
    found = [
        row for row in rows if (not since or row[by][:10] >= since) and (not until or row[by][:10] <= until)
    ]
    found.sort(key=lambda row: (row[by], row["id"]), reverse=question.param("order") != "asc")
    size, page = _number(question.param("per_page"), DEFAULT), _number(question.param("page"), 1)
    size = size if size <= LARGEST else DEFAULT
    return found[(page - 1) * size : page * size]


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and int(text) > 0 else otherwise


def _id(foundation: Foundation, key: str) -> int:
    return int(foundation.id(f"donorbox {key}")[:7], 16)


def _campaign(number: int, name: str) -> dict[str, Any]:
    return {
        "id": number, "name": name, "slug": name.lower().replace(" ", "-"), "currency": "eur",
        "created_at": EPOCH, "updated_at": EPOCH, "goal_amt": "0.0", "formatted_goal_amount": "€0",
        "total_raised": "0.0", "formatted_total_raised": "€0", "donations_count": 0,
    }  # fmt: skip


def _named(tier: str) -> dict[str, Any]:
    number, name = CAMPAIGNS[tier]
    return {"id": number, "name": name, "started_at": EPOCH}


def _donor(giver: Giver) -> dict[str, Any]:
    first, _, last = giver.name.rpartition(" ")
    email = f"{giver.handle}@givers.example"
    return {
        "id": 7000 + giver.number, "name": giver.name, "first_name": first, "last_name": last, "email": email,
        "phone": None, "address": None, "city": None, "state": None, "zip_code": None, "country": None,
        "employer": None, "occupation": None,
    }  # fmt: skip


def _donation(payment: Payment, question: Question) -> dict[str, Any]:
    number = _id(question.foundation, payment.key)
    refund = payment.refunded(question.now)
    back = refund.cents if refund and not refund.dispute else 0
    # Every seventh was given outside of any campaign.
    campaign = _named(payment.plan.tier if payment.plan else "") if payment.plan or number % 7 else None
    row: dict[str, Any] = {
        "campaign": campaign, "donor": _donor(payment.giver), "amount": _text(payment.cents, number),
        "converted_amount": _text(payment.cents, number), "converted_currency": payment.currency,
        "currency": payment.currency, "amount_refunded": _text(back, 1), "id": number, "status": "paid",
        "recurring": payment.plan is not None,
        "first_recurring_donation": payment.plan is not None and payment.at == payment.plan.started,
        "stripe_charge_id": question.foundation.charge(payment), "donation_type": "stripe",
        "donation_date": f"{payment.at:{INSTANT}}.{payment.at.microsecond // 1000:03d}Z",
        "anonymous_donation": not payment.public, "gift_aid": False, "designation": payment.designation or None,
        "join_mailing_list": False, "comment": "thanks", "donating_company": None,
        "processing_fee": _fee(payment), "fee_covered": False, "questions": [],
    }  # fmt: skip
    if payment.plan:
        row |= {
            "plan_id": _id(question.foundation, payment.plan.key),
            "interval": TYPES[payment.plan.interval][1],
        }
    return row


def _text(cents: int, number: int) -> str:
    """“100.0”, and now and then “100”."""
    whole = cents % 100 == 0 and number % 5 == 0
    return str(cents // 100) if whole else str(cents / 100)


def _fee(payment: Payment) -> float:
    """2.9 % and 30 cents, in the provider's own arithmetic."""
    if payment.currency == "JPY":
        return float(round(payment.cents * 0.029 / 100) + 30)
    return round(payment.cents * 0.029) / 100 + 0.3


def _plan(plan: Plan, question: Question) -> dict[str, Any]:
    over, now = plan.ended(question.now), question.now
    last = _last_due(plan, now)
    return {
        "id": _id(question.foundation, plan.key), "campaign": _named(plan.tier), "donor": _donor(plan.giver),
        "type": TYPES[plan.interval][0], "amount": _text(plan.cents, 1), "payment_method": "Stripe",
        "started_at": str(plan.started.date()), "last_donation_date": f"{last:%Y-%m-%d}T05:00:00.000Z",
        "next_donation_date": None if over else str(last + timedelta(days=DAYS[plan.interval])),
        "status": plan.end if over else "active",
    }  # fmt: skip


def _last_due(plan: Plan, now: datetime) -> date:
    day = now.date()
    while not plan.due(day) and day > plan.started.date():
        day -= timedelta(days=1)
    return day

"""CiviCRM's API, version 4, over the sandbox foundation: a site in Berlin, whose days name no zone.

Questions are forms with JSON in one field. A contribution is one row that changes: a refund or a lost dispute
leaves its total and lowers what is paid of it, and a dispute that is won restores that.
"""

import json
import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from funders.sandbox.foundation import Payment, Plan
from funders.sandbox.speech import TOKEN, Answer, Question

PREFIX = "/crm/civicrm/ajax/api4"
NOTICE = "POST /crm/civicrm/ajax/api4/…/get       CiviCRM's API, site “/crm”: Contribution and Membership\n"
ZONE = ZoneInfo("Europe/Berlin")
LOCAL = "%Y-%m-%d %H:%M:%S"
WON_AFTER = timedelta(days=10)
GRACE = timedelta(days=30)
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "IN": lambda held, asked: held in asked,
}  # fmt: skip


def answer(question: Question) -> Answer:
    if question.headers.get("X-Requested-With") != "XMLHttpRequest":
        said = "SECURITY ALERT: Ajax requests can only be issued by javascript clients, eg. CRM.api4()."
        return Answer(400, {"error_code": 0, "error_message": said})
    if question.headers.get("X-Civi-Auth") != f"Bearer {TOKEN}":
        return Answer(401, "HTTP 401 Invalid credential", kind="text/html")
    entity, _, action = question.path.strip("/").partition("/")
    if entity not in ROWS or action != "get":
        return _failed("Something went wrong. Error ID: 0123456789abcdef")
    try:
        params = json.loads(question.param("params", "{}"))
        found = _found(ROWS[entity](question), params)
    except (ValueError, KeyError, TypeError):
        return _failed("Something went wrong. Error ID: fedcba9876543210")
    rows = found[params.get("offset", 0) :][: params.get("limit") or None]
    body = {
        "values": [_selected(row, params.get("select") or list(row)) for row in rows],
        "entity": entity,
        "action": action,
        "debug": None,
        "count": len(rows),
        "countFetched": len(rows),
    }
    if "row_count" in params.get("select", ()):
        body["countMatched"] = len(found)
    return Answer(200, body)


def _failed(message: str) -> Answer:
    return Answer(500, {"error_code": 0, "error_message": message, "status": 500})


def _selected(row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """What it does not know it leaves out in silence."""
    return {field: row[field] for field in fields if field in row}


def _found(rows: list[dict[str, Any]], params: Any) -> list[dict[str, Any]]:
    """Tests only if one asks for them by name."""
    where = params.get("where", [])
    if "is_test" not in json.dumps(where):
        where = [*where, ["is_test", "=", False]]
    [(by, direction)] = params.get("orderBy", {"id": "ASC"}).items()
    found = [row for row in rows if all(_holds(row, clause) for clause in where)]
    return sorted(found, key=lambda row: row[by], reverse=direction == "DESC")


def _holds(row: dict[str, Any], clause: list[Any]) -> bool:
    field, test, *value = clause
    if field == "OR":
        return any(_holds(row, one) for one in test)
    if test == "IS NULL":
        return row[field] is None
    return row[field] is not None and OPERATORS[test](row[field], value[0])


def _contributions(question: Question) -> list[dict[str, Any]]:
    """Ids ascend as they are recorded; what comes later never changes an id."""
    payments = question.foundation.at(question.now).through("civicrm").payments
    return [_contribution(number, payment, question) for number, payment in enumerate(payments, 1001)]


def _contribution(number: int, payment: Payment, question: Question) -> dict[str, Any]:
    status, paid, cancelled = _standing(payment, question.now)
    charge = question.foundation.charge(payment) if number % 3 == 0 else None
    plan = payment.plan
    return {
        "id": number, "contact_id": 300 + payment.giver.number,
        "financial_type_id:name": "Member Dues" if plan else "Donation",
        "total_amount": _decimal(payment.cents), "paid_amount": _decimal(paid),
        "balance_amount": _decimal(payment.cents - paid), "fee_amount": _decimal(_fee(payment)),
        "net_amount": _decimal(payment.cents - _fee(payment)), "tax_amount": "0.00", "currency": payment.currency,
        "receive_date": _local(payment.at), "cancel_date": _local(cancelled) if cancelled else None,
        "contribution_status_id:name": status, "trxn_id": charge, "invoice_id": question.foundation.id(payment.key),
        "contribution_recur_id": 40 if plan else None,
        "contribution_recur_id.frequency_unit": plan.interval if plan else None,
        "contribution_recur_id.frequency_interval": 1 if plan else None, "is_test": payment.test,
        "campaign_id:name": payment.designation or None, "source": "Online Contribution: Sandbox Giver",
    }  # fmt: skip


def _standing(payment: Payment, now: datetime) -> tuple[str, int, datetime | None]:
    """Its status, what is paid of it, and since when it is not what it was."""
    refund = payment.refunded(now)
    if payment.failed:
        return "Failed", 0, payment.at
    if refund is None or (refund.won and now >= refund.at + WON_AFTER):
        return "Completed", payment.cents, None
    if refund.dispute:
        return "Chargeback", 0, refund.at
    # A part that went back leaves the status as it was, and no day.
    if refund.cents < payment.cents:
        return "Completed", payment.cents - refund.cents, None
    return "Refunded", 0, refund.at


def _fee(payment: Payment) -> int:
    """A whole unit where the currency has no cents."""
    return 0 if payment.failed else 100 + payment.cents // 50 // 100 * 100


def _decimal(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):{LOCAL}}"


def _memberships(question: Question) -> list[dict[str, Any]]:
    """The second of each five has given one to a relative, which is no dues of anybody's."""
    plans = question.foundation.at(question.now).through("civicrm").plans
    own = [_membership(number, plan, question.now) for number, plan in enumerate(plans, 501)]
    inherited = [
        {
            **row,
            "id": row["id"] + 5000,
            "contact_id": row["contact_id"] + 5000,
            "owner_membership_id": row["id"],
        }
        for row in own[1::5]
    ]
    return own + inherited


def _membership(number: int, plan: Plan, now: datetime) -> dict[str, Any]:
    joined, today = plan.started.astimezone(ZONE).date(), now.astimezone(ZONE).date()
    last = plan.ends.astimezone(ZONE).date() if plan.ended(now) and plan.ends else today
    began = max(day for day in _years(joined) if day <= max(last, joined))
    ends = next(day for day in _years(joined) if day > began) - timedelta(days=1)
    return {
        "id": number, "contact_id": 300 + plan.giver.number, "membership_type_id": 1,
        "membership_type_id:name": plan.tier, "membership_type_id.minimum_fee": f"{_decimal(plan.cents)}0000000",
        "membership_type_id.duration_unit": plan.interval, "membership_type_id.duration_interval": 1,
        "join_date": str(joined), "start_date": str(began), "end_date": str(ends),
        "status_id:name": _status(plan, ends, now), "is_override": False, "owner_membership_id": None,
        "contribution_recur_id": 40, "is_test": False,
    }  # fmt: skip


def _years(day: date) -> list[date]:
    """It starts on no 29th."""
    return [day.replace(year=day.year + ahead) for ahead in range(12)]


def _status(plan: Plan, ends: date, now: datetime) -> str:
    today = now.astimezone(ZONE).date()
    if plan.ended(now) and plan.end == "cancelled":
        return "Cancelled"
    if today <= ends:
        return "New" if now - plan.started < timedelta(days=90) else "Current"
    return "Grace" if today <= ends + GRACE else "Expired"


ROWS: dict[str, Callable[[Question], list[dict[str, Any]]]] = {
    "Contribution": _contributions,
    "Membership": _memberships,
}

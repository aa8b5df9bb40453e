"""The export that GitHub mails to the sandbox, as CSV and as JSON."""

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any

from funders.sandbox.foundation import Payment
from funders.sandbox.github_sponsors import Sponsor, account, dollars, given_back, tier
from funders.sandbox.speech import Answer, Question

GHOST = "ghost"
RENAMED = {"country": "billing_country", "region": "billing_region"}
ZONE = timezone(timedelta(hours=1))
COLUMNS = (
    "Sponsor Handle", "Sponsor Profile Name", "Sponsor Public Email", "Sponsorship Started On", "Is Public?",
    "Is Yearly?", "Transaction ID", "Payment Source", "Tier Name", "Tier Monthly Amount", "Processed Amount",
    "Is Prorated?", "Status", "Transaction Date", "Metadata", "Country", "Region", "VAT",
)  # fmt: skip


def _export(question: Question, found: list[Sponsor]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each sponsor with their transactions, newest first, under the names that the JSON has."""
    return [
        (_exported(one), [_transaction(question, one, paid) for paid in one.payments[::-1]]) for one in found
    ]


def _exported(one: Sponsor) -> dict[str, Any]:
    return {
        "sponsor_handle": GHOST if one.left else one.giver.handle,
        "sponsor_profile_name": None if one.left else account(one)["name"],
        "sponsor_public_email": None if one.left else f"{one.giver.handle}@example.org",
        "sponsorship_started_on": one.began,
        "is_public": one.public,
        "is_yearly": False,
        "payment_source": "patreon" if one.at_patreon else "github",
        "metadata": {},
    }


def _transaction(question: Question, one: Sponsor, paid: Payment) -> dict[str, Any]:
    status = "failed" if paid.failed else "refunded" if given_back(paid) else "settled"
    return {
        "transaction_id": question.foundation.charge(paid),
        "tier_name": tier(paid.cents, paid.plan is None)["name"],
        "tier_monthly_amount": dollars(paid.cents),
        "processed_amount": dollars(paid.cents),
        "is_prorated": False,
        "status": status,
        "transaction_date": paid.at,
        "billing_country": "GBR",
        "billing_region": "undefined",
        "vat": None,
    }


def csv_file(question: Question, found: list[Sponsor]) -> Answer:
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    for sponsor, transactions in _export(question, found):
        who = sponsor | {"sponsorship_started_on": _local(sponsor["sponsorship_started_on"])}
        for paid in transactions:
            row = who | paid | {"transaction_date": _local(paid["transaction_date"]), "metadata": ""}
            names = (RENAMED.get(name, name) for name in map(_snake, COLUMNS))
            lines.writerow([_cell(row[name]) for name in names])
    return Answer(200, written.getvalue(), kind="text/csv; charset=utf-8")


def _snake(column: str) -> str:
    return column.lower().removesuffix("?").replace(" ", "_")


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def json_file(question: Question, found: list[Sponsor]) -> Answer:
    listed = [sponsor | {"transactions": transactions} for sponsor, transactions in _export(question, found)]
    body = json.dumps(
        listed, default=lambda moment: moment.astimezone(ZONE).isoformat(timespec="milliseconds")
    )
    return Answer(200, body)


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S %z")

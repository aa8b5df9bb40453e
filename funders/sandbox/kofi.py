"""Ko-fi over the sandbox foundation: an export to download, and the messages that it would send to a webhook.

There is nothing to ask. A message comes again with the same id when its answer was lost, amounts are text with two
decimals in every currency, and neither it nor the export knows of fees, refunds or cancellations.
"""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from funders.sandbox.foundation import Foundation, Payment
from funders.sandbox.speech import TOKEN, Answer, Question, text

PREFIX = "/kofi"
NOTICE = "GET  /kofi/transactions.csv            Ko-fi's export: it has no API, only webhooks\n"
COLUMNS = (
    "DateTime (UTC)", "From", "Message", "Item", "Received", "Given", "Currency", "TransactionType", "TransactionId",
    "Reference", "SalesTax", "SalesTaxPercentage", "SalesTaxIncludesShipping", "BuyerCountry",
    "BuyerStateOrProvince", "BuyerEmail", "PaymentProvider",
)  # fmt: skip
TEST_PAYMENT = "00000000-1111-2222-3333-444444444444"


def answer(question: Question) -> Answer:
    if question.path != "/transactions.csv" or question.method != "GET":
        return text("Not found: GET /kofi/transactions.csv\n", 404)
    file = io.StringIO()
    rows = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\r\n")
    rows.writeheader()
    rows.writerows(
        _row(question.foundation, payment)
        for payment in paid(question.foundation, question.now)
        if not payment.test
    )
    return Answer(200, file.getvalue(), {"Content-Disposition": "attachment"}, kind="text/csv; charset=utf-8")


def paid(foundation: Foundation, now: datetime) -> list[Payment]:
    """What there is a message of, oldest first: tests too, and nothing that failed."""
    return [payment for payment in foundation.at(now).through("kofi").payments if not payment.failed]


def message(foundation: Foundation, payment: Payment, token: str = TOKEN) -> bytes:
    """What Ko-fi sends to a webhook of this payment, each time the same."""
    plan, sender = payment.plan, payment.giver
    said = {
        "verification_token": token,
        "message_id": _uuid(foundation, f"message {payment.key}"),
        "timestamp": f"{payment.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "type": "Subscription" if plan else "Donation",
        "is_public": payment.public,
        "from_name": sender.name,
        "message": "Good luck with the castle!",
        "amount": _amount(payment),
        "url": f"https://ko-fi.com/Home/CoffeeShop?txid={transaction(foundation, payment)}",
        "email": _email(payment),
        "currency": payment.currency,
        "is_subscription_payment": plan is not None,
        "is_first_subscription_payment": plan is not None and payment.at == plan.started,
        "kofi_transaction_id": transaction(foundation, payment),
        "shop_items": None,
        "tier_name": plan.tier if plan else None,
        "shipping": None,
    }
    return urlencode({"data": json.dumps(said)}).encode()


def transaction(foundation: Foundation, payment: Payment) -> str:
    return TEST_PAYMENT if payment.test else _uuid(foundation, f"kofi {payment.key}")


def _row(foundation: Foundation, payment: Payment) -> dict[str, Any]:
    return {
        "DateTime (UTC)": f"{payment.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "From": payment.giver.name,
        "Message": "Good luck with the castle,\nand the moat!",
        "Item": payment.plan.tier if payment.plan else "Ko-fi Support",
        "Received": _amount(payment),
        "Currency": payment.currency,
        "TransactionType": "Subscription" if payment.plan else "Donation",
        "TransactionId": transaction(foundation, payment),
        "BuyerEmail": _email(payment),
        "PaymentProvider": "Stripe",
    }


def _amount(payment: Payment) -> str:
    return f"{payment.cents // 100}.{payment.cents % 100:02}"


def _email(payment: Payment) -> str:
    return f"{payment.giver.handle}@{'example.com' if payment.test else 'givers.example'}"


def _uuid(foundation: Foundation, key: str) -> str:
    return str(UUID(foundation.id(key)))

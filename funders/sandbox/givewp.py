"""GiveWP's donation export of a WordPress site in Berlin: local times without a zone, amounts with a decimal comma."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from funders.sandbox.foundation import Books, Payment
from funders.sandbox.speech import Answer, Question, text

PREFIX = "/givewp"
NOTICE = "GET /givewp/export.csv                 A WordPress site's donations, without a token\n"
ZONE = ZoneInfo("Europe/Berlin")
HEADINGS = (
    "Donation ID", "First Name", "Last Name", "Email Address", "Company Name", "Donation Total", "Currency Code",
    "Donation Status", "Payment Gateway", "Payment Mode", "Form Title", "Donation Date", "Donation Time",
    "Donor ID", "_give_anonymous_donation",
)  # fmt: skip
FAILED = ("Failed", "Abandoned", "Pending", "Cancelled")


def answer(question: Question) -> Answer:
    if question.path != "/export.csv" or question.method != "GET":
        return text("Not found: GET /givewp/export.csv\n", 404)
    content = export(question.foundation.at(question.now).through("givewp"), question.now)
    return Answer(200, content, {"Content-Disposition": "attachment"}, kind="text/csv; charset=utf-8")


def export(books: Books, now: datetime) -> bytes:
    """As GiveWP writes it: everything in quotes, and apostrophes for the quotes inside."""
    content = io.StringIO()
    writer = csv.writer(content, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in _rows(books, now):
        writer.writerow([cell.replace('"', "'") for cell in row])
    return content.getvalue().encode()


def _rows(books: Books, now: datetime) -> Iterator[tuple[str, ...]]:
    """Posts of WordPress: their numbers have gaps, and no two donations share one."""
    charged = set()
    for place, payment in enumerate(books.payments):
        first, _, last = payment.giver.name.rpartition(" ")
        company, there = payment.giver.company, payment.at.astimezone(ZONE)
        again = payment.plan is not None and payment.plan.key in charged
        charged |= {payment.plan.key} if payment.plan else set()
        yield (
            str(1001 + 3 * place),
            "" if company else first,
            "" if company else last,
            f"{payment.giver.handle}@sandbox.invalid",
            payment.giver.name if company else "",
            _amount(payment),
            payment.currency,
            _status(payment, now, place, again=again),
            "manual" if payment.test else "stripe",
            "test" if payment.test else "live",
            payment.designation or 'The "sand" fund',
            f"{there:%d.%m.%Y}",
            f"{there:%H:%M}",
            str(payment.giver.number + 1),
            "" if payment.public else "1",
        )


def _status(payment: Payment, now: datetime, place: int, *, again: bool) -> str:
    """GiveWP knows whole refunds only; a dispute that was won leaves no trace."""
    if payment.failed:
        return FAILED[place % len(FAILED)]
    refund = payment.refunded(now)
    if refund and refund.cents == payment.cents and not refund.won:
        return "Refunded"
    return "Renewal" if again else "Complete"


def _amount(payment: Payment) -> str:
    whole, cents = divmod(payment.cents, 100)
    grouped = f"{whole:,}".replace(",", ".")
    return grouped if payment.currency == "JPY" else f"{grouped},{cents:02d}"

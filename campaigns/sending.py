"""Sends what lies in the outbox. Killed at any instant, a message is sent again: at least once, and rarely twice."""

import base64
import hashlib
import hmac
import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPResponseException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.outbox import Message, Webhook
from fundtracker.http import FetchError, fetch

log = logging.getLogger(__name__)
# Longer than a try may last: EMAIL_TIMEOUT holds for each of the few steps that a mail server takes.
LEASE = timedelta(minutes=5)
MOST_TRIES = 12  # about a day and a half
LONGEST_REST = timedelta(hours=6)
AT_ONCE = 50
DEADLINE = 10.0  # seconds


def deliver() -> int:
    """Send what is due, and say how many it were.

    After one that failed the rest waits for the next bell: a mail server that is away takes its time to say so, and
    the sources want this worker too.
    """
    for sent in range(AT_ONCE):
        message = _claim()
        if message is None or not _send(message):
            return sent
    return AT_ONCE


@transaction.atomic
def _claim() -> Message | None:
    message = Message.objects.due().select_for_update(skip_locked=True).first()
    if message:
        message.attempts += 1
        moves = {"lease_until": Now() + LEASE, "attempts": message.attempts}
        Message.objects.filter(pk=message.pk).update(**moves)
    return message


def _send(message: Message) -> bool:
    try:
        _call(message) if message.kind == Message.Kind.WEBHOOK else _mail(message)
    except Exception as problem:  # whatever is wrong with one message, the others go out
        _fail(message, problem)
        return False
    # True even of a lease that lapsed meanwhile.
    Message.objects.filter(pk=message.pk).update(sent_at=Now(), failed_at=None, error="", lease_until=None)
    return True


def _fail(message: Message, problem: Exception) -> None:
    why = _words(problem)
    log.warning("%s %d was not sent: %s", message.kind, message.pk, why)
    given_up = message.attempts >= MOST_TRIES or getattr(problem, "permanent", False)
    rest = min(timedelta(minutes=2**message.attempts), LONGEST_REST)
    rest = max(rest, timedelta(seconds=getattr(problem, "retry_after", None) or 0))
    # By the number of its try: one that was too slow says nothing of the next.
    Message.objects.filter(pk=message.pk, attempts=message.attempts, sent_at=None).update(
        error=why, due_at=Now() + rest, lease_until=None, failed_at=Now() if given_up else F("failed_at")
    )


def _words(problem: Exception) -> str:
    """For staff. A mail server's own words may name people: only its code is kept."""
    if isinstance(problem, FetchError):
        return str(problem)
    if isinstance(problem, SMTPResponseException):
        return f"The mail server refused it ({problem.smtp_code})."
    if isinstance(problem, SMTPException):
        return f"The mail server did not take it ({type(problem).__name__})."
    if isinstance(problem, OSError):
        return f"The mail server cannot be reached ({type(problem).__name__})."
    return f"It cannot be sent as it is ({type(problem).__name__}): see the server's log."


def _mail(message: Message) -> None:
    headers = {
        "Message-ID": f"<{message.uid}@{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
    }
    mail = EmailMultiAlternatives(message.subject, message.body, to=[message.to], headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()


def _call(message: Message) -> None:
    webhook = Webhook.objects.first()
    if webhook is None:
        raise FetchError("There is no webhook any more.", permanent=True)
    body, at = message.body.encode(), int(timezone.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"msg_{message.uid}",
        "webhook-timestamp": str(at),
        "webhook-signature": signature(webhook.secret, f"msg_{message.uid}", at, body),
    }
    answers = range(200, 300)
    fetch(
        webhook.url, method="POST", headers=headers, data=body, deadline=DEADLINE, tries=1, accept_statuses=answers
    )  # fmt: skip


def signature(secret: str, uid: str, at: int, body: bytes) -> str:
    """As standardwebhooks.com has it: v1, and the HMAC of id, time and body under the secret's bytes."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{uid}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"

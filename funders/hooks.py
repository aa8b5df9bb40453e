"""Where providers tell us of payments: the message is checked, kept, and booked by the next run of its source.

A message is in the database before we thank for it, and it is there once however often it is sent. No answer and no
line in the log repeats any of it.
"""

import logging
from collections.abc import Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from funders import bell, connectors, ledger
from funders.connectors.base import Message, Receive, Rejected, SchemaChanged
from funders.models import Delivery, Source
from funders.models.deliveries import sealed_item
from funders.models.sealing import Unopened

log = logging.getLogger(__name__)
LARGEST = 1024 * 1024


@csrf_exempt
@cache_control(no_store=True)
@require_POST
def hook(request: HttpRequest, slug: str) -> HttpResponse:
    if _length(request.META) > LARGEST:
        return _say(413, f"The message has more than {LARGEST:,} bytes.")
    try:
        source = Source.objects.filter(slug=slug, active=True).exclude(hook_secret_sealed="").first()
        receive = connectors.receiver(source.kind) if source else None
        if source is None or receive is None:
            return _say(404, "No messages are expected here.")
        return _receive(request, source, receive)
    except (OperationalError, InterfaceError, Unopened) as error:
        log.warning("a message for %s cannot be kept: %s", slug, type(error).__name__)
        answer = _say(503, "The message cannot be kept at the moment: send it again.")
        answer["Retry-After"] = "30"
        return answer


def _receive(request: HttpRequest, source: Source, receive: Receive) -> HttpResponse:
    try:
        message = receive(request.body, request.headers, source.as_account(), timezone.now())
        _check(message)
    except SchemaChanged:
        # Its words may quote the message.
        return _refuse(source, "it does not look like this provider's: this needs a developer")
    except Rejected as error:
        return _refuse(source, str(error))
    _, new = Delivery.objects.get_or_create(
        source=source,
        external_id=message.external_id,
        defaults={"item_sealed": sealed_item(message.item)},
    )
    if new:
        bell.ring(source)
    return HttpResponse(status=204)


def _check(message: Message) -> None:
    known = message.external_id
    if not known or len(known) > ledger.ID_LENGTH or not ledger.printable(known):
        raise Rejected(f"its id must have 1 to {ledger.ID_LENGTH} characters that people can read")


def _refuse(source: Source, why: str) -> HttpResponse:
    log.warning("a message for %s was refused: %s", source.slug, why)
    return _say(400, f"The message was refused: {why}.")


def _length(headers: Mapping[str, str]) -> int:
    """As announced: no more than that is ever read. Without it nothing is."""
    length = headers.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() and len(length) < 10 else LARGEST + 1


def _say(status: int, line: str) -> HttpResponse:
    return HttpResponse(f"{line}\n", status=status, content_type="text/plain; charset=utf-8")

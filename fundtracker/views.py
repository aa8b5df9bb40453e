"""The front door, and whether anyone is home."""

import logging

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """The one place that reads Accept-Language; nobody may keep its answer."""
    with translation.override(translation.get_language_from_request(request)):
        response = redirect("home")
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        response = HttpResponse("ok", content_type="text/plain")
    except DatabaseError as problem:
        log.warning("unhealthy: %s", problem)
        response = HttpResponse("the database does not answer", content_type="text/plain", status=503)
    response["Cache-Control"] = "no-store"
    return response

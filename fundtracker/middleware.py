"""What every public answer carries, so that any cache in front can hold it."""

import logging
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.http import ConditionalGetMiddleware
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import set_response_etag
from django.utils.http import http_date

# Signed-in pages; everything else is public.
PRIVATE = ("/admin/", "/staff/", "/me/")
PUBLIC = "public, max-age=15, stale-while-revalidate=300, stale-if-error=86400"
# Where a page or a fragment puts its warning when it is served as an old copy.
MARK = b"<!-- old copy -->"
KEPT_BYTES = 512 * 1024
KEPT_SECONDS = 7 * 86_400
KEEP_AGAIN_SECONDS = 600
KEPT_URLS = 2_000
# Part of each copy's key. Where it is lost, so are the copies, never the other way round.
GENERATION = "pages"
Respond = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)


class UploadLimit:
    """Refuses what is too large by its announced length, before anything reads it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        private = request.path_info.startswith(PRIVATE)
        most = settings.UPLOAD_MOST_BYTES if private else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not announced.isdecimal() or int(announced) <= most:
            return self.get_response(request)
        words = {"size": int(announced), "most": most}
        with translation.override(translation.get_language_from_request(request) if private else None):
            response = _answer(render_to_string("413.html", words).encode(), status=413)
        # The rest of the body stays unread, so this connection has no next request.
        response["Connection"] = "close"
        return response


class PublicPages:
    """No cookie, one variant per URL, an ETag, and the last good copy while the database is away.

    The language comes from the address; only private pages ask the browser for it.
    """

    def __init__(self, get_response: Respond) -> None:
        self.conditional = ConditionalGetMiddleware(get_response)
        self.get_response = get_response
        self.kept: dict[str, tuple[str, float]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PRIVATE):
            with translation.override(translation.get_language_from_request(request)):
                response = self.get_response(request)
            response["Cache-Control"] = "private, no-store"
            return response
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            response = self._public(request, self._asked_plainly(request))
        if request.method == "HEAD" and not response.streaming:
            response.content = b""  # its length stays in the header; servers warn of a body here
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The database is away: the last copy of this page, or a page that needs no database."""
        away = isinstance(exception, OperationalError | InterfaceError)
        if not away or request.path_info.startswith(PRIVATE) or request.method not in ("GET", "HEAD"):
            return None
        log.warning("database unreachable at %s: %s", request.path_info, type(exception).__name__)
        return _last_copy(request) or _unavailable()

    def _asked_plainly(self, request: HttpRequest) -> HttpResponse:
        """Without its cookies, which no public page needs; a HEAD as the GET whose headers it wants."""
        request.META.pop("HTTP_COOKIE", None)
        method = request.method
        request.method = "GET" if method == "HEAD" else method
        response = self.get_response(request)
        request.method = method
        return response

    def _public(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or response.status_code != 200:
            return response
        if response.cookies or "Cookie" in response.get("Vary", ""):
            log.error("%s touched a cookie and cannot be cached", request.path_info)
            response["Cache-Control"] = "private, no-store"
            return response
        if response.streaming or response.has_header("Cache-Control"):
            return response
        response["Cache-Control"] = PUBLIC
        set_response_etag(response)
        self._keep(request, response)
        answer: HttpResponse = self.conditional.process_response(request, response)  # type: ignore[assignment]
        # Caches on the way keep it, a confirmation (304) renews it, and the page sees how old its figures are.
        answer["X-Made"] = http_date()
        return answer

    def _keep(self, request: HttpRequest, response: HttpResponse) -> None:
        """Put a copy aside, at most one for each address and now and then, not at each request."""
        etag = response["ETag"]
        if request.method != "GET" or request.GET or len(response.content) > KEPT_BYTES:
            return
        known, since = self.kept.get(request.path_info, ("", 0.0))
        if known == etag and time.monotonic() - since < KEEP_AGAIN_SECONDS:
            return
        if len(self.kept) >= KEPT_URLS:
            self.kept.clear()
        self.kept[request.path_info] = etag, time.monotonic()
        copy = (timezone.now(), response["Content-Type"], zlib.compress(response.content))
        try:
            generation = str(cache.get_or_set(GENERATION, uuid4().hex, None))
            cache.set(_key(request, generation), copy, KEPT_SECONDS)
        except Exception as problem:  # a page must not fail because its spare copy could not be kept
            log.warning("no copy kept of %s: %s", request.path_info, type(problem).__name__)


def forget_copies() -> None:
    """For a name that must be seen nowhere any more: no copy that was put aside until now is ever shown."""
    cache.delete(GENERATION)


def _key(request: HttpRequest, generation: str) -> str:
    return f"page:{generation}:{sha256(request.path_info.encode()).hexdigest()}"


def _last_copy(request: HttpRequest) -> HttpResponse | None:
    try:
        generation = cache.get(GENERATION)
        copy: tuple[datetime, str, bytes] | None = (
            cache.get(_key(request, generation)) if generation else None
        )
    except Exception as problem:  # the cache may be away together with the database
        log.warning("no copy found of %s: %s", request.path_info, type(problem).__name__)
        return None
    if copy is None:
        return None
    since, content_type, packed = copy
    banner = render_to_string("partials/old_copy.html", {"since": since}).encode()
    body = zlib.decompress(packed).replace(MARK, banner, 1)
    return _answer(body, content_type=content_type, x_stale=since.isoformat(timespec="seconds"))


def _unavailable() -> HttpResponse:
    response = _answer(render_to_string("503.html").encode(), status=503)
    response["Retry-After"] = "30"
    return response


def _answer(body: bytes, *, x_stale: str = "", **arguments: Any) -> HttpResponse:
    response = HttpResponse(body, **arguments)
    response["Cache-Control"] = "public, max-age=5" if x_stale else "no-store"
    if x_stale:
        response["X-Stale"] = x_stale
    return response

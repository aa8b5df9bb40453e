"""What pages share whose work is written first and public later."""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from campaigns.models import Campaign, Update
from fundtracker.models import Site

View = Callable[..., HttpResponse]


def in_books_time(view: View) -> View:
    """Instants are typed and shown by the clock of the books."""

    @wraps(view)
    def timed(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        with timezone.override(Site.current().zone):
            return view(request, *arguments, **named)

    return timed


def held(slug: str, *, hold: bool) -> Campaign:
    """Held first and read after: what a colleague did while this waited is in it, frozen figures too."""
    if hold:
        get_object_or_404(Campaign.objects.select_for_update(no_key=True), slug=slug)
    return get_object_or_404(Campaign.objects.for_staff(), slug=slug)


def wants(request: HttpRequest) -> str:
    """The button that was pressed: publish, draft, or an empty word where somebody only looks."""
    pressed = {"publish", "draft"} & set(request.POST) if request.method == "POST" else set()
    return min(pressed, default="")


def put_out(row: Campaign | Update, wanted: str) -> None:
    """Public at once, or from `publish_at` on; or a draft."""
    row.is_public = wanted == "publish"
    if row.is_public and row.publish_at and row.publish_at <= timezone.now():
        row.publish_at = None


def waits_until(row: Campaign | Update) -> datetime | None:
    return row.publish_at if row.is_public and not row.is_shown else None


def key_of(request: HttpRequest) -> uuid.UUID:
    """Of the form that was sent; a new one for a new form."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()

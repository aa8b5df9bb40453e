"""Who changed what, when, from what to what, and why: written by the database itself, in the transaction that changes.

A model under `@tracked` has an event for each insert, update and delete of the fields that it tracks (django-pghistory).
The request says who and where; a view adds why. What a sync changes has no context; a command may name itself.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pghistory
from django.db import models
from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from fundtracker.middleware import PRIVATE

Model = TypeVar("Model", bound=type[models.Model])
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def tracked(*, exclude: Sequence[str] = (), inserts: bool = True) -> Callable[[Model], Model]:
    """For a model whose changes somebody may have to answer for.

    `exclude` names secrets, personal data, and what workers move all day. Without `inserts` only what changes later
    has an event: for rows that arrive by the million.
    """
    trackers: list[pghistory.Tracker] = [pghistory.UpdateEvent(), pghistory.DeleteEvent()]
    if inserts:
        trackers.insert(0, pghistory.InsertEvent())
    # What the history page reads: the latest of each kind, without sorting all of them.
    by_time = models.Index(fields=["pgh_created_at", "pgh_id"], name="%(class)s_time")
    track: Callable[[Model], Model] = pghistory.track(
        *trackers, exclude=list(exclude), append_only=True, meta={"indexes": [by_time]}
    )
    return track


def because(why: str) -> None:
    """The reason of what this request changes."""
    pghistory.context(why=why)


def named(command: str) -> Any:
    """For what no request changes: a command says that it was it. Not around a sync, whose SQL has bare percent signs."""
    return pghistory.context(command=command)


class Middleware(HistoryMiddleware):
    """Only of pages that need a sign-in: nobody changes anything elsewhere, and public pages have no user."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.method in _SAFE or not request.path_info.startswith(PRIVATE):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[no-untyped-call]

"""A source is read by one worker at a time: whoever holds its lease. Every write of a run to its source names it."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from funders.models import Source


class Busy(Exception):
    """Another worker holds this source's lease."""


class LeaseLost(Exception):
    """This run was too slow: another worker has taken the source over."""


def claim(source: Source) -> uuid.UUID:
    lease = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    if not Source.objects.filter(free, pk=source.pk).update(lease=lease, lease_until=_end()):
        raise Busy(f"{source} is being read by another worker")
    source.refresh_from_db()
    return lease


def move(source: Source, lease: uuid.UUID, **moves: Any) -> None:
    """Write to the source and renew the lease; LeaseLost, and nothing written, if it is another's."""
    moves = {"lease_until": _end(), **moves}
    if not Source.objects.filter(pk=source.pk, lease=lease).update(**moves):
        raise LeaseLost("Another worker has taken this source over; what was booked stays.")


def release(source: Source, lease: uuid.UUID) -> None:
    Source.objects.filter(pk=source.pk, lease=lease).update(lease=None, lease_until=None)


@contextmanager
def heartbeat(source: Source, lease: uuid.UUID) -> Iterator[None]:
    """Renew the lease while this process lives: one page may take longer than the lease, a file of a million rows too."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.LEASE_SECONDS / 3):
            Source.objects.filter(pk=source.pk, lease=lease).update(lease_until=_end())
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _end() -> Any:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)

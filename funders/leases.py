"""A source is read by one worker at a time: whoever holds its lease. Every write of a run to its source names it."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from funders.models import Source, SyncRun, Upload

log = logging.getLogger(__name__)
# How often a run says how far it is, within a page too.
TELL_SECONDS = 2.0


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
def heartbeat(source: Source, lease: uuid.UUID, run: SyncRun | Upload) -> Iterator[None]:
    """Renew the lease while this process lives, and tell how far it is: a run, or an upload that is only looked at.

    One page may take longer than the lease, a file of a million rows too, and nobody else sees its transaction.
    """
    done = threading.Event()

    def beat() -> None:
        rest = settings.LEASE_SECONDS / 3
        pause, renewed, told = min(rest, TELL_SECONDS), time.monotonic(), 0
        while not done.wait(pause):
            try:
                if (rows := run.rows) != told:
                    _tell(run, rows)
                    told = rows
                if time.monotonic() - renewed >= rest:
                    Source.objects.filter(pk=source.pk, lease=lease).update(lease_until=_end())
                    renewed = time.monotonic()
            except Error as error:
                # The run has a connection of its own, which may hold: the next beat tries a new one.
                log.warning("%s: a heartbeat found no database: %s", source, type(error).__name__)
                connection.close()
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tell(run: SyncRun | Upload, rows: int) -> None:
    """Behind the run's own save, never in front of it: a locked row is passed over, a larger figure stays."""
    read_at = timezone.now()  # by the clock that the run started by
    every = SyncRun.objects if isinstance(run, SyncRun) else Upload.objects
    with transaction.atomic():
        behind = every.select_for_update(skip_locked=True).filter(pk=run.pk, rows__lt=rows)
        if behind.values_list("pk").first():
            every.filter(pk=run.pk).update(rows=rows, expected=run.expected, read_at=read_at)


def _end() -> Any:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)

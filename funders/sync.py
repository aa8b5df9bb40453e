"""One run of one source: claim its lease, read its pages, book each with the cursor that comes after it.

Killing a run at any instant loses and doubles nothing: a page's entries and its cursor are one transaction, the
lease lapses, and recording twice is recording once.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from funders import connectors, gone, leases, ledger, previews
from funders.connectors.base import Rejected
from funders.leases import Busy, LeaseLost
from funders.models import Source, SyncRun, Upload
from funders.models.sealing import Unopened
from funders.reading import FileRefused, OnPage, Reader
from fundtracker.http import FetchError

__all__ = ["Busy", "FileRefused", "LeaseLost", "rehearse", "sync"]

log = logging.getLogger(__name__)
# Every source is read whole this often; two such runs may conclude that a record is gone.
FULL_EVERY = timedelta(days=30)
# One that broke off begins again: until then what is new is read, or it would wait behind all that is old.
FULL_AGAIN = timedelta(days=1)
LONGEST_REST = timedelta(hours=6)


def sync(
    source: Source, *, full: bool = False, upload: Upload | None = None, on_page: OnPage | None = None
) -> SyncRun:
    """Read one source to its end, or one `upload` of it. The run says how it went; Busy if another worker is at it."""
    lease = leases.claim(source)
    source.runs.filter(state=SyncRun.State.RUNNING).update(
        state=SyncRun.State.FAILED,
        ended_at=Now(),
        error="Stopped before its end. The next run goes on from there.",
    )
    run = SyncRun.objects.create(source=source, full=full or _full_is_due(source), started_at=timezone.now())
    try:
        with leases.heartbeat(source, lease, run):
            _read(source, run, lease, upload, on_page)
    except FetchError as error:
        _fail(source, run, lease, str(error), permanent=error.permanent, retry_after=error.retry_after)
    except (Rejected, Unopened) as error:
        _fail(source, run, lease, str(error), permanent=True)
    except LeaseLost as error:
        run.error, run.state = str(error), SyncRun.State.PARTIAL
    except Exception as error:
        words = f"The run broke off: {type(error).__name__}. See the server's log."
        _fail(source, run, lease, words, permanent=False)
        raise
    finally:
        run.ended_at = timezone.now()
        run.save()
        leases.release(source, lease)
    return run


def rehearse(source: Source, upload: Upload, lease: uuid.UUID) -> previews.Seen:
    """What booking `upload` does: it is booked and taken back. Rejected where it cannot be read at all."""

    def show(run: SyncRun) -> None:
        upload.rows, upload.expected = run.rows, run.expected

    reader = Reader(source, SyncRun(source=source, started_at=timezone.now()), lease, show)
    with leases.heartbeat(source, lease, upload):
        try:
            reader.read_upload(upload)
        except previews.Rehearsed as done:
            return done.seen
    raise Rejected("There is nothing in the file: export it again.")


def _full_is_due(source: Source) -> bool:
    """One that came to its end counts, whatever it concluded: staff may ask for the next, the clock does not."""
    if source.reread:
        return True
    if not connectors.get(source.kind).COMPLETE or source.synced_at is None:
        return False
    done = Q(finished=True, started_at__gt=Now() - FULL_EVERY)
    return not source.runs.filter(done | Q(started_at__gt=Now() - FULL_AGAIN), full=True).exists()


def _read(
    source: Source, run: SyncRun, lease: uuid.UUID, upload: Upload | None, on_page: OnPage | None
) -> None:
    reader = Reader(source, run, lease, on_page)
    if reader.connector.ATOMIC:
        _succeed(source, run, lease, refused=reader.read_uploads(upload))
        return
    reader.read()
    doubts = ""
    if run.full and reader.connector.COMPLETE:
        doubts = gone.conclude(source, run, lease, whole=reader.is_whole(), promised=reader.promised)
    _succeed(source, run, lease, doubts=doubts)


def _succeed(
    source: Source, run: SyncRun, lease: uuid.UUID, *, doubts: str = "", refused: Sequence[str] = ()
) -> None:
    """It came to its end: with `doubts` about what it heard, or with files that were refused."""
    is_file = connectors.get(source.kind).ATOMIC
    run.error = doubts or " ".join(refused)
    run.state = SyncRun.State.PARTIAL if run.error else SyncRun.State.COMPLETE
    if refused and not run.pages:
        run.state = SyncRun.State.FAILED
    leases.move(
        source,
        lease,
        # Nobody asks a file again: its figures are as old as its upload, and the next one may be read at once.
        synced_at=_uploaded_at(source) if is_file else Now(),
        due_at=Now() + timedelta(minutes=0 if is_file else source.every_minutes),
        failures=F("failures") + 1 if refused else 0,
        error=run.error,
        **({"reread": False} if run.full else {}),
    )
    log.info(
        "%s: %d new, %d changed, %d unchanged, %d rejected",
        source,
        run.new,
        run.changed,
        run.unchanged,
        run.rejected,
    )


def _uploaded_at(source: Source) -> Any:
    return source.uploads.exclude(booked_at=None).aggregate(latest=Max("uploaded_at"))["latest"]


def _fail(
    source: Source,
    run: SyncRun,
    lease: uuid.UUID,
    error: str,
    *,
    permanent: bool,
    retry_after: float | None = None,
) -> None:
    """The breaker: each failure in a row doubles the rest before the next try; other sources go on.

    A run that lost its lease says so of itself only: the source is another's.
    """
    # It may quote the provider, and must not fail for that where it is told.
    error = ledger.legible(source.hushed(error))
    run.error = error
    run.state = SyncRun.State.PARTIAL if run.pages else SyncRun.State.FAILED
    rest = LONGEST_REST if permanent else min(timedelta(minutes=2 ** min(source.failures, 9)), LONGEST_REST)
    rest = max(rest, timedelta(seconds=retry_after or 0))
    Source.objects.filter(pk=source.pk, lease=lease).update(
        failures=F("failures") + 1, error=error, due_at=Now() + rest
    )
    log.warning("%s: %s", source, error)

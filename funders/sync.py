"""One run of one source: claim its lease, read its pages, book each with the cursor that comes after it.

Killing a run at any instant loses and doubles nothing: a page's entries and its cursor are one transaction, the
lease lapses, and recording twice is recording once.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from funders import connectors, ledger, promises
from funders.connectors.base import Account, Connector, Page, Promise, Receipt, Rejected, SchemaChanged
from funders.models import Source, SyncRun, Upload
from fundtracker.http import FetchError

log = logging.getLogger(__name__)
KEPT_REJECTIONS = 100
# Every source is read whole this often; two such runs may conclude that a record is gone.
FULL_EVERY = timedelta(days=30)
LONGEST_REST = timedelta(hours=6)


class Busy(Exception):
    """Another worker holds this source's lease."""


class LeaseLost(Exception):
    """This run was too slow: another worker has taken the source over."""


class FileRefused(Exception):
    """A file has rows that cannot be booked, so none of it was."""


def sync(source: Source, *, full: bool = False, on_page: Callable[[SyncRun], None] | None = None) -> SyncRun:
    """Read one source to its end. The run says how it went; Busy if another worker is at it."""
    lease = _claim(source)
    source.runs.filter(state=SyncRun.State.RUNNING).update(
        state=SyncRun.State.FAILED,
        ended_at=Now(),
        error="Stopped before its end. The next run goes on from there.",
    )
    run = SyncRun.objects.create(source=source, full=full or _full_is_due(source))
    try:
        reader = _Reader(source, run, lease, on_page)
        with _heartbeat(source, lease):
            reader.read()
        _succeed(source, run)
        if run.full and reader.whole and reader.connector.COMPLETE:
            _conclude_gone(source, run)
    except FetchError as error:
        _fail(source, run, str(error), permanent=error.permanent, retry_after=error.retry_after)
    except (Rejected, FileRefused) as error:
        _fail(source, run, str(error), permanent=True)
    except LeaseLost as error:
        run.error, run.state = str(error), SyncRun.State.PARTIAL
    except Exception as error:
        _fail(
            source, run, f"The run broke off: {type(error).__name__}. See the server's log.", permanent=False
        )
        raise
    finally:
        run.ended_at = timezone.now()
        run.save()
        Source.objects.filter(pk=source.pk, lease=lease).update(lease=None, lease_until=None)
    return run


def _claim(source: Source) -> uuid.UUID:
    lease = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    if not Source.objects.filter(free, pk=source.pk).update(lease=lease, lease_until=_lease_end()):
        raise Busy(f"{source} is being read by another worker")
    source.refresh_from_db()
    return lease


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


@contextmanager
def _heartbeat(source: Source, lease: uuid.UUID) -> Iterator[None]:
    """Renew the lease while this process lives: one page may take longer than the lease, a file of a million rows too."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.LEASE_SECONDS / 3):
            Source.objects.filter(pk=source.pk, lease=lease).update(lease_until=_lease_end())
        connection.close()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _full_is_due(source: Source) -> bool:
    if not connectors.get(source.kind).COMPLETE or source.synced_at is None:
        return False
    whole = source.runs.filter(full=True, state=SyncRun.State.COMPLETE)
    return not whole.filter(started_at__gt=Now() - FULL_EVERY).exists()


class _Reader:
    """The state of one run, while it runs."""

    def __init__(
        self, source: Source, run: SyncRun, lease: uuid.UUID, on_page: Callable[[SyncRun], None] | None
    ) -> None:
        self.source, self.run, self.lease = source, run, lease
        self.connector: Connector = connectors.get(source.kind)
        self.on_page = on_page or (lambda run: None)
        self.promises: list[Promise] = []
        self.rejections: list[dict[str, str]] = []
        self.whole = False

    def read(self) -> None:
        if self.run.full:
            ledger.start_sighting()
        if not self.connector.ATOMIC:
            return self._read_account(self.source.as_account(), None)
        uploads = self.source.uploads.all() if self.run.full else self.source.uploads.filter(booked_at=None)
        for upload in uploads:
            self._read_account(self.source.as_account(upload), upload)

    def _read_account(self, account: Account, upload: Upload | None) -> None:
        cursor: Mapping[str, Any] = {} if self.run.full or upload else self.source.cursor
        for page in self.connector.fetch(account, cursor, full=self.run.full):
            # A file speaks for the day it was uploaded, however often it is read.
            dated = replace(page, asked_at=upload.uploaded_at) if upload else page
            self._book(dated, account, upload)
            self.whole = page.whole
            self.on_page(self.run)

    @transaction.atomic
    def _book(self, page: Page, account: Account, upload: Upload | None) -> None:
        self.promises, self.rejections = [], []
        recorded = ledger.record(self.source, self._receipts(page, account))
        if self.run.full:
            ledger.sight()
        recorded += promises.record(self.source, self.promises)
        if upload and self.rejections:
            self._note_rejections()
            raise FileRefused(
                f"{upload}: {len(self.rejections)} rows cannot be booked, so nothing of it was."
            )
        moves: dict[str, Any] = {"lease_until": _lease_end()}
        # A whole run that is killed proves nothing about what is gone, so it begins again; others go on.
        if upload is None and (page.last or not self.run.full):
            moves["cursor"] = dict(page.cursor)
        if not Source.objects.filter(pk=self.source.pk, lease=self.lease).update(**moves):
            raise LeaseLost("Another worker has taken this source over; what was booked stays.")
        if upload:
            Upload.objects.filter(pk=upload.pk).update(booked_at=Now())
        self._count(page, recorded)

    def _receipts(self, page: Page, account: Account) -> Iterator[Receipt]:
        for where, item in page.items:
            try:
                said = list(self.connector.parse(item, account, page.asked_at))
                for receipt in said:
                    if isinstance(receipt, Receipt):
                        ledger.check(receipt)
            except SchemaChanged as error:
                raise SchemaChanged(f"{where}: {error}") from None
            except Rejected as error:
                self.rejections.append({"where": where, "why": str(error)})
                continue
            self.promises += [one for one in said if isinstance(one, Promise)]
            yield from (one for one in said if isinstance(one, Receipt))

    def _count(self, page: Page, recorded: ledger.Recorded) -> None:
        run = self.run
        run.pages += 1
        run.new += recorded.new
        run.changed += recorded.changed
        run.unchanged += recorded.unchanged
        run.expected = page.total if page.total is not None else run.expected
        self._note_rejections()
        run.save()

    def _note_rejections(self) -> None:
        self.run.rejected += len(self.rejections)
        self.run.rejections = [*self.run.rejections, *self.rejections][:KEPT_REJECTIONS]


def _succeed(source: Source, run: SyncRun) -> None:
    run.state = SyncRun.State.COMPLETE
    Source.objects.filter(pk=source.pk).update(
        synced_at=Now(), failures=0, error="", due_at=Now() + timedelta(minutes=source.every_minutes)
    )
    log.info(
        "%s: %d new, %d changed, %d unchanged, %d rejected",
        source,
        run.new,
        run.changed,
        run.unchanged,
        run.rejected,
    )


def _conclude_gone(source: Source, run: SyncRun) -> None:
    """Absence from one answer means nothing: a record is gone when two whole runs in a row did not list it."""
    missing, live = ledger.unlisted(source)
    if len(missing) * 100 > live:
        run.state = SyncRun.State.PARTIAL
        run.error = (
            f"The provider no longer lists {len(missing)} of {live} records, more than one in a hundred: "
            "nothing was taken back. Check that the account and its permissions are still the same."
        )
        Source.objects.filter(pk=source.pk).update(error=run.error)
        return
    earlier = source.runs.filter(full=True).exclude(pk=run.pk).exclude(state=SyncRun.State.RUNNING).first()
    gone = set(missing) & set(earlier.missing) if earlier else set()
    ledger.cancel(source, sorted(gone), seen=timezone.now())
    run.missing = sorted(set(missing) - gone)


def _fail(
    source: Source, run: SyncRun, error: str, *, permanent: bool, retry_after: float | None = None
) -> None:
    """The breaker: each failure in a row doubles the rest before the next try; other sources go on."""
    run.error = error
    run.state = SyncRun.State.PARTIAL if run.pages else SyncRun.State.FAILED
    rest = LONGEST_REST if permanent else min(timedelta(minutes=2 ** min(source.failures, 9)), LONGEST_REST)
    rest = max(rest, timedelta(seconds=retry_after or 0))
    Source.objects.filter(pk=source.pk).update(failures=F("failures") + 1, error=error, due_at=Now() + rest)
    log.warning("%s: %s", source, error)

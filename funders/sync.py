"""One run of one source: claim its lease, read its pages, book each with the cursor that comes after it.

Killing a run at any instant loses and doubles nothing: a page's entries and its cursor are one transaction, the
lease lapses, and recording twice is recording once.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from funders import connectors, gone, leases, ledger, previews, promises
from funders.connectors.base import Account, Connector, Page, Promise, Receipt, Rejected, SchemaChanged
from funders.leases import Busy, LeaseLost
from funders.models import Delivery, Source, SyncRun, Upload
from funders.models.deliveries import DeliveryQuerySet
from funders.models.sealing import Unopened
from fundtracker.http import FetchError

__all__ = ["Busy", "FileRefused", "LeaseLost", "rehearse", "sync"]

log = logging.getLogger(__name__)
KEPT_REJECTIONS = 100
MOST_RECORDS = 2_000_000_000
# Every source is read whole this often; two such runs may conclude that a record is gone.
FULL_EVERY = timedelta(days=30)
# One that broke off begins again: until then what is new is read, or it would wait behind all that is old.
FULL_AGAIN = timedelta(days=1)
LONGEST_REST = timedelta(hours=6)
# A page may be a file of a million rows: whoever watches is told within it too, and cannot ask the database there.
TELL_ROWS = 1_000
OnPage = Callable[[SyncRun], None]


class FileRefused(Exception):
    """A file has rows that cannot be booked, so none of it was."""


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

    reader = _Reader(source, SyncRun(source=source, started_at=timezone.now()), lease, show)
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
    reader = _Reader(source, run, lease, on_page)
    if reader.connector.ATOMIC:
        _succeed(source, run, lease, refused=reader.read_uploads(upload))
        return
    reader.read()
    doubts = ""
    if run.full and reader.connector.COMPLETE:
        doubts = gone.conclude(source, run, lease, whole=reader.is_whole(), promised=reader.promised)
    _succeed(source, run, lease, doubts=doubts)


class _Reader:
    """The state of one run, while it runs."""

    def __init__(self, source: Source, run: SyncRun, lease: uuid.UUID, on_page: OnPage | None) -> None:
        self.source, self.run, self.lease = source, run, lease
        self.connector: Connector = connectors.get(source.kind)
        self.on_page = on_page or (lambda run: None)
        self.promises: list[Promise] = []
        self.promised: set[str] = set()
        self.rejections: list[dict[str, str]] = []
        self.listed = 0
        self.whole = False

    def read(self) -> None:
        if self.run.full:
            ledger.start_sighting()
        account, hints = self.source.as_account(), self._hints()
        self._read_inbox(account)
        self._read_account(account, None)
        # Killed before this line, the source is due at once and asked again.
        hints.update(handled_at=Now())
        self.run.finished = True

    def read_uploads(self, asked: Upload | None) -> list[str]:
        """Each file for itself: one that is refused keeps none of the others waiting. Returns the refusals."""
        refused = []
        for upload in [asked] if asked else self._uploads():
            try:
                self.read_upload(upload)
            except previews.Differs as other:
                previews.show(upload, other.seen)
            except (Rejected, FileRefused, FileNotFoundError) as error:
                gone_from_disk = isinstance(error, FileNotFoundError)
                why = (
                    "the file is no longer on the disk: upload it again."
                    if gone_from_disk
                    else ledger.legible(str(error))
                )
                Upload.objects.filter(pk=upload.pk).update(refused=why)
                refused.append(f"{upload}: {why}")
        self.run.finished = True
        return refused

    def read_upload(self, upload: Upload) -> None:
        self._read_account(self.source.as_account(upload), upload)

    def _hints(self) -> DeliveryQuerySet:
        """Of now: one that comes while we read may tell of what we have passed already."""
        waiting = self.source.deliveries.waiting().filter(item_sealed="")
        return Delivery.objects.filter(pk__in=list(waiting.values_list("pk", flat=True)))

    def _read_inbox(self, account: Account) -> None:
        """What the provider told us, each message for itself; in a full run what was rejected before, too."""
        inbox = (
            self.source.deliveries.filter(handled_at=None)
            if self.run.full
            else self.source.deliveries.waiting()
        )
        for pk in list(inbox.exclude(item_sealed="").values_list("pk", flat=True)):
            delivery = Delivery.objects.get(pk=pk)
            where = f"message {delivery.external_id}"
            try:
                items = [(where, delivery.item)]
            except ValueError as error:
                # Sealed with a key that was taken out since.
                delivery.settle(str(error))
                self.rejections = [{"where": where, "why": str(error)}]
                self._note_rejections()
                continue
            self._book(Page(items, self.source.cursor, delivery.received_at), account, delivery=delivery)
            self._tell()
        # The provider's own count is of what it lists.
        self.listed = 0

    def is_whole(self) -> bool:
        return self.whole and self.listed >= (self.run.expected or 0)

    def _uploads(self) -> Sequence[Upload]:
        # A file that was booked may be gone since: its entries stay.
        kept = self.source.uploads.exclude(file="")
        return list(kept.confirmed() if self.run.full else kept.unread())

    def _read_account(self, account: Account, upload: Upload | None) -> None:
        cursor: Mapping[str, Any] = {} if self.run.full or upload else self.source.cursor
        for page in self.connector.fetch(account, cursor, full=self.run.full):
            # A file speaks for the day it was uploaded, however often it is read.
            dated = replace(page, asked_at=upload.uploaded_at) if upload else page
            self._book(dated, account, upload)
            self.whole = page.whole
            self._tell()

    @transaction.atomic
    def _book(
        self, page: Page, account: Account, upload: Upload | None = None, delivery: Delivery | None = None
    ) -> None:
        self.promises, self.rejections = [], []
        if page.total is not None:
            if not 0 <= page.total <= MOST_RECORDS:
                raise SchemaChanged(
                    f"the provider counts {page.total} records, which cannot be: this needs a developer"
                )
            self.run.expected = page.total
        receipts = self._receipts(page, account, alone=delivery is not None)
        recorded = ledger.record(self.source, receipts, asked_at=page.asked_at)
        if self.run.full and upload is None:
            ledger.sight()
        recorded += promises.record(self.source, self.promises)
        if upload and upload.ready_at and upload.booked_at is None:
            previews.hold(upload, self.source, recorded, self.promises, self.rejections)
        if upload and self.rejections:
            self._note_rejections(f"{upload}, ")
            raise FileRefused(f"{len(self.rejections)} rows cannot be booked, so nothing of it was.")
        # A whole run that is killed proves nothing about what is gone, so it begins again; others go on.
        goes_on = upload is None and (page.last or not self.run.full)
        leases.move(self.source, self.lease, **({"cursor": dict(page.cursor)} if goes_on else {}))
        if upload:
            # Read again, it stays booked when it was: what changes nothing is no event of its history.
            Upload.objects.filter(pk=upload.pk).update(booked_at=Coalesce("booked_at", Now()), refused="")
        if delivery:
            delivery.settle(self.rejections[0]["why"] if self.rejections else "")
        self._count(recorded)

    def _receipts(self, page: Page, account: Account, *, alone: bool) -> Iterator[Receipt]:
        """What the items of a page say. A shape that nobody knows ends the run, but for a message, which stands alone."""
        for where, item in page.items:
            self.listed += 1
            self.run.rows += 1
            if self.run.rows % TELL_ROWS == 0:
                self._tell()
            try:
                said = list(self.connector.parse(item, account, page.asked_at))
                for receipt in said:
                    if isinstance(receipt, Receipt):
                        ledger.check(receipt)
                    else:
                        promises.check(receipt)
            except Rejected as error:
                if isinstance(error, SchemaChanged) and not alone:
                    raise SchemaChanged(f"{where}: {error}") from None
                self.rejections.append({"where": ledger.legible(where), "why": ledger.legible(str(error))})
                continue
            self.promises += [one for one in said if isinstance(one, Promise)]
            if self.run.full:
                self.promised |= {one.external_id for one in said if isinstance(one, Promise)}
            yield from (one for one in said if isinstance(one, Receipt))

    def _count(self, recorded: ledger.Recorded) -> None:
        run = self.run
        run.pages += 1
        run.new += recorded.new
        run.changed += recorded.changed
        run.unchanged += recorded.unchanged
        run.read_at = timezone.now()
        self._note_rejections()
        run.save()

    def _tell(self) -> None:
        self.run.read_at = timezone.now()
        self.on_page(self.run)

    def _note_rejections(self, file: str = "") -> None:
        self.run.rejected += len(self.rejections)
        named = [{**rejection, "where": file + rejection["where"]} for rejection in self.rejections]
        self.run.rejections = [*self.run.rejections, *named][:KEPT_REJECTIONS]


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

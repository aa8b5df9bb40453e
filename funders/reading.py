"""What one run reads and books: each page of a source, each message of its inbox, each of its files.

A page's entries and the cursor that comes after it are one transaction. A file is booked whole, or not at all.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from funders import connectors, leases, ledger, previews, promises
from funders.connectors.base import Account, Connector, Page, Promise, Receipt, Rejected, SchemaChanged
from funders.models import Delivery, Source, SyncRun, Upload
from funders.models.deliveries import DeliveryQuerySet

KEPT_REJECTIONS = 100
MOST_RECORDS = 2_000_000_000
# A page may be a file of a million rows: whoever watches is told within it too, and cannot ask the database there.
TELL_ROWS = 1_000
OnPage = Callable[[SyncRun], None]


class FileRefused(Exception):
    """A file has rows that cannot be booked, so none of it was."""


class Reader:
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
        held = upload if upload and upload.ready_at and upload.booked_at is None else None
        rehearsal = held is not None and held.confirmed_at is None  # then previews.hold takes it back
        recorded = ledger.record(self.source, receipts, asked_at=page.asked_at, rehearsal=rehearsal)
        if self.run.full and upload is None:
            ledger.sight()
        recorded += promises.record(self.source, self.promises)
        if held:
            previews.hold(held, self.source, recorded, self.promises, self.rejections)
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

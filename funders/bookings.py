"""Who decides that a file is booked, or taken back: one person, or two where it is large."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from funders import agreement, ledger, preview_sql, previews
from funders.models import Booking, Source, TakeBack, Upload
from funders.previews import Sum
from fundtracker.models import Role, User

log = logging.getLogger(__name__)
# A bell that nobody hears in time is rung again by the beat.
BELL_SECONDS = 20
# Of so many records the planner must know what is in the table now: it loops over all that it does not expect there.
MANY = 1_000


@transaction.atomic
def confirm(upload: Upload, user: User, shown: str, *, today: date) -> bool:
    """Book what was seen, or ask a second person to if it is large. False where it is no longer that, or was sent before."""
    upload = _held(upload)
    if not _is_seen(upload, shown) or asked_to_book(upload):
        return False
    moved = [one.money for one in previews.Seen.from_json(upload.preview or {}).moved]
    if agreement.takes_second(user, moved, on=today):
        outdate(upload)
        Booking.objects.create(upload=upload, shown=shown, recorded_by=user, needs_second=True)
    else:
        _book(upload, user)
    return True


def _held(upload: Upload) -> Upload:
    """One at a time confirms it, agrees to it, or has it read anew."""
    return Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)


def _is_seen(upload: Upload, shown: str) -> bool:
    return Upload.objects.seen().filter(pk=upload.pk, shown=shown, booked_at=None).exists()


def _book(upload: Upload, user: User) -> None:
    Upload.objects.filter(pk=upload.pk).update(confirmed_at=Now(), confirmed_by=user)
    if upload.source_id:
        Source.objects.filter(pk=upload.source_id).update(due_at=Now())
        ring("funders.tasks.sync_source", upload.source_id)


def outdate(upload: Upload) -> None:
    """Nobody can agree any more to what its preview was."""
    upload.bookings.waiting().update(refused_at=Now(), refused_why=agreement.OUTDATED)


def asked_to_book(upload: Upload) -> Booking | None:
    """Who wants it booked as it is shown now, and waits for a second person."""
    return upload.bookings.waiting().select_related("recorded_by").filter(shown=upload.shown).first()


def undoing(upload: Upload) -> tuple[list[str], list[Sum]]:
    """Ids of the records of which this upload was the last word, and what goes with them, by kind."""
    here: dict[str, Any] = {"source": upload.source_id, "recorded_at": upload.recorded_at}
    with connection.cursor() as cursor:
        cursor.execute(preview_sql.LAST_IDS, here)
        ids = [external_id for (external_id,) in cursor.fetchall()]
        cursor.execute(preview_sql.LAST_WORDS, here | {"ids": ids})
        return ids, [Sum(*row) for row in cursor.fetchall()]


@transaction.atomic
def take_back(upload: Upload, user: User, why: str, *, today: date) -> TakeBack:
    """At once, or once a second person agrees. Asked twice, it is asked once."""
    # First the ledger, as whoever corrects does: what is measured is what goes, and none waits for another in a ring.
    ledger.hold()
    upload = _held(upload)
    if asked := asking(upload):
        return asked
    ids, sums = undoing(upload)
    second = agreement.takes_second(user, [-one.money for one in sums], on=today)
    made = TakeBack.objects.create(upload=upload, why=why, recorded_by=user, needs_second=second)
    if not second:
        _cancel(upload, ids)
    return made


def asking(upload: Upload) -> TakeBack | None:
    """Who wants to take it back, or did. A file that was imported again has a new life."""
    asked = upload.take_backs.select_related("recorded_by", "agreed_by").filter(refused_at=None)
    return asked.filter(recorded_at__gte=upload.booked_at).first() if upload.booked_at else None


@transaction.atomic
def agree(asked: Booking | TakeBack, user: User) -> bool:
    """It is booked, or taken back. False where it was decided meanwhile, or is to be booked and shows something else;
    PermissionDenied for who may not.
    """
    if isinstance(asked, TakeBack):
        ledger.hold()
    upload = _held(asked.upload)
    agreement.must_be(user, Role.TREASURER)
    if isinstance(asked, Booking) and not _is_seen(upload, asked.shown):
        outdate(upload)
        asked.refresh_from_db()
        return False
    agreed = agreement.agree(asked, user)
    if agreed and isinstance(asked, Booking):
        assert asked.recorded_by
        _book(upload, asked.recorded_by)
    elif agreed:
        ids, _ = undoing(upload)
        _cancel(upload, ids)
    return agreed


@transaction.atomic
def refuse(asked: Booking | TakeBack, user: User, why: str) -> bool:
    """It stays as it is: not booked, or booked. False where it was decided meanwhile."""
    agreement.must_be(user, Role.TREASURER)
    return agreement.refuse(asked, user, why)


def _cancel(upload: Upload, ids: Sequence[str]) -> None:
    assert upload.source is not None, "what was booked has its source"
    if len(ids) >= MANY:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE funders_entry")
    ledger.cancel(upload.source, ids, seen=timezone.now())
    Upload.objects.filter(pk=upload.pk).update(taken_back_at=Now())


def ring(task: str, pk: int | None) -> None:
    """Once this is committed. Nobody may hear it: the beat rings for every row that waits."""

    def tell() -> None:
        try:
            current_app.send_task(task, (pk,), expires=BELL_SECONDS)
        except (OperationalError, OSError) as problem:
            log.warning("no bell was rung: %s", type(problem).__name__)

    transaction.on_commit(tell)

"""A file that somebody uploads: received, placed, seen; funders/bookings.py has who confirms it and takes it back.

What a worker must do is a row: an upload that is ready and has no preview is to be read, one that is confirmed is to
be booked. Both happen under the lease of its source, so that a worker may be killed at any instant.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import Error, transaction
from django.db.models import Q
from django.db.models.functions import Now

from funders import bookings, connectors, leases, ledger, previews, sync
from funders.connectors import heads
from funders.connectors.base import Rejected
from funders.connectors.heads import Head
from funders.models import Source, Upload
from funders.models.sources import file_kinds
from fundtracker.models import User

TABLE = "table"


def receive(file: "UploadedFile[Any]", user: User) -> tuple[Upload, bool]:
    """Keep the file and find out what it is; False where it is here already. Rejected where nothing could read it."""
    with tempfile.NamedTemporaryFile() as kept:
        digest = sha256()
        for chunk in file.chunks():
            digest.update(chunk)
            kept.write(chunk)
        kept.flush()
        known = Upload.objects.filter(digest=digest.hexdigest()).order_by("-pk").first()
        if known:
            if known.taken_back_at and not known.file:
                # Its first copy was thrown away once it was booked.
                known.file.save(
                    f"{known.digest[:32]}{heads.look(Path(kept.name), rows=1).suffix}", File(kept)
                )
            return known, False
        head = heads.look(Path(kept.name), rows=1)
        kinds = connectors.recognise(head)
        kept.seek(0)
        name = f"{digest.hexdigest()[:32]}{head.suffix}"
        facts = {
            "file": File(kept, name), "name": (file.name or "")[:200], "kind": kinds[0] if len(kinds) == 1 else "",
            "layout": _layout(head), "uploaded_by": user, "confirmed_at": None,
        }  # fmt: skip
        upload, made = Upload.objects.get_or_create(source=None, digest=digest.hexdigest(), defaults=facts)
    if made:
        _place_as_before(upload)
    return upload, made


def _layout(head: Head) -> str:
    return sha256(json.dumps(head.columns).encode()).hexdigest() if head.columns else ""


def _place_as_before(upload: Upload) -> None:
    """Where only one source can be meant nobody is asked; whoever sees the preview may choose another."""
    if upload.kind:
        sources = list(Source.objects.filter(kind=upload.kind, active=True)[:2])
        if len(sources) == 1:
            place(upload, sources[0])
        return
    before = Upload.objects.filter(layout=upload.layout, source__kind=TABLE, source__active=True, refused="")
    if upload.layout and (last := before.exclude(options={}).order_by("-pk").first()) and last.source:
        place(upload, last.source, last.options)


def place(upload: Upload, source: Source, options: Mapping[str, Any] | None = None) -> None:
    """It is of `source` and read by `options`: else as its last file with the same headings, or as the source says."""
    if options is None:
        options = _remembered(source, upload) if source.kind == TABLE else {}
    again(upload, source=source, options=options or {}, ready=options is not None)


def _remembered(source: Source, upload: Upload) -> Mapping[str, Any] | None:
    """None where nobody has said yet what these columns mean."""
    last = source.uploads.filter(layout=upload.layout, refused="").exclude(options={}).order_by("-pk").first()
    if last:
        return dict(last.options)
    named = source.options.get("columns", {}).values()
    return {} if named and heads.look(Path(upload.file.path), rows=1).has(named) else None


@transaction.atomic
def again(
    upload: Upload,
    *,
    source: Source | None = None,
    options: Mapping[str, Any] | None = None,
    ready: bool = True,
) -> bool:
    """Read it anew, and show what booking it does; True where that was possible: not while it is confirmed or booked.

    What was taken back may be imported again, as if it came now: its records are newer than their taking back.
    """
    moves: dict[str, Any] = {"source": source} if source else {}
    moves |= {} if options is None else {"options": dict(options)}
    taken_back = Q(taken_back_at__isnull=False)
    if Upload.objects.filter(taken_back, pk=upload.pk).exists():
        moves |= {"uploaded_at": Now(), "booked_at": None, "recorded_at": None, "taken_back_at": None}
    open_ones = Upload.objects.filter(taken_back | Q(booked_at=None), pk=upload.pk)
    done = open_ones.exclude(~taken_back, confirmed_at__isnull=False, refused="").update(
        **moves, ready_at=Now() if ready else None, preview=None, shown="", refused="", rows=0, expected=None,
        read_at=None, confirmed_at=None,
    )  # fmt: skip
    upload.refresh_from_db()
    if done:
        bookings.outdate(upload)
    if done and ready:
        bookings.ring("funders.tasks.preview_upload", upload.pk)
    return bool(done)


def may_count_twice(upload: Upload) -> bool:
    """Whether rows that are booked already may come as new: one without an id is known by what its columns say."""
    source = upload.source
    if source is None or source.kind != TABLE:
        return False

    def known_by(options: Mapping[str, Any]) -> Any:
        columns = (source.options | options).get("columns", {})
        return "id" if "id" in columns else columns

    booked = source.uploads.filter(booked_at__isnull=False, taken_back_at=None).exclude(pk=upload.pk)
    earlier = booked.order_by().values_list("options", flat=True).distinct()
    return any(known_by(options) != known_by(upload.options) for options in earlier)


def preview(upload: Upload) -> None:
    """In a worker: what booking it does goes on its row. Busy if its source is being read."""
    source = upload.source
    assert source is not None, "only what has its source is ready"
    lease = leases.claim(source)
    try:
        seen = sync.rehearse(source, upload, lease)
    except (Rejected, FileNotFoundError) as error:
        _refuse(upload, ledger.legible(str(error)) if isinstance(error, Rejected) else "The file is no longer on the disk: upload it again.")  # fmt: skip
    except Error:
        raise  # the database's fault, not the file's: the next bell tries again
    except Exception as error:
        _refuse(upload, f"It cannot be read: {type(error).__name__}. See the server's log.")
        raise
    else:
        with transaction.atomic():
            leases.move(source, lease)
            previews.show(upload, seen)
    finally:
        leases.release(source, lease)


def _refuse(upload: Upload, why: str) -> None:
    Upload.objects.filter(pk=upload.pk, ready_at=upload.ready_at, confirmed_at=None).update(refused=why)


def forget(upload: Upload) -> bool:
    """The file and its row go; what was confirmed stays."""
    gone, _ = Upload.objects.filter(pk=upload.pk, confirmed_at=None, booked_at=None).delete()
    if gone:
        transaction.on_commit(lambda: upload.file.delete(save=False))
    return bool(gone)


def rejected_rows(upload: Upload) -> Iterator[list[str]]:
    """Place, reason and the row itself; the headings first. People mend the file by it, and upload it anew."""
    seen = previews.Seen.from_json(upload.preview or {})
    why = {one["where"]: one["why"] for one in seen.rejections}
    rows = heads.lines(Path(upload.file.path), upload.options)
    _, columns = next(rows, ("", ()))
    yield ["", "", *columns]
    found = {place: row for place, row in rows if place in why}
    for place, reason in why.items():
        yield [place, reason, *found.get(place, ())]


def sources() -> Any:
    """Those that take files."""
    return Source.objects.filter(kind__in=file_kinds())

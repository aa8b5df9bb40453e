"""Seals on the history: whoever edits, deletes, reorders or cuts it behind everyone's back is found out.

Each seal's digest takes in the one before it, so that the last one, noted somewhere else, stands for all. Texts go in
by a keyed digest of their own, which stays when a person is erased from them: the rest of such an event is still held.
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from fundtracker.changes import tracked
from fundtracker.models import Blanked, Seal

LOCK = 0x7365616C
_WHO = "pgh_context__metadata__user"
Columns = Mapping[str, Sequence[str]]


def seal() -> str:
    """Seal what is new. Returns the head: the last seal's number and digest; "" where there is none."""
    for label, model in sorted(tracked().items()):
        _seal(label, model)
    last = Seal.objects.last()
    return str(last) if last else ""


def check(head: str = "") -> Iterator[str]:
    """What is not as it was sealed, in words. `head` is what was noted earlier."""
    digest, number, reached = "", 0, dict[str, int]()
    heads = {""}
    for one in Seal.objects.iterator():
        number += 1
        if one.number != number or one.after != reached.get(one.kind, 0):
            yield f"seal {number} is not there, or not in its place"
            number = one.number
        elif problem := _differs(one, digest):
            yield problem
        digest, reached[one.kind] = one.digest, one.upto
        heads.add(str(one))
    if head not in heads:
        yield f"the seal that was noted, {head}, is not among the seals: they were made anew, or cut"


def blank(label: str, events: "models.QuerySet[Any]") -> None:
    """Before texts are taken out of `events`: note what they came to."""
    texts = _columns(tracked()[label])["texts"]
    Blanked.objects.bulk_create(
        [
            Blanked(kind=label, event=number, digest=_keyed(said))
            for number, *said in events.values_list("pgh_id", *texts)
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def _seal(label: str, model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # An event that is written but not committed yet would be numbered below what is sealed now.
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute(f'LOCK TABLE "{model._meta.db_table}" IN SHARE MODE')
    last, previous = Seal.objects.last(), Seal.objects.filter(kind=label).last()
    after = previous.upto if previous else 0
    upto = model._default_manager.aggregate(last=models.Max("pgh_id"))["last"]
    if upto is None or upto <= after:
        return
    made = Seal(
        number=last.number + 1 if last else 1, kind=label, after=after, upto=upto, columns=_columns(model)
    )
    made.rows, made.digest = _digest(made, last.digest if last else "", model)
    Seal.objects.bulk_create([made])


def _differs(one: Seal, before: str) -> str:
    where = f"{one.kind}, events {one.after + 1} to {one.upto}, sealed {one.sealed_at:%Y-%m-%d %H:%M}"
    model = tracked().get(one.kind)
    known = {field.attname for field in model._meta.concrete_fields} if model else set()
    if model is None or not {*one.columns["texts"], *one.columns["plain"]} <= known:
        return f"{where}: cannot be checked, since this kind of thing has lost a column"
    rows, digest = _digest(one, before, model)
    if rows != one.rows:
        return f"{where}: {one.rows} were sealed, {rows} are there"
    return "" if hmac.compare_digest(digest, one.digest) else f"{where}: not what was sealed"


def _digest(one: Seal, before: str, model: Any) -> tuple[int, str]:
    """How many events the stretch has, and what they and the seal before come to."""
    plain, texts = one.columns["plain"], one.columns["texts"]
    blanked = dict(
        Blanked.objects.filter(kind=one.kind, event__gt=one.after, event__lte=one.upto).values_list(
            "event", "digest"
        )
    )
    stretch = model._default_manager.filter(pgh_id__gt=one.after, pgh_id__lte=one.upto).order_by("pgh_id")
    total, rows = sha256(_json([before, one.number, one.kind, one.after, one.upto, one.columns])), 0
    for number, who, *values in stretch.values_list("pgh_id", _WHO, *plain, *texts).iterator():
        said = values[len(plain) :]
        total.update(_json([number, who, values[: len(plain)], blanked.get(number) or _keyed(said)]))
        rows += 1
    return rows, total.hexdigest()


def _columns(model: Any) -> Columns:
    """The columns of today, in the order of their names: later ones are not in a seal of now.

    Beside texts, what its model calls ERASABLE can be taken out of an event.
    """
    erasable = getattr(model.pgh_tracked_model, "ERASABLE", ())
    texts = {
        field.attname for field in model._meta.concrete_fields
        if (isinstance(field, models.CharField | models.TextField | models.FileField)
        and not field.choices and not field.name.startswith("pgh_")) or field.name in erasable
    }  # fmt: skip
    return {"texts": sorted(texts), "plain": sorted({f.attname for f in model._meta.concrete_fields} - texts)}


def _keyed(said: Sequence[Any]) -> str:
    return hmac.digest(settings.GIVER_KEY.encode(), _json(list(said)), "sha256").hex()


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False, sort_keys=True).encode()

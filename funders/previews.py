"""What booking a file does, to the last figure: found by doing it in a transaction that is taken back.

So the figures that somebody confirms are the ledger's own. When the file is booked they are counted again, in the
transaction that books it, and nothing is booked if they differ.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.db import connection
from django.utils.translation import ngettext

from funders import preview_sql as sql
from funders.connectors.base import Promise
from funders.ledger import Recorded
from funders.models import Source, Upload
from funders.models.ledger import RAISED
from fundtracker.money import Money

MOST_REJECTIONS = 1_000
MOST_DESIGNATIONS = 50


@dataclass(frozen=True, slots=True)
class Sum:
    """`records` and what they add up to. `what` says of which kind, source or designation."""

    what: str
    currency: str
    records: int
    minor: int

    @property
    def money(self) -> Money:
        return Money(self.minor, self.currency)


Sums = tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What booking a file does. `moved` is what the two-person rule is asked about; `marks` stands for every one of its entries; days are ISO."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    sums: Sums = ()
    moved: Sums = ()
    promised: Sums = ()
    designations: Sums = ()
    waiting: Sums = ()
    known_elsewhere: Sums = ()
    taken_over: Sums = ()
    first_day: str = ""
    last_day: str = ""
    marks: str = "0"
    rejected: int = 0
    rejections: Sequence[Mapping[str, str]] = ()

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Seen":
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said}
        sums = {name: tuple(Sum(**one) for one in said[name]) for name in _SUMS if name in said}
        return cls(**known | sums)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def digest(self) -> str:
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    @property
    def records(self) -> int:
        return self.new + self.changed

    @property
    def raised(self) -> list[Money]:
        """What the file adds to what was raised, by currency; what waits or counts elsewhere is in it."""
        found: dict[str, int] = defaultdict(int)
        for one in self.sums:
            if one.what in RAISED:
                found[one.currency] += one.minor
        return [Money(minor, currency) for currency, minor in sorted(found.items()) if minor]

    @property
    def first(self) -> date | None:
        return date.fromisoformat(self.first_day) if self.first_day else None

    @property
    def last(self) -> date | None:
        return date.fromisoformat(self.last_day) if self.last_day else None

    def refusal(self) -> str:
        if not self.rejected:
            return ""
        words = ngettext(
            "%(count)d row cannot be booked, so nothing of the file was.", "%(count)d rows cannot be booked, so nothing of the file was.",
            self.rejected,
        )  # fmt: skip
        return words % {"count": self.rejected}


_SUMS = ("sums", "moved", "promised", "designations", "waiting", "known_elsewhere", "taken_over")


class Rehearsed(Exception):
    """The file was recorded only to be seen: the transaction is to be taken back."""

    def __init__(self, seen: Seen) -> None:
        super().__init__("seen")
        self.seen = seen


class Differs(Rehearsed):
    """Booking the file would do something else than what was confirmed, so nothing was booked."""


def hold(
    upload: Upload,
    source: Source,
    recorded: Recorded,
    promises: Sequence[Promise],
    rejections: Sequence[Mapping[str, str]],
) -> None:
    """In the transaction that has recorded `upload`: Rehearsed if nobody has confirmed it, Differs if not this."""
    seen, recorded_at = _seen(source, recorded, promises, rejections)
    if upload.confirmed_at is None:
        raise Rehearsed(seen)
    if seen.digest() != upload.shown:
        raise Differs(seen)
    Upload.objects.filter(pk=upload.pk).update(recorded_at=recorded_at)


def show(upload: Upload, seen: Seen) -> None:
    """From now on this is what a person may confirm, unless it is to be read otherwise meanwhile."""
    Upload.objects.filter(pk=upload.pk, ready_at=upload.ready_at).update(
        preview=seen.as_json(), shown=seen.digest(), confirmed_at=None, refused=seen.refusal()
    )


def _seen(
    source: Source, recorded: Recorded, promises: Sequence[Promise], rejections: Sequence[Mapping[str, str]]
) -> tuple[Seen, datetime | None]:
    with connection.cursor() as cursor:

        def asked(statement: str) -> list[Any]:
            cursor.execute(statement, {"source": source.pk, "most": MOST_DESIGNATIONS})
            return list(cursor.fetchall())

        [(first, last)], [(marks, recorded_at)] = asked(sql.DAYS), asked(sql.MARKS)
        return Seen(
            new=recorded.new,
            changed=recorded.changed,
            unchanged=recorded.unchanged,
            sums=_sums(asked(sql.SUMS)),
            moved=_sums(asked(sql.MOVED)),
            promised=_promised(promises),
            designations=_sums(asked(sql.DESIGNATIONS)),
            waiting=_sums(asked(sql.WAITING)),
            known_elsewhere=_sums(asked(sql.KNOWN_ELSEWHERE)),
            taken_over=_sums(asked(sql.TAKEN_OVER)),
            first_day=first.isoformat() if first else "",
            last_day=last.isoformat() if last else "",
            marks=marks,
            rejected=len(rejections),
            rejections=list(rejections[:MOST_REJECTIONS]),
        ), recorded_at


def _sums(rows: Iterable[Sequence[Any]]) -> Sums:
    return tuple(Sum(what, currency, int(records), int(minor)) for what, currency, records, minor in rows)


def _promised(promises: Iterable[Promise]) -> Sums:
    """By how often it is to be paid."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for promise in promises:
        if promise.amount:
            found[promise.frequency.value, promise.amount.currency].append(promise.amount.minor)
    return tuple(Sum(*key, len(minors), sum(minors)) for key, minors in sorted(found.items()))

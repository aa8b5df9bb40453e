"""Corrections and money typed in by hand: their effect before they count, and a second person where they are large."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Sum

from funders import agreement, ledger
from funders.connectors.base import GiverRef, Kind, Purpose, Receipt
from funders.models import Correction, DailyTotal, Entry, Source
from funders.models.ledger import KINDS, UNCOUNTED
from funders.models.promises import PURPOSES
from fundtracker.models import Role, User
from fundtracker.money import Money

Says = Correction.Says


@dataclass(frozen=True, slots=True)
class Move:
    """One day's sum as it is and as it would be. `counted_as` is a kind, twin or waiting."""

    source: Source
    designation: str
    day: date
    counted_as: str
    purpose: str | None
    before: Money
    after: Money

    @property
    def counts(self) -> str:
        return str(dict([*KINDS, *UNCOUNTED])[self.counted_as])

    @property
    def purpose_named(self) -> str:
        return str(dict(PURPOSES).get(self.purpose or "", ""))


def effect(correction: Correction) -> list[Move]:
    """By which sums the books would differ: booked, looked at, and undone."""
    is_draft = correction.pk is None
    with transaction.atomic():
        if not is_draft:
            Correction.objects.filter(pk=correction.pk).update(needs_second=False)
        else:
            Correction.objects.bulk_create([correction])
        _book(correction)
        moved = ledger.last_moves()
        transaction.set_rollback(True)
    if is_draft:
        correction.pk, correction._state.adding = None, True
    return _moves(moved)


def _moves(moved: Sequence[tuple[Any, ...]]) -> list[Move]:
    sources = Source.objects.in_bulk([row[0] for row in moved])
    columns = ("source_id", "designation", "value_date", "counted_as", "currency", "purpose")
    days = DailyTotal.objects.filter(source__in=sources, value_date__in=[row[2] for row in moved])
    held = {
        tuple(key): minor for *key, minor in days.values_list(*columns).annotate(minor=Sum("amount_minor"))
    }
    return [
        Move(
            sources[source], designation, day, counted_as, purpose,
            before=Money(held.get((source, designation, day, counted_as, currency, purpose), 0), currency),
            after=Money(held.get((source, designation, day, counted_as, currency, purpose), 0) + minor, currency),
        )
        for source, designation, day, counted_as, currency, purpose, minor in moved
    ]  # fmt: skip


def size(moves: Iterable[Move]) -> list[Money]:
    """What is moved, by currency: £100 taken from one day and put on another is £100."""
    up: dict[str, int] = defaultdict(int)
    down: dict[str, int] = defaultdict(int)
    for move in moves:
        change = move.after - move.before
        (up if change.minor > 0 else down)[change.currency] += abs(change.minor)
    return [Money(max(up[currency], down[currency]), currency) for currency in sorted({*up, *down})]


def worth(correction: Correction, moves: Sequence[Move]) -> list[Money]:
    """What it takes to make it. One of a record that is gone moves its amount only when its source lists it again."""
    if moves or not correction.amount:
        return size(moves)
    return [correction.amount]


def takes_second(correction: Correction, moves: Sequence[Move], user: User, *, on: date) -> bool:
    """Whether it would wait. Asking is not doing: nothing is remembered."""
    with transaction.atomic():
        second = agreement.takes_second(user, worth(correction, moves), on=on)
        transaction.set_rollback(True)
    return second


@transaction.atomic
def make(correction: Correction, user: User, *, on: date) -> Correction:
    """It counts at once, or waits for a second person if it is large. The caller has looked whether one waits already."""
    ledger.hold()
    correction.known_entry = last_entry(correction.source, correction.external_id)
    correction.recorded_by = user
    correction.needs_second = agreement.takes_second(user, worth(correction, effect(correction)), on=on)
    correction.save()
    if not correction.needs_second:
        _settle(correction)
    return correction


@transaction.atomic
def agree(correction: Correction, user: User) -> bool:
    """It counts from now on. False where it was decided meanwhile; PermissionDenied for who may not."""
    ledger.hold()
    agreement.must_be(user, Role.TREASURER)
    agreed = agreement.agree(correction, user)
    if agreed:
        _settle(correction)
    return agreed


@transaction.atomic
def refuse(correction: Correction, user: User, why: str) -> bool:
    """It never counts. False where it was decided meanwhile."""
    ledger.hold()
    agreement.must_be(user, Role.TREASURER)
    refused = agreement.refuse(correction, user, why)
    if refused:
        Correction.objects.filter(pk=correction.pk).update(giver_name="")
    return refused


def keep(correction: Correction) -> None:
    """Its author has seen what the source says now, and it holds."""
    last = last_entry(correction.source, correction.external_id)
    Correction.objects.filter(pk=correction.pk).update(known_entry=last)


def in_force() -> "models.QuerySet[Correction]":
    """The one of each record that holds."""
    made = Correction.objects.in_force()
    later = made.filter(source=OuterRef("source"), external_id=OuterRef("external_id"), pk__gt=OuterRef("pk"))
    return made.filter(~Exists(later))


def overtaken() -> "models.QuerySet[Correction]":
    """Those in force whose source has said something else since."""
    since = Entry.objects.filter(
        source=OuterRef("source"), external_id=OuterRef("external_id"), correction=None, pk__gt=OuterRef("known_entry")
    )  # fmt: skip
    return in_force().filter(Exists(since), says__in=[Says.CHANGED, Says.NOTHING])


def waiting(source: Source, external_id: str) -> Correction | None:
    """The one of a record that a second person has to decide."""
    asked = Correction.objects.waiting().filter(source=source, external_id=external_id)
    return asked.select_related("recorded_by").first()


def last_entry(source: Source, external_id: str) -> int:
    """Which entry of a record came last; 0 where it has none."""
    last: int | None = Entry.objects.filter(source=source, external_id=external_id).aggregate(last=Max("pk"))[
        "last"
    ]
    return last or 0


def receipt(correction: Correction) -> Receipt:
    """Money typed in, as a source would report it. Rejected in words if the ledger cannot hold it: see ledger.check."""
    name, reference = correction.giver_name, correction.reference
    assert correction.amount
    assert correction.day
    return Receipt(
        external_id=correction.external_id,
        kind=Kind(correction.kind),
        amount=correction.amount,
        occurred_at=correction.day,
        seen=correction.recorded_at,
        giver=GiverRef(name, name, public=True) if name else None,
        designation=correction.designation,
        purpose=Purpose(correction.purpose) if correction.purpose else None,
        # Its source's own: a payment that two sources report counts once, and two cheques may have one number.
        payment_ref=f"{reference} · {correction.source.slug}" if reference else "",
    )


def _settle(correction: Correction) -> None:
    _book(correction)
    if correction.giver_name:
        Correction.objects.filter(pk=correction.pk).update(giver_name="")


def _book(correction: Correction) -> None:
    if correction.says == Says.NEW:
        correction.refresh_from_db(fields=["recorded_at"])
        ledger.record(correction.source, [receipt(correction)])
    else:
        ledger.correct(correction.source, correction.external_id)

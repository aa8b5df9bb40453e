"""Pledges and awarded grants that staff keep, with their schedules, and the entries that settle them."""

import uuid
from datetime import date, timedelta

import pghistory
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from funders.models import Commitment, Entry, Instalment, Source
from funders.models.ledger import INCOMING
from funders.models.promises import TYPED

# An entry of the same funder is offered for an instalment that is due this near to it.
NEAR = timedelta(days=366)
MOST_OFFERED = 50


@transaction.atomic
def make(draft: Commitment, key: uuid.UUID) -> tuple[Commitment, bool]:
    """Once for each key; whether it is new."""
    # One at a time: two clicks would both find nothing.
    Source.objects.select_for_update(no_key=True).get(pk=draft.source_id)
    draft.external_id, draft.seen, draft.show_name = f"{TYPED}{key}", timezone.now(), True
    known = Commitment.objects.filter(source=draft.source, external_id=draft.external_id).first()
    if known:
        return known, False
    draft.save()
    return draft, True


def add(commitment: Commitment, part: Instalment) -> None:
    """At the end; lists are in the order of the days."""
    last = commitment.instalments.aggregate(last=Max("position"))["last"]
    part.commitment, part.position = commitment, 0 if last is None else last + 1
    part.save()


def offered(part: Instalment, today: date) -> QuerySet[Entry]:
    """Entries that may have settled it: of the same funder and currency, that stand, the newest first."""
    one, due = part.commitment, part.due_on or today
    giver = one.giver
    who = {"giver__funder": giver.funder_id} if giver and giver.funder_id else {"giver": giver}
    reversal = Entry.objects.filter(
        source=OuterRef("source"), external_id=OuterRef("external_id"), part="gross", revision=1
    )
    found = Entry.objects.filter(
        **who, part="gross", revision=0, currency=one.currency, kind__in=INCOMING,
        occurred_at__date__range=(due - NEAR, due + NEAR), amount_minor__gt=0,
    )  # fmt: skip
    return (
        found.filter(~Exists(reversal))
        .select_related("source")
        .order_by("-occurred_at", "-pk")[:MOST_OFFERED]
    )


@transaction.atomic
def settle(part: Instalment, *, paid: bool, by: Entry | None = None) -> None:
    """A link beside the ledger: nothing that counts changes but what is still awaited."""
    part.paid, part.settled_by = paid, by if paid else None
    part.save(update_fields=["paid", "settled_by"])


def reopen() -> int:
    """What was settled by a payment that does not stand any more is awaited again; how many. Twice is once."""
    stands = Entry.objects.live().filter(
        source=OuterRef("settled_by__source"), external_id=OuterRef("settled_by__external_id"), part="gross"
    )
    lost = Instalment.objects.exclude(settled_by=None).filter(~Exists(stands))
    with pghistory.context(why="the payment that settled it was taken back"):
        return lost.update(paid=False, settled_by=None)

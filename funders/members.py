"""Memberships that staff keep: each state has its commitment's, whoever moves it, a person or the calendar."""

import uuid
from collections.abc import Iterator
from datetime import date

import pghistory
from django.db import transaction
from django.utils import timezone

from funders.connectors.base import Certainty, State
from funders.ledger import giver_digest
from funders.models import Commitment, Funder, Giver, Instalment, Membership, Source
from funders.models.memberships import DAY
from funders.models.promises import TYPED

Standing = Membership.State
# What a commitment is in each state of its membership. One that is renewed runs to its own last day first.
MEANS = {
    Standing.APPLIED: (Certainty.PLEDGED, State.ACTIVE),
    Standing.INVOICED: (Certainty.COMMITTED, State.ACTIVE),
    Standing.PAID: (Certainty.COMMITTED, State.ACTIVE),
    Standing.GRACE: (Certainty.COMMITTED, State.OVERDUE),
    Standing.LAPSED: (Certainty.COMMITTED, State.ENDED),
    Standing.RENEWED: (Certainty.COMMITTED, State.ENDED),
}
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
MOST_PARTS = 120


def giver_of(source: Source, funder: Funder) -> Giver:
    """Who stands for a funder in what staff type at a source; with a name only while it may be named."""
    typed = funder.givers.filter(source=source, commitments__external_id__startswith=TYPED)
    named = {"funder": funder, "kind": funder.kind, "name": funder.name if funder.is_public else ""}
    digest = giver_digest(source.pk, f"funder {funder.pk}", public=True)
    return (
        typed.order_by("pk").first()
        or Giver.objects.get_or_create(source=source, digest=digest, defaults=named)[0]
    )


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one: 31 January and a month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise AssertionError("every month has 28 days")


def due_days(commitment: Commitment) -> Iterator[date]:
    """The first day of each period of a term."""
    start, end = commitment.starts_on, commitment.ends_on
    assert start is not None, "a membership has a term"
    assert end is not None, "a membership has a term"
    step = MONTHS.get(commitment.frequency)
    for number in range(MOST_PARTS if step else 1):
        due = months_later(start, number * (step or 0))
        if due > end:
            return
        yield due


@transaction.atomic
def make(
    draft: Commitment, key: uuid.UUID, *, state: str, day: date, renews: Membership | None = None
) -> Membership:
    """A new term, once for each key. `draft` says whose it is, how much, and from when until when."""
    # One at a time: two clicks would both find nothing, and two people would renew one term twice.
    Source.objects.select_for_update(no_key=True).get(pk=draft.source_id)
    draft.external_id, draft.seen = f"{TYPED}{key}", timezone.now()
    known = Membership.objects.filter(
        commitment__source=draft.source, commitment__external_id=draft.external_id
    )
    if found := known.first():
        return found
    draft.certainty, draft.state = MEANS[Standing(state)]
    draft.save()
    schedule(draft)
    membership = Membership.objects.create(commitment=draft, state=state, since=day, renews=renews)
    move(membership, state, day)
    if renews:
        move(renews, Standing.RENEWED, day)
    return membership


def schedule(commitment: Commitment) -> None:
    """An instalment for each period of the term. What is paid stays as it was."""
    assert commitment.amount_minor, "a membership has an amount"
    commitment.instalments.filter(paid=False).delete()
    paid = set(commitment.instalments.values_list("position", flat=True))
    Instalment.objects.bulk_create(
        Instalment(commitment=commitment, position=n, amount_minor=commitment.amount_minor, due_on=due)
        for n, due in enumerate(due_days(commitment))
        if n not in paid
    )


@transaction.atomic
def move(membership: Membership, state: str, day: date) -> None:
    """To another state since a day, and its commitment with it."""
    commitment, parts = membership.commitment, membership.commitment.instalments
    if state == Standing.PAID:
        first = min((part.due_on for part in parts.all() if part.due_on), default=day)
        parts.filter(due_on__lte=max(day, first)).update(paid=True)
    elif state == Standing.INVOICED and membership.state == Standing.PAID:
        # It was not paid after all; what an entry settled was.
        parts.filter(settled_by=None).update(paid=False)
    runs_on = state == Standing.RENEWED and membership.state == Standing.PAID and membership.ends_on >= day
    membership.state, membership.since = state, day
    membership.save(update_fields=["state", "since"])
    if runs_on:
        return
    commitment.certainty, commitment.state = MEANS[Standing(state)]
    commitment.show_name = state not in (Standing.APPLIED, Standing.INVOICED)
    commitment.seen = timezone.now()
    commitment.save(update_fields=["certainty", "state", "show_name", "seen"])


@transaction.atomic
def follow_calendar(today: date) -> int:
    """What the days that have passed have moved; how many. Run late or twice, it comes to the same."""
    ours = Membership.objects.select_for_update(of=("self",)).select_related("commitment__tier")
    moved = 0
    with pghistory.context(why="the term is over"):
        for one in ours.over(today).filter(state__in=[Standing.INVOICED, Standing.PAID]).order_by("pk"):
            move(one, Standing.GRACE, one.ends_on + DAY)
            moved += 1
    with pghistory.context(why="its days of grace are over"):
        for one in ours.filter(state=Standing.GRACE).order_by("pk"):
            if one.grace_until and one.grace_until < today:
                move(one, Standing.LAPSED, one.grace_until + DAY)
                moved += 1
    renewed = Commitment.objects.filter(membership__in=Membership.objects.over(today), membership__state=Standing.RENEWED)  # fmt: skip
    return moved + renewed.exclude(state=State.ENDED.value).update(state=State.ENDED.value)

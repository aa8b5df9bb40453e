"""Money that goes to another project from some day on, and which sums that moves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from funders.models import DailyTotal, Source
from funders.models.ledger import RAISED
from funders.reach import reached
from fundtracker.money import Money
from projects.models import Project, Stream

DAY = timedelta(days=1)
SHARE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Plan:
    """From `since` on (always, if none) what comes to `source` for `designation` goes to `project`, all of it.

    Without a designation: all of the source's money that has no stream of its own.
    """

    source: Source
    designation: str | None
    project: Project
    since: date | None
    purpose: str


@dataclass(frozen=True, slots=True)
class Reach:
    """What reaches a project, or a campaign in its days: before and after."""

    of: Any
    before: Money
    after: Money


class Changed(Exception):
    """Somebody else changed the source's streams since they were looked at."""


def fingerprint(source: Source) -> str:
    """Differs whenever a stream of the source does."""
    rows = source.streams.order_by("pk").values_list(
        "pk", "designation", "project", "share_bp", "starts_on", "ends_on"
    )
    return sha256(repr(list(rows)).encode()).hexdigest()[:16]


def ending(plan: Plan) -> QuerySet[Stream]:
    """The streams that take this money on `since` or later."""
    streams = Stream.objects.filter(source=plan.source, designation=plan.designation)
    if plan.designation is None:
        streams = Stream.objects.filter(source=plan.source, designation__isnull=True)
    return streams.filter(Q(ends_on=None) | Q(ends_on__gte=plan.since)) if plan.since else streams


def undoes_frozen(plan: Plan) -> bool:
    """Whether a stream would go that a campaign with frozen figures counts."""
    gone = ending(plan)
    if plan.since:
        gone = gone.filter(starts_on__gte=plan.since)
    return gone.filter(campaigns__frozen__isnull=False).exists()


@transaction.atomic
def move(plan: Plan, *, seen: str) -> Stream:
    """What takes this money now ends the day before, or goes where it would begin later. Changed, or IntegrityError
    by the trigger on shares, if others were faster."""
    # One source's streams are changed by one at a time.
    Source.objects.select_for_update(no_key=True).get(pk=plan.source.pk)
    if fingerprint(plan.source) != seen:
        raise Changed
    for stream in ending(plan):
        if plan.since and (stream.starts_on is None or stream.starts_on < plan.since):
            stream.ends_on = plan.since - DAY
            stream.save()
        else:
            stream.campaigns.clear()
            stream.delete()
    made = Stream.objects.create(
        project=plan.project, source=plan.source, designation=plan.designation, starts_on=plan.since, purpose=plan.purpose
    )  # fmt: skip
    over = Q(ends_on__lt=plan.since) if plan.since else Q(pk=None)
    made.campaigns.set(plan.project.campaigns.filter(frozen=None).exclude(over))
    with connection.cursor() as cursor:
        # The trigger that adds up the shares speaks now, not at the end.
        cursor.execute("SET CONSTRAINTS stream_shares_are_whole IMMEDIATE")
    return made


def preview(plan: Plan) -> list[Reach]:
    """Of each project and campaign whose sums would differ: done, looked at, and undone."""
    before = sums(plan.source)
    with transaction.atomic():
        move(plan, seen=fingerprint(plan.source))
        after = sums(plan.source)
        transaction.set_rollback(True)
    return [
        Reach(
            of, Money(before.get((of, currency), 0), currency), Money(after.get((of, currency), 0), currency)
        )
        for of, currency in sorted(
            {*before, *after}, key=lambda one: (type(one[0]).__name__, str(one[0]), one[1])
        )
        if before.get((of, currency), 0) != after.get((of, currency), 0)
    ]


def size(reaches: Sequence[Reach]) -> list[Money]:
    """What is moved, by currency: of projects or of campaigns, whichever is more."""
    moved: dict[tuple[str, bool, bool], int] = defaultdict(int)
    for reach in reaches:
        change = reach.after - reach.before
        moved[change.currency, isinstance(reach.of, Project | None), change.minor > 0] += abs(change.minor)
    return [
        Money(max(minor for key, minor in moved.items() if key[0] == currency), currency)
        for currency in sorted({currency for currency, *_ in moved})
    ]


def sums(source: Source) -> dict[tuple[Any, str], int]:
    """Minor units of `source` that reach each project, each campaign, and none (None), by currency."""
    streams = list(source.streams.select_related("project").prefetch_related("campaigns"))
    found: dict[tuple[Any, str], Decimal] = defaultdict(Decimal)
    rows = DailyTotal.objects.filter(source=source, counted_as__in=RAISED)
    by_day = rows.values_list("designation", "value_date", "currency").annotate(minor=Sum("amount_minor"))
    for designation, day, currency, minor in by_day:
        left = Decimal(minor)
        for stream in reached(streams, designation, day):
            part = minor * stream.share_bp / SHARE
            left -= part
            found[stream.project, currency] += part
            for campaign in stream.campaigns.all():
                if campaign.starts_on <= day and (campaign.ends_on is None or day <= campaign.ends_on):
                    found[campaign, currency] += part
        found[None, currency] += left
    return {key: int(minor.quantize(Decimal(1), ROUND_HALF_EVEN)) for key, minor in found.items()}

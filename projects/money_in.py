"""What projects receive and are promised, and for which time: sums at their streams' shares, from a few queries.

Nothing is assumed of money that nobody has signed for: a source that knows no promises ends with what was given.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from funders import promises
from funders.connectors import MANUAL
from funders.models import Commitment, DailyTotal, Instalment, Source
from funders.models.ledger import RAISED
from funders.reach import reached
from fundtracker.models import Site
from projects import money_in_sql as sql
from projects.coverage import DAY, MONTHS_OF, Certainty, Need, add_months, coverage, end_of, period
from projects.models import Project, Stream

SHARE = Decimal(10_000)
ONCE = "once"
Span = tuple[date, date]
# Source, designation, purpose, currency, frequency, value date.
Key = tuple[int, str, str | None, str, str, date]
Row = tuple[Any, ...]


class Apart(StrEnum):
    """Promised, and yet in no month."""

    OVERDUE = "overdue"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class Flow:
    """Some of a source's money, or at a stream's share that of a project: without a `span` for no time in particular."""

    source: int
    designation: str
    purpose: str | None
    currency: str
    day: date  # whose rate it is converted at
    minor: Decimal
    span: Span | None
    label: str
    certainty: Certainty = Certainty.RECEIVED
    funder: int | None = None
    apart: Apart | None = None
    per_month: Decimal | None = None  # what it comes to a month, where it recurs


class Streams:
    """Which streams a sum takes. Sums of one kind share their answer."""

    def __init__(self, streams: Iterable[Stream]) -> None:
        self.of_source: dict[int, list[Stream]] = defaultdict(list)
        for stream in streams:
            self.of_source[stream.source_id].append(stream)
        self.sources: dict[int, Source] = {pk: own[0].source for pk, own in self.of_source.items()}
        self.changes = {pk: sorted(_changes(own)) for pk, own in self.of_source.items()}
        self.known: dict[tuple[int, str, int], list[Stream]] = {}

    def reached(self, source: int, designation: str, day: date) -> list[Stream]:
        key = (source, designation, bisect_right(self.changes[source], day))
        if key not in self.known:
            self.known[key] = reached(self.of_source[source], designation, day)
        return self.known[key]


def _changes(streams: Iterable[Stream]) -> set[date]:
    starts = {stream.starts_on for stream in streams if stream.starts_on}
    return starts | {stream.ends_on + DAY for stream in streams if stream.ends_on}


class Books:
    """The money of some projects for the time from `since` until `until`, as it is known on a day."""

    def __init__(self, projects: Sequence[Project], *, on: date, since: date, until: date) -> None:
        self.on, self.since, self.until, self.month = on, since, until, on.replace(day=1)
        own = Stream.objects.filter(project__in=projects).values("source")
        self.streams = Streams(Stream.objects.filter(source__in=own).select_related("source"))
        self.sources = self.streams.sources
        self.promising = promises.promising(self.sources)
        self.told_once = promises.told_once(self.sources, self.promising)
        self.of_project: dict[int, list[Flow]] = defaultdict(list)
        for flow in [*self._received(), *self._recurring(), *self._instalments()]:
            for stream in self.streams.reached(flow.source, flow.designation, flow.day):
                self.of_project[stream.project_id].append(_shared(flow, stream))

    def sources_of(self, project: int) -> list[Source]:
        """Those that reach it on the day, by name."""
        found = {
            stream.source
            for own in self.streams.of_source.values()
            for stream in own
            if stream.project_id == project and _is_open(stream, self.on)
        }
        return sorted(found, key=lambda source: (source.name, source.pk))

    def promises_nothing(self, source: Source) -> bool:
        """Whether nothing is known of what its givers will give."""
        return source.pk in self.told_once and source.pk not in self.promising

    def _received(self) -> Iterator[Flow]:
        """By the day it counts on. A yearly gift of up to a year before still pays for the first month."""
        otherwise = self._ask(sql.FOR_ANOTHER_TIME)
        daily = self._daily()
        for row in otherwise:
            key, minor = row[:6], row[-1]
            if key in daily:
                daily[key] -= minor
        for (source, designation, purpose, currency, frequency, day), minor in daily.items():
            if minor:
                span = None if frequency == ONCE else period(day, frequency)
                label = self.sources[source].name
                yield Flow(
                    source, designation, purpose, currency, day, Decimal(minor), span, label,
                    per_month=_a_month(minor, frequency),
                )  # fmt: skip
        yield from self._for_another_time(otherwise)

    def _daily(self) -> dict[Key, int]:
        rows = (
            DailyTotal.objects.filter(
                source__in=self.sources,
                counted_as__in=RAISED,
                value_date__range=(add_months(self.since, -12), self.on),
            )
            .values_list("source_id", "designation", "purpose", "currency", "frequency", "value_date")
            .annotate(minor=Sum("amount_minor"))
        )
        return {row[:-1]: row[-1] for row in rows}

    def _for_another_time(self, rows: Sequence[Row]) -> Iterator[Flow]:
        settled = {row[10] for row in rows if row[10]}
        promised = Commitment.objects.select_related("giver__funder", "source").in_bulk(settled)
        for (
            source,
            designation,
            purpose,
            currency,
            _own,
            day,
            meant,
            due,
            starts,
            ends,
            commitment,
            minor,
        ) in rows:
            label, funder = self.sources[source].name, None
            span = (starts, ends) if commitment else None
            if commitment:
                label, funder = who(promised[commitment])
            if meant != ONCE:
                span = period(due or day, meant)
            yield Flow(
                source, designation, purpose, currency, day, Decimal(minor), span, label, funder=funder,
                per_month=_a_month(minor, meant),
            )  # fmt: skip

    def _recurring(self) -> Iterator[Flow]:
        """From this month on, from where its giver has paid until and as long as it is signed for."""
        sums: dict[Row, Decimal] = defaultdict(Decimal)
        recurs: dict[Row, Decimal] = defaultdict(Decimal)
        for row in self._ask(sql.RECURRING):
            *key, frequency, starts, ends, paid_until, label, funder, minor = row
            days = (self.month, starts, paid_until and paid_until + DAY)
            first = max(day for day in days if day is not None)
            monthly = Need("", Decimal(minor) / MONTHS_OF[frequency], first, ends)
            called = (*key, label or unnamed(self.sources[key[0]]), funder)
            if first <= self.on <= (ends or self.on):
                recurs[(*called, self.month)] += monthly.per_month
            for month in coverage([monthly], [], [], first=self.month, last=self.until):
                sums[(*called, month.first)] += month.cost
        for (source, designation, purpose, currency, label, funder, month), minor in sums.items():
            span = (month, end_of(month))
            again = recurs.get((source, designation, purpose, currency, label, funder, month))
            yield Flow(
                source, designation, purpose, currency, self.on, minor, span, label, Certainty.COMMITTED, funder,
                per_month=again,
            )  # fmt: skip

    def _instalments(self) -> Iterator[Flow]:
        """Unpaid parts: over what is left of the term, else on the day they are due."""
        late = Q(due_on__lt=self.on)
        parts = (
            Instalment.objects.filter(late | Q(commitment__frequency=ONCE), paid=False)
            .filter(commitment__source__in=self.told_once, commitment__certainty=Certainty.COMMITTED)
            .exclude(commitment__state__in=["ended", "paused"])
            .select_related("commitment__giver__funder", "commitment__source")
        )
        for part in parts:
            one, span, apart = part.commitment, None, None
            if part.due_on and part.due_on < self.on:
                apart = Apart.OVERDUE
            elif one.ends_on and one.ends_on >= self.month:
                span = (max(one.starts_on or self.month, self.month), one.ends_on)
            elif part.due_on is None:
                apart = Apart.UNDATED
            day = self.on if span or apart else (part.due_on or self.on)
            label, funder = who(one)
            yield Flow(
                one.source_id, one.designation, one.purpose, one.currency, day, Decimal(part.amount_minor), span,
                label, Certainty.COMMITTED, funder, apart,
            )  # fmt: skip

    def _ask(self, question: str) -> list[Row]:
        zone = Site.current().zone
        since = datetime.combine(add_months(self.month, -13), time.min, zone)
        about: dict[str, Any] = {
            "sources": sorted(self.told_once if question == sql.RECURRING else self.sources),
            "zone": zone.key,
            "on": self.on,
            "month": self.month,
            "since": since,
        }
        with connection.cursor() as cursor:
            cursor.execute(question, about)
            return list(cursor.fetchall())


def who(commitment: Commitment) -> tuple[str, int | None]:
    """How a promise is called in public, and its funder. A giver who may not be named is its source."""
    giver = commitment.giver
    if (
        not giver
        or not commitment.show_name
        or not giver.name
        or (giver.funder and not giver.funder.is_public)
    ):
        return unnamed(commitment.source), None
    name = str(giver.funder or giver.name)
    return f"{name} ({commitment.title})" if commitment.title else name, giver.funder_id


def unnamed(source: Source) -> str:
    return _("a signed promise") if source.kind == MANUAL else source.name


def _a_month(minor: int, frequency: str) -> Decimal | None:
    return None if frequency == ONCE else Decimal(minor) / MONTHS_OF[frequency]


def _shared(flow: Flow, stream: Stream) -> Flow:
    share = stream.share_bp / SHARE
    per_month = None if flow.per_month is None else flow.per_month * share
    return replace(
        flow, minor=flow.minor * share, per_month=per_month, purpose=flow.purpose or stream.purpose
    )


def _is_open(stream: Stream, day: date) -> bool:
    return (stream.starts_on or day) <= day <= (stream.ends_on or day)

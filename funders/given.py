"""What funders gave in public, and which projects it reached.

Streams and projects belong to the floor above, so that only their fields are known here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from funders.ledger_sql import INCOMING, TAKEN_BACK, live
from funders.models import Commitment, DailyTotal, Entry, Funder, Giver, Source
from funders.models.ledger import RAISED
from funders.reach import reached
from funders.standing_sql import DAY
from funders.subjects import PEOPLE

YEAR = timedelta(days=365)
DAY_LONG = timedelta(days=1)
SHARE = Decimal(10_000)
# By source.
Streams = Mapping[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Given:
    """Raised money of one day: of one funder's public gifts, or of everybody's where there is none."""

    funder: int | None
    source: int
    designation: str
    day: date
    currency: str
    purpose: str | None
    minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """What of a sum reaches a project, at its stream's share: exact, maybe a fraction of a minor unit."""

    sum: Given
    stream: Any
    minor: Decimal

    @property
    def purpose(self) -> str:
        return str(self.sum.purpose or self.stream.purpose)


# What takes a public gift back is of its funder too, whatever the provider says of the refund's own name.
_PUBLIC = f"""
WITH gifts AS MATERIALIZED (
    SELECT g.funder_id, e.id, e.source_id, e.external_id
    FROM funders_funder f JOIN funders_giver g ON g.funder_id = f.id JOIN funders_entry e ON e.giver_id = g.id
    WHERE {{which}} AND f.is_public AND g.name <> '' AND e.show_name AND e.part = 'gross'
        AND e.kind IN {INCOMING} AND {live("e")}
), moved AS (
    SELECT funder_id, id FROM gifts
    UNION ALL
    SELECT gifts.funder_id, e.id FROM gifts JOIN funders_entry e
        ON e.source_id = gifts.source_id AND e.refunds_external_id = gifts.external_id
    WHERE e.refunds_external_id <> '' AND e.part = 'gross' AND e.kind IN {TAKEN_BACK} AND {live("e")}
)
SELECT m.funder_id, e.source_id, e.designation, coalesce(s.value_date, {DAY}), e.currency, e.purpose,
    sum(e.amount_minor)::bigint
FROM moved m JOIN funders_entry e ON e.id = m.id LEFT JOIN funders_standing s ON s.entry_id = e.id
WHERE coalesce(s.counted_as, e.kind) = ANY(%(raised)s)
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 4, 2
"""  # noqa: S608 (nothing but conditions written here and in ledger_sql)


def by_funders(funders: Iterable[int]) -> list[Given]:
    """The public gifts of these, as far as they may be named."""
    return _public("g.funder_id", funders)


def at_sources(sources: Iterable[int]) -> list[Given]:
    """The public gifts of every known funder that came through these."""
    return _public("e.source_id", sources)


def _public(column: str, keys: Iterable[int]) -> list[Given]:
    with connection.cursor() as cursor:
        sql = _PUBLIC.format(which=f"{column} = ANY(%(keys)s)")
        cursor.execute(sql, {"keys": list(keys), "raised": list(RAISED)})
        return [Given(*row) for row in cursor.fetchall()]


def by_everybody(sources: Iterable[int]) -> list[Given]:
    """All that was raised through these, whoever gave it."""
    rows = (
        DailyTotal.objects.filter(source__in=set(sources), counted_as__in=RAISED)
        .values_list("source", "designation", "value_date", "currency", "purpose")
        .annotate(minor=Sum("amount_minor"))
        .order_by("value_date", "source")
    )
    return [Given(None, *row) for row in rows]


def streams_of(sources: Iterable[int]) -> dict[int, list[Any]]:
    """With their projects; all of a source's, since a designation's stream wins over its source's."""
    found = Source.objects.filter(pk__in=set(sources)).prefetch_related("streams__project")
    return {source.pk: list(source.streams.all()) for source in found}


def parts(sums: Iterable[Given], streams: Streams) -> Iterator[Part]:
    for one in sums:
        for stream in reached(streams.get(one.source, ()), one.designation, one.day):
            yield Part(one, stream, Decimal(one.minor) * stream.share_bp / SHARE)


def is_recent(one: Given, today: date) -> bool:
    return today - YEAR < one.day <= today


def promised(funders: Iterable[int], today: date) -> list[Commitment]:
    """What runs of the public promises of these."""
    found = Commitment.objects.running(today).public().filter(giver__funder__in=set(funders))
    return list(found.select_related("giver"))


def paid_for(sums: Sequence[Given], promises: Sequence[Commitment], streams: Streams, today: date) -> set[tuple[int, int]]:  # fmt: skip
    """Whom each funder is known to pay: pairs of a funder and a project.

    Its public gifts of twelve months come to more than nothing in a currency, or a public promise of it runs.
    """
    recent: dict[tuple[int, int, str], Decimal] = {}
    for part in parts((one for one in sums if is_recent(one, today)), streams):
        key = (part.sum.funder or 0, part.stream.project_id, part.sum.currency)
        recent[key] = recent.get(key, Decimal(0)) + part.minor
    pairs = {(funder, project) for (funder, project, _), minor in recent.items() if minor > 0}
    for promise in promises:
        assert promise.giver
        assert promise.giver.funder_id
        for stream in reached(streams.get(promise.source_id, ()), promise.designation, today):
            pairs.add((promise.giver.funder_id, stream.project_id))
    return pairs


def payments(funders: Iterable[int], today: date) -> set[tuple[int, int]]:
    """Pairs of a funder and a project that it is known to pay, asked of the database."""
    funders = set(funders)
    sums, promises = by_funders(funders), promised(funders, today)
    streams = streams_of({one.source for one in sums} | {one.source_id for one in promises})
    return paid_for(sums, promises, streams, today)


def listed() -> QuerySet[Funder]:
    """Whom a list may show: organisations that may be named, and people of whom a gift is public."""
    gift = Q(Exists(Entry.objects.filter(giver=OuterRef("pk"), show_name=True)))
    promise = Q(Exists(Commitment.objects.filter(giver=OuterRef("pk"), show_name=True)))
    named = Giver.objects.filter(gift | promise, funder=OuterRef("pk")).exclude(name="")
    return Funder.objects.public().filter(~Q(kind__in=PEOPLE) | Exists(named)).order_by("name", "pk")


def given_to(funders: Sequence[Funder], today: date) -> dict[int, tuple[list[Any], date | None]]:
    """Of each funder the public projects that its public gifts and running promises reach, and since when it gives."""
    pks = [funder.pk for funder in funders]
    sums, promises = by_funders(pks), promised(pks, today)
    streams = streams_of({one.source for one in sums} | {one.source_id for one in promises})
    reaches = [(part.sum.funder or 0, part.stream.project) for part in parts(sums, streams)]
    days: dict[int, list[date]] = {pk: [one.day for one in sums if one.funder == pk] for pk in pks}
    for promise in promises:
        assert promise.giver
        pk = promise.giver.funder_id or 0
        there = reached(streams.get(promise.source_id, ()), promise.designation, today)
        reaches += [(pk, stream.project) for stream in there]
        days[pk] += [promise.starts_on] if promise.starts_on else []
    return {
        pk: (
            sorted(
                {project for funder, project in reaches if funder == pk and project.is_public},
                key=lambda project: str(project.name),
            ),
            min(days[pk], default=None),
        )
        for pk in pks
    }


def givers_to(project: str, today: date) -> set[int]:
    """Funders whose public gifts or running promises reach the project of this short name."""
    sources = Source.objects.filter(streams__project__slug=project).values_list("pk", flat=True)
    streams = streams_of(sources)
    found = {
        part.sum.funder
        for part in parts(at_sources(streams), streams)
        if part.sum.funder and part.stream.project.slug == project
    }
    promises = (
        Commitment.objects.running(today).public().filter(source__in=streams, giver__funder__isnull=False)
    )
    for promise in promises.select_related("giver"):
        for stream in reached(streams[promise.source_id], promise.designation, today):
            if stream.project.slug == project and promise.giver and promise.giver.funder_id:
                found.add(promise.giver.funder_id)
    return found

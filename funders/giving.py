"""One funder's public gifts by project, and its share of each project's money where that tells on nobody."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from funders import given, rates
from funders.given import Part
from funders.ledger_sql import live
from funders.models import Funder, Source
from funders.models.ledger import RAISED
from funders.models.promises import PURPOSES
from funders.standing_sql import DAY
from fundtracker.money import Money

# With fewer unnamed givers beside it, a funder's share would tell what one of them gave.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Share:
    """Percent of a project's money, floored; None where there is none to share, or no rate, or it is withheld."""

    percent: int | None
    is_withheld: bool


@dataclass(frozen=True, slots=True)
class Giving:
    """What a project had of the funder: in all and in the last twelve months, by currency."""

    project: Any
    since: date
    in_all: list[Money]
    recent: list[Money]
    purposes: list[tuple[str, list[Money]]]
    share: Share
    recent_share: Share


@dataclass(frozen=True, slots=True)
class Gifts:
    """`elsewhere` reached no project that has a page here."""

    by_project: list[Giving]
    in_all: list[Money]
    elsewhere: list[Money]


def gifts(funder: Funder, today: date) -> Gifts:
    sums = given.by_funders([funder.pk])
    own = _public(given.parts(sums, given.streams_of({one.source for one in sums})))
    sources = Source.objects.filter(streams__project__in=list(own)).values_list("pk", flat=True)
    everybody = given.by_everybody(sources)
    streams = given.streams_of(one.source for one in everybody)
    every = _public(given.parts(everybody, streams))
    currencies = {one.currency for one in everybody}
    first = min((one.day for one in everybody), default=today)
    known = rates.load(currencies if len(currencies) > 1 else (), since=first, until=today)
    hidden = _hidden(own, streams, today)

    def giving(project: Any) -> Giving:
        mine, all_of_it = own[project], every.get(project, [])
        return Giving(
            project=project,
            since=min(part.sum.day for part in mine),
            in_all=_money(mine),
            recent=_money(_recent(mine, today)),
            purposes=_by_purpose(mine),
            share=_share(mine, all_of_it, known, (project.pk, False) in hidden),
            recent_share=_share(
                _recent(mine, today), _recent(all_of_it, today), known, (project.pk, True) in hidden
            ),
        )

    shown = [part for some in own.values() for part in some]
    whole: dict[str, Decimal] = defaultdict(Decimal)
    for one in sums:
        whole[one.currency] += one.minor
    rest = dict(whole)
    for part in shown:
        rest[part.sum.currency] -= part.minor
    found = sorted(map(giving, own), key=lambda one: one.project.name)
    return Gifts(found, _listed(whole), _listed(rest))


def _public(found: Iterable[Part]) -> dict[Any, list[Part]]:
    """By project, of those that have a page."""
    by_project: dict[Any, list[Part]] = defaultdict(list)
    for part in found:
        if part.stream.project.is_public:
            by_project[part.stream.project].append(part)
    return by_project


def _recent(found: Sequence[Part], today: date) -> list[Part]:
    return [part for part in found if given.is_recent(part.sum, today)]


def _money(found: Iterable[Part]) -> list[Money]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for part in found:
        sums[part.sum.currency] += part.minor
    return _listed(sums)


def _listed(sums: dict[str, Decimal]) -> list[Money]:
    """Rounded once, the largest first; what came to nothing is left out."""
    rounded = [Money(round(minor), currency) for currency, minor in sums.items()]
    return sorted(filter(None, rounded), key=lambda one: (-one.minor, one.currency))


def _by_purpose(found: Sequence[Part]) -> list[tuple[str, list[Money]]]:
    sums = [
        (str(label), _money(part for part in found if part.purpose == purpose)) for purpose, label in PURPOSES
    ]
    return [(label, some) for label, some in sums if some]


def _share(own: Sequence[Part], every: Sequence[Part], known: rates.Rates, is_hidden: bool) -> Share:
    if is_hidden:
        return Share(None, is_withheld=True)
    counts = Counter(part.sum.currency for part in every)
    currency = min(counts, key=lambda one: (-counts[one], one), default="")

    def convert(part: Part) -> Decimal | None:
        return known.convert(part.minor, part.sum.currency, currency, part.sum.day)

    mine, whole = [convert(part) for part in own], [convert(part) for part in every]
    if None in mine or None in whole:
        return Share(None, is_withheld=False)
    total = sum(filter(None, whole), Decimal(0))
    share = sum(filter(None, mine), Decimal(0))
    return Share(int(share * 100 // total) if 0 < share <= total else None, is_withheld=False)


_COUNTS = f"""e.part = 'gross' AND e.amount_minor > 0 AND coalesce(s.counted_as, e.kind) = ANY(%(raised)s)
    AND {live("e")} AND coalesce({DAY} >= asked.since, true) AND coalesce({DAY} <= asked.until, true)
    AND (e.designation = asked.designation OR asked.designation IS NULL AND NOT EXISTS (
        SELECT 1 FROM jsonb_to_recordset(asked.own) AS o(designation text, since date, until date)
        WHERE o.designation = e.designation AND coalesce({DAY} >= o.since, true)
            AND coalesce({DAY} <= o.until, true)))"""  # noqa: S608 (nothing but conditions of our own)
# Of each stream whether somebody without a name gives through it: up to three of them, and gifts without any giver.
_UNNAMED = f"""
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb)
        AS one(project int, recent boolean, source int, designation text, since date, until date, own jsonb)
)
SELECT asked.project, asked.recent,
    ARRAY(SELECT g.id FROM funders_giver g LEFT JOIN funders_funder f ON f.id = g.funder_id
        WHERE g.source_id = asked.source AND EXISTS (
            SELECT 1 FROM funders_entry e LEFT JOIN funders_standing s ON s.entry_id = e.id
            WHERE e.giver_id = g.id AND NOT (e.show_name AND g.name <> '' AND coalesce(f.is_public, true))
                AND {_COUNTS})
        LIMIT {FEWEST}),
    EXISTS (SELECT 1 FROM funders_entry e LEFT JOIN funders_standing s ON s.entry_id = e.id
        WHERE e.source_id = asked.source AND e.giver_id IS NULL AND {_COUNTS})
FROM asked
"""  # noqa: S608 (nothing but conditions of our own)


def _hidden(projects: Iterable[Any], streams: given.Streams, today: date) -> set[tuple[int, bool]]:
    """Projects, in all (False) and in the last twelve months (True), with unnamed givers, but fewer than three."""
    wanted = {project.pk for project in projects}
    asked = [
        _asked(stream, streams[source], recent, today)
        for source in streams
        for stream in streams[source]
        if stream.project_id in wanted
        for recent in (False, True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UNNAMED, {"asked": json.dumps(asked, default=str), "raised": list(RAISED)})
        rows = cursor.fetchall()
    people: dict[tuple[int, bool], set[int]] = defaultdict(set)
    for project, recent, givers, without in rows:
        # Nobody knows how many gave what has no giver: it hides nobody, and may be one.
        people[project, recent] |= {*givers, *([0] if without and not givers else [])}
    return {key for key, some in people.items() if 0 < len(some) < FEWEST}


def _asked(stream: Any, beside: Iterable[Any], recent: bool, today: date) -> dict[str, Any]:
    since = max(
        filter(None, (stream.starts_on, today - given.YEAR + given.DAY_LONG if recent else None)),
        default=None,
    )
    own = [
        {"designation": one.designation, "since": one.starts_on, "until": one.ends_on}
        for one in beside
        if one.designation is not None
    ]
    return {
        "project": stream.project_id, "recent": recent, "source": stream.source_id, "designation": stream.designation,
        "since": since, "until": stream.ends_on, "own": own,
    }  # fmt: skip

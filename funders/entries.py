"""The staff's list of entries: what is looked for, a page at a time, and never counted or skipped through."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import TruncDate

from funders import connectors
from funders.models import Entry, Giver, Source
from funders.models.ledger import LISTED, RAISED, EntryQuerySet
from fundtracker.models import Site

PAGE = 50
DAY = timedelta(days=1)
_PLACE = re.compile(r"(-?\d{1,17})-(\d{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
STATES = {
    "counted": Q(standing=None, kind__in=RAISED),
    "corrected": Q(correction__isnull=False),
    "waiting": Q(standing__counted_as="waiting"),
    "twin": Q(standing__counted_as="twin"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """`newer` and `older` are the places where the pages beside it begin; empty where there is none."""

    entries: Sequence[Entry]
    newer: str = ""
    older: str = ""


def place(entry: Entry) -> str:
    """Where an entry stands in the list, for an address."""
    return f"{(entry.occurred_at - _EPOCH) // _MICROSECOND}-{entry.pk}"


def page(found: EntryQuerySet, *, before: str = "", after: str = "") -> Page:
    """The newest, those older than `before`, or those newer than `after`: by an index, however deep in the list."""
    place_of = Tuple("occurred_at", "id")
    newest = found.for_list().order_by("-occurred_at", "-id")
    if at := _placed(after):
        later = found.for_list().filter(TupleGreaterThan(place_of, at)).order_by("occurred_at", "id")
        rows = list(later[: PAGE + 1])
        shown = rows[:PAGE][::-1]
        return (
            Page(shown, place(shown[0]) if len(rows) > PAGE else "", place(shown[-1]))
            if shown
            else page(found)
        )
    at = _placed(before)
    rows = list((newest.filter(TupleLessThan(place_of, at)) if at else newest)[: PAGE + 1])
    shown = rows[:PAGE]
    return Page(
        shown,
        place(shown[0]) if at and shown else "",
        place(shown[-1]) if len(rows) > PAGE else "",
    )


def _placed(text: str) -> tuple[datetime, int] | None:
    match = _PLACE.fullmatch(text)
    try:
        return (_EPOCH + int(match[1]) * _MICROSECOND, int(match[2])) if match else None
    except OverflowError:
        return None


def search(asked: Mapping[str, Any]) -> EntryQuerySet:
    """`asked` are the fields of funders.staff.entries.FilterForm: those that are empty ask for nothing."""
    zone = Site.current().zone
    found = Entry.objects.last_words() if asked.get("state") == "gone" else Entry.objects.live()
    if asked.get("state") == "gone":
        found = found.filter(Exists(Entry.objects.taken_back()))
    for field in ("source", "kind", "designation", "currency"):
        if asked.get(field):
            found = found.filter(**{field: asked[field]})
    for condition in (
        STATES.get(asked.get("state") or ""),
        _within(asked.get("since"), asked.get("until"), zone),
        Q(amount_minor__gte=asked["least"].minor) if asked.get("least") else None,
        Q(amount_minor__lte=asked["most"].minor) if asked.get("most") else None,
        Q(giver__in=_named(asked["giver"])) if asked.get("giver") else None,
        _text(asked["text"]) if asked.get("text") else None,
    ):
        found = found.filter(condition) if condition is not None else found
    return _of_stream(found, asked["stream"], zone) if asked.get("stream") else found


def _within(since: date | None, until: date | None, zone: ZoneInfo) -> Q:
    """Days in the books' time zone, as instants: an index serves those."""
    within = Q()
    if since:
        within &= Q(occurred_at__gte=datetime.combine(since, time(), zone))
    if until and until < date.max:
        within &= Q(occurred_at__lt=datetime.combine(until + DAY, time(), zone))
    return within


def _named(words: str) -> "QuerySet[Giver, Any]":
    """Unnamed givers have no name and no id here, so that nobody finds them."""
    givers = Giver.objects.exclude(name="")
    for word in words.split():
        givers = givers.filter(name__icontains=word)
    return givers.values("pk")


def _text(text: str) -> Q:
    """What its id or its designation begins with, or its payment, with or without the provider's name before it."""
    typed_in = Source.objects.filter(kind=connectors.MANUAL).values_list("slug", flat=True)
    payments = [
        text,
        *(f"{kind}:{text}" for kind in connectors.CONNECTORS),
        *(f"{text} · {slug}" for slug in typed_in),
    ]
    # Apart, each by its own index: together the planner would rather read the whole list.
    listed = Entry.objects.filter(LISTED).order_by().values("pk")
    begins = (
        listed.filter(external_id__startswith=text),
        listed.filter(designation__startswith=text).exclude(designation=""),
    )
    return Q(pk__in=begins[0].union(begins[1], listed.filter(payment_ref__in=payments), all=True))


def _of_stream(found: EntryQuerySet, stream: Any, zone: ZoneInfo) -> EntryQuerySet:
    """A stream takes its designation's money; one without takes what no stream of its own designation takes."""
    found = found.filter(_within(stream.starts_on, stream.ends_on, zone), source=stream.source_id)
    if stream.designation is not None:
        return found.filter(designation=stream.designation)
    day = OuterRef("day")
    own = Source.objects.filter(
        Q(streams__starts_on=None) | Q(streams__starts_on__lte=day),
        Q(streams__ends_on=None) | Q(streams__ends_on__gte=day),
        pk=OuterRef("source"), streams__designation=OuterRef("designation"),
    )  # fmt: skip
    return found.alias(day=TruncDate("occurred_at", tzinfo=zone)).filter(~Exists(own))

"""The history for people: what was changed, by whom, when, from what to what, and why; the latest first.

Every model under `history.tracked` is in it by itself. Each kind of thing has its own table of events: their latest
are merged by the database, so that a page costs the same however much there is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pghistory.models import Event

from fundtracker.models import Role, User
from fundtracker.money import Money
from fundtracker.templatetags.text import day, moment

# Who may read what; everything else every viewer may.
READERS = {
    "fundtracker.User": Role.ADMINISTRATOR,
    "fundtracker.SecondFactor": Role.ADMINISTRATOR,
    "fundtracker.SignInAddress": Role.ADMINISTRATOR,
    "funders.Funder": Role.TREASURER,
    "funders.Giver": Role.TREASURER,
    # What a person earns and works is theirs, and of those who pay them.
    "projects.Cost": Role.TREASURER,
    "projects.Maintainer": Role.TREASURER,
    "projects.Role": Role.TREASURER,
    "projects.Scenario": Role.TREASURER,
}
# What a thing is called, if it has one of these; otherwise by what it belongs to.
_NAMES = ("name", "title", "label", "email", "url")
_EXPORTED_AT_ONCE = 500
Names = Mapping[type[models.Model], Mapping[Any, models.Model]]


class Position(NamedTuple):
    """Where one event stands in the whole history."""

    at: datetime
    number: int
    kind: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.number}~{self.kind}"

    @classmethod
    def read(cls, text: str) -> "Position | None":
        try:
            at, number, kind = text.split("~")
            found = cls(datetime.fromisoformat(at), int(number), kind)
        except ValueError:
            return None
        return found if found.at.tzinfo and 0 <= found.number < 2**31 else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the history: as far as `reader` may see it. Days are those of `zone`."""

    reader: User
    zone: ZoneInfo
    kind: str = ""
    thing: int | None = None
    by: User | None = None
    since: date | None = None
    until: date | None = None

    def models(self) -> dict[str, Any]:
        readable = {label: model for label, model in tracked().items() if may_read(self.reader, label)}
        return {label: model for label, model in readable.items() if self.kind in ("", label)}

    def condition(self) -> Q:
        wanted = Q() if self.thing is None else Q(pgh_obj_id=self.thing)
        if self.by:
            wanted &= Q(pgh_context__metadata__user=self.by.pk)
        if self.since:
            wanted &= Q(pgh_created_at__gte=datetime.combine(self.since, time(), self.zone))
        if self.until:
            wanted &= Q(
                pgh_created_at__lt=datetime.combine(self.until + timedelta(days=1), time(), self.zone)
            )
        return wanted


@dataclass(frozen=True, slots=True)
class Field:
    """One field in words; "" where there was, or is, nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One event. `together` is the same for what one request, or one transaction, changed."""

    position: Position
    verb: str  # insert, update or delete
    kind: str
    name: str
    thing: str
    who: str
    why: str
    where: str
    together: str
    fields: Sequence[Field] = field(default_factory=tuple)


def tracked() -> dict[str, Any]:
    """The table of events of each kind of thing, by the kind's label."""
    every: list[Any] = [model for model in apps.get_models() if issubclass(model, Event)]
    return {model.pgh_tracked_model._meta.label: model for model in every if model.pgh_tracked_model}


def may_read(reader: User, label: str) -> bool:
    return reader.may(READERS.get(label, Role.VIEWER))


def latest(asked: Asked, *, before: Position | None = None, most: int = 50) -> list[Change]:
    """Up to `most` changes, those before a position. Never counts, and never reads past what it shows."""
    found = _positions(asked, before, most)
    numbers: dict[str, list[int]] = {}
    for position in found:
        numbers.setdefault(position.kind, []).append(position.number)
    kinds = tracked()
    events = {label: _with_previous(kinds[label], wanted) for label, wanted in numbers.items()}
    words = _Words(
        asked, [event for of_kind in events.values() for pair in of_kind.values() for event in pair]
    )
    return [words.change(position, *events[position.kind][position.number]) for position in found]


def everything(asked: Asked) -> Iterator[Change]:
    """All of it, for an export; held in memory by parts."""
    part = latest(asked, most=_EXPORTED_AT_ONCE)
    while part:
        yield from part
        part = latest(asked, before=part[-1].position, most=_EXPORTED_AT_ONCE)


def _positions(asked: Asked, before: Position | None, most: int) -> list[Position]:
    branches = [
        model._default_manager.filter(asked.condition(), _after(before, label))
        .order_by("-pgh_created_at", "-pgh_id")
        .annotate(pgh_kind=Value(label))
        .values_list("pgh_created_at", "pgh_id", "pgh_kind")[:most]
        for label, model in asked.models().items()
    ]
    if len(branches) > 1:
        merged = branches[0].union(*branches[1:], all=True).order_by("-pgh_created_at", "-pgh_id", "pgh_kind")
        branches = [merged[:most]]
    return [Position(at.astimezone(asked.zone), *rest) for branch in branches for at, *rest in branch]


def _after(position: Position | None, label: str) -> Q:
    """What comes after a position in the list, which is older."""
    if position is None:
        return Q()
    same = Q(pgh_id__lte=position.number) if label > position.kind else Q(pgh_id__lt=position.number)
    # The first condition says nothing new, and is what an index can begin at.
    return Q(pgh_created_at__lte=position.at) & (Q(pgh_created_at__lt=position.at) | same)


def _with_previous(model: Any, numbers: Sequence[int]) -> dict[int, tuple[Any, Any]]:
    """Each event and the one before it of the same thing, None where there is none."""
    every = model._default_manager
    older = every.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    found = every.filter(pgh_id__in=numbers).select_related("pgh_context")
    events = list(found.annotate(previous=Subquery(older.values("pgh_id")[:1])))
    previous = every.in_bulk([event.previous for event in events if event.previous])
    return {event.pgh_id: (event, previous.get(event.previous)) for event in events}


class _Words:
    """Says events in words: with the names of all that they point to, which are asked for once."""

    def __init__(self, asked: Asked, events: Iterable[Any]) -> None:
        self.zone, self.reader = asked.zone, asked.reader
        wanted: dict[type[models.Model], set[Any]] = {User: set()}
        for event in filter(None, events):
            wanted[User].add(_said(event).get("user"))
            for one in content(event):
                if one.related_model:
                    wanted.setdefault(one.related_model, set()).add(getattr(event, one.attname))
        self.names = {model: _named(model, pks - {None}) for model, pks in wanted.items()}

    def change(self, position: Position, event: Any, previous: Any) -> Change:
        said = _said(event)
        model = type(event).pgh_tracked_model
        return Change(
            position=position,
            verb=event.pgh_label,
            kind=capfirst(str(model._meta.verbose_name)),
            name=self._name(event),
            thing=f"{position.kind}:{event.pgh_obj_id}",
            who=self._who(event, said),
            why=str(said.get("why", "")),
            where=str(said.get("url", "")),
            together=str(event.pgh_context_id or position.at),
            fields=tuple(self._fields(event, previous)),
        )

    def _who(self, event: Any, said: Mapping[str, Any]) -> str:
        if "command" in said:
            return str(said["command"])
        if event.pgh_context_id is None:
            return _("a sync or a command")
        user = self.names[User].get(said.get("user"))
        return str(user) if user else _("somebody who was not signed in")

    def _fields(self, event: Any, previous: Any) -> Iterator[Field]:
        for one in content(event):
            now = self._written(event, one)
            # Of what comes by the million the history begins with its first change.
            then = self._written(previous, one) if previous else _("not recorded")
            if event.pgh_label == "insert" and now:
                yield Field(heading(one), "", now)
            elif event.pgh_label == "delete" and now:
                yield Field(heading(one), now, "")
            elif event.pgh_label == "update" and now != then and (previous or now):
                yield Field(heading(one), then, now)

    def _written(self, event: Any, one: Any) -> str:
        value = getattr(event, one.attname)
        if one.related_model and value is not None:
            return self._of(one.related_model, value)
        return written(one, value, currency=self._currency(event), zone=self.zone)

    def _of(self, model: type[models.Model], pk: Any) -> str:
        if not may_read(self.reader, model._meta.label) and model is not User:
            return _("not for your role")
        thing = self.names[model].get(pk)
        return str(thing) if thing else _("one that is gone")

    def _currency(self, event: Any) -> str:
        """Its own, or that of what it belongs to."""
        owners = (
            self.names[one.related_model].get(getattr(event, one.attname))
            for one in content(event) if one.related_model
        )  # fmt: skip
        return next((found for owner in (event, *owners) if (found := getattr(owner, "currency", ""))), "")

    def _name(self, event: Any) -> str:
        own = next((str(value) for name in _NAMES if (value := getattr(event, name, ""))), "")
        owners = (
            one for one in content(event) if one.related_model and getattr(event, one.attname) is not None
        )
        return own or " · ".join(self._of(one.related_model, getattr(event, one.attname)) for one in owners)


def _said(event: Any) -> Mapping[str, Any]:
    """What the request or the command told of itself."""
    return event.pgh_context.metadata if event.pgh_context_id and event.pgh_context else {}


def _named(model: type[models.Model], pks: set[Any]) -> dict[Any, models.Model]:
    # With what a name may ask for: a stream is called by its source.
    return model._base_manager.select_related().in_bulk(list(pks)) if pks else {}


def content(row: Any) -> list[Any]:
    """The fields of a row that mean something to people: no keys, no digests."""
    technical = (models.UUIDField, models.AutoField)
    return [
        one for one in row._meta.concrete_fields
        if not one.name.startswith("pgh_") and one.name not in ("id", "digest") and not isinstance(one, technical)
    ]  # fmt: skip


def heading(one: Any) -> str:
    return capfirst(str(one.verbose_name).split(",")[0])


def written(one: Any, value: Any, *, currency: str, zone: ZoneInfo) -> str:
    """A value of the field `one` as people read it; "" where there is none."""
    if value is None or value in ("", [], {}):
        return ""
    if one.flatchoices:
        return str(dict(one.flatchoices).get(value, value))
    if one.name.endswith("_minor") and currency:
        return Money(value, currency).format(get_language() or "en")
    if one.name.endswith("_bp"):
        return f"{(Decimal(value) / 100).normalize():f}%"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)

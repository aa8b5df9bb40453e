"""A yearly budget against the needs that are there: what is new, what changes from its first day, what it leaves out.

Nothing that was true is touched: what changes ends the day before, and another follows it. The same budget again
changes nothing. A row is known by the `ref` of a downloaded budget, or else by its name.
"""

import copy
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fundtracker.models import User
from fundtracker.templatetags.text import day as day_words
from projects import costs
from projects.budget_files import bare
from projects.models import Cost, Project

SAID = ("label", "purpose", "amount_minor", "currency", "frequency", "is_person", "in_kind")


class Changed(Exception):
    """What would be booked is no longer what was shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """A sound row of a budget. Without an amount any amount helps; without `starts_on` it holds from the budget's day."""

    where: str
    label: str
    purpose: str
    amount_minor: int | None
    currency: str
    frequency: str
    starts_on: date | None = None
    ends_on: date | None = None
    is_person: bool = False
    in_kind: bool = False
    ref: int | None = None

    def said(self, cost: Cost | None = None) -> dict[str, Any]:
        """Of `cost`, if it is there already: somebody's work pays them, whatever a row says."""
        pays = self.is_person or hasattr(cost, "role")
        return {name: getattr(self, name) for name in SAID} | {"is_person": pays}


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"  # another follows it
    MENDED = "mended"  # it has not begun, so it is changed itself
    ENDED = "ended"  # only its last day is another one
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Step:
    """What a row does: `cost` becomes what is `wanted`, which says its first and last day too."""

    kind: Kind
    where: str
    cost: Cost | None
    wanted: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, beside the field where it is mended."""

    where: str
    field: str
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`missing` are needs on the budget's day that it does not name."""

    day: date
    steps: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    missing: list[Cost] = field(default_factory=list)

    def of(self, *kinds: Kind) -> list[Step]:
        return [step for step in self.steps if step.kind in kinds]

    @property
    def is_done(self) -> bool:
        return not self.problems and len(self.of(Kind.SAME)) == len(self.steps)


def plan(known: Sequence[Cost], rows: Sequence[Row], *, day: date, today: date) -> Plan:
    return _Planner(known, day, today).plan(rows)


def fingerprint(made: Plan) -> str:
    """Equal where the same budget would do the same to the same needs."""
    steps = [(step.where, step.kind, _whole(step.cost), sorted(step.wanted.items())) for step in made.steps]
    said = [made.day, steps, [_whole(cost) for cost in made.missing]]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _whole(cost: Cost | None) -> Any:
    return cost and [cost.pk, cost.starts_on, cost.ends_on, *(getattr(cost, name) for name in SAID)]


@transaction.atomic
def apply(
    project: Project,
    rows: Sequence[Row],
    *,
    day: date,
    today: date,
    reader: User,
    shown: str,
    ending: Iterable[int],
) -> Plan:
    """Exactly what was `shown`, or Changed. Of what is missing, those of `ending` end the day before."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    made = plan(costs.shown_to(reader, project), rows, day=day, today=today)
    if made.problems or fingerprint(made) != shown:
        raise Changed
    for step in made.steps:
        _book(project, step)
    for cost in made.missing:
        if cost.pk in set(ending) and ends_before(cost, day):
            cost.ends_on = day - costs.DAY
            cost.save(update_fields=["ends_on"])
    return made


def ends_before(cost: Cost, day: date) -> bool:
    """Whether it can end before that day: it has begun by then."""
    return cost.starts_on is None or cost.starts_on < day


def _book(project: Project, step: Step) -> None:
    if step.cost is None:
        Cost.objects.create(project=project, **step.wanted)
    elif step.kind == Kind.CHANGED:
        costs.change(step.cost, _with(copy.copy(step.cost), step.wanted), step.wanted["starts_on"])
    elif step.kind != Kind.SAME:
        costs.correct(_with(step.cost, step.wanted))


def _with(cost: Cost, wanted: dict[str, Any]) -> Cost:
    """A post is worth what it was worked out to: with another amount it is none."""
    if any(wanted[name] != getattr(cost, name) for name in ("amount_minor", "currency", "frequency")):
        cost.fte_percent = cost.day_rate_minor = cost.days_per_year = None
    if not wanted["in_kind"]:
        cost.given_by = None
    for name, value in wanted.items():
        setattr(cost, name, value)
    return cost


class _Planner:
    def __init__(self, known: Sequence[Cost], day: date, today: date) -> None:
        self.known, self.day, self.today = known, day, today
        self.by_pk = {cost.pk: cost for cost in known}
        self.next = {cost.follows_id: cost for cost in known if cost.follows_id}
        self.taken: set[int] = set()
        self.names: set[str] = set()
        self.problems: list[Problem] = []

    def plan(self, rows: Sequence[Row]) -> Plan:
        """Rows that say what is there already go first: whatever is left is another one."""
        same = {row.where: cost for row in rows if (cost := self._equal(row))}
        steps = [
            Step(Kind.SAME, row.where, same[row.where], {}) if row.where in same else self._step(row)
            for row in rows
        ]
        touched = {self._last(self.by_pk[pk]).pk for pk in self.taken}
        missing = [
            cost for cost in self.known
            if self._last(cost).pk not in touched and (cost.ends_on is None or cost.ends_on >= self.day)
        ]  # fmt: skip
        return Plan(self.day, [step for step in steps if step], self.problems, missing)

    def _equal(self, row: Row) -> Cost | None:
        pool = self._versions(row.ref) if row.ref in self.by_pk else self.known
        for cost in pool:
            days = row.starts_on in (None, cost.starts_on) and row.ends_on == cost.ends_on
            if days and cost.pk not in self.taken and self._says(row, cost):
                self.taken.add(cost.pk)
                return cost
        return None

    def _step(self, row: Row) -> Step | None:
        """None where it has a problem."""
        if row.ref is not None and row.ref not in self.by_pk:
            said = _("no need of this project has the id %(id)s: leave it empty to enter a new one")
            return self._problem(row, "ref", said % {"id": row.ref})
        found = [self._last(self.by_pk[row.ref])] if row.ref else self._named(row)
        if len(found) > 1:
            said = _("several needs have this name: download the budget, and keep its column “id”")
            return self._problem(row, "label", said)
        if (found and found[0].pk in self.taken) or (not found and _key(row.label) in self.names):
            return self._problem(
                row, "label", _("another row speaks of the same need: give each its own name")
            )
        self.names.add(_key(row.label))
        if not found:
            return self._new(row)
        self.taken.add(found[0].pk)
        return self._changed(row, found[0])

    def _new(self, row: Row) -> Step | None:
        return self._checked(Kind.NEW, row, None, row.starts_on or self.day)

    def _changed(self, row: Row, cost: Cost) -> Step | None:
        versions = self._versions(cost.pk)
        own = None if row.starts_on in {one.starts_on for one in versions} else row.starts_on
        same = self._says(row, cost) and own is None
        if same and row.ends_on == cost.ends_on:
            return Step(Kind.SAME, row.where, cost, {})
        if hasattr(cost, "followed_by"):
            return self._problem(row, "label", _("it changes already in a way that only a treasurer sees"))
        if cost.starts_on and cost.starts_on > self.today:
            return self._mended(row, cost, own or cost.starts_on)
        if same:
            return self._checked(Kind.ENDED, row, cost, cost.starts_on)
        first = own or self.day
        if cost.starts_on and first <= cost.starts_on:
            said = _(
                "it began on %(day)s: a change takes a later day, a mistake is corrected on the page of needs"
            )
            return self._problem(row, "starts_on", said % {"day": day_words(cost.starts_on)})
        if cost.ends_on and first > cost.ends_on:
            said = _(
                "it ends on %(day)s: write an earlier day, or give what comes after it a name of its own"
            )
            return self._problem(row, "starts_on", said % {"day": day_words(cost.ends_on)})
        return self._checked(Kind.CHANGED, row, cost, first)

    def _mended(self, row: Row, cost: Cost, first: date) -> Step | None:
        before = self.by_pk.get(cost.follows_id or 0)
        if before and before.starts_on and first <= before.starts_on:
            said = _("what it follows began on %(day)s: write a later day")
            return self._problem(row, "starts_on", said % {"day": day_words(before.starts_on)})
        return self._checked(Kind.MENDED, row, cost, first)

    def _checked(self, kind: Kind, row: Row, cost: Cost | None, first: date | None) -> Step | None:
        if row.ends_on and first and row.ends_on < first:
            said = _("it would begin on %(day)s, after this last day: correct one of them")
            return self._problem(row, "ends_on", said % {"day": day_words(first)})
        return Step(kind, row.where, cost, row.said(cost) | {"starts_on": first, "ends_on": row.ends_on})

    def _problem(self, row: Row, field: str, words: str) -> Step | None:
        self.problems.append(Problem(row.where, field, words))
        return None

    def _named(self, row: Row) -> list[Cost]:
        """What is needed under this name on the day of the row, or later; the purpose decides between several."""
        first = min(row.starts_on or self.day, self.day)
        found = [
            cost for cost in self.known
            if cost.pk not in self.next and _key(cost.label) == _key(row.label)
            and (cost.ends_on is None or cost.ends_on >= first)
        ]  # fmt: skip
        return [cost for cost in found if cost.purpose == row.purpose] or found if len(found) > 1 else found

    def _says(self, row: Row, cost: Cost) -> bool:
        said = {name: getattr(cost, name) for name in SAID} | {"is_person": bool(cost.is_person)}
        return said | {"label": bare(cost.label)} == row.said(cost) | {"label": bare(row.label)}

    def _last(self, cost: Cost) -> Cost:
        while cost.pk in self.next:
            cost = self.next[cost.pk]
        return cost

    def _versions(self, pk: int | None) -> list[Cost]:
        """Those before and after it, and itself."""
        last = self._last(self.by_pk[pk or 0])
        return list(self._back(last))

    def _back(self, cost: Cost | None) -> Iterator[Cost]:
        while cost:
            yield cost
            cost = self.by_pk.get(cost.follows_id or 0)


def _key(label: str) -> str:
    return bare(label).casefold()

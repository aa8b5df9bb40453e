"""What a manifest's facts change of a project's rows.

One rule for everything that staff may have typed: the manifest changes what it wrote itself, and fills what is empty.
What differs from its last words was typed by somebody and stays; it is shown as a change that is kept back. Channels
and years are the manifest's alone and follow it. A plan that is gone, or rests, ends today.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from fundtracker.money import Money
from projects.documents import Facts
from projects.models import Channel, Cost, Manifest, Project, Year

# What a cost shares with its plan, by the word for it. An amount says nothing without its currency.
PARTS = {
    _("name"): ("label",),
    _("description"): ("description",),
    _("amount"): ("amount_minor", "currency", "frequency"),
}


class Change(NamedTuple):
    """One line for people. `kept`: it stays as it was, because staff typed it."""

    what: str
    before: str
    after: str
    kept: bool = False


class Step(NamedTuple):
    """A row as it shall be, or to be deleted; without a row there is only something to show."""

    change: Change
    row: models.Model | None = None
    delete: bool = False


def steps(project: Project, kind: str, said: Facts, before: Facts, today: date) -> Iterator[Step]:
    """From what the manifest of this kind said `before` to what is `said` now."""
    yield from _about(project, said.project, before.project)
    if kind == Manifest.Kind.FUNDING_JSON:
        yield from _costs(project, said.plans, before.plans, today)
        years = {(one.year, one.currency): one for one in project.years.all()}
        yield from _mirrored(
            years, said.years, lambda key: Year(project=project, year=key[0], currency=key[1])
        )
    channels = {one.guid: one for one in project.channels.filter(listed_in=kind)}
    yield from _mirrored(
        channels, said.channels, lambda guid: Channel(project=project, listed_in=kind, guid=guid)
    )


def _about(project: Project, said: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Step]:
    for name, wanted in said.items():
        present = getattr(project, name)
        if present == wanted:
            continue
        column = Project._meta.get_field(name)
        assert isinstance(column, models.Field)
        kept = present != before.get(name, "")
        if not kept:
            setattr(project, name, wanted)
        yield Step(Change(str(column.verbose_name), present, wanted, kept), None if kept else project)


def _costs(
    project: Project, plans: Mapping[str, Any], before: Mapping[str, Any], today: date
) -> Iterator[Step]:
    known = {cost.manifest_guid: cost for cost in project.costs.exclude(manifest_guid="")}
    for guid, plan in plans.items():
        cost = known.get(guid)
        if cost is None:
            cost = Cost(project=project, manifest_guid=guid, **plan)
            yield Step(Change(_named(cost), "", _amount(cost)), cost)
            continue
        if cost.ends_on and guid not in before:
            old, cost.ends_on = cost.ends_on, None
            yield Step(Change(_named(cost), _ended(old), gettext("goes on")), cost)
        for word, fields in PARTS.items():
            yield from _part(cost, str(word), fields, plan, before.get(guid))
    for guid, cost in known.items():
        if guid not in plans and cost.ends_on is None:
            cost.ends_on = max(today, cost.starts_on or today)
            yield Step(Change(_named(cost), gettext("goes on"), _ended(cost.ends_on)), cost)


def _part(
    cost: Cost, word: str, fields: tuple[str, ...], plan: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[Step]:
    present = {name: getattr(cost, name) for name in fields}
    wanted = {name: plan[name] for name in fields}
    if present == wanted:
        return
    kept = before is not None and present != {name: before[name] for name in fields}
    what, shown = f"{_named(cost)}: {word}", _shown(cost, fields)
    for name, value in wanted.items():
        setattr(cost, name, value)
    change = Change(what, shown, _shown(cost, fields), kept)
    if kept:
        for name, value in present.items():
            setattr(cost, name, value)
    yield Step(change, None if kept else cost)


def _mirrored(rows: Mapping[Any, Any], said: Mapping[Any, Any], make: Callable[[Any], Any]) -> Iterator[Step]:
    """New, changed and gone rows of what is the manifest's alone."""
    for key, values in said.items():
        row = rows.get(key) or make(key)
        if row.pk and values == {name: getattr(row, name) for name in values}:
            continue
        before = _described(row) if row.pk else ""
        for name, value in values.items():
            setattr(row, name, value)
        yield Step(Change(_titled(row), before, _described(row)), row)
    for key, row in rows.items():
        if key not in said:
            yield Step(Change(_titled(row), _described(row), ""), row, delete=True)


# --- in words ---------------------------------------------------------------------------------


def _named(cost: Cost) -> str:
    return gettext("need “%(label)s”") % {"label": cost.label}


def _titled(row: Channel | Year) -> str:
    return f"{row._meta.verbose_name} {row}"


def _ended(day: date) -> str:
    return gettext("ends on %(day)s") % {"day": day.isoformat()}


def _shown(cost: Cost, fields: tuple[str, ...]) -> str:
    return _amount(cost) if "amount_minor" in fields else str(getattr(cost, fields[0]))


def _amount(cost: Cost) -> str:
    amount = _money(cost.amount_minor, cost.currency) if cost.amount_minor else gettext("any amount")
    return f"{amount}, {cost.get_frequency_display()}"


def _described(row: Channel | Year) -> str:
    if isinstance(row, Channel):
        return " · ".join(filter(None, [row.type, row.address, row.description]))
    sums = {
        gettext("income"): row.income_minor,
        gettext("expenses"): row.expenses_minor,
        gettext("taxes"): row.taxes_minor,
    }
    parts = [f"{word} {_money(minor, row.currency)}" for word, minor in sums.items() if minor is not None]
    return " · ".join([*parts, *filter(None, [row.description])])


def _money(minor: int, currency: str) -> str:
    return Money(minor, currency).format(get_language() or "en")

"""How a need changes: from a day on, without touching what was; corrected; ended; or taken out as a mistake."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db import transaction

from fundtracker.models import Role, User
from fundtracker.money import Money, total
from projects.models import Cost, Project
from projects.models import Role as Work
from projects.needs import PER_YEAR

DAY = timedelta(days=1)


class When(StrEnum):
    """Where a cost stands as seen from a day."""

    NOW = "now"
    PLANNED = "planned"
    PAST = "past"


def when(cost: Cost, day: date) -> When:
    if cost.starts_on and cost.starts_on > day:
        return When.PLANNED
    return When.PAST if cost.ends_on and cost.ends_on < day else When.NOW


def may_see_people(reader: User) -> bool:
    """What one person costs is for that person and for those who pay."""
    return reader.may(Role.TREASURER)


def shown_to(reader: User, project: Project) -> list[Cost]:
    every = project.costs.all() if may_see_people(reader) else project.costs.open()
    return list(every.select_related("given_by", "followed_by", "role").order_by("label", "starts_on", "pk"))


@dataclass(frozen=True, slots=True)
class Sums:
    """What a month and a year take in one currency; of a year, what is given in kind."""

    month: Money
    year: Money
    in_kind: Money


def sums(costs: Iterable[Cost]) -> list[Sums]:
    """Of costs in force together, by currency. What is paid once, or has no amount, is in none."""
    yearly = [cost for cost in costs if cost.amount_minor is not None and cost.frequency in PER_YEAR]
    found = []
    for currency in sorted({cost.currency for cost in yearly}):
        of_it = [cost for cost in yearly if cost.currency == currency]
        paid = total((a_year(cost) for cost in of_it if not cost.in_kind), currency)
        given = total((a_year(cost) for cost in of_it if cost.in_kind), currency)
        found.append(Sums(a_month(paid), paid, given))
    return found


def a_year(cost: Cost) -> Money:
    return Money((cost.amount_minor or 0) * PER_YEAR[cost.frequency], cost.currency)


def a_month(year: Money) -> Money:
    """A twelfth, rounded half to even."""
    return Money(int((Decimal(year.minor) / 12).to_integral_value()), year.currency)


@transaction.atomic
def change(cost: Cost, new: Cost, day: date) -> Cost:
    """From `day` on it is `new`; until the day before it stays what it was. Its hours go on with it."""
    new.pk, new.follows, new.starts_on = None, cost, day
    new.key = None  # no form has made it
    new._state.adding = True
    cost.ends_on = day - DAY
    # The manifest goes on speaking of what is needed now.
    new.manifest_guid, cost.manifest_guid = cost.manifest_guid, ""
    cost.save(update_fields=["ends_on", "manifest_guid"])
    new.save()
    for work in Work.objects.filter(cost=cost):
        Work.objects.create(
            maintainer=work.maintainer, cost=new, hours=work.hours,
            publishes_hours=work.publishes_hours, publishes_cost=work.publishes_cost,
        )  # fmt: skip
    return new


@transaction.atomic
def correct(cost: Cost) -> None:
    """Saved as it is now. Where it begins on another day, what it follows ends the day before that."""
    cost.save()
    if cost.follows and cost.starts_on and cost.follows.ends_on != cost.starts_on - DAY:
        cost.follows.ends_on = cost.starts_on - DAY
        cost.follows.save(update_fields=["ends_on"])


@transaction.atomic
def remove(cost: Cost) -> None:
    """As if it had never been: what it followed goes on in its place, until what followed it."""
    before, after = cost.follows, Cost.objects.filter(follows=cost).first()
    if after:
        after.follows = None
        after.save(update_fields=["follows"])
    guid, ends_on = cost.manifest_guid, cost.ends_on
    cost.delete()
    if before:
        before.ends_on, before.manifest_guid = ends_on, guid
        before.save(update_fields=["ends_on", "manifest_guid"])
    if after and before:
        after.follows = before
        after.save(update_fields=["follows"])

"""What a person sees of their own work: its hours and money, and of everybody else's nothing but sums.

Where only they have a private cost in a project, its figures are told exactly; where others have one too, they are
those that anyone may read.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fundtracker.money import Money
from projects import gathering, hours, needs
from projects.gathering import Gathered, Reader
from projects.models import Cost, Maintainer, Project, Role


@dataclass(frozen=True, slots=True)
class Own:
    """One role, month by month, and all that is known of its project."""

    role: Role
    months: list[hours.Month]
    gathered: Gathered

    @property
    def total(self) -> hours.Month | None:
        return hours.total(self.months)

    @property
    def cost(self) -> Money | None:
        return self._money(self.total.cost if self.total else None)

    @property
    def paid(self) -> Money | None:
        return self._money(self.total.paid if self.total else None)

    def on(self, day: date) -> hours.Month | None:
        return next((month for month in self.months if month.first == day.replace(day=1)), None)

    def _money(self, minor: Decimal | None) -> Money | None:
        """Rounded here, once, in the currency that the cost has."""
        return None if minor is None else Money(int(minor.to_integral_value()), self.role.cost.currency)


def work(maintainer: Maintainer, *, on: date, first: date, last: date) -> list[Own]:
    """Every role of theirs with work in the months from `first` to `last`."""
    roles = list(maintainer.roles.between(first, last).with_cost())
    found = _gathered(maintainer, {role.cost.project for role in roles}, on=on, first=first, last=last)
    every = [
        Own(role, _months(role.cost, role.hours, found[role.cost.project_id]), found[role.cost.project_id])
        for role in roles
    ]
    return [one for one in every if one.months]


def _gathered(
    maintainer: Maintainer, projects: set[Project], *, on: date, first: date, last: date
) -> dict[int, Gathered]:
    others = Cost.objects.private().filter(project__in=projects).exclude(role__maintainer=maintainer)
    shared = set(others.values_list("project", flat=True))
    found: dict[int, Gathered] = {}
    for reader, own in (
        (Reader.STAFF, [project for project in projects if project.pk not in shared]),
        (Reader.PUBLIC, [project for project in projects if project.pk in shared]),
    ):
        if own:
            found |= gathering.gather(own, on=on, first=first, last=last, reader=reader)
    return found


def _months(cost: Cost, every_month: Decimal, found: Gathered) -> list[hours.Month]:
    per_month = needs.monthly(cost) if cost.amount_minor and cost.frequency in needs.PER_YEAR else None
    one = hours.Work(every_month, per_month, cost.starts_on, cost.ends_on, cost.in_kind)
    covered: hours.Covered = _covered(found, cost.purpose)
    if per_month is None and not cost.in_kind:
        covered = {month.first: Decimal(0) for month in found.months}  # nobody is to be paid for it
    return hours.months(one, covered, first=found.first, last=found.last)


def _covered(found: Gathered, purpose: str) -> dict[date, Decimal | None]:
    """By month, how much of what is to be paid is paid for: of the purpose, or of all where it is not told apart."""
    if parts := found.by_purpose.get(purpose):
        return {one.first: _ratio(one.covered, one.paid) for one in parts}
    return {one.first: None if one.is_withheld else _ratio(one.covered, one.paid) for one in found.months}


def _ratio(money: Decimal, cost: Decimal) -> Decimal | None:
    return money / cost if cost > 0 else None


def years(maintainer: Maintainer, *, on: date) -> list[int]:
    """Of which there can be a statement, the latest first."""
    starts = maintainer.roles.values_list("cost__starts_on", flat=True)
    first = min((start.year for start in starts if start), default=on.year)
    return list(range(on.year, min(first, on.year) - 1, -1))

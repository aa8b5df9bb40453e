"""The register of who relies on a project, as anybody may read it."""

from dataclasses import dataclass
from datetime import date

from funders import given, rates
from funders.models import Funder
from fundtracker.money import Money
from projects import gathering, needs, reliance
from projects.models import Project, Reliance


@dataclass(frozen=True, slots=True)
class Line:
    """`funder` where it may be named. `fair` is an estimate; None where seats or the need are not known."""

    entry: Reliance
    funder: Funder | None
    pays: bool
    fair: Money | None


@dataclass(frozen=True, slots=True)
class Register:
    lines: list[Line]
    paying: reliance.Paying
    need: needs.Need
    rates: rates.Rates


def register(project: Project, *, today: date) -> Register:
    """Who gives without a name stands here as one who does not pay: nothing tells them apart."""
    entries = list(project.reliances.public().select_related("funder"))
    paid = given.payments({one.funder_id for one in entries if one.funder_id}, today)
    need, known = gathering.need(list(project.costs.select_related("role")), today)
    rows = [
        reliance.Reliant(organisation(one), one.seats, (one.funder_id, project.pk) in paid) for one in entries
    ]
    paying = reliance.paying(rows)
    lines = [
        Line(
            entry=one,
            funder=one.funder if one.funder and one.funder.is_public else None,
            pays=row.pays,
            fair=reliance.fair_share(need.amount, one.seats, paying.seats) if need.amount else None,
        )
        for one, row in zip(entries, rows, strict=True)
    ]
    lines.sort(key=lambda line: (-(line.entry.seats or 0), line.entry.organisation.casefold()))
    return Register(lines, paying, need, known)


def organisation(one: Reliance) -> str:
    """What two deployments of one organisation have in common: its name. Whose gifts are its own is not told by this."""
    return one.organisation.casefold()

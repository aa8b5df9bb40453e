"""Projects and years side by side, each figure with what is behind it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders import given
from funders.rates import Rates
from fundtracker.access import lacking
from fundtracker.money import Money
from fundtracker.templatetags.money import money
from fundtracker.templatetags.text import day as written
from projects import indicators
from projects.coverage import Month, percent_of
from projects.gathering import Gathered
from projects.models import Project, Reliance, Reserve, Year
from projects.register import organisation
from projects.reliance import Paying, Reliant, paying

MOST = 6


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Column:
    """A project in a year, or in the twelve months until today."""

    project: Project
    year: int | None
    first: date
    last: date
    gathered: Gathered
    reserve: Reserve | None
    stated: tuple[Year, ...]
    paying: Paying

    @property
    def months(self) -> list[Month]:
        return [month for month in self.gathered.months if self.first <= month.first <= self.last]

    @property
    def is_withheld(self) -> bool:
        return any(month.is_withheld for month in self.months)

    @property
    def has_money(self) -> bool:
        """Else no money of the time is on record, which is not the same as none came."""
        return any(month.received or month.committed or month.one_off for month in self.months)

    @property
    def when(self) -> str:
        return str(self.year) if self.year else _("twelve months until %(day)s") % {"day": written(self.last)}

    def sum(self, of: Callable[[Month], Decimal]) -> Decimal:
        return sum(map(of, self.months), Decimal(0))


@dataclass(frozen=True, slots=True)
class Cell:
    """`converted` is the same at a day's rate, in the first column's currency."""

    column: Column
    said: str
    converted: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    how: str
    cells: tuple[Cell, ...]


# The addresses that a reader may open, for what is behind a figure of a column.
Sees = Callable[[Column], tuple[Link, ...]]


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind each kind of figure, as far as its reader may see it."""

    needs: Sees
    money: Sees
    reserve: Sees
    reliance: Sees


def rows(columns: Sequence[Column], behind: Behind, rates: Rates, today: date) -> Iterator[Row]:
    def sums(
        name: str, how: str, of: Callable[[Month], Decimal], sees: Sees, *, is_need: bool = False
    ) -> Row:
        return Row(
            name,
            how,
            tuple(_sum(one, columns[0], of, sees, rates, today, is_need=is_need) for one in columns),
        )

    def said(name: str, how: str, of: Callable[[Column], str], sees: Sees) -> Row:
        return Row(name, how, tuple(Cell(one, of(one), links=sees(one)) for one in columns))

    yield sums(
        _("Needed, in money"),
        _("What its costs come to in the time."),
        lambda month: month.paid,
        behind.needs,
        is_need=True,
    )
    yield sums(_("Given in kind"), _("Work that others pay for, valued; beside the money, never in it."), lambda month: month.in_kind, behind.needs, is_need=True)  # fmt: skip
    yield sums(_("Received: recurring, and grants"), _("Spread by day over the time it is given for."), lambda month: month.received, behind.money)  # fmt: skip
    yield sums(_("Promised"), _("Signed, and not received yet."), lambda month: month.committed, behind.money)
    yield sums(_("Received once"), _("For no time in particular: it covers no month."), lambda month: month.one_off, behind.money)  # fmt: skip
    yield said(_("Coverage"), _("Received and promised ÷ needed in money."), lambda one: _percent(one, lambda month: month.covered, lambda month: month.paid), behind.money)  # fmt: skip
    yield said(_("Recurring cover"), _("What recurs a month ÷ what a month costs in money, on the last day of the time."), _cover, behind.money)  # fmt: skip
    yield said(_("Maintenance share"), _("Of the money: what goes to maintenance, security and infrastructure."), _upkeep, behind.money)  # fmt: skip
    yield said(_("Reserve"), _("The last that was said by the end of the time."), _reserve, behind.reserve)
    yield said(_("Who relies on it"), _("Organisations on public record today."), _reliances, behind.reliance)
    yield said(_("Paying share"), _("Of those organisations, and of their seats."), _paying, behind.reliance)
    yield said(_("Income it stated"), _("For the year, in its own words."), lambda one: _stated(one, "income_minor"), _unlinked)  # fmt: skip
    yield said(_("Expenses it stated"), _("For the year, in its own words."), lambda one: _stated(one, "expenses_minor"), _unlinked)  # fmt: skip


def _unlinked(column: Column) -> tuple[Link, ...]:
    return ()


def _sum(
    one: Column, first: Column, of: Callable[[Month], Decimal], sees: Sees, rates: Rates, today: date, *, is_need: bool
) -> Cell:  # fmt: skip
    if is_need and one.is_withheld:
        return Cell(one, _("not shown: it would tell what one person earns"))
    if not (one.sum(lambda month: month.cost) if is_need else one.has_money):
        return Cell(one, _("none on record"), links=sees(one))
    minor = one.sum(of)
    amount, currency = one.gathered.money(minor), first.gathered.currency
    converted = ""
    if amount and amount.currency != currency:
        there = rates.convert(minor, amount.currency, currency, min(one.last, today))
        converted = (
            _("no rate is known") if there is None else money(Money(int(there.to_integral_value()), currency))
        )
    return Cell(one, money(amount), converted, sees(one))


def _percent(one: Column, of: Callable[[Month], Decimal], whole: Callable[[Month], Decimal]) -> str:
    """Floored."""
    return _of_need(one, percent_of(one.sum(of), one.sum(whole)))


def _cover(one: Column) -> str:
    return _of_need(one, one.gathered.recurring_cover(min(one.last, one.gathered.on)))


def _of_need(one: Column, percent: int | None) -> str:
    if one.is_withheld:
        return _("not shown: it would tell what one person earns")
    if percent is None:
        return _("nothing is needed, as far as is known")
    return f"{percent}%" if one.has_money else _("not known: no money of this time is on record")


def _upkeep(one: Column) -> str:
    if one.is_withheld or not one.gathered.purposes_are_told:
        return _("not shown: it would tell what one person earns")
    percent = indicators.upkeep_of_money(
        {
            purpose: [month for month in months if one.first <= month.first <= one.last]
            for purpose, months in one.gathered.by_purpose.items()
        }
    )
    return _("not known") if percent is None else f"{percent}%"


def _reserve(one: Column) -> str:
    if one.reserve is None:
        return _("nobody has said")
    words = {"amount": money(one.reserve.amount), "day": written(one.reserve.as_of)}
    return _("%(amount)s on %(day)s") % words


def _reliances(one: Column) -> str:
    number = one.paying.organisations
    if not number:
        return _("none on record")
    return ngettext("%(number)s organisation", "%(number)s organisations", number) % {"number": number}


def _paying(one: Column) -> str:
    found = one.paying
    if found.percent is None:
        return _("none on record")
    if found.percent_of_seats is None:
        return _("%(percent)s%% are known to pay; no seats are known") % {"percent": found.percent}
    words = {"percent": found.percent, "seats": found.percent_of_seats}
    return _("%(percent)s%% are known to pay, with %(seats)s%% of the seats") % words


def _stated(one: Column, name: str) -> str:
    amounts = [(getattr(year, name), year.currency) for year in one.stated]
    return ", ".join(money(Money(minor, currency)) for minor, currency in amounts if minor is not None) or "–"


def reserves(projects: Iterable[Project]) -> dict[int, list[Reserve]]:
    """Of each project, the latest first."""
    found: dict[int, list[Reserve]] = {}
    for one in Reserve.objects.filter(project__in=projects).order_by("-as_of", "-pk"):
        found.setdefault(one.project_id, []).append(one)
    return found


def paying_of(projects: Sequence[Project], today: date) -> dict[int, Paying]:
    """Of each project: who of those that rely on it in public is known to pay."""
    entries = list(Reliance.objects.public().filter(project__in=projects))
    paid = given.payments({one.funder_id for one in entries if one.funder_id}, today)
    return {
        project.pk: paying(
            Reliant(organisation(one), one.seats, (one.funder_id, project.pk) in paid)
            for one in entries
            if one.project_id == project.pk
        )
        for project in projects
    }


def public_links() -> Behind:
    def needs(one: Column) -> tuple[Link, ...]:
        return (Link(_("Its costs"), reverse("projects:project", args=[one.project.slug])),)

    def came(one: Column) -> tuple[Link, ...]:
        sources = [
            Link(source.name, source.evidence_url) for source in one.gathered.sources if source.evidence_url
        ]
        asked = [
            Link(campaign.name, reverse("campaigns:campaign", args=[campaign.slug]))
            for campaign in one.project.campaigns.all()
            if campaign.is_shown
        ]
        return tuple(sources + asked)

    def reserve(one: Column) -> tuple[Link, ...]:
        url = one.reserve.evidence_url if one.reserve else ""
        return (Link(_("Where this was read"), url),) if url else ()

    def reliance(one: Column) -> tuple[Link, ...]:
        page = reverse("projects:reliance", args=[one.project.slug])
        data = reverse("projects:reliance_data", args=[one.project.slug, "csv"])
        return Link(_("The register"), page), Link("CSV", data)

    return Behind(needs, came, reserve, reliance)


def staff_links(user: Any) -> Behind:
    """The entries themselves, and the pages where staff keep the rest, as far as `user` may open them."""

    def page(name: str, view: str) -> Sees:
        def opened(one: Column) -> tuple[Link, ...]:
            url = reverse(view, args=[one.project.slug])
            return () if lacking(user, url) else (Link(name, url),)

        return opened

    def came(one: Column) -> tuple[Link, ...]:
        entries, when = reverse("staff:entries"), f"since={one.first}&until={one.last}"
        return tuple(
            Link(source.name, f"{entries}?source={source.pk}&{when}") for source in one.gathered.sources
        )

    return Behind(
        page(_("Needs"), "staff:project_needs"),
        came,
        page(_("Reserve"), "staff:project_reserve"),
        page(_("The register"), "staff:project_reliance"),
    )

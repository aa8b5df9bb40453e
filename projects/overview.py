"""What a project's page says of its money, in figures and in sentences. Read once; every empty case has its words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders.models.promises import PURPOSES
from funders.rates import load
from fundtracker.money import Money
from projects import concentration, coverage, indicators, needs
from projects.coverage import Month
from projects.gathering import Gathered, Reader, gather
from projects.models import Project, Reserve

PAST, AHEAD = 12, 24
NAMES = dict(PURPOSES)


@dataclass
class Overview:
    """Of one project on `day`: today, or the last day for which its costs are known."""

    project: Project
    gathered: Gathered
    day: date
    is_past: bool
    givers: concentration.Givers | None
    reserve: Reserve | None
    reserve_minor: Decimal | None  # in the project's currency; None where it has no rate or is not known

    @property
    def month(self) -> Month:
        first = self.day.replace(day=1)
        return next(month for month in self.gathered.months if month.first == first)

    @property
    def past_year(self) -> list[Month]:
        return [month for month in self.gathered.months if month.first < self.day.replace(day=1)]

    @cached_property
    def cost(self) -> Decimal:
        return indicators.monthly_cost(self.gathered.needs, self.day)

    @cached_property
    def recurring(self) -> Decimal:
        return indicators.monthly_recurring(self.gathered.income, self.day)

    @property
    def is_withheld(self) -> bool:
        return self.month.is_withheld

    @property
    def purposes(self) -> list[tuple[str, Money, Money | None, int | None]]:
        """In this month: the purpose, what it needs, what there is for it, and its percentage; None: not known."""
        known, money, first = self.gathered.has_money, self.gathered.money, self.day.replace(day=1)
        of_month = [
            (purpose, month)
            for purpose, months in self.gathered.by_purpose.items()
            for month in months
            if month.first == first and (month.paid or month.covered)
        ]
        return [
            (
                str(NAMES[purpose]),
                money(one.paid),
                money(one.covered) if known else None,
                one.percent if known else None,
            )
            for purpose, one in of_month
        ]

    @property
    def rows(self) -> list[tuple[Month, dict[str, Money]]]:
        """Each month with its sums rounded, for the table."""
        parts = ("cost", "received", "committed", "in_kind", "one_off")
        return [
            (month, {part: self.gathered.money(getattr(month, part)) for part in parts})
            for month in self.gathered.months
        ]

    @property
    def in_kind(self) -> Money | None:
        """What is given in kind this month."""
        return self.gathered.money(self.month.in_kind) if self.month.in_kind else None

    def headline(self) -> str:
        """This month 71% of what it needs is paid for. From March 2027: 35%, because …"""
        if self.is_withheld:
            return _("What a month costs is not shown: it would tell what one person earns.")
        percent = self.month.percent
        if self.month.paid and not self.month.has_money:
            return _(
                "How much of what it needs is paid for is not known: no money of this time is on record here."
            )
        if percent is None and self.month.in_kind:
            return _("All that it is known to need this month is given in kind.")
        if percent is None:
            return _("What it needs is not known: no cost of it is recorded for this month.")
        said = (
            _(
                "In %(month)s, the last month whose costs are known, %(percent)s of what it needed was paid for."
            )
            if self.is_past
            else _("This month %(percent)s of what it needs is paid for.")
        )
        words = said % {"percent": f"{percent}%", "month": month_name(self.month.first)}
        cliff = self.gathered.fall_after(self.day)
        return f"{words} {cliff_words(cliff, self.gathered)}" if cliff else words

    def recurring_words(self) -> str:
        if self.is_withheld:
            return _("Not shown: it would tell what one person earns.")
        percent = self.gathered.recurring_cover(self.day)
        if percent is None:
            return _("It cannot be said: no cost is recorded.")
        if not self.gathered.has_money:
            return _("It cannot be said: no money is recorded.")
        return _("%(percent)s of what a year costs comes again and again.") % {"percent": f"{percent}%"}

    def runway_words(self) -> str:
        if self.reserve is None:
            return _("How long its reserve lasts is not known: no reserve is published.")
        if self.is_withheld:
            return _("Not shown: it would tell what one person earns.")
        if not self.cost:
            return _("It cannot be said: no cost is recorded.")
        if self.reserve_minor is None:
            return _("How long its reserve lasts is not known: no exchange rate is known for it.")
        found = indicators.runway(self.reserve_minor, cost=self.cost, recurring=self.recurring)
        if found.months is None:
            return _("Its reserve is not shrinking: what recurs pays for each month.")
        return _("Its reserve lasts %(months)s months at what is spent and what recurs now.") % {
            "months": found.months
        }

    def one_off_words(self) -> str:
        share = indicators.one_off_share(self.past_year)
        if share is None:
            return _("It cannot be said: no money of the twelve months before is on record here.")
        return _("%(percent)s of what the twelve months before brought was given once.") % {
            "percent": f"{share}%"
        }

    def upkeep_words(self) -> str:
        if not self.gathered.by_purpose:
            return _(
                "What each purpose needs is not shown: it would tell what one person earns, or nothing is known."
            )
        costs = indicators.upkeep_of_costs(self.gathered.by_purpose)
        money = indicators.upkeep_of_money(self.gathered.by_purpose)
        if costs is None or money is None:
            return _("It cannot be said: either no cost or no money is recorded.")
        return _("%(costs)s of what it needs is upkeep, and %(money)s of its money is for that.") % {
            "costs": f"{costs}%",
            "money": f"{money}%",
        }

    def concentration_words(self) -> str:
        if self.givers is None:
            return _("It cannot be said: no gift of the twelve months before is on record here.")
        if not self.givers.is_told:
            return _("Too few give to say how much hangs on one of them.")
        figures = self.givers.figures
        half = ngettext(
            "%(count)d giver gave half of it or more.", "%(count)d givers gave half of it together.", figures.absence
        ) % {"count": figures.absence}  # fmt: skip
        top = _("%(who)s gave %(percent)s of the past year’s money.") % {
            "who": self.givers.largest or _("The largest giver"),
            "percent": f"{figures.top}%",
        }
        return f"{top} {half}"

    def notes(self) -> Iterator[str]:
        """What the figures leave out."""
        one = self.gathered
        if one.has_people_together and not one.is_withheld:
            yield _(
                "What people cost is told as one sum, which changes only once three of them have changed."
            )
        for name in one.unpromised:
            yield _("Nothing is promised through %(source)s: only what was given counts, and nothing is assumed for later.") % {"source": name}  # fmt: skip
        for money in [*one.unconverted, *one.needs_unconverted]:
            yield _("Plus %(amount)s, not converted: no exchange rate is known for it.") % {"amount": money}
        if one.overdue:
            yield _("Plus %(amount)s that was promised and is overdue.") % {"amount": one.money(one.overdue).format()}  # fmt: skip
        if one.undated:
            yield _("Plus %(amount)s that is signed, and nobody said for when.") % {"amount": one.money(one.undated).format()}  # fmt: skip
        if one.rates.publishers:
            yield _(
                "Partly converted: money at the rate of its own day, and what is to come at the last one."
            )


def in_short(gathered: Gathered, today: date) -> str:
    """Of a part of another project: how much of this month is paid for."""
    month = next((one for one in gathered.months if one.first == today.replace(day=1)), None)
    if month is None or not (month.paid or month.is_withheld):
        return _("No cost of it is recorded for this month.")
    if month.is_withheld:
        return _("What a month costs is not shown: it would tell what one person earns.")
    if not month.has_money:
        return _("No money of it is on record here.")
    return _("%(percent)s of this month is paid for.") % {"percent": f"{month.percent}%"}


def month_name(first: date) -> str:
    # Translators: how a month is written, in the letters of Django's date filter: March 2027
    return date_format(first, _("F Y"))


def cliff_words(cliff: coverage.Cliff, gathered: Gathered) -> str:
    said = {"month": month_name(cliff.first), "percent": f"{cliff.percent}%", "what": _list(cliff.because)}
    if not cliff.because:
        return _("From %(month)s: %(percent)s, because costs rise.") % said
    if set(cliff.because) <= set(gathered.unpromised):
        return _("From %(month)s: %(percent)s, because nothing more is promised through %(what)s.") % said
    return _("From %(month)s: %(percent)s, because the money from %(what)s ends.") % said


def _list(names: Sequence[str]) -> str:
    return _(" and ").join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def of(project: Project, *, today: date, reader: Reader = Reader.PUBLIC, others: Sequence[Project] = ()) -> "tuple[Overview, dict[int, Gathered]]":  # fmt: skip
    """And the coverage of `others`, its parts. `project` has its costs and reserves."""
    day = needs.day_of(project.costs.all(), today)
    month, is_past = day.replace(day=1), day < today.replace(day=1)
    ahead = 0 if is_past else AHEAD - 1
    first, last = coverage.add_months(month, -PAST), coverage.add_months(month, ahead)
    found = gather([project, *others], on=today, first=first, last=last, reader=reader)
    own = found.pop(project.pk)
    until = month - coverage.DAY
    givers = concentration.of(project, since=first, until=until, currency=own.currency)
    reserve = next((one for one in project.reserves.all() if one.as_of <= today), None)
    return Overview(project, own, day, is_past, givers, reserve, _converted(reserve, own.currency)), found


def _converted(reserve: Reserve | None, currency: str) -> Decimal | None:
    if reserve is None:
        return None
    if reserve.currency == currency:
        return Decimal(reserve.amount_minor)
    rates = load({reserve.currency, currency}, since=reserve.as_of, until=reserve.as_of)
    return rates.convert(Decimal(reserve.amount_minor), reserve.currency, currency, reserve.as_of)

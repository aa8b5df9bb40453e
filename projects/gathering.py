"""Everything that coverage is worked out from, read for one project or a hundred with the same few queries."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from django.utils.translation import gettext as _

from funders.models import Source
from funders.rates import EURO, Rates, load
from fundtracker.money import Money
from projects import cohorts, coverage, indicators, needs, purposes
from projects.coverage import ZERO, Certainty, Cliff, Income, Month, Need, OneOff
from projects.models import Cost, Project
from projects.money_in import Apart, Books, Flow, Span
from projects.purposes import PurposeMonth


class Reader(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"  # may know what one person costs


@dataclass
class Gathered:
    """One project's needs and money in one currency, in exact minor units, for the months from `first` to `last`."""

    currency: str
    on: date
    first: date
    last: date
    needs: list[Need] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)
    one_off: list[OneOff] = field(default_factory=list)
    withheld: list[coverage.Span] = field(default_factory=list)
    unconverted: list[Money] = field(default_factory=list)  # money of the time shown that has no rate
    needs_unconverted: list[Money] = field(default_factory=list)  # a month of each such cost
    overdue: Decimal = Decimal(0)
    undated: Decimal = Decimal(0)  # signed, and nobody said for when
    sources: list[Source] = field(default_factory=list)
    unpromised: tuple[str, ...] = ()  # sources that tell of nothing to come
    rates: Rates = field(default_factory=Rates)
    has_money: bool = False  # any of this time on record
    purposes_are_told: bool = True  # else what a purpose needs would tell what one person costs
    has_people_together: bool = False

    @cached_property
    def months(self) -> list[Month]:
        return coverage.coverage(
            self.needs, self.income, self.one_off, first=self.first, last=self.last,
            withheld=self.withheld, has_money=self.has_money,
        )  # fmt: skip

    @property
    def month(self) -> Month:
        """That of the day, or the nearest one shown."""
        return min(self.months, key=lambda one: abs((one.first - self.on.replace(day=1)).days))

    @cached_property
    def by_purpose(self) -> dict[str, list[PurposeMonth]]:
        """Empty where what a purpose needs is not told."""
        if not self.purposes_are_told or self.is_withheld:
            return {}
        return purposes.by_purpose(self.needs, self.income, first=self.first, last=self.last)

    @cached_property
    def cliffs(self) -> list[Cliff]:
        return coverage.cliffs(self.months, self.income)

    def fall_after(self, day: date) -> Cliff | None:
        return next((cliff for cliff in self.cliffs if cliff.first > day), None)

    def recurring_cover(self, day: date) -> int | None:
        """In percent; None where that day costs nothing, as far as is known."""
        recurring = indicators.monthly_recurring(self.income, day)
        return indicators.recurring_cover(recurring, indicators.monthly_cost(self.needs, day))

    @property
    def is_withheld(self) -> bool:
        """Whether any month from that of the day on is, or the last one where all of them are past."""
        from_on = min(self.on.replace(day=1), self.last.replace(day=1))
        return any(month.is_withheld for month in self.months if month.first >= from_on)

    @property
    def as_of(self) -> datetime | None:
        """The earliest of the last times that its sources were read; None where there is none to read."""
        return min((source.synced_at for source in self.sources if source.synced_at), default=None)

    def money(self, minor: Decimal) -> Money:
        """Rounded here and nowhere before."""
        return Money(int(minor.to_integral_value()), self.currency)


def gather(
    projects: Sequence[Project], *, on: date, first: date, last: date, reader: Reader = Reader.PUBLIC
) -> dict[int, Gathered]:
    """Each project's, by its key: its own streams and costs, without those of its parts."""
    costs: dict[int, list[Cost]] = defaultdict(list)
    for cost in Cost.objects.filter(project__in=projects).select_related("role__maintainer"):
        costs[cost.project_id].append(cost)
    books = Books(projects, on=on, since=first, until=last)
    known = _rates(costs, books, on=on, first=first)
    found = {}
    for project in projects:
        own, flows = costs[project.pk], books.of_project[project.pk]
        sources = books.sources_of(project.pk)
        gathered = Gathered(
            currency=needs.commonest(own) or _commonest_of(flows),
            on=on,
            first=first,
            last=last,
            sources=sources,
            unpromised=tuple(source.name for source in sources if books.promises_nothing(source)),
            rates=known.mark(),
        )
        _add_needs(gathered, own, reader)
        _add_money(gathered, flows)
        gathered.has_money = bool(gathered.income or gathered.one_off)
        found[project.pk] = gathered
    return found


def need(costs: Sequence[Cost], today: date, *, beside: Iterable[str] = ()) -> tuple[needs.Need, Rates]:
    """What a year takes, as anybody may read it, and the rates that it takes; those of currencies `beside` it too.

    `costs` have their roles.
    """
    day = needs.day_of(costs, today)
    known = load(
        {cost.currency for cost in costs} | set(beside),
        since=min(day, needs.RATE_DAY),
        until=max(day, needs.RATE_DAY),
    )
    return needs.published(costs, day=day, rates=known), known


def _rates(costs: dict[int, list[Cost]], books: Books, *, on: date, first: date) -> Rates:
    flows = [flow for own in books.of_project.values() for flow in own]
    currencies = {cost.currency for own in costs.values() for cost in own} | {flow.currency for flow in flows}
    since = min([first, needs.RATE_DAY, *(flow.day for flow in flows)])
    return load(currencies, since=since, until=on)


def _commonest_of(flows: Iterable[Flow]) -> str:
    counts = Counter(flow.currency for flow in flows)
    return min(counts, key=lambda currency: (-counts[currency], currency), default=EURO)


def _add_needs(gathered: Gathered, costs: Sequence[Cost], reader: Reader) -> None:
    recurring = [cost for cost in costs if cost.amount_minor and cost.frequency in needs.PER_YEAR]
    people = [cost for cost in recurring if reader == Reader.PUBLIC and needs.is_private(cost)]
    told = {cost.pk for cost in recurring} - {cost.pk for cost in people}
    gathered.needs += [
        one for cost in recurring if cost.pk in told for one in _needs(gathered, cost, _called(cost, reader))
    ]
    rows = needs.persons(people, costs, currency=gathered.currency, rates=gathered.rates)
    if rows is None:
        gathered.withheld.append((None, None))
    for one in cohorts.together(rows or ()):
        gathered.has_people_together = True
        gathered.purposes_are_told &= one.purpose is not None
        if one.per_month is None:
            gathered.withheld.append((one.starts_on, one.ends_on))
        else:
            label, purpose = _("People’s work"), one.purpose or coverage.UNRESTRICTED
            gathered.needs.append(
                Need(label, one.per_month, one.starts_on, one.ends_on, one.in_kind, purpose)
            )


def _called(cost: Cost, reader: Reader) -> str:
    """Who tells what they cost has not told their name by that, and a label may hold it."""
    role = getattr(cost, "role", None)
    if reader == Reader.STAFF or not role or role.maintainer.publishes_name:
        return cost.label
    return _("One person’s work: %(purpose)s") % {"purpose": cost.get_purpose_display()}


def _needs(gathered: Gathered, cost: Cost, label: str) -> Iterator[Need]:
    """A cost in another currency is as many needs as there are months: each at its own month's last rate."""
    per_month = needs.monthly(cost)
    if cost.currency == gathered.currency:
        yield Need(label, per_month, cost.starts_on, cost.ends_on, cost.in_kind, cost.purpose)
        return
    for month in coverage.months_between(
        max(cost.starts_on or gathered.first, gathered.first),
        min(cost.ends_on or gathered.last, gathered.last),
    ):
        end = coverage.end_of(month)
        minor = gathered.rates.convert(per_month, cost.currency, gathered.currency, min(end, gathered.on))
        if minor is None:
            missing = Money(int(per_month.to_integral_value()), cost.currency)
            if missing not in gathered.needs_unconverted:
                gathered.needs_unconverted.append(missing)
            continue
        starts_on, ends_on = max(cost.starts_on or month, month), min(cost.ends_on or end, end)
        yield Need(label, minor, starts_on, ends_on, cost.in_kind, cost.purpose)


def _add_money(gathered: Gathered, flows: Iterable[Flow]) -> None:
    sums: dict[tuple[str, Span, Certainty, str, int | None], list[Decimal]] = defaultdict(
        lambda: [ZERO, ZERO]
    )
    missing: dict[str, Decimal] = defaultdict(Decimal)
    for flow in flows:
        minor = gathered.rates.convert(
            flow.minor, flow.currency, gathered.currency, min(flow.day, gathered.on)
        )
        if minor is None:
            if _touches(gathered, flow):
                missing[flow.currency] += flow.minor
        elif flow.apart == Apart.OVERDUE:
            gathered.overdue += minor
        elif flow.apart == Apart.UNDATED:
            gathered.undated += minor
        elif flow.span is None:
            gathered.one_off.append(OneOff(minor, flow.day))
        else:
            known = sums[
                flow.label, flow.span, flow.certainty, flow.purpose or coverage.UNRESTRICTED, flow.funder
            ]
            known[0] += minor
            if flow.per_month and flow.minor:
                known[1] += flow.per_month * minor / flow.minor
    gathered.income += [
        Income(label, minor, *span, certainty, purpose, funder, per_month or None)
        for (label, span, certainty, purpose, funder), (minor, per_month) in sums.items()
    ]
    gathered.unconverted += [
        Money(int(minor.to_integral_value()), currency)
        for currency, minor in sorted(missing.items())
        if minor
    ]


def _touches(gathered: Gathered, flow: Flow) -> bool:
    starts_on, ends_on = flow.span or (flow.day, flow.day)
    return starts_on <= coverage.end_of(gathered.last) and ends_on >= gathered.first

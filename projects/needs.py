"""What a project needs in a year, from its costs. Pure: the costs and the rates are given."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from funders.rates import Rates
from fundtracker.money import Money, total
from projects import cohorts
from projects.models import Cost

PER_YEAR = {Cost.Frequency.MONTHLY.value: 12, Cost.Frequency.YEARLY.value: 1}
# What a private person is paid in another currency converts at the rates of this one day for ever: a sum that moved
# with the rates would tell, by how much it moved, what is paid in that currency.
RATE_DAY = date(2026, 1, 2)


@dataclass(frozen=True, slots=True)
class Need:
    """The money for a year at what `day` costs: `amount` is None where no yearly cost has an amount.

    `apart` are the costs of that day that no year's sum can hold: those paid once, in kind, or without an amount.
    """

    amount: Money | None
    day: date
    apart: tuple[Cost, ...]
    unconverted: tuple[Money, ...]
    is_upkeep: bool  # not for features alone
    is_withheld: bool = False


def day_of(costs: Iterable[Cost], today: date) -> date:
    """Today, or the last day for which costs are known."""
    counted = [cost for cost in costs if _is_yearly(cost)]
    if any(_in_force(cost, today) for cost in counted):
        return today
    return max((cost.ends_on for cost in counted if cost.ends_on and cost.ends_on < today), default=today)


def yearly(costs: Iterable[Cost], *, day: date, rates: Rates) -> Need:
    """In the currency that most of its costs have, converted at the rates of `day` and rounded once."""
    on_day = [cost for cost in costs if _in_force(cost, day)]
    counted = [cost for cost in on_day if _is_yearly(cost)]
    amounts = _by_currency(counted)
    currency = commonest(counted)
    sums = {
        money.currency: rates.convert(Decimal(money.minor), money.currency, currency, day)
        for money in amounts
    }
    known = sum((minor for minor in sums.values() if minor is not None), Decimal(0))
    return Need(
        amount=Money(int(known.to_integral_value()), currency) if counted else None,
        day=day,
        apart=tuple(cost for cost in on_day if not _is_yearly(cost)),
        unconverted=tuple(money for money in amounts if sums[money.currency] is None),
        is_upkeep=any(cost.purpose != "features" for cost in counted),
    )


def published(costs: Sequence[Cost], *, day: date, rates: Rates) -> Need:
    """The same for everybody to read: people's costs enter it together, or it is withheld (projects/cohorts.py).

    `rates` reach back to RATE_DAY where a person is paid in another currency.
    """
    need = yearly(costs, day=day, rates=rates)
    people = [cost for cost in costs if is_private(cost) and _is_yearly(cost)]
    if need.amount is None or not people:
        return need
    currency = need.amount.currency
    rows = persons(people, costs, currency=currency, rates=rates)
    shown = [one.per_month for one in cohorts.together(rows or ()) if one.holds(day)]
    if rows is None or None in shown:
        return replace(need, amount=None, unconverted=(), is_withheld=True)
    others = [cost for cost in costs if cost not in people and _in_force(cost, day) and _is_yearly(cost)]
    sums = [
        (money, rates.convert(Decimal(money.minor), money.currency, currency, day))
        for money in _by_currency(others)
    ]
    known = sum((minor for _, minor in sums if minor is not None), sum(filter(None, shown), Decimal(0)) * 12)
    return replace(
        need,
        amount=Money(int(known.to_integral_value()), currency),
        unconverted=tuple(money for money, minor in sums if minor is None),
    )


def is_private(cost: Cost) -> bool:
    """Whether it is what a person costs, and neither they nor a manifest have made it public."""
    role = getattr(cost, "role", None)
    return bool(cost.is_person) and not cost.manifest_guid and not (role and role.publishes_cost)


def persons(
    people: Iterable[Cost], costs: Sequence[Cost], *, currency: str, rates: Rates
) -> list[cohorts.Person] | None:
    """The rows of a cohort; None where one of them has no rate: the others would tell it by what is missing."""
    rows = []
    for cost in people:
        per_month = rates.convert(monthly(cost), cost.currency, currency, RATE_DAY)
        if per_month is None:
            return None
        who = _who(cost, costs)
        rows.append(cohorts.Person(who, per_month, cost.purpose, cost.starts_on, cost.ends_on, cost.in_kind))
    return rows


def monthly(cost: Cost) -> Decimal:
    """What a monthly or a yearly cost takes a month, in its own minor units."""
    return Decimal((cost.amount_minor or 0) * PER_YEAR[cost.frequency]) / 12


def _who(cost: Cost, costs: Sequence[Cost]) -> Hashable:
    """One person has one: that of their roles, else that of the first of the costs that follow one another."""
    role = getattr(cost, "role", None)
    if role:
        return "maintainer", role.maintainer_id
    by_key = {one.pk: one for one in costs}
    first = cost
    while first.follows_id and first.follows_id in by_key:
        first = by_key[first.follows_id]
    return "cost", first.pk or id(first)


def _in_force(cost: Cost, day: date) -> bool:
    return (cost.starts_on or day) <= day <= (cost.ends_on or day)


def _is_yearly(cost: Cost) -> bool:
    return cost.amount_minor is not None and cost.frequency in PER_YEAR and not cost.in_kind


def _by_currency(costs: Sequence[Cost]) -> list[Money]:
    """What a year takes in each currency."""
    currencies = sorted({cost.currency for cost in costs})
    return [
        total(
            (
                Money((cost.amount_minor or 0) * PER_YEAR[cost.frequency], currency)
                for cost in costs
                if cost.currency == currency
            ),
            currency,
        )
        for currency in currencies
    ]


def commonest(costs: Sequence[Cost]) -> str:
    """The first by name of those that as many costs have; empty without costs."""
    counts = Counter(cost.currency for cost in costs)
    return min(counts, key=lambda currency: (-counts[currency], currency), default="")

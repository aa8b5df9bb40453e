"""What a project needs in a year, from its costs. Pure: the costs and the rates are given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from funders.rates import Rates
from fundtracker.money import Money, total
from projects.models import Cost

# With fewer, a sum can be taken apart by who knows the others.
FEWEST = 3
PER_YEAR = {Cost.Frequency.MONTHLY.value: 12, Cost.Frequency.YEARLY.value: 1}


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
    currency = _commonest(counted)
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
    """The same for everybody to read: withheld where the sum would tell what a person costs."""
    need = yearly(costs, day=day, rates=rates)
    if shows_a_person(costs, day):
        return replace(need, amount=None, unconverted=(), is_withheld=True)
    return need


def shows_a_person(costs: Iterable[Cost], day: date) -> bool:
    """Whether too few costs stand in the sum beside those that a manifest made public."""
    private = [cost for cost in costs if _is_yearly(cost) and _in_force(cost, day) and not cost.manifest_guid]
    return len(private) < FEWEST and any(cost.is_person for cost in private)


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


def _commonest(costs: Sequence[Cost]) -> str:
    """The first by name of those that as many costs have; empty without costs."""
    counts = Counter(cost.currency for cost in costs)
    return min(counts, key=lambda currency: (-counts[currency], currency), default="")

"""What if: a promise ends, a grant comes, a cost changes. Pure: the same figures with one thing changed; nothing is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from projects.coverage import DAY, Certainty, Income, Need, add_months
from projects.gathering import Gathered


@dataclass(frozen=True, slots=True)
class End:
    """What is signed under `label` is paid until the day before `day`."""

    label: str
    day: date


@dataclass(frozen=True, slots=True)
class Grant:
    """`minor` in all, in the project's currency, for so many months from a day."""

    minor: int
    day: date
    months: int


@dataclass(frozen=True, slots=True)
class Rise:
    """What is needed under `label` costs `minor` a month from a day on, in the project's currency."""

    label: str
    minor: int
    day: date


Change = End | Grant | Rise


def promises(gathered: Gathered) -> list[str]:
    """What may end: the names of what is signed and not yet paid."""
    return sorted({one.label for one in gathered.income if one.certainty == Certainty.COMMITTED})


def costs(gathered: Gathered) -> list[str]:
    return sorted({need.label for need in gathered.needs if not need.in_kind})


def changed(gathered: Gathered, changes: list[Change]) -> Gathered:
    """The same project after the changes."""
    income, needs = list(gathered.income), list(gathered.needs)
    for change in changes:
        if isinstance(change, End):
            income = [one for known in income for one in _ended(known, change)]
        elif isinstance(change, Grant):
            until = add_months(change.day, change.months) - DAY
            income.append(
                Income(_("the new grant"), Decimal(change.minor), change.day, until, Certainty.COMMITTED)
            )
        else:
            needs = [need for known in needs for need in _until(known, change)]
            needs.append(Need(change.label, Decimal(change.minor), change.day, None))
    return replace(gathered, income=income, needs=needs, has_money=gathered.has_money or bool(income))


def _ended(one: Income, end: End) -> Iterator[Income]:
    if one.label != end.label or one.certainty != Certainty.COMMITTED or one.ends_on < end.day:
        yield one
    elif one.starts_on < end.day:
        days, kept = (one.ends_on - one.starts_on).days + 1, (end.day - one.starts_on).days
        yield replace(one, minor=one.minor * kept / days, ends_on=end.day - DAY)


def _until(need: Need, rise: Rise) -> Iterator[Need]:
    if need.label != rise.label or need.in_kind or (need.ends_on and need.ends_on < rise.day):
        yield need
    elif need.starts_on is None or need.starts_on < rise.day:
        yield replace(need, ends_on=rise.day - DAY)

"""Who is up for renewal, month by month, and the same as days of a calendar."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from funders.members import MONTHS
from funders.models import Commitment, Membership
from fundtracker import calendar
from fundtracker.money import Money, total

BACK, AHEAD = timedelta(days=92), timedelta(days=366)
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Month:
    """Terms that end in one month, and what a year of them is worth, one sum a currency."""

    first: date
    terms: tuple[Commitment, ...]
    at_stake: tuple[Money, ...]


def ending(today: date) -> list[Commitment]:
    """Of memberships and subscriptions, ours and providers', what ends from three months ago to a year ahead."""
    span = today - BACK, today + AHEAD
    ours = Membership.objects.renewable(since=span[0], until=span[1])
    theirs = Commitment.objects.filter(
        membership=None, ends_on__range=(today, span[1]), state__in=["active", "overdue"]
    ).exclude(frequency="once")
    found = Commitment.objects.filter(membership__in=ours) | theirs
    return list(
        found.select_related("giver__funder", "source", "tier", "membership").order_by("ends_on", "pk")[:MOST]
    )


def by_month(terms: Iterable[Commitment]) -> list[Month]:
    """Ascending; `terms` are in the order of their ends."""
    months = []
    for first, group in groupby(terms, lambda one: one.ends_on.replace(day=1) if one.ends_on else date.min):
        ended = tuple(group)
        worth = [of_a_year(one) for one in ended]
        known = [one for one in worth if one]
        sums = (total((a for a in known if a.currency == c), c) for c in sorted({a.currency for a in known}))
        months.append(Month(first, ended, tuple(sums)))
    return months


def of_a_year(one: Commitment) -> Money | None:
    """What a recurring promise brings in twelve months."""
    if one.amount is None:
        return None
    return Money(one.amount.minor * (12 // MONTHS.get(one.frequency, 12)), one.amount.currency)


def days(terms: Iterable[Commitment], *, host: str, stamp: date) -> Iterator[calendar.Day]:
    """The last day of each term."""
    for one in terms:
        assert one.ends_on, "only terms that end are renewed"
        about = [
            one.tier.name if one.tier else "",
            one.amount.format() if one.amount else "",
            one.source.name,
        ]
        yield calendar.Day(
            uid=f"commitment-{one.pk}@{host}",
            day=one.ends_on,
            stamp=stamp,
            summary=_("Renewal: %(who)s") % {"who": one.who},
            description=" · ".join(filter(None, about)),
        )

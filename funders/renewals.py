"""Who is up for renewal, month by month, and the same as a calendar of their own (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from funders.members import MONTHS
from funders.models import Commitment, Membership
from fundtracker.money import Money, total

DAY = timedelta(days=1)
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


def calendar(terms: Iterable[Commitment], *, name: str, host: str, stamp: datetime) -> bytes:
    """An all-day event on the last day of each term."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//fundtracker//renewals//EN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for one in terms:
        lines += _event(one, host, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(one: Commitment, host: str, stamp: datetime) -> Iterator[str]:
    assert one.ends_on, "only terms that end are renewed"
    about = [one.tier.name if one.tier else "", one.amount.format() if one.amount else "", one.source.name]
    yield "BEGIN:VEVENT"
    yield f"UID:commitment-{one.pk}@{host}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{one.ends_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{one.ends_on + DAY:%Y%m%d}"
    yield f"SUMMARY:{_text(_('Renewal: %(who)s') % {'who': one.who})}"
    yield f"DESCRIPTION:{_text(' · '.join(filter(None, about)))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(words: str) -> str:
    """Escaped: a backslash, a semicolon, a comma, a new line. Other control characters are left out."""
    for mark in "\\;,":
        words = words.replace(mark, f"\\{mark}")
    lines = "\\n".join(words.splitlines())
    return "".join(letter for letter in lines if letter >= " " and letter != "\x7f")


def _folded(line: str) -> bytes:
    """In pieces of at most 75 bytes, each but the first after a space, and no letter cut in two."""
    pieces, size = [b""], 0
    for letter in line:
        code = letter.encode()
        if size + len(code) > 75:
            pieces.append(b" ")
            size = 1
        pieces[-1] += code
        size += len(code)
    return b"\r\n".join(pieces) + b"\r\n"

"""The renewals calendar: months, sums at stake, and an iCalendar file that calendars read."""

from datetime import date

import pytest

from funders import renewals
from fundtracker import calendar
from fundtracker.money import Money
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


def term(ends_on, **fields):
    return factories.MembershipFactory(commitment__ends_on=ends_on, **fields).commitment


def test_months_say_what_is_at_stake_in_a_year():
    term(date(2026, 7, 5))
    factories.CommitmentFactory(
        frequency="monthly", amount_minor=1_000, currency="EUR", ends_on=date(2026, 7, 31)
    )
    term(date(2026, 9, 1))
    assert [
        (one.first, len(one.terms), one.at_stake) for one in renewals.by_month(renewals.ending(TODAY))
    ] == [
        (date(2026, 7, 1), 2, (Money(12_000, "EUR"), Money(50_000, "GBP"))),
        (date(2026, 9, 1), 1, (Money(50_000, "GBP"),)),
    ]


def test_what_is_renewed_or_gone_is_not_up_for_renewal():
    kept = [
        term(date(2026, 7, 5), state=state)
        for state in ("paid", "grace", "invoiced", "applied", "lapsed", "renewed")
    ]
    factories.CommitmentFactory(frequency="monthly", ends_on=date(2026, 7, 5), state="ended")
    factories.CommitmentFactory(frequency="once", ends_on=date(2026, 7, 5))
    assert renewals.ending(TODAY) == kept[:3]


def file(*terms):
    return calendar.write("Renewals", renewals.days(terms, host="example.org", stamp=TODAY)).encode()


def test_a_term_is_an_event_of_a_whole_day():
    one = term(date(2026, 12, 31), commitment__giver__funder__name="Example Ltd")
    assert file(one).decode() == "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//fundtracker//fundtracker//EN", "X-WR-CALNAME:Renewals",
        "BEGIN:VEVENT", f"UID:commitment-{one.pk}@example.org", "DTSTAMP:20260630T000000Z",
        "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101", "SUMMARY:Renewal: Example Ltd",
        f"DESCRIPTION:{one.tier} · £500 · {one.source}", "TRANSP:TRANSPARENT", "END:VEVENT", "END:VCALENDAR", "",
    ])  # fmt: skip


def test_no_name_writes_a_line_of_its_own():
    name = "A\\B; C, D\r\nEND:VEVENT\x07"
    lines = file(term(TODAY, commitment__giver__funder__name=name)).decode().split("\r\n")
    assert [line for line in lines if line.startswith("SUMMARY")] == [
        "SUMMARY:Renewal: A\\\\B\\; C\\, D\\nEND:VEVENT"
    ]
    assert lines.count("END:VEVENT") == 1


@pytest.mark.parametrize("name", ["x" * 200, "ä" * 100, "🌉" * 60])
def test_long_lines_are_folded_between_letters(name):
    made = file(term(TODAY, commitment__giver__funder__name=name))
    assert max(len(line) for line in made.split(b"\r\n")) <= 75
    assert all(line.decode() for line in made.split(b"\r\n")[:-1])
    assert f"SUMMARY:Renewal: {name}".encode() in made.replace(b"\r\n ", b"")

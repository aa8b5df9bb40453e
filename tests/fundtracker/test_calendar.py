"""iCalendar as RFC 5545 has it."""

from datetime import date

import pytest

from fundtracker import calendar
from fundtracker.calendar import Day

JUNE = Day("call-1@example.org", date(2026, 6, 30), date(2026, 6, 1), "The call closes")


def unfolded(text):
    """The lines as a calendar reads them."""
    return text.replace("\r\n ", "").split("\r\n")


def line(text, name):
    [found] = [one for one in unfolded(text) if one.startswith(name)]
    return found


def test_a_day_is_one_event():
    assert unfolded(calendar.write("Calls", [JUNE])) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//fundtracker//fundtracker//EN",
        "X-WR-CALNAME:Calls",
        "BEGIN:VEVENT",
        "UID:call-1@example.org",
        "DTSTAMP:20260601T000000Z",
        "DTSTART;VALUE=DATE:20260630",
        "DTEND;VALUE=DATE:20260701",
        "SUMMARY:The call closes",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_calendar_without_days_still_holds_a_component():
    lines = unfolded(calendar.write("Calls", []))
    assert [one for one in lines if one.startswith(("BEGIN", "END"))] == [
        "BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "END:VTIMEZONE", "END:VCALENDAR",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("a, b; c", "a\\, b\\; c"),
        ("back\\slash", "back\\\\slash"),
        ("two\r\nlines\nmore", "two\\nlines\\nmore"),
        ("5\u00a0000\u202f€", "5\u00a0000\u202f€"),
        ("\x00bell\x07", "bell"),
        ("END:VEVENT\r\nBEGIN:VALARM", "END:VEVENT\\nBEGIN:VALARM"),
    ],
)
def test_words_are_escaped(words, written):
    text = calendar.write("", [Day("u", JUNE.day, JUNE.stamp, words, description=words)])
    assert (line(text, "SUMMARY"), line(text, "DESCRIPTION")) == (
        f"SUMMARY:{written}",
        f"DESCRIPTION:{written}",
    )


@pytest.mark.parametrize("letter", ["x", "ü", "€", "😀"])
def test_long_lines_are_folded_at_75_octets_and_never_inside_a_letter(letter):
    text = calendar.write("", [Day("u", JUNE.day, JUNE.stamp, letter * 200)])
    raw = text.encode().split(b"\r\n")
    assert max(len(one) for one in raw) <= 75
    assert all(one.decode() for one in raw[:-1])
    assert line(text, "SUMMARY") == f"SUMMARY:{letter * 200}"


def test_the_same_days_give_the_same_text():
    assert calendar.write("Calls", [JUNE]) == calendar.write("Calls", [JUNE])

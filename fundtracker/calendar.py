"""Days as an iCalendar file (RFC 5545), for any calendar to subscribe to. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from unicodedata import category

# A line's most octets, its break not counted.
LINE = 75
# A calendar must hold something (RFC 5545, 3.6), also where no day is known.
_NOTHING = (
    "BEGIN:VTIMEZONE", "TZID:Etc/UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day. `uid` never changes while the day means the same; `stamp` is when this was last known to be so."""

    uid: str
    day: date
    stamp: date
    summary: str
    description: str = ""
    url: str = ""


def write(name: str, days: Iterable[Day]) -> str:
    """The file's text, to be sent as text/calendar in UTF-8. The same days give the same text."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//fundtracker//fundtracker//EN", f"X-WR-CALNAME:{_text(name)}"]  # fmt: skip
    events = [line for one in days for line in _event(one)]
    lines += [*(events or _NOTHING), "END:VCALENDAR"]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _event(one: Day) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{one.uid}"
    yield f"DTSTAMP:{one.stamp:%Y%m%d}T000000Z"
    yield f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{one.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(one.summary)}"
    if one.description:
        yield f"DESCRIPTION:{_text(one.description)}"
    if one.url:
        yield f"URL:{one.url}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(words: str) -> str:
    """Escaped. Control characters have no place in a file of lines."""
    escaped = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = "\\n".join(escaped.splitlines())
    return "".join(letter for letter in escaped if category(letter) != "Cc")


def _folded(line: str) -> str:
    """Longer lines go on after a break and a space, and no letter is cut in two."""
    folded, room = "", LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            folded, room = f"{folded}\r\n ", LINE - 1
        folded, room = folded + letter, room - size
    return folded

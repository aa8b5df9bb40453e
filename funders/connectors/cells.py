"""What one cell means: a number, an amount, a day or an instant, a word. ValueError says why not. Pure."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from funders.connectors.base import INCOMING, Kind
from fundtracker.money import Money, exponent

LONGEST = 200
EARLIEST = date(1970, 1, 1)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?( ?[+-][0-9]{2}:?[0-9]{2}|Z)?)?"
)
PLAIN = re.compile(r"[+-]?[0-9]+([.][0-9]+)?")
# By the decimal sign that the settings name; without one, 1,234 could be either.
GROUPED = {
    ".": re.compile(r"[+-]?[0-9]{1,3}([,'’ \xa0\u202f])[0-9]{3}(\1[0-9]{3})*([.][0-9]+)?"),
    ",": re.compile(r"[+-]?[0-9]{1,3}([.'’ \xa0\u202f])[0-9]{3}(\1[0-9]{3})*(,[0-9]+)?"),
}
Word = TypeVar("Word", bound=StrEnum)


class ClocksChanged(ValueError):
    """A local time that the clocks repeated (`twice`) or skipped."""

    def __init__(self, words: str, *, twice: bool) -> None:
        super().__init__(words)
        self.twice = twice


def text(cell: str) -> str:
    """Names stay as they are, right-to-left and zero-width signs included; control characters have no place."""
    found = CONTROL.search(cell)
    if found:
        raise ValueError(f"the control character U+{ord(found[0]):04X} is in it: take it out")
    if len(cell) > LONGEST:
        raise ValueError(f"{len(cell)} characters are more than {LONGEST}: shorten it")
    return cell


def number(cell: str, decimal: str | None = None) -> Decimal:
    if cell.startswith("="):
        raise ValueError(f"“{cell}” is a formula: write its result")
    bare = cell.replace("\u2212", "-")
    grouped = GROUPED[decimal].fullmatch(bare) if decimal else None
    if grouped:
        bare = bare.replace(grouped[1], "")
    if decimal == ",":
        bare = bare.replace(".", "?").replace(",", ".")
    if not PLAIN.fullmatch(bare):
        raise ValueError(
            f"“{cell}” is not a number: write it like 1234.50, without a currency, "
            "or set “decimal” to the sign before the cents"
        )
    return Decimal(bare)


def money(cell: str, currency: str, decimal: str | None = None) -> Money:
    value, _ = number(cell, decimal), exponent(currency)
    try:
        return Money.of(value, currency)
    except ValueError as error:
        raise ValueError(f"{error}: correct it") from None


def amount(money: Money, kind: Kind) -> Money:
    """Its sign as the ledger has it: what is refunded is negative, however the file writes it."""
    if not money:
        raise ValueError("0 is no payment: take the row out")
    if kind is Kind.REFUND:
        return min(money, -money)
    if kind in INCOMING and money.minor < 0:
        raise ValueError(
            f"{money} is less than 0, so its kind cannot be {kind}: make it refund or chargeback"
        )
    return money


def when(cell: str, form: str | None, zone: ZoneInfo, now: datetime) -> date | datetime:
    """A day as written, or an instant. A local time that the clocks skipped or repeated is refused."""
    moment = _as_form(cell, form) if form else None
    if moment is None:
        moment = _as_iso(cell)
    if moment is None:
        raise ValueError(
            f"“{cell}” is not a date of the form {form}: correct it, or “date_format”"
            if form
            else f"“{cell}” is not an ISO date (2026-04-03): set “date_format”, for instance to %d/%m/%Y"
        )
    day = moment.date() if isinstance(moment, datetime) else moment
    # Somewhere it is tomorrow already.
    if day > (now + timedelta(days=1)).date():
        raise ValueError(f"{day} has not come yet: correct it")
    if day < EARLIEST:
        raise ValueError(f"{day} is too long ago to be right: correct it")
    return _placed(moment, zone) if isinstance(moment, datetime) else moment


def one_of(cell: str, words: type[Word]) -> Word:
    try:
        return words(cell)
    except ValueError:
        raise ValueError(
            f"“{cell}” is none of {', '.join(words)}: correct it, or translate it in “words”"
        ) from None


def _as_form(cell: str, form: str) -> date | datetime | None:
    try:
        moment = datetime.strptime(cell, form)  # noqa: DTZ007  (_placed gives it its zone)
    except ValueError:
        return None
    return moment if re.search("%[HIcXsf]", form) else moment.date()


def _as_iso(cell: str) -> date | datetime | None:
    if not ISO.fullmatch(cell):
        return None
    try:
        if len(cell) == 10:
            return date.fromisoformat(cell)
        return datetime.fromisoformat(f"{cell[:11]}{cell[11:].replace(' ', '')}")
    except ValueError:
        return None


def _placed(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is not None:
        return moment
    early, late = moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early
    twice = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    raise ClocksChanged(
        f"{moment} {'came twice' if twice else 'never came'} in {zone}, where the clocks changed: "
        "write it with its offset, like 2026-10-25T01:30:00+01:00",
        twice=twice,
    )

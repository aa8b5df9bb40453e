"""Reference rates that nobody published: the ECB's file formats, working days up to today, slowly moving values."""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

from funders.sandbox.speech import Answer, Question, text

PREFIX = "/eurofxref"
NOTICE = (
    "GET  /eurofxref/eurofxref-daily.xml     rates in the ECB's formats\n"
    "GET  /eurofxref/eurofxref-hist-90d.xml\n"
    "GET  /eurofxref/eurofxref-hist.zip\n"
)
FIRST_DAY = date(2025, 1, 2)
FOUR_DIGITS = Decimal("0.0001")
# Where each currency starts; from there it wanders by at most 0.3 % a day.
FIRST = {
    "USD": "1.0812", "JPY": "161.24", "CZK": "24.913", "DKK": "7.4590", "GBP": "0.8460", "PLN": "4.2310",
    "SEK": "11.214", "CHF": "0.9521", "CAD": "1.4872", "AUD": "1.6540", "INR": "92.310",
}  # fmt: skip
# HRK was withdrawn: the history still has its column, without values.
COLUMNS = (*FIRST, "HRK")
Rates = dict[str, Decimal]


def answer(question: Question) -> Answer:
    if question.path not in FILES:
        return text("There are no such rates\n", 404)
    make, kind = FILES[question.path]
    return Answer(200, make(question.now.date(), question.world.seed), kind=kind)


@lru_cache(maxsize=8)
def table(until: date, seed: int) -> dict[date, Rates]:
    """The rates of each working day up to `until`, oldest first."""
    day, today = FIRST_DAY, {currency: Decimal(start) for currency, start in FIRST.items()}
    days = {day: today}
    while (day := day + timedelta(days=1)) <= until:
        if day.weekday() < 5:
            dice = Random(f"{seed} rates {day}")  # noqa: S311  generated data
            today = {currency: _moved(value, dice) for currency, value in today.items()}
            days[day] = today
    return days


def _moved(value: Decimal, dice: Random) -> Decimal:
    return (value * (1_000_000 + dice.randint(-3_000, 3_000)) / 1_000_000).quantize(FOUR_DIGITS)


def known(day: date, seed: int) -> Rates:
    """The rates of `day`, or of the last working day before it."""
    days = table(date(day.year, 12, 31), seed)
    return next(days[before] for back in range(4) if (before := day - timedelta(days=back)) in days)


def daily(today: date, seed: int) -> bytes:
    return _envelope(list(table(today, seed).items())[-1:])


def ninety_days(today: date, seed: int) -> bytes:
    start = today - timedelta(days=90)
    return _envelope([item for item in reversed(table(today, seed).items()) if item[0] > start])


def history(today: date, seed: int) -> bytes:
    """The zip with a CSV, newest first, each line ended by a comma."""
    lines = [",".join(["Date", *COLUMNS, ""])]
    for day, values in reversed(table(today, seed).items()):
        lines.append(",".join([day.isoformat(), *(str(values.get(name, "N/A")) for name in COLUMNS), ""]))
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", "\n".join(lines) + "\n")
    return packed.getvalue()


def _envelope(days: list[tuple[date, Rates]]) -> bytes:
    cubes = "".join(
        f'<Cube time="{day}">'
        + "".join(f'<Cube currency="{name}" rate="{rate}"/>' for name, rate in values.items())
        + "</Cube>"
        for day, values in days
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        "<gesmes:subject>Generated sandbox rates</gesmes:subject>"
        "<gesmes:Sender><gesmes:name>fundtracker sandbox</gesmes:name></gesmes:Sender>"
        f"<Cube>{cubes}</Cube></gesmes:Envelope>"
    ).encode()


FILES = {
    "/eurofxref-daily.xml": (daily, "text/xml"),
    "/eurofxref-hist-90d.xml": (ninety_days, "text/xml"),
    "/eurofxref-hist.zip": (history, "application/zip"),
}

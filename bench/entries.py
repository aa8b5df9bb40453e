"""The staff's list over a million generated entries: the first page, page 1,000 by its place, and each filter.

    python -m bench.entries        ROWS=1000000 by default

Prints the median of seven in milliseconds: the search itself, and the whole page.
"""

import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from types import SimpleNamespace

from bench import ledger as bench

TIMES = 7


def timed(what) -> float:
    took = []
    for _ in range(TIMES):
        began = time.monotonic()
        what()
        took.append(time.monotonic() - began)
    return median(took) * 1000


def deep(found, pages: int):
    """The place at which page `pages` begins, found by counting once; the page itself is then asked for by it."""
    from funders import entries

    last = found.order_by("-occurred_at", "-id")[(pages - 1) * entries.PAGE - 1]
    return entries.place(last)


def run(folder: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    from funders import entries, ledger
    from funders.models import Entry, Source
    from fundtracker.money import Money

    call_command("migrate", verbosity=0)
    path = folder / "gifts.csv"
    bench.write_csv(path)
    source = Source.objects.create(slug="bench", name="bench", kind="table", synced_at=datetime.now(UTC))
    other = Source.objects.create(slug="small", name="small", kind="manual", synced_at=datetime.now(UTC))
    seen = datetime(2026, 11, 23, tzinfo=UTC)
    ledger.record(source, named(path, seen))
    ledger.record(other, [receipt for n, receipt in enumerate(bench.receipts(path, seen)) if n < 200])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    whole = SimpleNamespace(source_id=source.pk, designation=None, starts_on=date(2025, 2, 1), ends_on=None)
    filters = {
        "no filter": {},
        "a small source": {"source": other},
        "a giver's whole name": {"giver": "Giver giver-4711"},
        "part of many names": {"giver": "giver"},
        "an exact amount": {"least": Money(12_345, "GBP"), "most": Money(12_345, "GBP"), "currency": "GBP"},
        "a range of amounts": {
            "least": Money(10_000, "GBP"),
            "most": Money(20_000, "GBP"),
            "currency": "GBP",
        },
        "an amount that none has": {"least": Money(9_999_999, "GBP"), "currency": "GBP"},
        "one day": {"since": date(2025, 6, 1), "until": date(2025, 6, 1)},
        "a kind": {"kind": "refund"},
        "a designation": {"designation": "Bridges"},
        "a designation that none has": {"designation": "Nothing"},
        "a stream": {"stream": whole},
        "an id's beginning": {"text": "g4711"},
        "a text that none has": {"text": "no such thing"},
        "waiting": {"state": "waiting"},
        "corrected (none)": {"state": "corrected"},
        "taken back (none)": {"state": "gone"},
    }
    print(f"{Entry.objects.count():,} entries, median of {TIMES}, ms")
    for name, asked in filters.items():
        found = entries.search(asked)
        rows = len(entries.page(found).entries)
        print(f"{name:<30} {timed(lambda found=found: entries.page(found)):>8.1f}   {rows} rows")
    pages = min(1000, Entry.objects.count() // entries.PAGE // 2)
    at = deep(entries.search({}), pages)
    print(f"{f'page {pages:,}':<30} {timed(lambda: entries.page(entries.search({}), before=at)):>8.1f}")
    whole_page(at)


def named(path: Path, seen: datetime):
    """Two in a hundred gifts named, one in fifty designated."""
    from dataclasses import replace

    from funders.connectors.base import GiverRef

    for n, receipt in enumerate(bench.receipts(path, seen)):
        if n % 50 == 0:
            ref = GiverRef(receipt.giver.external_id, f"Giver {receipt.giver.external_id}", public=True)
            receipt = replace(receipt, giver=ref)
        yield replace(receipt, designation="Bridges") if n % 50 == 1 else receipt


def whole_page(at: str) -> None:
    from django.test import Client

    from fundtracker.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("ann@example.org", role="viewer"))
    for name, url in (("the page itself", "/staff/entries/"), ("deep in it", f"/staff/entries/?before={at}")):
        assert client.get(url).status_code == 200
        print(f"{name:<30} {timed(lambda url=url: client.get(url)):>8.1f}")


if __name__ == "__main__":
    bench.run = run
    sys.exit(bench.main())

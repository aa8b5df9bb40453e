"""A million generated gifts from a CSV through the ledger, against a bare COPY of the same rows in the same run.

    make bench                     1,000,000 rows
    make bench ROWS=100000

Prints rows per second, the ratio of both, peak memory, and what a campaign page over them costs.
"""

import csv
import os
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import django

from deploy.postgres import Cluster

ROWS = int(os.environ.get("ROWS", "1000000"))
SEED = 20261123


def write_csv(path: Path) -> None:
    """Gifts of two years in three currencies from 200,000 givers, one in a hundred taken back."""
    chance = random.Random(SEED)
    start = date(2025, 1, 1)
    of: list[object] = []
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "day", "amount", "currency", "giver", "takes back", "fee"])
        for n in range(ROWS):
            if n % 100 == 99:
                out.writerow(
                    [f"r{n}", start + timedelta(chance.randrange(690)), f"-{of[2]}", of[3], of[4], of[0], ""]
                )
                continue
            amount = f"{chance.randrange(100, 20_000) / 100:.2f}"
            currency = chance.choice(["GBP", "GBP", "EUR", "USD"])
            day = start + timedelta(chance.randrange(690))
            of = [f"g{n}", day, amount, currency, f"giver-{chance.randrange(200_000)}"]
            out.writerow([*of, "", ""])


def bare_copy(path: Path) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bare (id text, day date, amount numeric, currency text, giver text, of text, fee text)"
        )
        began = time.monotonic()
        with path.open("rb") as file, cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
        took = time.monotonic() - began
        cursor.execute("DROP TABLE bare")
    return took


def receipts(path: Path, seen: datetime):
    from funders.connectors.base import GiverRef, Kind, Receipt
    from fundtracker.money import Money

    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            yield Receipt(
                external_id=row["id"],
                kind=Kind.REFUND if row["takes back"] else Kind.DONATION,
                amount=Money.of(row["amount"], row["currency"]),
                occurred_at=date.fromisoformat(row["day"]),
                seen=seen,
                giver=GiverRef(row["giver"]),
                refunds_external_id=row["takes back"],
            )


def timed(what):
    began = time.monotonic()
    result = what()
    return time.monotonic() - began, result


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="fundtracker-bench-"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "postgres")
    cluster.start()
    try:
        os.environ.update(
            DATABASE_URL=cluster.url,
            SECRET_KEY="bench-" * 10,
            GIVER_KEY="bench-" * 10,
            TOKEN_KEYS="YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtISE=",
            BROKER_DIR=str(folder),
            DJANGO_SETTINGS_MODULE="fundtracker.settings",
            STATIC_BACKEND="django.contrib.staticfiles.storage.StaticFilesStorage",
        )
        django.setup()
        run(folder)
    finally:
        cluster.stop()


def run(folder: Path) -> None:
    from django.core.management import call_command

    from funders import ledger, rates
    from funders.models import Entry, Source

    call_command("migrate", verbosity=0)
    rates.seed()
    path = folder / "gifts.csv"
    write_csv(path)
    size = path.stat().st_size
    source = Source.objects.create(slug="bench", name="bench", kind="table", synced_at=datetime.now(UTC))
    seen = datetime(2026, 11, 23, tzinfo=UTC)
    bare = bare_copy(path)
    first, recorded = timed(lambda: ledger.record(source, receipts(path, seen)))
    again, nothing = timed(lambda: ledger.record(source, receipts(path, seen)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{ROWS:,} rows, {size / 1e6:.0f} MB of CSV, seed {SEED}")
    print(f"bare COPY              {ROWS / bare:>10,.0f} rows/s")
    print(
        f"ledger.record          {ROWS / first:>10,.0f} rows/s   {first / bare:.1f} times the COPY   {recorded}"
    )
    print(
        f"the same rows again    {ROWS / again:>10,.0f} rows/s   {again / first:.2f} of the first   {nothing}"
    )
    print(f"peak memory            {peak:>10,} MB")
    if (Entry.objects.count(), nothing.unchanged) != (ROWS, ROWS):
        raise SystemExit("The ledger does not hold the rows that it was given.")
    page(source)
    took, _ = timed(lambda: call_command("check_ledger"))
    print(f"check_ledger           {took:>10.1f} s")


def page(source) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from campaigns.models import Campaign
    from projects.models import Project, Stream

    project = Project.objects.create(slug="bench", name="bench")
    stream = Stream.objects.create(project=project, source=source)
    for n in range(3):
        campaign = Campaign.objects.create(
            slug=f"bench-{n}",
            name="bench",
            project=project,
            currency="GBP",
            target_minor=10**11,
            starts_on=date(2025, 1, 1),
            ends_on=date(2026, 12, 31),
        )
        campaign.streams.add(stream)
    client = Client(headers={"host": "localhost"})
    times = []
    for _ in range(7):
        with CaptureQueriesContext(connection) as queries:
            took, response = timed(lambda: client.get("/en/campaigns/bench-0/"))
        assert response.status_code == 200, response.status_code
        times.append(took)
    print(
        f"campaign page          {sorted(times)[3] * 1000:>10.0f} ms median of 7, {len(queries)} queries, uncached"
    )


if __name__ == "__main__":
    sys.exit(main())

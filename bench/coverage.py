"""The coverage of a hundred projects, gathered at once and worked out: milliseconds, median of five, and queries.

DATABASE_URL=… python -m bench.coverage        what is made is rolled back
"""

import statistics
import time
from datetime import date

import django

PROJECTS, DAYS = 100, 365
ON = date(2026, 6, 30)


def make():
    from funders.models import DailyTotal, Source
    from projects.models import Cost, Project, Stream

    made = []
    for n in range(PROJECTS):
        project = Project.objects.create(slug=f"bench-{n}", name=f"Bench {n}")
        source = Source.objects.create(slug=f"bench-{n}", name=f"Bench {n}", kind="stripe")
        Stream.objects.create(project=project, source=source)
        Cost.objects.create(project=project, label="Servers", amount_minor=100_000, currency="GBP")
        days = (date.fromordinal(ON.toordinal() - back) for back in range(DAYS))
        DailyTotal.objects.bulk_create(
            DailyTotal(source=source, value_date=day, event_date=day, currency="GBP", counted_as="donation",
                       frequency="monthly", amount_minor=1_000, entries=1)
            for day in days
        )  # fmt: skip
        made.append(project)
    return made


def main() -> None:
    django.setup()
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from projects.gathering import gather

    with transaction.atomic():
        made, took = make(), []
        for _ in range(5):
            began = time.monotonic()
            with CaptureQueriesContext(connection) as queries:
                found = gather(made, on=ON, first=date(2025, 6, 1), last=date(2028, 5, 1))
                assert all(len(one.months) == 36 for one in found.values())
            took.append((time.monotonic() - began) * 1000)
        print(f"{PROJECTS} projects: {statistics.median(took):.0f} ms, {len(queries)} queries")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()

"""From Open Collective to the ledger: the sandbox over HTTP, and an export in files."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from funders import sync
from funders.models import Commitment, DailyTotal, Entry, Giver, Source, Standing, SyncRun, Upload
from tests.funders.sandboxes import NOON, sandbox

pytestmark = pytest.mark.django_db
EXPORT = Path(__file__).parent / "connectors" / "data" / "opencollective_csv" / "transactions.csv"


def live_source(url: str) -> Source:
    source = Source(slug="sandbox", name="Sandbox", kind="opencollective", account="sandbox")
    source.base_url, source.token = f"{url}/graphql/v2", "sandbox"
    source.save()
    return source


def file_source(slug: str = "export") -> Source:
    return Source.objects.create(
        slug=slug, name=slug, kind="opencollective_csv", account="example-collective"
    )


def upload(source: Source, text: str, name: str = "transactions.csv") -> Upload:
    return source.uploads.create(file=ContentFile(text.encode(), name), name=name, digest=str(hash(text)))


def totals() -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for row in DailyTotal.objects.all():
        key = (row.currency, row.counted_as)
        sums[key] = sums.get(key, 0) + row.amount_minor
    return sums


def outcome(run: SyncRun) -> tuple[str, str, int]:
    return run.state, run.error, run.rejected


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_second_run_finds_nothing_new_and_a_whole_one_neither():
    with sandbox() as server:
        source = live_source(server.url)
        runs = [sync.sync(source), sync.sync(source), sync.sync(source, full=True)]
    assert [outcome(run) for run in runs] == [("complete", "", 0)] * 3
    assert runs[0].new > 100
    assert [(run.new, run.changed, run.missing) for run in runs[1:]] == [(0, 0, [])] * 2


def test_watching_it_grow_counts_the_same_as_reading_it_at_the_end():
    now = [NOON]
    with sandbox(lambda: now[0], pace=1800) as server:
        source = live_source(server.url)
        for minutes in (0, 40, 5000, 40):
            now[0] += timedelta(minutes=minutes)
            assert outcome(sync.sync(source)) == ("complete", "", 0)
        watched = totals()
        sync.sync(source, full=True)
    assert totals() == watched
    assert not Standing.objects.filter(counted_as="waiting").exists()


def test_subscriptions_become_commitments_and_hidden_givers_stay_hidden():
    with sandbox() as server:
        sync.sync(live_source(server.url))
    assert {"monthly", "once"} <= set(Commitment.objects.values_list("frequency", flat=True))
    assert Giver.objects.filter(name="").exists()
    assert not Giver.objects.filter(name__in=["Guest", "Incognito"]).exists()


def test_every_total_of_an_export():
    source = file_source()
    upload(source, EXPORT.read_text())
    assert outcome(sync.sync(source)) == ("complete", "", 0)
    assert totals() == {
        ("USD", "donation"): 400000 + 25000 + 7347,
        ("USD", "refund"): -25000,
        ("USD", "fee"): -11630 - 1130 - 40000 - 2500 + 2500 + 1130,
    }


def test_the_same_export_shuffled_says_nothing_new():
    source = file_source()
    header, *lines = EXPORT.read_text().splitlines()
    upload(source, EXPORT.read_text())
    first, before = sync.sync(source), totals()
    random.Random(5).shuffle(lines)
    upload(source, "\n".join([header, *lines]) + "\n", "shuffled.csv")
    again = sync.sync(source)
    assert (first.new, again.new, again.changed, again.unchanged) == (8, 0, 0, 8)
    assert totals() == before


def test_one_bad_row_keeps_the_whole_file_out():
    source = file_source()
    upload(source, EXPORT.read_text().replace("3883.7", "3883.705"))
    run = sync.sync(source)
    assert run.state == "failed"
    assert [one["where"] for one in run.rejections] == ["transactions.csv, line 5"]
    assert Entry.objects.count() == 0

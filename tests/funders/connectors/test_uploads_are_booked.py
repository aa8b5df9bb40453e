"""Uploaded files on the whole road: connector, run, ledger."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from funders import sync
from funders.models import DailyTotal, Entry, Source, SyncRun, Upload
from tests.funders.connectors.uploads import COLUMNS, HEAD, row

LINES = [row(external_id=""), row(external_id=""), row(name="Bob", amount="7", external_id="")]


@pytest.fixture
def source(db: None, settings, tmp_path) -> Source:
    settings.MEDIA_ROOT = tmp_path
    options = {"columns": COLUMNS, "currency": "EUR"}
    return Source.objects.create(slug="gifts", name="Gifts", kind="table", options=options)


def book(source: Source, content: str) -> SyncRun:
    file = ContentFile(content.encode(), name="gifts.csv")
    digest = hashlib.sha256(content.encode()).hexdigest()
    Upload.objects.create(source=source, file=file, digest=digest)
    return sync.sync(source)


def raised() -> int | None:
    total: int | None = DailyTotal.objects.aggregate(minor=Sum("amount_minor"))["minor"]
    return total


def test_two_equal_gifts_count_twice(source: Source) -> None:
    run = book(source, HEAD + "".join(LINES))

    assert (run.state, run.new, run.expected, raised()) == ("complete", 3, 3, 2800)


def test_the_same_rows_in_another_order_add_nothing(source: Source) -> None:
    book(source, HEAD + "".join(LINES))

    run = book(source, HEAD + "".join(reversed(LINES)))

    assert (run.new, run.changed, run.unchanged, raised()) == (0, 0, 3, 2800)


def test_a_longer_file_adds_what_it_has_more(source: Source) -> None:
    book(source, HEAD + "".join(LINES))

    run = book(source, HEAD + "".join([*LINES, LINES[0]]))

    assert (run.new, run.unchanged, raised()) == (1, 3, 3850)


@pytest.mark.parametrize(
    "bad", [row(amount="ten"), "2026-04-03,1\n", '2026-04-03,1,"Alice,x\n'], ids=["row", "ragged", "quote"]
)
def test_a_file_with_one_bad_row_books_nothing_and_says_why(source: Source, bad: str) -> None:
    run = book(source, HEAD + "".join(LINES) + bad)

    assert (run.state, Entry.objects.count(), raised()) == ("failed", 0, None)
    assert "5" in f"{run.error} {run.rejections}"
    assert Upload.objects.get().booked_at is None


def add(source: Source, content: str, name: str = "gifts.csv") -> Upload:
    file = ContentFile(content.encode(), name=name)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Upload.objects.create(source=source, file=file, digest=digest, name=name)


GOOD, BAD = HEAD + LINES[0], HEAD + row(amount="ten")


def test_a_refused_file_keeps_no_other_waiting_and_is_not_read_again(source: Source) -> None:
    bad, good = add(source, BAD, "bad.csv"), add(source, GOOD, "ok.csv")

    run = sync.sync(source)

    bad.refresh_from_db()
    good.refresh_from_db()
    source.refresh_from_db()
    assert (run.state, run.new, raised()) == ("partial", 1, 1050)
    assert run.error == source.error == "bad.csv: 1 rows cannot be booked, so nothing of it was."
    assert run.rejections[0]["where"] == "bad.csv, line 2"
    assert (bad.booked_at, good.refused, good.booked_at is None) == (None, "", False)
    assert bad.refused == "1 rows cannot be booked, so nothing of it was."
    assert not Source.objects.due().exists()
    again = sync.sync(source)
    assert (again.state, again.rejected, again.pages) == ("complete", 0, 0)


@pytest.mark.parametrize("broken", ["not a table", "Paid on,Amount\n"])
def test_a_file_that_cannot_be_read_at_all_is_refused_alone(source: Source, broken: str) -> None:
    add(source, broken, "bad.csv")

    assert book(source, GOOD).new == 1


def test_a_file_that_is_no_longer_on_the_disk_is_refused_in_words(source: Source) -> None:
    lost = add(source, BAD, "lost.csv")
    Path(lost.file.path).unlink()

    run = book(source, GOOD)

    assert (run.new, run.error) == (1, "lost.csv: the file is no longer on the disk: upload it again.")


def test_a_named_file_is_read_whatever_others_wait(source: Source, tmp_path, capsys) -> None:
    waiting = add(source, BAD, "bad.csv")
    path = tmp_path / "ok.csv"
    path.write_text(GOOD)

    for _ in range(2):
        call_command("sync", "gifts", file=path)

    waiting.refresh_from_db()
    assert (raised(), waiting.refused) == (1050, "")
    assert Source.objects.due().exists()


def test_who_asks_by_hand_asks_for_the_refused_files_again(source: Source) -> None:
    bad = add(source, BAD, "bad.csv")
    sync.sync(source)
    Upload.objects.update(refused="long ago")

    with pytest.raises(CommandError, match="bad.csv: 1 rows cannot be booked"):
        call_command("sync", "gifts")

    bad.refresh_from_db()
    assert bad.refused == "1 rows cannot be booked, so nothing of it was."


def test_a_source_of_the_network_takes_no_file(source: Source, tmp_path) -> None:
    Source.objects.update(kind="opencollective")
    (tmp_path / "ok.csv").write_text(GOOD)

    with pytest.raises(CommandError, match="Gifts is asked over the network: it has no files"):
        call_command("sync", "gifts", file=tmp_path / "ok.csv")


def test_figures_of_a_file_are_as_old_as_its_upload(source: Source) -> None:
    sync.sync(source)
    source.refresh_from_db()
    assert (source.synced_at, source.health(timezone.now())) == (None, "never")

    old, older = add(source, GOOD), add(source, HEAD + LINES[2])
    moment = timezone.now() - timedelta(days=3)
    Upload.objects.filter(pk=old.pk).update(uploaded_at=moment)
    Upload.objects.filter(pk=older.pk).update(uploaded_at=moment - timedelta(days=3))
    sync.sync(source)

    source.refresh_from_db()
    assert source.synced_at == moment


@pytest.mark.parametrize(
    ("hours", "every_minutes", "health"), [(23, 60, "fresh"), (25, 60, "stale"), (25, 24 * 60, "fresh")]
)
def test_a_file_is_fresh_on_the_day_of_its_upload(
    source: Source, hours: int, every_minutes: int, health: str
) -> None:
    now = timezone.now()
    source.synced_at, source.every_minutes = now - timedelta(hours=hours), every_minutes

    assert source.health(now) == health


def test_a_source_of_files_is_due_while_one_is_unread(source: Source) -> None:
    assert not Source.objects.due().exists()
    add(source, GOOD)
    assert Source.objects.due().exists()
    sync.sync(source)
    assert not Source.objects.due().exists()
    add(source, HEAD + LINES[2])
    assert Source.objects.due().exists()

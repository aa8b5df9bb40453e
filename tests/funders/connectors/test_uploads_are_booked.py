"""Uploaded files on the whole road: connector, run, ledger."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.db.models import Sum

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

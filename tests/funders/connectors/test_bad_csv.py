"""Every kind of bad table at every connector that reads them: booked whole, or refused in words and not at all."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import QuerySet, Sum

from funders import connectors, sync
from funders.connectors import rows
from funders.models import Commitment, DailyTotal, Entry, Source, SyncRun, Upload
from tests.funders.connectors.samples import NO_TABLES, SAMPLES, Sample, Spoilt, read, refused

REFUSED = [(sample, name, spoilt) for sample in SAMPLES.values() for name, spoilt in refused(sample).items()]
READ = [(sample, name, content) for sample in SAMPLES.values() for name, content in read(sample).items()]
EACH = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
REMEDY = re.compile(
    r"(: |, |, or |; )(export|save|set|write|put|rename|correct|take|split|shorten|upload|use|fill|make|shorten|download)\b"
)
FIRST_REFUND = "22 a refund before its gift"
Book = Callable[[Sample, str | bytes], SyncRun]


def label(one: Any) -> str:
    return one.kind if isinstance(one, Sample) else one if isinstance(one, str) and len(one) < 60 else ""


@pytest.fixture
def book(db: None, settings: Any, tmp_path: Path) -> Book:
    settings.MEDIA_ROOT = tmp_path

    def book(sample: Sample, content: str | bytes) -> SyncRun:
        source, _ = Source.objects.get_or_create(
            slug="files", name="Files", kind=sample.kind, account="castle", options=dict(sample.options),
            time_zone="Europe/London",
        )  # fmt: skip
        raw = content if isinstance(content, bytes) else content.encode()
        digest = hashlib.sha256(raw).hexdigest()
        file = ContentFile(raw, name="gifts.csv")
        upload, _ = Upload.objects.get_or_create(source=source, digest=digest, defaults={"file": file})
        return sync.sync(source, upload=upload)

    return book


def raised(sample: Sample) -> int:
    kinds = ("donation", "sponsorship", "membership", "grant", "refund")
    rows: QuerySet[Any] = DailyTotal.objects.filter(counted_as__in=kinds)
    rows = Commitment.objects.all() if sample.promises else rows
    return rows.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def said(run: SyncRun) -> str:
    return "\n".join([run.error, *(f"{one['where']}: {one['why']}" for one in run.rejections)])


@pytest.mark.parametrize(("sample", "name", "spoilt"), REFUSED, ids=label)
def test_a_bad_file_books_nothing_and_says_where_and_what_to_do(
    book: Book, sample: Sample, name: str, spoilt: Spoilt
) -> None:
    run = book(sample, spoilt.content)

    assert (run.state, Entry.objects.count(), Commitment.objects.count()) == ("failed", 0, 0)
    assert not DailyTotal.objects.exists()
    assert Upload.objects.get().booked_at is None
    words = said(run)
    assert [one for one in spoilt.names if one.lower() not in words.lower()] == [], words
    assert REMEDY.search(words), words
    assert "\0" not in words
    assert len(words) < 2000


@pytest.mark.parametrize(("sample", "name", "content"), READ, ids=label)
def test_what_can_be_read_in_one_way_only_is_read(
    book: Book, sample: Sample, name: str, content: str | bytes
) -> None:
    run = book(sample, content)

    assert (run.state, said(run), raised(sample)) == ("complete", "", sample.total)


@EACH
def test_the_same_rows_again_add_nothing(book: Book, sample: Sample) -> None:
    book(sample, sample.file())
    same, longer = book(sample, sample.file()), book(sample, sample.file() + "\n\n")

    assert (same.state, same.new, longer.new, raised(sample)) == ("complete", 0, 0, sample.total)


@EACH
def test_a_file_of_too_many_bytes_or_rows_is_refused(
    book: Book, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("LARGEST", "MOST_ROWS"):
        with monkeypatch.context() as patch:
            patch.setattr(rows, limit, 1)
            run = book(sample, sample.file())
        assert (run.state, raised(sample)) == ("failed", 0)
        assert said(run).endswith("more than 1: split it by year.") or "more than 1 rows: split" in said(run)


@EACH
def test_a_refund_may_stand_before_its_gift(book: Book, sample: Sample) -> None:
    if sample.refund is None:
        assert sample.exempt[FIRST_REFUND]
        return
    header, *gifts = sample.cells()
    reordered = Sample.file(sample).splitlines(keepends=True)
    content = reordered[0] + _row(sample.refund) + "".join(reordered[1:])

    run = book(sample, content)

    assert (run.state, len(gifts), raised(sample)) == ("complete", 2, sample.total - 1050)
    assert not DailyTotal.objects.filter(counted_as="waiting").exists()


def _row(row: dict[str, str]) -> str:
    return ",".join(row.values()) + "\n"


def test_every_connector_of_files_is_in_the_matrix() -> None:
    atomic = {kind for kind, module in connectors.CONNECTORS.items() if module.ATOMIC}
    assert atomic == SAMPLES.keys() | NO_TABLES.keys()
    assert all(Path(path).is_file() for path in NO_TABLES.values())


@EACH
def test_nothing_is_left_out_without_a_reason(sample: Sample) -> None:
    bare = Sample(**{name: getattr(sample, name) for name in Sample.__slots__} | {"exempt": {}})
    kinds = {*refused(bare), *read(bare), FIRST_REFUND}
    assert sample.exempt.keys() <= kinds
    assert all(len(reason) > 10 for reason in sample.exempt.values())

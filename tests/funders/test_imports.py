"""Files on their way to the books: what a preview says, what is refused, what is taken back."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from funders import agreement, bookings, corrections, imports, ledger, preview_sql, sync, tasks, todo
from funders.connectors.base import Kind, Receipt
from funders.models import Commitment, Correction, DailyTotal, Entry, Source, TakeBack, Upload
from funders.previews import Seen, Sum
from fundtracker.money import Money
from tests import factories
from tests.factories import NOW
from tests.funders.connectors.samples import SAMPLES, refused

pytestmark = pytest.mark.django_db
HEAD = "Paid on,Amount,Currency,For,Id,Refunds,Payment\n"
OPTIONS = {
    "columns": {"date": "Paid on", "amount": "Amount", "currency": "Currency", "designation": "For", "id": "Id",
                "refunds": "Refunds", "payment_ref": "Payment"},
}  # fmt: skip
BAD = [(kind, name) for kind, sample in SAMPLES.items() for name in refused(sample)]


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.SiteFactory()


def gifts(slug="files", **fields):
    return Source.objects.create(slug=slug, name=slug, kind="table", options=OPTIONS, **fields)


def looked_at(source, content):
    raw = content if isinstance(content, bytes) else content.encode()
    upload = Upload.objects.create(
        source=source, file=ContentFile(raw, name="gifts.csv"), digest=sha256(raw).hexdigest(), name="gifts.csv",
        ready_at=Now(), confirmed_at=None,
    )  # fmt: skip
    tasks.preview_upload(upload.pk)
    upload.refresh_from_db()
    return upload


def booked(source, content):
    upload = looked_at(source, content)
    assert bookings.confirm(
        upload, factories.UserFactory(password="", role="treasurer"), upload.shown, today=NOW.date()
    )
    tasks.sync_source(source.pk)
    upload.refresh_from_db()
    assert upload.state == "booked"
    return upload


def person(name):
    return factories.UserFactory(email=f"{name}@example.org", role="treasurer")


def euros(what, records, minor):
    return Sum(what, "EUR", records, minor)


def test_a_preview_says_all_that_booking_does_and_books_nothing():
    source, other = gifts(), factories.SourceFactory(name="Cards", rank=5)
    paid = Receipt("c1", Kind.DONATION, Money.of(3, "EUR"), NOW, NOW, payment_ref="stripe:ch_1")
    ledger.record(other, [paid])
    booked(source, HEAD + "2026-04-03,10,EUR,Castle,a1,,\n2026-04-03,4,EUR,Castle,a2,,\n")
    before = list(DailyTotal.objects.values())
    seen = Seen.from_json(
        looked_at(
            source,
            HEAD + "2026-04-03,10,EUR,Castle,a1,,\n2026-04-03,6,EUR,Castle,a2,,\n2026-04-05,3,EUR,Docs,a3,,stripe:ch_1\n"
            "2026-04-09,2,EUR,,r1,nowhere,\n2026-04-01,120,GBP,,a5,,\n",
        ).preview
    )  # fmt: skip
    assert (seen.new, seen.changed, seen.unchanged) == (3, 1, 1)
    assert seen.sums == (
        euros("donation", 1, 500),
        Sum("donation", "GBP", 1, 12_000),
        euros("refund", 1, -200),
    )
    assert seen.raised == [Money.of(3, "EUR"), Money.of(120, "GBP")]
    assert (seen.first_day, seen.last_day) == ("2026-04-01", "2026-04-09")
    assert seen.known_elsewhere == (Sum("Cards", "EUR", 1, 300),)
    assert seen.waiting == (euros("", 1, -200),)
    assert list(DailyTotal.objects.values()) == before


def test_what_counts_here_from_now_on_is_said_too():
    factories.SiteFactory()
    other = factories.SourceFactory(name="Cards", rank=-5)
    paid = Receipt("c1", Kind.DONATION, Money.of(3, "EUR"), NOW, NOW, payment_ref="stripe:ch_1")
    ledger.record(other, [paid])
    seen = Seen.from_json(looked_at(gifts(), HEAD + "2026-04-05,3,EUR,,a3,,stripe:ch_1\n").preview)
    assert (seen.taken_over, seen.known_elsewhere) == ((Sum("Cards", "EUR", 1, 300),), ())


@pytest.mark.parametrize(("kind", "name"), BAD)
def test_a_bad_file_is_named_and_never_booked(kind, name):
    sample = SAMPLES[kind]
    source = Source.objects.create(
        slug="files", name="Files", kind=kind, account="castle", options=dict(sample.options), time_zone="Europe/London"
    )  # fmt: skip
    spoilt = refused(sample)[name]
    upload = looked_at(source, spoilt.content)
    said = upload.refused + "".join(
        f"{one['where']}: {one['why']}" for one in (upload.preview or {}).get("rejections", ())
    )
    assert [one for one in spoilt.names if one.lower() not in said.lower()] == [], said
    assert not bookings.confirm(upload, person("ann"), upload.shown, today=NOW.date())
    tasks.sync_source(source.pk)
    assert (upload.state, Entry.objects.count(), Commitment.objects.count()) == ("refused", 0, 0)


@pytest.mark.parametrize("statement", [preview_sql.LAST_IDS, preview_sql.LAST_WORDS])
def test_no_record_is_compared_with_all_others(statement):
    """An anti-join is: without true statistics the planner loops over the source's whole table for each record."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", {"source": 1, "recorded_at": NOW, "ids": ["a1"]})
        assert "Anti Join" not in str(cursor.fetchall())


@pytest.mark.parametrize(("records", "looked"), [(1, 0), (2, 1)])
def test_before_many_records_go_the_planner_is_told_what_is_there(monkeypatch, records, looked):
    monkeypatch.setattr(bookings, "MANY", 2)
    upload = booked(gifts(), HEAD + "".join(f"2026-04-03,10,EUR,,a{one},,\n" for one in range(records)))
    with CaptureQueriesContext(connection) as asked:
        bookings.take_back(upload, factories.UserFactory(role="treasurer"), "a trial", today=NOW.date())
    assert [one["sql"] for one in asked].count("ANALYZE funders_entry") == looked


def test_an_import_is_taken_back_as_a_whole():
    source = gifts()
    first = booked(source, HEAD + "2026-04-03,10,EUR,,a1,,\n2026-04-03,4,EUR,,a2,,\n")
    booked(source, HEAD + "2026-04-03,6,EUR,,a2,,\n2026-04-03,5,EUR,,a3,,\n")
    assert bookings.undoing(first) == (["a1"], [euros("donation", 1, 1_000)])
    ann = factories.UserFactory(role="treasurer")
    bookings.take_back(first, ann, "the wrong year", today=NOW.date())
    bookings.take_back(first, ann, "twice", today=NOW.date())
    first.refresh_from_db()
    assert (first.state, [row.why for row in first.take_backs.all()]) == ("taken_back", ["the wrong year"])
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 1_100
    sync.sync(source, full=True)
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 1_100


def test_above_the_limit_a_second_person_takes_it_back():
    upload = booked(gifts(), HEAD + "2026-04-03,10,EUR,,a1,,\n")
    bob, eve = person("bob"), person("eve")
    agreement.change_limit(bob, Money.of(5, "EUR"), "EUR")
    asked = bookings.take_back(upload, bob, "the wrong year", today=NOW.date())
    assert (asked.waits, DailyTotal.objects.get().amount_minor) == (True, 1_000)
    with pytest.raises(PermissionDenied):
        bookings.agree(asked, bob)
    assert bookings.agree(asked, eve)
    assert not bookings.agree(asked, eve)
    assert not DailyTotal.objects.exists()


def corrected(source, external_id, minor):
    correction = Correction(
        source=source, external_id=external_id, says="changed", kind="donation", amount_minor=minor, currency="EUR",
        day=date(2026, 4, 3), why="a typing error",
    )  # fmt: skip
    return corrections.make(correction, person("cas"), on=NOW.date())


def test_what_was_corrected_goes_with_its_import():
    source = gifts()
    first = booked(source, HEAD + "2026-04-03,10,EUR,,a1,,\n2026-04-03,4,EUR,,a2,,\n")
    corrected(source, "a1", 2_500)
    assert bookings.undoing(first) == (["a1", "a2"], [euros("donation", 2, 2_900)])
    second = booked(source, HEAD + "2026-04-03,12,EUR,,a1,,\n2026-04-03,5,EUR,,a3,,\n")
    assert bookings.undoing(second) == (["a1", "a3"], [euros("donation", 2, 3_000)])
    bookings.take_back(second, person("ann"), "the wrong year", today=NOW.date())
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 400


def test_what_an_earlier_file_said_of_a_fee_goes_and_is_named():
    columns = OPTIONS["columns"] | {"fee": "Payment"}
    source = gifts()
    Source.objects.update(
        options=OPTIONS | {"columns": {k: v for k, v in columns.items() if k != "payment_ref"}}
    )
    source.refresh_from_db()
    booked(source, HEAD + "2026-04-03,10,EUR,,a1,,0.50\n")
    second = booked(source, HEAD + "2026-04-03,12,EUR,,a1,,0.50\n")
    assert bookings.undoing(second) == (["a1"], [euros("donation", 1, 1_200), euros("fee", 1, -50)])
    bookings.take_back(second, person("ann"), "the wrong year", today=NOW.date())
    assert not DailyTotal.objects.exists()


def test_who_lost_the_role_meanwhile_takes_nothing_back():
    upload = booked(gifts(), HEAD + "2026-04-03,10,EUR,,a1,,\n")
    bob, eve = person("bob"), person("eve")
    agreement.change_limit(bob, Money.of(5, "EUR"), "EUR")
    asked = bookings.take_back(upload, bob, "the wrong year", today=NOW.date())
    type(eve).objects.filter(pk=eve.pk).update(role="editor")
    for decide in (lambda: bookings.agree(asked, eve), lambda: bookings.refuse(asked, eve, "")):
        with pytest.raises(PermissionDenied):
            decide()
    assert (TakeBack.objects.get().waits, DailyTotal.objects.get().amount_minor) == (True, 1_000)


def test_a_file_that_was_taken_back_may_be_read_otherwise_and_taken_back_again():
    source, ann = gifts(), person("ann")
    upload = booked(source, HEAD + "2026-04-03,10,EUR,,a1,,\n")
    assert not imports.again(upload)
    for again in (True, False):
        bookings.take_back(upload, ann, "the wrong column", today=NOW.date())
        upload.refresh_from_db()
        assert (upload.state, DailyTotal.objects.count()) == ("taken_back", 0)
        if again:
            imports.place(upload, source, OPTIONS | {"kind": "membership"})
            tasks.preview_upload(upload.pk)
            upload.refresh_from_db()
            assert bookings.confirm(upload, ann, upload.shown, today=NOW.date())
            tasks.sync_source(source.pk)
            upload.refresh_from_db()
            assert DailyTotal.objects.get().counted_as == "membership"
    assert upload.take_backs.count() == 2


def test_a_file_thrown_away_once_it_was_taken_back_can_be_brought_again():
    content, ann = HEAD + "2026-04-03,10,EUR,,a1,,\n", person("ann")
    upload = booked(gifts(), content)
    bookings.take_back(upload, ann, "the wrong column", today=NOW.date())
    Upload.objects.update(file="")
    same, made = imports.receive(SimpleUploadedFile("gifts.csv", content.encode()), ann)
    assert (same, made) == (upload, False)
    assert Path(Upload.objects.get().file.path).read_text() == content


@pytest.mark.django_db(transaction=True)
def test_a_preview_waits_for_no_writer_of_the_ledger():
    source = gifts()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ledger.LOCK])
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '3s'")
        upload = looked_at(source, HEAD + "2026-04-03,10,EUR,,a1,,\n")
    finally:
        other.close()
        connection.close()
    assert (upload.state, Seen.from_json(upload.preview).new) == ("seen", 1)


def lines(now):
    return [str(one.what) for one in todo.todos(now=now, today=now.date()) if "gifts.csv" in one.what]


def test_today_names_what_waits_and_what_was_refused():
    now = Upload.objects.create(digest="x", name="gifts.csv", confirmed_at=None, file="gone")
    now.refresh_from_db()
    assert lines(now.uploaded_at) == []
    assert lines(now.uploaded_at + todo.UNSEEN_FOR) == ["gifts.csv waits to be booked"]
    Upload.objects.update(refused="line 7: ten")
    assert lines(now.uploaded_at) == ["gifts.csv was refused"]
    assert imports.forget(now)
    assert lines(now.uploaded_at + todo.UNSEEN_FOR) == []


def test_a_file_that_is_gone_from_the_disk_is_refused_in_words():
    source = gifts()
    upload = Upload.objects.create(
        source=source, file="uploads/gone.csv", digest="d", ready_at=Now(), confirmed_at=None
    )
    tasks.preview_upload(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.refused) == (
        "refused",
        "The file is no longer on the disk: upload it again.",
    )

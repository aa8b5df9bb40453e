"""The import pages, from the file to the books."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from funders import agreement, imports, ledger, sync
from funders.connectors.base import Kind, Receipt
from funders.models import DailyTotal, Entry, Source, Upload
from funders.staff import imports as pages
from fundtracker.money import Money
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
HEAD = "Paid on,Amount,Name,Id\n"
COLUMNS = {"date": "Paid on", "amount": "Amount", "giver_name": "Name", "id": "Id"}
GIFTS = HEAD + "2026-04-03,10.50,Alice,a1\n2026-04-04,7,Bob,a2\n"
CHOSEN = {f"column_{field}": name for field, name in COLUMNS.items()}
SAID = CHOSEN | {
    "date_format": "iso",
    "decimal": "",
    "all_currency": "eur",
    "all_kind": "donation",
    "words": "",
}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def treasurer(client):
    client.force_login(factories.UserFactory(email="ann@example.org", role="treasurer"))
    return client


def gifts(**fields):
    return factories.SourceFactory(
        name="Gifts", kind="table", options={"columns": COLUMNS, "currency": "EUR"}, **fields
    )


def send(client, content=GIFTS, name="gifts.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    answer = client.post(reverse("staff:import_new"), {"file": SimpleUploadedFile(name, content)})
    return Upload.objects.order_by("-pk").first() if answer.status_code == 302 else answer


def page(client, upload, name="import", **data):
    return client.get(reverse(f"staff:{name}", args=[upload.pk]), data, follow=True)


def place(client, upload, **data):
    url = reverse("staff:import_source", args=[upload.pk])
    return client.post(url, {"kind": "table", "name": "", "account": "", "source": ""} | data)


def read(upload):
    """What a worker does that hears the bell, by the clock of these tests."""
    Upload.objects.update(uploaded_at=NOW)
    [waiting] = Upload.objects.to_preview()
    imports.preview(waiting)
    upload.refresh_from_db()


def confirm(client, upload):
    return client.post(reverse("staff:import", args=[upload.pk]), {"shown": upload.shown}, follow=True)


def seen(client, content=GIFTS):
    upload = send(client, content)
    place(client, upload, source=gifts().pk)
    read(upload)
    return upload


def test_a_file_is_booked_once_it_was_seen_and_confirmed(treasurer):
    upload = seen(treasurer)
    assert "Book 2 records, €17.50" in page(treasurer, upload).content.decode()
    assert (upload.state, Entry.objects.count()) == ("seen", 0)
    sync.sync(upload.source)
    assert Entry.objects.count() == 0  # nobody has confirmed it
    confirm(treasurer, upload)
    assert list(Source.objects.due()) == [upload.source]
    sync.sync(upload.source)
    upload.refresh_from_db()
    assert (upload.state, upload.confirmed_by.email) == ("booked", "ann@example.org")
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 1750


def test_a_file_with_one_meaning_asks_nothing(treasurer):
    factories.SourceFactory(name="Ko-fi", kind="kofi_csv")
    with open("tests/funders/connectors/data/kofi_csv/transactions.csv", "rb") as file:
        upload = send(treasurer, file.read(), "export.txt")
    assert (upload.kind, upload.source.name, upload.state) == ("kofi_csv", "Ko-fi", "reading")
    assert "It is being read" in page(treasurer, upload).content.decode()


def test_a_new_source_is_made_on_the_way(treasurer):
    upload = send(treasurer)
    assert "no export that we know" in page(treasurer, upload).content.decode()
    place(treasurer, upload, name="Spring fair")
    upload.refresh_from_db()
    made = upload.source
    assert (made.name, made.slug, made.kind, upload.state) == (
        "Spring fair",
        "spring-fair",
        "table",
        "columns",
    )


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({}, "name", "Name the new source, or choose one that there is."),
        ({"kind": "github_export", "name": "Sponsors"}, "account", "Say whose export it is."),
        ({"kind": "stripe", "name": "Cards"}, "kind", "Select a valid choice. stripe is not one of the available choices."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(treasurer, typed, field, words):
    form = place(treasurer, send(treasurer), **typed).context["form"]
    assert (form.errors[field], form["name"].value()) == ([words], typed.get("name", ""))


def test_columns_are_said_once(treasurer):
    upload = send(treasurer)
    place(treasurer, upload, name="Spring fair")
    form = page(treasurer, upload).context["form"]
    assert {one.name: one.value() for one in form.columns() if one.value()} == CHOSEN
    treasurer.post(reverse("staff:import_columns", args=[upload.pk]), SAID)
    read(upload)
    assert upload.options == {"columns": COLUMNS, "currency": "EUR", "kind": "donation", "delimiter": ","}
    later = send(treasurer, HEAD + "2026-05-03,3,Alice,a3\n")
    assert (later.source.name, later.options, later.state) == ("Spring fair", upload.options, "reading")


@pytest.mark.parametrize(
    ("before", "now", "warns"),
    [
        ({}, {}, False),
        ({}, {"giver_id": "Name"}, False),
        ({"id": ""}, {}, True),
        ({"id": ""}, {"id": ""}, False),
        ({"id": ""}, {"id": "", "giver_name": "", "giver_id": "Name"}, True),
    ],
)
def test_rows_that_may_count_twice_are_warned_of(treasurer, before, now, warns):
    first, source = seen(treasurer), Source.objects.get()
    imports.place(first, source, options(**before))
    read(first)
    confirm(treasurer, first)
    sync.sync(source)
    later = send(treasurer, GIFTS + "2026-05-03,3,Alice,a3\n")
    imports.place(later, source, options(**now))
    read(later)
    assert ("may count twice" in page(treasurer, later).content.decode()) == warns


def options(**columns):
    return {"columns": {field: name for field, name in (COLUMNS | columns).items() if name}}


def test_days_that_can_be_read_in_several_ways_are_asked_for(treasurer):
    upload = send(treasurer, "Datum;Betrag\n03/04/26;1.234,50\n05/06/26;7,00\n")
    place(treasurer, upload, name="Fair")
    shown = page(treasurer, upload).content.decode()
    assert "“03/04/26” may be April 26, 2003 or March 4, 2026 or April 3, 2026: say which." in shown
    url = reverse("staff:import_columns", args=[upload.pk])
    chosen = SAID | {
        "column_date": "Datum",
        "column_amount": "Betrag",
        "column_giver_name": "",
        "column_id": "",
        "decimal": ",",
    }
    assert treasurer.post(url, chosen | {"date_format": ""}).context["form"].errors["date_format"] == [
        "This field is required."
    ]
    treasurer.post(url, chosen | {"date_format": "%d/%m/%y"})
    read(upload)
    assert upload.preview["first_day"] == "2026-04-03"


def test_the_same_file_again_leads_to_the_first(treasurer):
    first = send(treasurer)
    url = reverse("staff:import_new")
    answer = treasurer.post(url, {"file": SimpleUploadedFile("again.csv", GIFTS.encode())}, follow=True)
    assert "This file is here already" in answer.content.decode()
    assert list(Upload.objects.all()) == [first]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The submitted file is empty."),
        (b"PK\x03\x04nothing", "The workbook cannot be opened: save it again as XLSX, or as CSV."),
        (b"%PDF-1.7", "The file is a PDF: save it as CSV or XLSX."),
        ("Paid on,Amount\n".encode("utf-16-le"), "The file is no text, or UTF-16 without its mark: save it as UTF-8."),
    ],
)  # fmt: skip
def test_what_nothing_could_read_is_refused_at_once(treasurer, content, words):
    assert send(treasurer, content).context["form"].errors["file"] == [words]
    assert Upload.objects.count() == 0


def test_rows_that_cannot_be_booked_are_named_and_downloaded_without_formulas(treasurer):
    upload = seen(treasurer, GIFTS + "2026-04-05,ten,=HYPERLINK(1),a3\n2026-04-06,-4,Eve,a4\n")
    shown = page(treasurer, upload).content.decode()
    assert "2 rows cannot be booked, so nothing of the file was." in shown
    assert "line 4" in shown
    answer = treasurer.get(reverse("staff:import_rejected", args=[upload.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    names, first, second = csv.reader(io.StringIO(text))
    assert names == ["Where", "What is wrong", "Paid on", "Amount", "Name", "Id"]
    assert (first[0], first[2:]) == ("line 4", ["2026-04-05", "ten", "'=HYPERLINK(1)", "a3"])
    assert (second[0], second[2:]) == ("line 5", ["2026-04-06", "-4", "Eve", "a4"])


def test_what_was_refused_cannot_be_confirmed(treasurer):
    upload = seen(treasurer, GIFTS + "2026-04-05,ten,Eve,a3\n")
    confirm(treasurer, upload)
    sync.sync(upload.source)
    assert (Upload.objects.get().state, Entry.objects.count()) == ("refused", 0)


def test_if_the_books_move_nothing_is_booked_and_the_new_preview_is_shown(treasurer):
    upload = seen(treasurer)
    shown = upload.shown
    confirm(treasurer, upload)
    gift = Receipt("a1", Kind.DONATION, Money.of(9, "EUR"), NOW, NOW - timedelta(days=1))
    ledger.record(upload.source, [gift])
    sync.sync(upload.source)
    upload.refresh_from_db()
    assert (upload.state, upload.shown == shown, Entry.objects.count()) == ("seen", False, 1)
    assert "Book 2 records, €8.50" in page(treasurer, upload).content.decode()
    confirm(treasurer, upload)
    sync.sync(upload.source)
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 1750


def test_a_double_click_books_once(treasurer):
    upload = seen(treasurer)
    confirm(treasurer, upload)
    at = Upload.objects.get().confirmed_at
    confirm(treasurer, upload)
    assert Upload.objects.get().confirmed_at == at


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(treasurer, django_assert_num_queries, count):
    for _ in range(count):
        factories.UploadFactory(source=gifts(), confirmed_at=None, refused="line 7: ten", file="gone")
    treasurer.get(reverse("staff:imports"))
    with django_assert_num_queries(9):
        shown = treasurer.get(reverse("staff:imports")).content.decode()
    assert shown.count("line 7: ten") == count


def test_older_files_are_a_page_further(treasurer, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    made = [
        factories.UploadFactory(source=None, confirmed_at=None, name=f"{n}.csv", file="gone")
        for n in range(3)
    ]
    first = treasurer.get(reverse("staff:imports"))
    assert first.context["uploads"] == [made[2], made[1]]
    second = treasurer.get(reverse("staff:imports"), {"before": first.context["more"]})
    assert (second.context["uploads"], second.context["more"]) == ([made[0]], None)


def test_a_second_person_agrees_or_leaves_it_booked(treasurer, client):
    upload = seen(treasurer)
    confirm(treasurer, upload)
    sync.sync(upload.source)
    ann, bob = factories.UserFactory(role="treasurer"), factories.UserFactory(role="treasurer")
    agreement.change_limit(ann, Money.of(1, "EUR"), "EUR")
    url = reverse("staff:import_take_back", args=[upload.pk])
    client.force_login(ann)
    assert "Take 2 records back" in client.get(url).content.decode()
    client.post(url, {"why": "the wrong year"})
    decided = client.get(url).url
    assert client.post(decided, {"agree": "1"}).status_code == 403
    assert Upload.objects.get().state == "booked"
    client.force_login(bob)
    assert "2 records are reversed" in client.get(decided).content.decode()
    client.post(decided, {"agree": "1"})
    assert (Upload.objects.get().state, DailyTotal.objects.count()) == ("taken_back", 0)


def test_what_is_not_confirmed_can_be_forgotten(treasurer, django_capture_on_commit_callbacks, tmp_path):
    upload = seen(treasurer)
    with django_capture_on_commit_callbacks(execute=True):
        treasurer.post(reverse("staff:import_forget", args=[upload.pk]))
    assert (Upload.objects.count(), [path for path in tmp_path.rglob("*") if path.is_file()]) == (0, [])


def test_an_editor_does_not_import(client):
    client.force_login(factories.UserFactory(role="editor"))
    assert client.get(reverse("staff:imports")).status_code == 403


def test_a_double_click_makes_one_source(treasurer):
    upload = send(treasurer)
    place(treasurer, upload, name="Spring fair")
    place(treasurer, upload, name="Spring fair")
    assert [source.slug for source in Source.objects.all()] == ["spring-fair"]


def test_a_preview_of_other_columns_is_not_shown(treasurer):
    upload = send(treasurer)
    place(treasurer, upload, source=gifts().pk)
    early = Upload.objects.to_preview().get()
    imports.again(upload)
    Upload.objects.update(uploaded_at=NOW)
    imports.preview(early)
    upload.refresh_from_db()
    assert upload.state == "reading"


def test_a_source_that_is_no_table_any_more_asks_for_no_columns(treasurer):
    upload = send(treasurer)
    place(treasurer, upload, name="Spring fair")
    Source.objects.update(kind="kofi_csv")
    shown = page(treasurer, upload)
    assert [url for url, _ in shown.redirect_chain] == [
        reverse("staff:import_columns", args=[upload.pk]), reverse("staff:import_source", args=[upload.pk])
    ]  # fmt: skip


def test_what_is_confirmed_for_a_paused_source_says_so_and_is_booked_once_it_is_resumed(treasurer):
    upload = seen(treasurer)
    Source.objects.update(active=False)
    assert (
        "Gifts is paused: resume it, and the file is booked." in confirm(treasurer, upload).content.decode()
    )
    assert list(Source.objects.due()) == []
    treasurer.post(reverse("staff:source_resume", args=[upload.source_id]))
    assert list(Source.objects.due()) == [upload.source]

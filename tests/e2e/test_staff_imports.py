"""A treasurer imports a file, by keyboard alone."""

import pytest
from django.urls import reverse

from funders import bookings, imports, sync
from funders.models import DailyTotal, Upload
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]
LONG = "Members and friends of the bridges, everything that came in during the spring of 2026 (final version 3).csv"
TABLE = "Datum;Betrag;Name;Zweck\n" + "03/04/26;1.234,50;Alice;Castle\n05/04/26;7,00;Bob;\n" * 2
BAD = "Datum;Betrag;Name;Zweck\n03/04/26;ten;Alice;Castle\n05/04/26;7,00;Bob;\n"


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="treasurer")


@pytest.fixture
def file(tmp_path):
    def made(content, name=LONG):
        path = tmp_path / name
        path.write_text(content)
        return path

    return made


def work():
    """What the worker does when its bell rings."""
    for upload in Upload.objects.to_preview():
        imports.preview(upload)
    for upload in Upload.objects.unread():
        assert upload.source
        sync.sync(upload.source)


def begin(page, path):
    page.goto(page.url.partition("/staff/")[0] + reverse("staff:import_new"))
    page.locator("#id_file").set_input_files(path)
    page.locator("#id_file").focus()
    press(page, "Tab", "Enter")


def describe(page, name="Spring fair"):
    page.get_by_role("heading", level=1).wait_for()
    page.locator("#id_source").focus()
    press(page, "Tab")
    page.keyboard.type(name)
    press(page, "Enter")
    page.locator("#id_date_format").focus()
    page.keyboard.type("April 3")
    page.locator("#id_all_currency").focus()
    page.keyboard.type("eur")
    press(page, "Enter")
    page.get_by_text("It is being read").wait_for()


def too_large(page, path):
    """It is named at once, and is not sent."""
    begin(page, path)
    page.get_by_role("alert").filter(has_text="This file is larger than").wait_for()
    assert (page.url.endswith(reverse("staff:import_new")), Upload.objects.count()) == (True, 0)


def test_a_file_is_imported_by_keyboard_alone(visit, file, settings):
    settings.UPLOAD_MOST_BYTES = 4096
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    too_large(page, file("x" * 4097, "large.csv"))
    begin(page, file(TABLE))
    describe(page)
    work()
    page.get_by_role("button", name="Book 4 records, €2,483").wait_for()  # htmx has asked again
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Book 4 records, €2,483").focus()
    press(page, "Enter")
    page.get_by_text("It is being booked").wait_for()
    work()
    page.get_by_text("Take this import back").wait_for()
    assert sum(DailyTotal.objects.values_list("amount_minor", flat=True)) == 248_300


@pytest.mark.parametrize(
    ("viewport", "color_scheme"), [(SIZES[0], "dark"), (SIZES[1], "light")], ids=["360", "1440"]
)
def test_nothing_of_it_stands_in_anybodys_way(visit, axe, file, viewport, color_scheme):
    page = visit("/staff/account/login/", viewport=viewport, color_scheme=color_scheme)
    page.locator("#id_login").focus()
    sign_in(page)

    def look(name):
        assert axe(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    page.goto(page.url + "imports/")
    look("empty")
    page.goto(page.url + "new/")
    look("new")
    for content, name in ((BAD, "refused"), (TABLE, "seen")):
        begin(page, file(content, f"{name} {LONG}"))
        page.locator("#id_source").wait_for()
        look("source")
        page.locator("#id_name").fill(name)
        page.get_by_role("button", name="Go on").click()
        page.locator("#id_date_format").wait_for()
        look("columns")
        page.locator("#id_date_format").select_option("%d/%m/%y")
        page.locator("#id_column_amount").select_option("Betrag")
        page.locator("#id_all_currency").fill("")  # the second time it is known
        page.get_by_role("button", name="See what it does").click()
        page.get_by_text("Say the currency").wait_for()
        look("columns-wrong")
        page.locator("#id_all_currency").fill("EUR")
        page.get_by_role("button", name="See what it does").click()
        page.get_by_text("It is being read").wait_for()
        look("reading")
        work()
        page.get_by_role("button", name="Forget this file").wait_for()
        look(name)
    upload = Upload.objects.latest("pk")
    assert bookings.confirm(upload, upload.uploaded_by, upload.shown, today=upload.uploaded_at.date())
    work()
    page.reload()
    look("booked")
    page.goto(page.url + "take-back/")
    look("take-back")
    page.goto(page.url.partition("/staff/")[0] + reverse("staff:imports"))
    look("list")

"""A treasurer at work in a real browser, by keyboard alone: find a record, correct it, type in a cheque."""

import pytest

from funders.models import Correction, Entry
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, press, sign_in
from tests.factories import give, pounds

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def books():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    bank = factories.SourceFactory(name="Bank", slug="bank")
    give(bank, pounds(5), pounds(7), name="Alice Example")
    give(factories.SourceFactory(name="Page"), pounds(90), name="Bob")


def enter(visit, **options):
    page = visit("/staff/account/login/", **options)
    page.locator("#id_login").focus()
    sign_in(page)
    return page, page.url.partition("/staff/")[0] + "/staff/"


def test_a_record_is_found_and_corrected_and_a_cheque_typed_in_by_keyboard_alone(visit):
    page, staff = enter(visit)
    page.goto(staff + "entries/")
    page.locator("#id_giver").focus()
    page.keyboard.type("alice")
    press(page, "Enter")
    page.get_by_text("£90").wait_for(state="detached")
    page.locator("#entries a").first.focus()
    press(page, "Enter")
    page.get_by_role("link", name="Correct", exact=True).focus()
    press(page, "Enter")
    page.locator("#id_amount_minor").fill("")
    page.keyboard.type("8")
    page.locator("#id_why").focus()
    page.keyboard.type("The statement says so.")
    press(page, "Enter")
    page.get_by_role("heading", name="What it changes").wait_for()
    press(page, "Enter")  # the button has the focus
    page.get_by_text("It is in the books.").wait_for()
    page.goto(staff + "entries/new/")
    page.locator("#id_amount_minor").focus()
    page.keyboard.type("1k")
    press(page, "Tab")
    page.keyboard.type("gbp")
    press(page, "Enter")
    page.get_by_role("heading", name="What it changes").wait_for()
    press(page, "Enter")
    page.get_by_text("It is in the books.").wait_for()
    live = Entry.objects.live().order_by("amount_minor").values_list("amount_minor", flat=True)
    assert (list(live), Correction.objects.count()) == ([500, 800, 9000, 100_000], 2)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(visit, axe, color_scheme):
    waits = factories.correction(Entry.objects.first().source, needs_second=True)
    page, staff = enter(visit, color_scheme=color_scheme)
    one = Entry.objects.last().pk
    for place in (
        "entries/", f"entries/{one}/", f"entries/{one}/correct/", "entries/new/", "waiting/", f"waiting/{waits.pk}/",
        "limit/", "streams/move/",
    ):  # fmt: skip
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(staff + place)
            assert axe(page) == [], place
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

"""Programmes in a real browser, by keyboard alone: narrowed by a visitor, kept true by staff."""

import re
from datetime import date

import pytest

from funders.models import Programme
from fundtracker import accounts
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True)]
PASSWORD = "a horse that is quite correct"
LONG = "Innovation and Maintenance Programme for Digital Infrastructures of the Public Administration"


@pytest.fixture(autouse=True)
def programmes():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="editor")
    old = {"checked_on": date(2025, 1, 1), "grant_min_minor": 500_000, "grant_max_minor": 5_000_000}
    nlnet = factories.FunderFactory(name="A Foundation")
    factories.ProgrammeFactory(name="Commons Fund", funder=nlnet, pays_maintenance="partly", **old)
    factories.ProgrammeFactory(name=LONG, pays_maintenance="yes", grant_min_minor=5_000_000, countries="any")
    factories.ProgrammeFactory(name="Prototype Fund", pays_maintenance="no", countries="DE")
    project = factories.ProjectFactory(slug="matrix", name="Matrix")
    factories.CostFactory(project=project, amount_minor=7_500_000, currency="EUR")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def listed(page):
    return page.locator(".programme:visible h2").all_inner_texts()


def test_a_visitor_narrows_the_list_and_passes_on_what_they_see(visit):
    page = visit("/en/programmes/")
    everything = listed(page)
    assert len(everything) == 3
    page.locator("#narrow-maintenance").focus()
    press(page, "ArrowDown", "ArrowDown")
    assert listed(page) == ["Commons Fund", LONG]
    assert page.locator("[data-found]").inner_text() == "2 of 3 programmes"
    page.locator("#narrow-amount").focus()
    page.keyboard.type("50000")
    assert listed(page) == ["Commons Fund", LONG]
    press(page, "Tab", "Space")  # no longer those of which it is not known
    assert listed(page) == ["Commons Fund", LONG]
    page.locator("#narrow-country").focus()
    page.keyboard.type("another")
    assert listed(page) == [LONG]
    assert page.url.endswith("#maintenance=yes+partly&country=other&amount=50000&unknown=no")
    again = visit(page.url)
    assert listed(again) == [LONG]
    again.get_by_role("button", name="Show all").focus()
    press(again, "Enter")
    again.get_by_text("3 of 3 programmes").wait_for()
    assert listed(again) == everything
    bare = visit("/en/programmes/", java_script_enabled=False)
    assert (listed(bare), bare.locator(".narrow:visible").count()) == (everything, 0)


def sign_in(page):
    page.locator("#id_login").focus()
    page.keyboard.type("ann@example.org")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")


def test_an_old_record_is_corrected_by_keyboard_alone(visit):
    page = visit("/staff/account/login/")
    sign_in(page)
    page.get_by_role("link", name="1 programme was last checked half a year ago").focus()
    press(page, "Enter")
    page.get_by_role("link", name="Commons Fund").focus()
    press(page, "Enter")
    page.locator("#id_grant_max_minor").focus()
    press(page, "Control+A")
    page.keyboard.type("60k")
    press(page, "Enter")
    page.get_by_text("Commons Fund: saved.").wait_for()
    found = Programme.objects.get(name="Commons Fund")
    assert (found.grant_max_minor, found.checked_on > date(2026, 1, 1)) == (6_000_000, True)
    page.get_by_role("button", name=re.compile("Checked today, unchanged.*Prototype Fund")).focus()
    press(page, "Enter")
    page.get_by_text("Prototype Fund: checked today, unchanged.").wait_for()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(visit, axe, color_scheme):
    page = visit("/staff/account/login/", color_scheme=color_scheme)
    sign_in(page)
    page.get_by_role("heading", name="Today").wait_for()
    root = page.url.partition("/staff/")[0]
    one = Programme.objects.get(name=LONG)
    for place in (
        "/en/programmes/",
        f"/en/programmes/{one.slug}/",
        "/en/projects/matrix/programmes/",
        "/staff/programmes/",
        f"/staff/programmes/{one.pk}/",
    ):
        page.goto(root + place)
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert axe(page) == [], (place, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (place, width)

"""Two people at two browsers, by keyboard alone: a limit is set, a correction and a move wait, the other one agrees."""

import pytest

from funders.models import Asked, Correction, Entry, Limit
from fundtracker import accounts
from projects.models import Stream
from tests import factories
from tests.e2e.test_staff import PASSWORD, press
from tests.factories import give, pounds

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def books():
    factories.SiteFactory(name="Example Foundation")
    for name in ("ann", "bob"):
        accounts.make(f"{name}@example.org", password=PASSWORD, role="administrator")
    give(factories.SourceFactory(name="Bank", slug="bank"), pounds(500), name="Alice Example")
    factories.ProjectFactory(name="Bridges")


@pytest.fixture
def person(visit):
    def at_work(name, **options):
        page = visit("/staff/account/login/", **options)
        page.locator("#id_login").focus()
        page.keyboard.type(f"{name}@example.org")
        press(page, "Tab")
        page.keyboard.type(PASSWORD)
        press(page, "Enter")
        page.get_by_role("heading", name="Today").wait_for()
        return page

    return at_work


def go(page, address):
    page.goto(page.url.partition("/staff/")[0] + address)


def type_in(page, **fields):
    for name, text in fields.items():
        page.locator(f"#id_{name}").focus()
        press(page, "ControlOrMeta+a")
        page.keyboard.type(text)


def set_limit(page):
    go(page, "/staff/limit/")
    type_in(page, amount_minor="100", currency="gbp")
    press(page, "Enter")
    page.get_by_text("The new limit holds.").wait_for()


def correct(page):
    go(page, f"/staff/entries/{Entry.objects.get().pk}/correct/")
    type_in(page, amount_minor="800", why="The statement says so.")
    press(page, "Enter")
    page.get_by_role("heading", name="What it changes").wait_for()
    press(page, "Enter")  # the button has the focus
    page.get_by_text("It waits for a second person.").wait_for()


def move(page):
    go(page, "/staff/streams/move/")
    page.locator("#id_source").focus()
    page.keyboard.type("Bank")
    page.locator("#id_project").focus()
    page.keyboard.type("Bridges")
    type_in(page, why="The board said so.")
    press(page, "Enter")
    page.get_by_role("heading", name="What it changes").wait_for()
    press(page, "Enter")
    page.get_by_text("It waits for a second person.").wait_for()


def agree(page, look, name):
    go(page, "/staff/waiting/")
    look(page, "waiting")
    page.locator("main a.row-name").first.focus()
    press(page, "Enter")
    page.get_by_role("button", name="Agree").wait_for()
    look(page, name)
    page.get_by_role("button", name="Agree").focus()
    press(page, "Enter")
    page.get_by_text("Agreed: it counts from now on.").wait_for()


def test_two_people_work_at_two_browsers(person, axe):
    ann, bob = person("ann", color_scheme="dark"), person("bob")

    def look(page, name):
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert axe(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    set_limit(ann)
    correct(ann)
    look(ann, "mine")
    agree(bob, look, "correction")
    move(ann)
    look(ann, "my move")
    agree(bob, look, "move")
    made = Correction.objects.get(), Asked.objects.get(), Limit.objects.get()
    assert [one.agreed_by and one.agreed_by.email for one in made] == ["bob@example.org"] * 2 + [None]
    assert Stream.objects.get().project.name == "Bridges"

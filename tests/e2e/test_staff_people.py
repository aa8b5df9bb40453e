"""The history and a person's data in a real browser, by keyboard alone."""

from datetime import date

import pytest
from pghistory import context

from funders import ledger
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import Giver
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    ann = accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    source = factories.SourceFactory(name="Giving page")
    giver = GiverRef(
        "id-alice", "Alice Smith", True, "person", "https://alice.example/a-long-address-of-hers"
    )
    day = date(2026, 6, 1)
    ledger.record(source, [Receipt("1", Kind.DONATION, factories.pounds(5), day, factories.NOW, giver=giver)])
    with context(user=ann.pk, why="the invoice was higher"):
        cost = factories.CostFactory(label="Servers and bridges", amount_minor=10_000)
        type(cost).objects.update(amount_minor=12_500)


def enter(visit, **options):
    page = visit("/staff/account/login/", **options)
    page.locator("#id_login").focus()
    sign_in(page)
    return page


def test_a_person_is_found_and_erased_by_keyboard_alone(visit):
    page = enter(visit)
    page.goto(page.url + "givers/")
    page.locator("#id_person").focus()
    page.keyboard.type("smith")
    press(page, "Enter")
    page.get_by_role("link", name="Alice Smith").focus()
    press(page, "Enter")
    page.get_by_role("link", name="Erase…").focus()
    press(page, "Enter")
    page.locator("#id_why").focus()
    page.keyboard.type("asked by letter")
    press(page, "Tab", "Tab")
    page.keyboard.type("erase")
    press(page, "Enter")
    page.get_by_text("Erased. What was given stays").wait_for()
    assert [(giver.name, bool(giver.erased_at)) for giver in Giver.objects.all()] == [("", True)]


def test_what_was_changed_is_found_by_keyboard_alone(visit):
    page = enter(visit)
    page.goto(page.url + "history/")
    page.locator("#id_kind").focus()
    page.keyboard.type("Cost")
    press(page, "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab", "Tab")
    page.get_by_role("button", name="Show").focus()
    press(page, "Enter")
    page.wait_for_url("**kind=projects.Cost**")
    [cost] = page.locator(".changes").all()
    assert cost.locator("del, ins").all_inner_texts() == ["£100", "£125"]
    assert cost.locator("q").inner_text() == "the invoice was higher"


@pytest.mark.parametrize("viewport", SIZES, ids=["360", "1440"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(visit, axe, viewport, color_scheme):
    page = enter(visit, viewport=viewport, color_scheme=color_scheme)
    start, alice = page.url, f"givers/{Giver.objects.get().pk}/"
    for place in ("history/", "givers/", alice, f"{alice}letter/", f"{alice}erase/", f"{alice}readmit/"):
        page.goto(start + place)
        assert axe(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

"""Staff at work in a real browser, by keyboard alone."""

from datetime import date

import pytest

from campaigns.models import Statement
from fundtracker import accounts
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True)]
PASSWORD = "a horse that is quite correct"
SIZES = [{"width": 360, "height": 800}, {"width": 1440, "height": 900}]


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    source = factories.SourceFactory(
        name="Giving page",
        kind="opencollective",
        failures=3,
        error="It refused the token (401): put in a new one.",
    )
    campaign = factories.CampaignFactory(
        slug="appeal", name="Keep the bridges open", target_minor=90_000_000, sources=[source]
    )
    factories.StatementFactory(campaign=campaign, as_of=date(2026, 4, 4), amount_minor=30_000_000)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def sign_in(page):
    page.keyboard.type("ann@example.org")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.get_by_role("heading", name="Today").wait_for()


def test_a_total_is_stated_by_keyboard_alone(visit):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    page.goto(page.url + "campaigns/appeal/figure/")
    page.locator("#id_amount_minor").focus()
    page.keyboard.type("415k")
    press(page, "Enter")
    page.get_by_role("heading", name="The page then").wait_for()
    assert page.locator(".headline").all_inner_texts() == ["£300K of £900K, 33%", "£415K of £900K, 46%"]
    press(page, "Enter")  # the button to publish has the focus
    page.get_by_text("Published.").wait_for()
    assert list(Statement.objects.order_by("pk").values_list("amount_minor", flat=True)) == [
        30_000_000,
        41_500_000,
    ]


@pytest.mark.parametrize("viewport", SIZES, ids=["360", "1440"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(visit, axe, viewport, color_scheme):
    page = visit("/staff/account/login/", viewport=viewport, color_scheme=color_scheme)
    assert axe(page) == []
    page.locator("#id_login").focus()
    sign_in(page)
    for place in (
        "",
        "campaigns/",
        "campaigns/appeal/figure/",
        "people/",
        "account/2fa/",
        "account/sessions/",
        "account/email/",
        "account/password/change/",
    ):
        page.goto(f"{page.url.partition('/staff/')[0]}/staff/{place}")
        assert axe(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

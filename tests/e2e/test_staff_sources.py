"""A treasurer connects a source, sees it read, and pauses it, by keyboard alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from funders.models import Source
from funders.sync import sync
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, press
from tests.factories import give, pounds
from tests.funders.sandboxes import sandbox

pytestmark = [pytest.mark.django_db(transaction=True)]
SIZES = [(360, 800), (1440, 900)]


@pytest.fixture
def office(visit):
    """Signed in as a treasurer: the page, and how to go to another."""
    factories.SiteFactory(name="Example Foundation")
    accounts.make("tess@example.org", password=PASSWORD, role="treasurer")
    page = visit("/staff/account/login/?next=/staff/sources/")
    page.locator("#id_login").focus()
    page.keyboard.type("tess@example.org")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.get_by_role("heading", name="Sources").wait_for()
    return page


def follow(page, name):
    """By Tab until the focus is on it."""
    for _ in range(60):
        press(page, "Tab")
        if page.evaluate("document.activeElement.innerText.trim()") == name:
            return press(page, "Enter")
    raise AssertionError(f"Tab does not reach {name}")


def test_a_source_is_connected_tested_read_and_paused_by_keyboard_alone(office, settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    with sandbox() as server:
        follow(office, "Connect a source")
        office.get_by_text("Where does the money come in?").wait_for()
        follow(office, "Open Collective")
        office.get_by_role("heading", name="What is never read or kept").wait_for()
        office.locator("#id_name").focus()
        for text in ("Giving page", "sandbox", "sandbox"):
            press(office, "Control+A")
            office.keyboard.type(text)
            press(office, "Tab")
        press(office, "Enter", "Tab")  # opens “More settings”
        office.keyboard.type(f"{server.url}/graphql/v2")
        press(office, "Enter")
        office.get_by_text("It answers:").wait_for()
        follow(office, "Start reading")
        office.get_by_text("It waits for a worker").wait_for()
        assert sync(Source.objects.get()).state == "complete"
        office.get_by_text("Last reading: complete").wait_for()  # nobody asked for the page again
    follow(office, "Pause")
    office.get_by_text("Nothing is read until").wait_for()
    office.locator("#id_why").focus()
    office.keyboard.type("The host changes.")
    press(office, "Enter")
    office.get_by_text("Paused since").wait_for()
    assert Source.objects.get().active is False


def test_the_pages_of_sources_stand_in_nobodys_way(office, axe):
    source = factories.SourceFactory(
        name="A collective with quite a long name for a phone", kind="stripe", account="acct_1234567890", failures=2,
        error="api.stripe.com refused the token (401): put in a new one.",
    )  # fmt: skip
    give(source, pounds(5))
    why = [{"where": "page 1, item 2", "why": "an amount cannot be booked"}]
    run = factories.SyncRunFactory(source=source, state="partial", rejected=1, rejections=why, rows=12_345)
    read = factories.SourceFactory(
        name="Read now", kind="opencollective", lease_until=timezone.now() + timedelta(1)
    )
    factories.SyncRunFactory(source=read, state="running", rows=500, expected=2_000)
    one = f"{source.pk}/"
    places = ["", "new/", "new/?kind=stripe", one, f"{one}runs/{run.pk}/", f"{read.pk}/", f"{one}hand-over/"]
    home = office.url
    for place in places:
        office.goto(home + place)
        for (width, height), scheme in zip(SIZES, ("light", "dark"), strict=True):
            office.set_viewport_size({"width": width, "height": height})
            office.emulate_media(
                color_scheme=scheme, reduced_motion="reduce"
            )  # a button on its way has no colour
            assert axe(office) == [], (place, width, scheme)
            assert office.evaluate("document.documentElement.scrollWidth <= innerWidth"), (place, width)

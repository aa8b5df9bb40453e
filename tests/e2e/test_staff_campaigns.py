"""Campaigns, updates, a second person and the end, in a real browser, by keyboard alone."""

from datetime import date

import pytest

from campaigns.models import Campaign, Frozen, Statement, Update
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press
from tests.factories import give, pounds

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def books():
    factories.SiteFactory(name="Example Foundation")
    for name in ("ann", "bob"):
        accounts.make(f"{name}@example.org", password=PASSWORD, role="administrator")
    source = factories.SourceFactory(name="Giving page")
    campaign = factories.CampaignFactory(
        slug="appeal", name="Keep the bridges open", target_minor=90_000_000, sources=[source],
        give_links=[{"name": "Give once", "url": "https://give.example/"}], summary="Bridges connect people.",
    )  # fmt: skip
    factories.LevelFactory(campaign=campaign, amount_minor=60_000_000)
    factories.UpdateFactory(campaign=campaign, title="Half way")
    give(source, pounds(300_000), on=date(2026, 3, 1))


def sign_in(page, name="ann"):
    page.locator("#id_login").focus()
    page.keyboard.type(f"{name}@example.org")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.get_by_role("heading", name="Today").wait_for()
    return page.url.partition("/staff/")[0] + "/staff/"


def on_the_button(page, name):
    """By Tab alone, from where the focus is."""
    for _ in range(80):
        press(page, "Tab")
        if page.evaluate("document.activeElement.innerText?.trim()") == name:
            return press(page, "Enter")
    raise AssertionError(f"{name} is not reached by Tab")


def edit(page, staff):
    page.goto(f"{staff}campaigns/appeal/edit/")
    page.locator("#id_name").focus()
    press(page, "End")
    page.keyboard.type(" now")
    page.locator(".preview-page h1").get_by_text("Keep the bridges open now").wait_for()
    on_the_button(page, "Publish the changes")
    page.get_by_text("Published.").wait_for()


def tell(page, staff):
    page.goto(f"{staff}campaigns/appeal/updates/new/")
    page.locator("#id_title").focus()
    page.keyboard.type("Thank you")
    press(page, "Tab")
    page.keyboard.type("We **did** it.")
    page.locator("#preview strong").get_by_text("did").wait_for()
    on_the_button(page, "Publish")
    page.get_by_text("Published.").wait_for()


def end(page, staff):
    page.goto(f"{staff}campaigns/appeal/end/")
    page.locator("#id_ends_on").focus()
    page.keyboard.type("05312026")
    press(page, "Enter")
    page.get_by_role("heading", name="The page then").wait_for()
    press(page, "Enter")  # the button that sets it has the focus
    page.get_by_text("The last day is set.").wait_for()
    on_the_button(page, "Freeze £300,000")
    page.get_by_text("The figures are frozen.").wait_for()


def test_a_campaign_is_edited_told_about_and_ended_by_keyboard_alone(visit):
    page = visit("/staff/account/login/")
    staff = sign_in(page)
    for job in (edit, tell, end):
        job(page, staff)
    assert (Campaign.objects.get().name, Update.objects.count()) == ("Keep the bridges open now", 2)
    assert Frozen.objects.get().headline == pounds(300_000)


def test_a_second_person_agrees_by_keyboard_alone(visit):
    factories.limit(1000)
    ann, bob = visit("/staff/account/login/"), visit("/staff/account/login/")
    ann.goto(f"{sign_in(ann)}campaigns/appeal/figure/")
    ann.locator("#id_amount_minor").focus()
    ann.keyboard.type("415k")
    press(ann, "Enter")
    ann.get_by_text("it will wait until a second person agrees").wait_for()
    press(ann, "Enter")
    ann.get_by_text("It waits for a second person").wait_for()
    sign_in(bob, "bob")
    bob.get_by_role("link", name="waits for a second person").focus()
    press(bob, "Enter")
    bob.get_by_role("heading", name="The page with it").wait_for()
    press(bob, "Enter")  # the button to agree has the focus
    bob.get_by_text("Agreed: it counts from now on.").wait_for()
    assert Statement.objects.get().counts


def test_nothing_stands_in_anybodys_way(visit, axe):
    factories.limit(1000)
    campaign = Campaign.objects.get()
    said = factories.StatementFactory(campaign=campaign, needs_second=True)
    page = visit("/staff/account/login/")
    staff = sign_in(page)
    places = ("", "appeal/edit/", "appeal/end/", f"appeal/figure/{said.pk}/", "appeal/updates/new/")
    for place in places:
        page.goto(f"{staff}campaigns/{place}")
        if place == "appeal/edit/":
            page.locator("#id_summary").focus()
            page.keyboard.type("More. ")
            page.locator(".preview-page h1").wait_for()
        for viewport in SIZES:
            page.set_viewport_size(viewport)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (place, viewport)
            for scheme in ("light", "dark"):
                page.emulate_media(
                    color_scheme=scheme, reduced_motion="reduce"
                )  # a button on its way has no colour
                assert axe(page) == [], (place, viewport, scheme)

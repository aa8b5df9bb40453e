"""The public pages in a real browser: by eye, by keyboard, without script, and while money arrives."""

from datetime import date

import pytest
from django.core.cache import caches

from campaigns.models import Campaign
from fundtracker.money import Money
from tests.factories import (
    CampaignFactory,
    CommitmentFactory,
    FunderFactory,
    InstalmentFactory,
    LevelFactory,
    ProgrammeFactory,
    ProjectFactory,
    SiteFactory,
    SourceFactory,
    StatementFactory,
    TierFactory,
    UpdateFactory,
    give,
    pounds,
)

pytestmark = pytest.mark.django_db(transaction=True)
PHONE, DESK = {"width": 360, "height": 800}, {"width": 1440, "height": 900}
PAGES = [
    "/en/",
    "/en/campaigns/spring/",
    "/en/campaigns/silent/",
    "/en/campaigns/monthly/",
    "/en/projects/matrix/",
    "/en/funders/nlnet/",
    "/en/none/",
]


@pytest.fixture(autouse=True)
def site():
    caches["pages"].clear()
    SiteFactory(tagline="Where the money behind open source comes from")
    project = ProjectFactory(slug="matrix", name="Matrix", url="https://example.org/")
    source = SourceFactory(is_sandbox=True, kind="opencollective", evidence_url="https://example.org/")
    funder = FunderFactory(slug="nlnet", name="NLnet")
    ProgrammeFactory(funder=funder, grant_max_minor=5_000_000)
    spring = CampaignFactory(
        slug="spring", name="Spring", project=project, sources=[source], about="For **bridges**.",
        summary="All that it takes to keep the bridges open.", starts_on=date(2026, 1, 1),
        ends_on=date(2099, 12, 31), give_links=[{"name": "Give", "url": "https://example.org/give"}],
    )  # fmt: skip
    CampaignFactory(slug="silent", project=project, ends_on=date(2026, 2, 1))
    CampaignFactory(slug="monthly", project=project, mode="monthly", ends_on=None).streams.set(
        spring.streams.all()
    )
    give(source, pounds(300), Money(1_200, "XOF"))
    tier = TierFactory(source=source, amount_minor=500, currency="GBP")
    CommitmentFactory.create_batch(4, source=source, tier=tier, giver__funder=funder)
    promise = CommitmentFactory(source=source, amount_minor=10_000, currency="GBP", certainty="pledged")
    InstalmentFactory(commitment=promise)
    LevelFactory(campaign=spring)
    UpdateFactory(campaign=spring)
    StatementFactory(
        campaign=spring,
        as_of=date(2026, 2, 1),
        amount_minor=10_000,
        evidence="A blog post",
        evidence_url="https://example.org/post",
    )


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nobody_is_kept_out_and_nothing_overflows(visit, axe, reports, address, scheme, viewport):
    page = visit(address, color_scheme=scheme, viewport=viewport)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if address == "/en/none/":
        assert "404" in reports.pop()


def test_the_page_reads_whole_without_script(visit):
    page = visit("/en/campaigns/spring/", java_script_enabled=False)
    assert "£400 of £1,000, 40%" in page.locator(".headline").inner_text()
    assert page.locator("svg.plot").is_visible()
    assert not page.get_by_role("button").is_visible()
    page.get_by_text("The same as a table").click()
    assert page.get_by_role("table").is_visible()


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(visit):
    page = visit("/en/campaigns/spring/", viewport=DESK)
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim()"))
    assert reached == [
        "Skip to the content", "fundtracker", "Matrix", "A blog post",
        "What counts, and when it was last true", "Refresh", "Give", "Explore the chart",
    ]  # fmt: skip


def test_the_skip_link_leads_to_the_content(visit):
    page = visit("/en/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_figures_renew_themselves_and_say_what_changed(visit):
    page = visit("/en/campaigns/spring/")
    give(Campaign.objects.get(slug="spring").streams.get().source, pounds(100), prefix="more")
    page.get_by_role("link", name="Refresh").click()
    page.get_by_text("£500 of £1,000, 50%").first.wait_for()
    assert page.locator("[data-say]").inner_text() == "£500 of £1,000, 50%"
    assert page.url.endswith("/en/campaigns/spring/")


@pytest.mark.parametrize("link", ["Refresh", "A blog post", "What counts, and when it was last true"])
def test_the_keyboard_stays_where_it_was_when_figures_renew_themselves(visit, link):
    page = visit("/en/campaigns/spring/")
    page.get_by_role("link", name=link).first.focus()
    give(Campaign.objects.get(slug="spring").streams.get().source, pounds(100), prefix="more")
    page.evaluate("htmx.trigger('.refresh', 'click')")
    page.get_by_text("£500 of £1,000, 50%").first.wait_for()
    page.wait_for_timeout(100)
    assert page.evaluate("document.activeElement.innerText.trim()") == link


def test_figures_that_did_not_change_are_left_alone(visit):
    page = visit("/en/campaigns/spring/")
    refresh = page.get_by_role("link", name="Refresh")
    with page.expect_response("**/figures/"):
        refresh.click()
    page.wait_for_timeout(200)
    page.evaluate("document.querySelector('#figures').dataset.same = 'yes'")
    with page.expect_response("**/figures/"):
        refresh.click()
    page.wait_for_timeout(200)
    assert page.locator("#figures").get_attribute("data-same") == "yes"
    assert page.locator("[data-say]").inner_text() == ""


def test_a_page_left_open_says_when_its_figures_have_grown_old(visit, reports):
    page = visit("/en/campaigns/spring/")
    warning = page.get_by_text("These figures have not been refreshed for more than 15 minutes.")
    assert not warning.is_visible()
    page.clock.install()
    page.reload()
    page.route("**/figures/", lambda route: route.abort())
    page.clock.run_for(16 * 60 * 1000)
    assert warning.is_visible()
    page.close()  # the refused requests are reported until then, and are what this test asked for
    reports.clear()


def test_the_interactive_chart_comes_only_when_asked_for(visit):
    loaded = []
    page = visit("/en/campaigns/spring/")
    page.on("request", lambda request: loaded.append(request.url))
    assert not page.evaluate("'Plotly' in window")
    page.get_by_role("button", name="Explore the chart").click()
    page.locator(".chart-box .main-svg").first.wait_for()
    names = {url.rsplit("/", 1)[1] for url in loaded}
    assert names - {"icon.svg"} == {"chart.json", "plotly-basic.min.js"}
    assert page.get_by_role("button", name="Explore the chart").count() == 0


def test_a_chart_that_cannot_be_loaded_leaves_the_picture(visit, reports):
    page = visit("/en/campaigns/spring/")
    page.route("**/chart.json", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Explore the chart").click()
    page.get_by_text("The chart could not be loaded.").wait_for()
    assert page.locator("svg.plot").is_visible()
    assert "503" in reports.pop()


def test_the_browser_holds_no_cookie(visit):
    page = visit("/en/campaigns/spring/")
    assert page.context.cookies() == []

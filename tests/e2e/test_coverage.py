"""What a project's page tells, and what would happen if: by keyboard alone, with and without script."""

from datetime import UTC, datetime

import pytest

from fundtracker import accounts
from projects.coverage import add_months
from tests import factories
from tests.e2e.test_staff import PASSWORD, press, sign_in
from tests.factories import give, pounds

pytestmark = [pytest.mark.django_db(transaction=True)]
SIZES = [{"width": 360, "height": 780}, {"width": 768, "height": 900}, {"width": 1440, "height": 900}]
LONG = "Interoperability of messages between bridges and networks of all kinds"
TODAY = datetime.now(UTC).date()
PAGE = "/en/projects/server/"


@pytest.fixture(autouse=True)
def server():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="treasurer")
    server = factories.ProjectFactory(slug="server", name="Server")
    factories.ProjectFactory(parent=server, name=LONG)
    stream = factories.StreamFactory(project=server, purpose="maintenance")
    give(stream.source, pounds(300), on=add_months(TODAY, -2), name="Acme")
    for amount, ends in ((50_000, add_months(TODAY, 6)), (20_000, None)):
        factories.CommitmentFactory(
            source=stream.source, amount_minor=amount, currency="GBP", frequency="monthly",
            starts_on=add_months(TODAY, -1), ends_on=ends,
        )  # fmt: skip
    factories.CostFactory(project=server, label="Servers", amount_minor=80_000, purpose="infrastructure")
    factories.CostFactory(project=server, label="Meetings", amount_minor=1_234_567, purpose="community")
    factories.CostFactory(project=server, in_kind=True, amount_minor=100_000)
    factories.ReserveFactory(project=server)
    factories.WorkItemFactory(project=server, name=LONG, restart_minor=100_000, currency="GBP")
    factories.RelianceFactory(project=server, organisation=LONG, seats=300)


@pytest.mark.parametrize("script", [True, False])
def test_what_if_is_asked_by_keyboard_alone(visit, script):
    page = visit(PAGE, java_script_enabled=script)
    page.get_by_role("link", name="What if a promise ends, or a grant comes?").focus()
    press(page, "Enter")
    page.get_by_label("A new grant of").focus()
    page.keyboard.type("nothing at all")
    press(page, "Enter")
    page.get_by_text("Something is missing or cannot be read: see the form.").wait_for()
    amount = page.get_by_label("A new grant of")
    assert amount.input_value() == "nothing at all"
    amount.fill("1m")
    page.get_by_label("Grant from").fill(f"{TODAY:%Y-%m-%d}")
    page.get_by_label("For how many months").fill("12")
    page.get_by_label("For how many months").focus()
    press(page, "Enter")
    page.get_by_role("heading", name="Then").wait_for()
    assert "% of what it needs is paid for." in page.locator("#answer .coverage-headline").inner_text()


def test_nothing_stands_in_anybodys_way(visit, axe):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    home = page.url
    for place in (
        PAGE, f"{PAGE}what-if/?grant_amount=1000&grant_from=2030-01-01&grant_months=3",
        f"{home}projects/server/coverage/", f"{home}projects/server/what-if/", f"{home}maintainers/",
    ):  # fmt: skip
        page.goto(place)
        for size in SIZES:
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (place, size)
        for size, scheme in ((SIZES[0], "dark"), (SIZES[2], "light")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert axe(page) == [], (place, size)

"""By keyboard alone: a buyer's brief, its options and its file; and two projects side by side."""

import io

import pytest
from pypdf import PdfReader

from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]
SIZES = [{"width": 360, "height": 780}, {"width": 768, "height": 900}, {"width": 1440, "height": 900}]
LONG = "The Foundation for the Preservation of Interoperable Messaging Infrastructure"


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="editor")
    matrix = factories.ProjectFactory(slug="matrix", name="Matrix", summary="An open network.")
    factories.OfferFactory(project=matrix, legal_name=LONG, deliverables="Releases\nA report each quarter")
    for one in (matrix, factories.ProjectFactory(slug="long", name=LONG)):
        source = factories.SourceFactory(name="Bank", evidence_url="https://example.org/books")
        factories.StreamFactory(project=one, source=source)
        factories.CostFactory(project=one, amount_minor=90_000_000, frequency="yearly", purpose="maintenance")
        factories.ReserveFactory(project=one)
        factories.RelianceFactory(project=one, organisation="Ministry of the Interior", seats=300)


def test_a_brief_and_a_comparison_are_made_by_keyboard_alone(visit, reports):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    page.goto(page.url + "projects/matrix/brief/")
    page.locator("#id_organisation").focus()
    page.keyboard.type("Ministry of the Interior")
    press(page, "Tab")
    page.keyboard.type("2026/17")
    press(page, "Tab")
    page.keyboard.type("2")
    press(page, "Tab")
    page.keyboard.type("a half")
    press(page, "Tab", "Tab", "Enter")
    page.get_by_text("Chosen: £900,000 for 2 years, which is £450,000 a year.").wait_for()
    page.get_by_role("button", name="Take it away as a PDF").focus()
    with page.expect_response("**/brief.pdf?*") as answer:
        press(page, "Enter")
    file = page.request.get(answer.value.url)
    assert "2026/17" in PdfReader(io.BytesIO(file.body())).pages[0].extract_text()
    page.goto("/en/projects/")
    reports.clear()  # a file names no icon, so that the browser looks for one at /favicon.ico
    page.get_by_role("link", name="Set several side by side").focus()
    press(page, "Enter")
    page.get_by_label("Matrix").focus()
    press(page, "Space")
    page.get_by_label(LONG).focus()
    press(page, "Space", "Tab", "Tab", "Enter")
    page.get_by_role("columnheader", name="Matrix").wait_for()
    assert page.url.endswith(
        "/en/projects/compare/?projects=matrix&projects=long&years="
    ) or page.url.endswith("/en/projects/compare/?projects=long&projects=matrix&years=")


def test_nothing_stands_in_anybodys_way(visit, axe):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    home = page.url
    asked = "organisation=Ministry+of+the+Interior&years=2&share=fair"
    for name, place in (
        ("projects", "/en/projects/"),
        ("compare", "/en/projects/compare/?projects=matrix,long&years=2025,2026"),
        ("page", "/en/projects/matrix/brief/"),
        ("staff", f"{home}projects/matrix/brief/?{asked}"),
        ("wrong", f"{home}projects/matrix/brief/?organisation=Nobody&years=2&share=fair"),
        ("offer", f"{home}projects/matrix/brief/offer/"),
        ("staffcompare", f"{home}compare/?projects=matrix,long"),
    ):
        page.goto(place)
        for size in SIZES:
            for scheme in ("light", "dark"):
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
            assert axe(page) == [], (name, size)

"""A reliance is reported without script, staff publish it, and it shows: by keyboard alone. Then its pages, and those of funders."""

from datetime import date

import pytest

from fundtracker import accounts
from projects.models import Reliance
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]
LONG = "Bundesministerium für Digitales, Staatsmodernisierung und Donaudampfschifffahrtsangelegenheiten"


@pytest.fixture(autouse=True)
def matrix():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="editor")
    project = factories.ProjectFactory(slug="matrix", name="Matrix")
    factories.StreamFactory(project=project, source__slug="page")
    factories.CostFactory(project=project, amount_minor=90_000_000, frequency="yearly")
    return project


def test_what_is_reported_shows_once_staff_publish_it(visit):
    page = visit("/en/projects/matrix/reliance/report/", java_script_enabled=False)
    page.locator("#id_organisation").focus()
    page.keyboard.type("Ministry of Bridges")
    press(page, "Tab", "g", "Tab")
    page.keyboard.type("300000")
    press(page, "Tab")
    page.keyboard.type("BridgeChat")
    press(page, "Tab")
    page.keyboard.type("ministry.example/chat")
    press(page, "Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    report = Reliance.objects.get()
    assert page.get_by_text(report.reference).count() == 1

    staff = visit("/staff/account/login/")
    staff.locator("#id_login").focus()
    sign_in(staff)
    staff.get_by_role("link", name="1 report of who relies on a project waits").focus()
    press(staff, "Enter")
    staff.get_by_role("link", name="Ministry of Bridges").focus()
    press(staff, "Enter")
    staff.locator("#id_note").focus()
    press(staff, "Tab", "Enter")
    staff.get_by_text("Published.").wait_for()

    page.get_by_role("link", name="To the register").focus()
    press(page, "Enter")
    page.get_by_role("heading", name="Who relies on it").wait_for()
    row = page.get_by_role("row", name="Ministry of Bridges")
    assert row.get_by_role("cell").all_inner_texts()[:4] == [
        "BridgeChat", "300,000", "not known to pay", "£900K",
    ]  # fmt: skip


def everything(project):
    """A register and a funder with long names and with nothing, and what waits."""
    source = project.streams.get().source
    funder = factories.FunderFactory(slug="ministry", name=LONG, kind="public_body", summary="It pays. " * 20)
    factories.give(source, *[factories.pounds(12_345)] * 3, name=LONG, on=date(2025, 6, 1))
    source.givers.update(funder=funder)
    factories.InstalmentFactory(
        commitment__source=source, commitment__giver__funder=funder, due_on=date(2030, 9, 1)
    )
    factories.CostFactory(project=project, given_by=funder, in_kind=True, label="Racks", is_person=False)
    said = {"project": project, "deployment": "BridgeChat " * 9, "evidence": "It says so. " * 20}
    there = factories.RelianceFactory(organisation=LONG, funder=funder, seats=300_000, **said)
    factories.RelianceFactory(project=project)
    report = factories.RelianceFactory(
        organisation=LONG, corrects=there, state="reported", seats=12, remark="Please. " * 60, **said
    )
    return there, report


@pytest.mark.parametrize(
    ("viewport", "color_scheme"), list(zip(SIZES, ("light", "dark"), strict=True)), ids=["360", "1440"]
)
def test_nothing_stands_in_anybodys_way(visit, axe, matrix, viewport, color_scheme):
    there, report = everything(matrix)
    page = visit("/staff/account/login/", viewport=viewport, color_scheme=color_scheme)
    page.locator("#id_login").focus()
    sign_in(page)
    origin = page.url.partition("/staff/")[0]
    places = (
        "/staff/reliance/", f"/staff/reliance/{report.pk}/", "/staff/projects/matrix/reliance/new/",
        "/en/projects/matrix/reliance/", f"/en/projects/matrix/reliance/report/{there.reference}/",
        "/en/projects/matrix/reliance/thanks/ABCD2345/", "/en/funders/", "/en/funders/ministry/",
    )  # fmt: skip
    for place in places:
        page.goto(origin + place)
        assert axe(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

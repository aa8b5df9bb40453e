"""A treasurer looks after what a project needs, by keyboard alone."""

import re
from datetime import date

import pytest
from django.urls import reverse

from fundtracker import accounts
from projects.models import Cost
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]
TABLE = (
    "label;purpose;amount;currency;per\nHosting;infrastructure;1,500;GBP;month\nAudit;security;ten;GBP;year\n"
)


@pytest.fixture(autouse=True)
def project():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="treasurer")
    project = factories.ProjectFactory(slug="castles", name="Sand castles and everything that they stand on")
    factories.CostFactory(project=project, label="Hosting of servers", purpose="infrastructure")
    return project


def go(page, name, *arguments):
    page.goto(page.url.partition("/staff/")[0] + reverse(f"staff:{name}", args=arguments))


def test_a_row_a_change_and_a_file_by_keyboard_alone(visit, tmp_path):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    go(page, "budget", "castles")
    page.locator("#id_rows-0-label").focus()
    page.keyboard.type("Domains")
    press(page, "Tab", "Tab")
    page.keyboard.type("90")
    press(page, "Enter")
    page.get_by_role("button", name="Enter this budget").wait_for()
    press(page, "Enter")  # the button has the focus
    page.get_by_text("The budget is entered: 1 need changed.").wait_for()

    page.get_by_role("link", name=re.compile("Change.*Hosting of servers")).focus()
    press(page, "Enter")
    page.locator("#id_amount_minor").focus()
    press(page, "ControlOrMeta+a")
    page.keyboard.type("120")
    page.locator("#id_starts_on").fill("2027-07-01")
    page.locator("#id_amount_minor").focus()
    press(page, "Enter")
    page.get_by_text("Hosting of servers changes on that day.").wait_for()

    go(page, "budget", "castles")
    path = tmp_path / "budget.csv"
    path.write_text(TABLE)
    page.locator("#id_file").set_input_files(path)
    page.get_by_role("button", name="See what it does").focus()
    press(page, "Enter")
    page.get_by_text("Line 3, Amount: “ten” is not an amount in GBP").wait_for()
    page.get_by_role("group", name="Line 3").get_by_label("Amount").focus()
    press(page, "ControlOrMeta+a")
    page.keyboard.type("10k")
    press(page, "Enter")
    page.get_by_role("button", name="Enter this budget").wait_for()
    press(page, "Enter")
    page.get_by_text("The budget is entered: 2 needs changed.").wait_for()
    assert list(Cost.objects.order_by("pk").values_list("label", "amount_minor", "ends_on")) == [
        ("Hosting of servers", 10_000, date(2027, 6, 30)),
        ("Domains", 9_000, None),
        ("Hosting of servers", 12_000, None),
        ("Hosting", 150_000, None),
        ("Audit", 1_000_000, None),
    ]


@pytest.mark.parametrize(
    ("viewport", "color_scheme"), [(SIZES[0], "dark"), (SIZES[1], "light")], ids=["360", "1440"]
)
def test_nothing_of_it_stands_in_anybodys_way(visit, axe, project, viewport, color_scheme):
    work = factories.WorkItemFactory(project=project, since=date(2026, 1, 1), why="The grant ended.")
    reserve = factories.ReserveFactory(project=project)
    cost = Cost.objects.get()
    page = visit("/staff/account/login/", viewport=viewport, color_scheme=color_scheme)
    page.locator("#id_login").focus()
    sign_in(page)

    def look(name):
        assert axe(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    for name, *more in (
        ("projects",), ("project",), ("project_edit",), ("project_needs",), ("need_change", cost.pk),
        ("need_remove", cost.pk), ("project_work",), ("work_edit", work.pk), ("project_reserve",),
        ("reserve_correct", reserve.pk), ("budget",),
    ):  # fmt: skip
        go(page, name, *(["castles"] if name != "projects" else []), *more)
        look(name)
    for table, button in ((TABLE, "See what it does"), (TABLE.replace("ten", "10k"), "Enter this budget")):
        page.locator("#id_table").fill(table)
        page.get_by_role("button", name="See what it does").click()
        page.get_by_role("button", name=button).wait_for()
        look(button)

"""From an invitation to a statement, in a real browser, by keyboard alone."""

import re
from datetime import date

import pytest
from django.core import mail

from fundtracker import accounts
from projects.models import Maintainer, Role
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    project = factories.ProjectFactory(slug="bridges", name="Bridges")
    factories.RoleFactory(
        maintainer__name="Ada Lovelace", cost__project=project, cost__amount_minor=400_000,
        cost__starts_on=date(2026, 1, 1),
    )  # fmt: skip
    stream = factories.StreamFactory(project=project, source__name="The bridge grant")
    factories.CommitmentFactory(
        source=stream.source, amount_minor=200_000, currency="GBP", frequency="monthly",
        starts_on=date(2026, 1, 1), ends_on=date(2027, 3, 31),
    )  # fmt: skip


def follow(page, name):
    page.get_by_role("link", name=name, exact=True).first.focus()
    press(page, "Enter")


def invite(page):
    page.locator("#id_login").focus()
    sign_in(page)
    follow(page, "Maintainers")
    follow(page, "Ada Lovelace")
    page.locator("#id_person_email").focus()
    page.keyboard.type("ada@example.org")
    press(page, "Enter")
    page.get_by_text("ada@example.org has been invited.").wait_for()
    [link] = re.findall(r"http\S+/password/reset/key/\S+", str(mail.outbox[-1].body))
    return link


def choose_a_password(page):
    page.locator("#id_password1").focus()
    page.keyboard.type(PASSWORD)
    if page.locator("#id_password2").count():
        press(page, "Tab")
        page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_url("**/done/")


def test_ada_is_invited_sees_her_hours_publishes_them_and_takes_her_statement_away(visit, axe):
    link = invite(visit("/staff/account/login/"))
    page = visit(link)
    choose_a_password(page)
    page.goto("/staff/account/login/")
    page.locator("#id_login").focus()
    page.keyboard.type("ada@example.org")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.get_by_role("heading", name="Your work").wait_for()
    page.get_by_text("of your 80 hours are paid for").wait_for()
    follow(page, "What is public")
    page.get_by_label("My hours for Bridges").focus()
    press(page, "Space", "Enter")
    page.get_by_role("heading", name="What anyone would read").wait_for()
    page.get_by_role("button", name="Yes, save this").focus()
    press(page, "Enter")
    page.get_by_text("Saved. This is what anyone may read now.").wait_for()
    assert list(Role.objects.values_list("publishes_hours", "publishes_cost")) == [(True, False)]
    assert Maintainer.objects.get().publishes_name is False
    follow(page, "Statements")
    page.get_by_role("link", name="Take it away as PDF").focus()
    with page.expect_download() as download:
        press(page, "Enter")
    assert download.value.suggested_filename.startswith("statement-")
    walk(page, axe, "/me/", "/me/public/", "/me/message/", page.url)


def walk(page, axe, *paths):
    """Each page is sound at both sizes, in light and dark."""
    for path in paths:
        page.goto(path)
        for viewport in SIZES:
            page.set_viewport_size(viewport)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert axe(page) == [], (path, viewport, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path


def test_the_staff_pages_of_maintainers_are_sound(visit, axe):
    page = visit("/staff/account/login/")
    page.locator("#id_login").focus()
    sign_in(page)
    ada, role = Maintainer.objects.get().pk, Role.objects.get().pk
    walk(
        page, axe, "/staff/maintainers/", f"/staff/maintainers/{ada}/", f"/staff/maintainers/{ada}/erase/",
        f"/staff/maintainers/roles/{role}/", "/staff/projects/bridges/maintainers/",
        "/staff/projects/bridges/maintainers/new/",
    )  # fmt: skip

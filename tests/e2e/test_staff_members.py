"""Members and pledges in a real browser, by keyboard alone."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from funders.models import Commitment, Membership
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    price = factories.TierPriceFactory(tier__name="Gold", starts_on=date(2020, 1, 1))
    factories.FunderFactory(name="Example Ltd", is_public=False, contact="Eve")
    return price.tier


def come_in(visit, place, **options):
    page = visit("/staff/account/login/", **options)
    page.locator("#id_login").focus()
    sign_in(page)
    page.goto(f"{page.url.partition('/staff/')[0]}/staff/{place}")
    return page


def test_a_member_is_entered_and_paid_and_a_pledge_scheduled_by_keyboard_alone(visit):
    page = come_in(visit, "members/new/")
    page.locator("#id_funder").focus()
    page.keyboard.type("Example")
    press(page, "Tab")
    page.keyboard.type("Gold")
    press(page, "Tab")
    page.locator("#id_designation").focus()
    press(page, "Enter")
    page.get_by_text("Example Ltd is entered.").wait_for()
    page.get_by_role("link", name="Change its state").focus()
    press(page, "Enter")
    page.get_by_role("radio", name="Paid").focus()
    press(page, "Space")
    page.locator("#id_reason").focus()
    page.keyboard.type("bank statement 17")
    press(page, "Enter")
    page.get_by_text("Example Ltd: paid.").wait_for()
    assert Membership.objects.get().state == "paid"
    page.goto(f"{page.url.partition('/staff/')[0]}/staff/pledges/new/")
    page.locator("#id_funder").focus()
    page.keyboard.type("Example")
    for field, words in (
        ("#id_title", "Bridges"), ("#id_amount_minor", "60k"), ("#id_currency", "EUR"), ("#id_parts-0-amount_minor", "20k"),
    ):  # fmt: skip
        page.locator(field).focus()
        page.keyboard.type(words)
    press(page, "Enter")
    page.get_by_text("The pledge of Example Ltd is entered.").wait_for()
    assert str(Commitment.objects.get(title="Bridges").instalments.get().amount) == "20000.00 EUR"


def test_nothing_stands_in_anybodys_way(visit, axe, site):
    end = timezone.now().date() + timedelta(days=10)
    one = factories.MembershipFactory(tier=site, commitment__source=site.source, commitment__ends_on=end)
    part = factories.InstalmentFactory(commitment__external_id="typed:x")
    funder = one.commitment.giver.funder
    for viewport, color_scheme in zip(SIZES, ("light", "dark"), strict=True):
        page = come_in(visit, "members/", viewport=viewport, color_scheme=color_scheme)
        for place in (
            "members", "members/new", "members/renewals", "members/tiers", f"members/tiers/{site.pk}", f"members/{one.pk}",
            f"members/{one.pk}/edit", f"members/{one.pk}/move", f"members/{one.pk}/renew", "pledges", "pledges/new",
            f"pledges/{part.commitment_id}", f"pledges/parts/{part.pk}", "funders", f"funders/{funder.pk}",
            f"funders/{funder.pk}/edit", f"funders/{funder.pk}/listing", f"funders/{funder.pk}/logo",
            f"funders/{funder.pk}/givers", f"funders/{funder.pk}/merge",
        ):  # fmt: skip
            page.goto(f"{page.url.partition('/staff/')[0]}/staff/{place}/")
            assert axe(page) == [], place
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

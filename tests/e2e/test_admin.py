"""The admin under the same strict policy: whatever the policy refuses would be in the console."""

import pytest
from django.urls import reverse

from campaigns.models import Statement
from tests.factories import CampaignFactory, SiteFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sign_in(visit):
    SiteFactory()
    UserFactory(email="bob@example.org", role="administrator")

    def signed_in(address):
        page = visit(f"{reverse('account_login')}?next={address}")
        page.locator("#id_login").fill("bob@example.org")
        page.locator("#id_password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"**{address}")
        return page

    return signed_in


@pytest.mark.parametrize(
    "page", ["campaigns_campaign", "funders_source", "projects_project", "campaigns_statement"]
)
def test_lists_and_forms_obey_the_policy(sign_in, page):
    CampaignFactory(sources=[SourceFactory()])
    opened = sign_in(reverse(f"admin:{page}_changelist"))
    opened.goto(reverse(f"admin:{page}_add"))
    assert opened.get_by_role("button", name="Save", exact=True).is_visible()


def test_a_figure_is_entered_and_shown(sign_in, visit):
    campaign = CampaignFactory(name="Bridges")
    page = sign_in(reverse("admin:campaigns_statement_add"))
    page.locator(".select2-selection").click()
    page.get_by_role("option", name="Bridges").click()
    page.get_by_label("As of the end of").fill("2026-04-04")
    page.get_by_label("Total").fill("460")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    assert Statement.objects.get().amount_minor == 46_000
    public = visit(campaign.get_absolute_url())
    assert "£460 of £1,000, 46%" in public.locator(".headline").inner_text()

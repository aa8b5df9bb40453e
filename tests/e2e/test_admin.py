"""The admin under the same strict policy: whatever the policy refuses would be in the console."""

import pytest
from django.urls import reverse

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


@pytest.mark.parametrize("page", ["campaigns_campaign", "funders_source", "projects_project"])
def test_lists_and_forms_obey_the_policy(sign_in, page):
    CampaignFactory(sources=[SourceFactory()])
    opened = sign_in(reverse(f"admin:{page}_changelist"))
    opened.goto(reverse(f"admin:{page}_add"))
    assert opened.get_by_role("button", name="Save", exact=True).is_visible()

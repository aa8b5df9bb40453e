"""The page on which staff read a project's manifest, in a real browser, and for those who cannot see it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from projects.models import Cost
from tests.factories import ProjectFactory, SiteFactory, UserFactory
from tests.funders.sandboxes import sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_manifest_is_read_and_applied(visit, script):
    SiteFactory()
    UserFactory(email="bob@example.org", role="administrator")
    project = ProjectFactory(name="Castles")
    address = reverse("admin:projects_project_manifest", args=[project.pk])
    page = visit(f"{reverse('account_login')}?next={address}", java_script_enabled=script)
    page.locator("#id_login").fill("bob@example.org")
    page.locator("#id_password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    with sandbox() as server:
        page.get_by_label("Address of the manifest").fill(f"{server.url}/manifests/funding.json")
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_text("say which of its projects is meant").wait_for()
        page.get_by_label("Which of its projects").fill("buckets")
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_text("Need “Hosting”").wait_for()
        if script:
            # Without preloading: that writes inline styles, which the policy refuses.
            assert Axe().run(page, options={"preload": False}).response["violations"] == []
        page.get_by_role("button", name="Apply exactly this").click()
        page.get_by_text("The manifest was applied: 13 changes.").wait_for()
    assert Cost.objects.count() == 4

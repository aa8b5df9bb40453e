"""A project's public page."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.campaigns.test_views import words
from tests.factories import (
    CampaignFactory,
    ManifestFactory,
    ProjectFactory,
    SiteFactory,
    SourceFactory,
    StreamFactory,
)

pytestmark = pytest.mark.django_db


def test_a_project_says_what_is_asked_for_and_where_its_money_comes_from(client):
    project = ProjectFactory(slug="matrix", name="Matrix", parent=ProjectFactory(name="Foundation"))
    CampaignFactory(project=project, name="Bridges")
    ProjectFactory(parent=project, name="Specification")
    StreamFactory(project=project, source=SourceFactory(name="Open Collective", is_sandbox=True))
    page = words(client.get("/en/projects/matrix/"))
    for text in ("Foundation", "Matrix", "Bridges £1,000", "Specification", "Open Collective Sandbox data"):
        assert text in page


def test_what_is_not_public_is_neither_there_nor_named(client):
    hidden = ProjectFactory(slug="hidden", name="Hidden", is_public=False)
    project = ProjectFactory(slug="seen", parent=hidden)
    ProjectFactory(parent=project, name="Secret part", is_public=False)
    CampaignFactory(project=project, name="Secret campaign", is_public=False)
    assert client.get("/en/projects/hidden/").status_code == 404
    body = client.get("/en/projects/seen/").content.decode()
    assert "Secret" not in body
    assert "Hidden" not in body


def test_the_page_does_not_read_the_whole_of_a_manifest(client):
    SiteFactory()
    ManifestFactory(project=ProjectFactory(slug="matrix"))
    with CaptureQueriesContext(connection) as asked:
        client.get("/en/projects/matrix/")
    [manifests] = [query["sql"] for query in asked if "projects_manifest" in query["sql"]]
    assert ('"url"' in manifests, '"document"' in manifests) == (True, False)


def test_a_manifest_is_linked_with_its_day_and_whether_it_is_verified(client):
    SiteFactory(time_zone="Asia/Tokyo")
    project = ProjectFactory(slug="matrix")
    read = datetime(2026, 6, 30, 20, tzinfo=UTC)
    ManifestFactory(
        project=project, kind="funding.json", url="https://example.org/funding.json", read_at=read
    )
    ManifestFactory(project=project, kind="FUNDING.yml", read_at=read, unverified=["https://example.org"])
    response = client.get("/en/projects/matrix/")
    page = words(response)
    assert page.count("The project's own funding manifest, read on 1 July 2026") == 2
    assert page.count("(not verified)") == 1
    assert 'href="https://example.org/funding.json"' in response.content.decode()
    assert "manifest" not in words(client.get(f"/en/projects/{ProjectFactory().slug}/"))

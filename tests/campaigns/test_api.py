"""The public API: the pages' figures, as decimal strings."""

from datetime import date

import pytest

from fundtracker.money import Money
from tests.factories import (
    CampaignFactory,
    LevelFactory,
    ProjectFactory,
    SourceFactory,
    StatementFactory,
    give,
    pounds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_a_campaign_as_data(client, settings):
    settings.SITE_URL = "https://fund.example"
    source = SourceFactory(name="Bank", evidence_url="https://bank.example/", kind="opencollective")
    project = ProjectFactory(name="Matrix")
    campaign = CampaignFactory(slug="spring", name="Spring", project=project, sources=[source])
    give(source, pounds("415.50"), Money(1_200, "XOF"))
    assert client.get(f"/api/v1/campaigns/{campaign.slug}/").json() == {
        "slug": "spring",
        "name": "Spring",
        "url": "https://fund.example/en/campaigns/spring/",
        "project": "Matrix",
        "mode": "total",
        "currency": "GBP",
        "target": "1000.00",
        "raised": "415.50",
        "committed": "0.00",
        "pledged": "0.00",
        "overdue": "0.00",
        "not_itemised": "0.00",
        "monthly": None,
        "percent": 41,
        "unconverted": [{"currency": "XOF", "amount": "1200"}],
        "unconverted_promised": [],
        "is_converted": False,
        "is_provisional": False,
        "window": {"starts_on": "2026-01-01", "ends_on": "2026-12-31"},
        "as_of": "2026-06-30T12:00:00Z",
        "sources": [
            {
                "name": "Bank",
                "url": "https://bank.example/",
                "is_sandbox": False,
                "health": "fresh",
                "last_sync": "2026-06-30T12:00:00Z",
            }
        ],
        "frozen": None,
    }


def test_without_a_figure_raised_is_null(client):
    campaign = CampaignFactory()
    answer = client.get(f"/api/v1/campaigns/{campaign.slug}/").json()
    assert (answer["raised"], answer["percent"], answer["as_of"]) == (None, None, None)


def test_a_stated_total_is_as_of_its_day(client):
    campaign = StatementFactory(as_of=date(2026, 4, 4), amount_minor=46_000).campaign
    answer = client.get(f"/api/v1/campaigns/{campaign.slug}/").json()
    assert (answer["raised"], answer["not_itemised"], answer["as_of"]) == ("460.00", "460.00", "2026-04-04")


def test_without_a_target_target_and_percent_are_null(client):
    campaign = CampaignFactory(target_minor=None, sources=[SourceFactory()])
    answer = client.get(f"/api/v1/campaigns/{campaign.slug}/").json()
    assert (answer["target"], answer["percent"], answer["raised"]) == (None, None, "0.00")


def test_only_public_campaigns_are_listed(client):
    CampaignFactory(slug="seen")
    CampaignFactory(slug="hidden", is_public=False)
    assert [one["slug"] for one in client.get("/api/v1/campaigns/").json()] == ["seen"]
    assert client.get("/api/v1/campaigns/hidden/").status_code == 404


def test_the_description_is_openapi_and_names_every_field(client):
    description = client.get("/api/v1/openapi.json").json()
    assert description["openapi"].startswith("3.")
    assert set(description["paths"]) == {"/api/v1/campaigns/", "/api/v1/campaigns/{slug}/"}
    assert {"raised", "not_itemised", "sources"} <= set(
        description["components"]["schemas"]["CampaignOut"]["properties"]
    )


def test_the_api_loads_nothing_from_elsewhere(client):
    assert client.get("/api/v1/docs").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    for _ in range(number):
        source = SourceFactory()
        LevelFactory(campaign=StatementFactory(campaign=CampaignFactory(sources=[source])).campaign)
        give(source, *[pounds(5)] * number)
    with django_assert_num_queries(11):
        assert len(client.get("/api/v1/campaigns/").json()) == number

"""A funder's public page."""

import re
from datetime import date

import pytest
import time_machine

from funders.models import Commitment
from tests.campaigns.test_views import words
from tests.factories import (
    NOW,
    CommitmentFactory,
    FunderFactory,
    ProgrammeFactory,
    ProjectFactory,
    SiteFactory,
    SourceFactory,
    StreamFactory,
    TierFactory,
)

pytestmark = pytest.mark.django_db


def test_a_funder_says_what_it_gives_and_offers_in_public(client):
    source = StreamFactory(project=ProjectFactory(name="Matrix")).source
    funder = FunderFactory(slug="nlnet", name="NLnet", kind="foundation")
    CommitmentFactory(
        source=source, giver__funder=funder, title="Bridges", amount_minor=500_000, currency="EUR",
        tier=TierFactory(source=source, name="Gold"),
    )  # fmt: skip
    ProgrammeFactory(funder=funder, name="NGI0", grant_max_minor=5_000_000, pays_maintenance="partly")
    page = words(client.get("/en/funders/nlnet/"))
    assert "foundation NLnet" in page
    assert "Bridges €5,000 (once) Gold Matrix active" in page
    assert "NGI0 up to €50,000 yearly budget: not known pays maintenance: partly" in page
    assert "Read at https://example.org/call, checked on 1 June 2026." in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"grant_min_minor": 5_000_000}, "from €50,000"),
        ({"grant_min_minor": 500_000, "grant_max_minor": 5_000_000}, "€5,000 – €50,000"),
        ({}, "size of a grant: not known"),
        ({"yearly_budget_minor": 1_700_000_000}, "yearly budget: €17,000,000"),
    ],
)
def test_a_programme_says_what_is_known_and_what_is_not(client, fields, said):
    ProgrammeFactory(funder=FunderFactory(slug="stf"), **fields)
    assert said in words(client.get("/en/funders/stf/"))


@pytest.mark.parametrize(("where", "links"), [("https://stf.example/", 1), ("stf.example; a talk", 0)])
def test_only_a_web_address_is_a_link_to_where_it_was_read(client, where, links):
    ProgrammeFactory(funder=FunderFactory(slug="stf"), source_url=where)
    body = client.get("/en/funders/stf/").content.decode()
    assert where in body
    assert body.count(f'href="{where}"') == links


def projects(client):
    return re.findall(r"Matrix|Grantees", words(client.get("/en/funders/floss/")))


def test_a_promise_reaches_only_the_project_of_its_designation(client):
    funder, source = FunderFactory(slug="floss"), SourceFactory()
    StreamFactory(source=source, project=ProjectFactory(name="Grantees"))
    StreamFactory(source=source, project=ProjectFactory(name="Matrix"), designation="Matrix.org")
    CommitmentFactory(source=source, giver__funder=funder, designation="Blender")
    assert projects(client) == ["Grantees"]
    Commitment.objects.update(designation="Matrix.org")
    assert projects(client) == ["Matrix"]


@time_machine.travel(NOW, tick=False)
def test_a_stream_that_is_over_reaches_nobody(client):
    source = SourceFactory()
    StreamFactory(source=source, project=ProjectFactory(name="Matrix"), ends_on=date(2026, 6, 29))
    CommitmentFactory(source=source, giver__funder=FunderFactory(slug="floss"))
    assert projects(client) == []


def test_generated_money_is_marked(client):
    source = SourceFactory(is_sandbox=True)
    CommitmentFactory(source=source, giver__funder=FunderFactory(slug="alice"), title="Gold")
    StreamFactory(source=source, project=ProjectFactory(slug="bridges", name="Bridges"))
    assert "Gold Sandbox data" in words(client.get("/en/funders/alice/"))
    assert "Bridges Some of its money is sandbox data" in words(client.get("/en/projects/bridges/"))


def test_real_money_is_not_marked(client):
    StreamFactory(project=ProjectFactory(slug="bridges"))
    assert "andbox" not in words(client.get("/en/projects/bridges/"))


def test_a_gift_that_is_not_public_stays_out(client):
    funder = FunderFactory(slug="nlnet")
    CommitmentFactory(giver__funder=funder, title="Secret", show_name=False)
    assert "Secret" not in client.get("/en/funders/nlnet/").content.decode()


def test_a_funder_that_may_not_be_named_has_no_page(client):
    FunderFactory(slug="charlie", is_public=False)
    assert client.get("/en/funders/charlie/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    SiteFactory()
    funder = FunderFactory(slug="nlnet")
    ProgrammeFactory.create_batch(number, funder=funder)
    for source in SourceFactory.create_batch(number):
        StreamFactory(source=source)
        CommitmentFactory.create_batch(number, source=source, giver__funder=funder)
    with django_assert_num_queries(16):
        client.get("/en/funders/nlnet/")

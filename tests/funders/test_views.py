"""A funder's public page."""

import pytest

from tests.campaigns.test_views import words
from tests.factories import (
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
    assert "NGI0 up to €50,000 pays maintenance: partly checked on 1 June 2026" in page


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
    with django_assert_num_queries(6):
        client.get("/en/funders/nlnet/")

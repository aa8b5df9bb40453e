"""A page left open knows how old its figures are, even where a cache answers for a site that is down."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.factories import CampaignFactory, SiteFactory, SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(visit):
    SiteFactory()
    CampaignFactory(slug="spring", sources=[SourceFactory()])
    return visit("/en/campaigns/spring/")


def warned(page):
    """Whether the page says that its figures are old, once it has renewed them."""
    with page.expect_response("**/figures/"):
        page.get_by_role("link", name="Refresh").click()
    page.wait_for_timeout(200)
    return page.get_by_text("These figures have not been refreshed for more than 15 minutes.").is_visible()


@pytest.mark.parametrize(("minutes", "old"), [(14, False), (16, True)])
def test_a_copy_from_a_cache_is_as_old_as_it_says(page, minutes, old):
    made = format_datetime(datetime.now(UTC) - timedelta(minutes=minutes), usegmt=True)

    def keep(route):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-made": made})

    page.route("**/figures/", keep)
    assert warned(page) is old


def test_a_readers_clock_that_is_wrong_makes_nothing_old(page):
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=1))
    assert not warned(page)

"""What a page may say of its figures: until which day they are known, what is missing, who gave, what is not read."""

from datetime import date, timedelta

import pytest

from funders.models import Source
from tests.campaigns.test_views import read, words
from tests.factories import (
    NOW,
    CampaignFactory,
    CommitmentFactory,
    FunderFactory,
    InstalmentFactory,
    LevelFactory,
    SourceFactory,
    StatementFactory,
    TierFactory,
    give,
    pounds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def told_once(**fields):
    """A statement and nothing after it, of a campaign that is over."""
    campaign = CampaignFactory(ends_on=date(2026, 5, 31), **fields)
    StatementFactory(campaign=campaign)
    LevelFactory(campaign=campaign)
    return campaign


def test_of_the_days_after_the_last_statement_nothing_is_claimed(client):
    page = read(client, told_once())
    assert "No figure is known of any day after 4 April 2026." in page
    assert "What came in since is added" not in page
    assert "Missing at the end of 4 April 2026 £540" in page
    assert "The total reached £460 by 4 April 2026." in page
    assert "At an even pace it would have been about £622." in page
    assert "Not known: £140 were missing at the end of 4 April 2026, and no figure is known" in page
    assert "Missed" not in page
    assert "Received in all 4 April 2026 £460 What" in page


def test_a_card_says_of_which_day_its_figure_is(client):
    told_once()
    assert "Ended on 31 May 2026 As of 4 April 2026" in words(client.get("/en/"))


def test_what_a_source_read_since_the_statement_is_added(client):
    campaign = CampaignFactory(sources=[SourceFactory(kind="opencollective")])
    StatementFactory(campaign=campaign)
    page = read(client, campaign)
    assert "at the end of 4 April 2026. What came in since is added." in page
    assert "No figure is known" not in page


def test_a_level_stated_on_its_day_may_be_missed(client):
    campaign = told_once()
    LevelFactory(campaign=campaign, kind="full", amount_minor=70_000, due_on=date(2026, 4, 4))
    assert "Missed, by £240." in read(client, campaign)


@pytest.mark.parametrize(("ends_on", "said"), [(30, "£600 to go."), (29, "Missed, by £600.")])
def test_nothing_is_missed_before_the_last_day_is_over(client, ends_on, said):
    campaign = CampaignFactory(sources=[SourceFactory()], ends_on=date(2026, 6, ends_on))
    LevelFactory(campaign=campaign)
    page = read(client, campaign)
    assert said in page
    assert ("Last day today" in page) == (ends_on == 30)


def test_what_an_ended_campaign_lacks_is_not_still_to_come(client):
    campaign = CampaignFactory(sources=[SourceFactory()], ends_on=date(2026, 6, 29))
    assert "Missing at its end £1,000" in read(client, campaign)


def test_what_a_grant_maker_has_signed_is_not_still_to_be_received(client):
    source = SourceFactory()
    promise = CommitmentFactory(source=source, amount_minor=70_000, currency="GBP")
    InstalmentFactory(commitment=promise, amount_minor=70_000)
    campaign = CampaignFactory(sources=[source], ends_on=None)
    give(source, pounds(300))
    page = read(client, campaign)
    assert "Received £300 Signed, not yet paid £700" in page
    assert "Still to be received" not in page
    assert "Not yet promised" not in page


def test_a_source_that_stopped_answering_is_marked(client):
    source = SourceFactory(name="Open Collective", kind="opencollective", synced_at=NOW - timedelta(days=2))
    Source.objects.update(failures=3)
    page = read(client, CampaignFactory(sources=[source]))
    assert "Open Collective has not answered in time" in page
    assert "Not answering · last read 28 June 2026, 12:00 UTC" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"synced_at": None},
            "Patreon has never been read to its end: none of its money is in these figures.",
        ),
        ({"synced_at": None, "active": False}, "Patreon has never been read to its end: none of its money"),
        ({"active": False}, "Patreon is paused: what came in there since it was last read is missing."),
    ],
)
def test_a_source_that_is_not_read_is_marked(client, fields, said):
    source = SourceFactory(name="Patreon", kind="opencollective", **fields)
    assert said in read(client, CampaignFactory(sources=[source]))


def test_a_source_entered_by_hand_needs_no_reading(client):
    source = SourceFactory(name="By hand", synced_at=None, active=False)
    page = read(client, CampaignFactory(sources=[source]))
    assert "never been read" not in page
    assert "is paused" not in page


def test_a_missed_level_says_what_happens(client):
    campaign = CampaignFactory(sources=[SourceFactory()])
    LevelFactory(campaign=campaign, due_on=date(2026, 6, 1))
    page = read(client, campaign)
    assert "£600 to stay alive, by 1 June 2026 The bridges are switched off. Missed, by £600." in page


def test_names_appear_only_where_the_gift_is_public(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    tier = TierFactory(source=source, name="Gold")
    CommitmentFactory(
        source=source, tier=tier, giver__name="Alice Ltd", giver__funder=FunderFactory(name="Alice")
    )
    CommitmentFactory.create_batch(3, source=source, tier=tier, giver__name="Charlie", show_name=False)
    page = read(client, campaign)
    assert "Gold 4 givers Alice 3 givers are not named." in page
    assert "Charlie" not in client.get(campaign.get_absolute_url()).content.decode()


def test_one_unnamed_giver_has_neither_a_tier_nor_a_price(client):
    source = SourceFactory()
    silver = TierFactory(source=source, name="Silver")
    gold = TierFactory(source=source, name="Gold", amount_minor=20_000_000, currency="USD", note="Rare")
    CommitmentFactory.create_batch(5, source=source, tier=silver)
    CommitmentFactory(source=source, tier=gold, show_name=False)
    page = read(client, CampaignFactory(sources=[source]))
    assert "Some givers are not named." in page
    for said in ("Gold", "200,000", "Rare", "1 giver", "6 giver"):
        assert said not in page


def test_one_giver_is_one_giver(client):
    source = SourceFactory()
    CommitmentFactory(source=source)
    assert "Givers 1 giver Giver" in read(client, CampaignFactory(sources=[source]))

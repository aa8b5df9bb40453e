"""The public pages, as a visitor without JavaScript reads them."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from funders.models import Source
from fundtracker.money import Money
from tests.factories import (
    NOW,
    CampaignFactory,
    CommitmentFactory,
    FunderFactory,
    InstalmentFactory,
    LevelFactory,
    RateFactory,
    SiteFactory,
    SourceFactory,
    StatementFactory,
    TierFactory,
    UpdateFactory,
    give,
    pounds,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    SiteFactory()
    with time_machine.travel(NOW, tick=False):
        yield


def words(response):
    """What the page says, in one line."""
    body = re.sub(r"(?s)<(title|head|script)\b.*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", strip_tags(body).replace("&#x27;", "'"))


def read(client, campaign, name="campaign"):
    response = client.get(reverse(f"campaigns:{name}", args=[campaign.slug]))
    assert response.status_code == 200
    return words(response)


def test_a_visitor_reads_how_the_fundraiser_is_doing(client):
    campaign = CampaignFactory(
        currency="GBP", target_minor=90_000_000, starts_on=date(2024, 1, 30), ends_on=date(2024, 12, 31)
    )
    StatementFactory(
        campaign=campaign, as_of=date(2024, 4, 4), amount_minor=41_500_000, evidence="Blog post of 4 April"
    )
    page = read(client, campaign)
    assert "£415K of £900K, 46%" in page
    assert "Ended on 31 December 2024" in page
    assert "Stated by the recipient: £415,000 at the end of 4 April 2024." in page
    assert "Blog post of 4 April" in page
    assert "£415,000 of it is not itemised" in page


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


def test_the_title_says_it_too(client):
    campaign = CampaignFactory(name="Bridges", sources=[SourceFactory()])
    body = client.get(campaign.get_absolute_url()).content.decode()
    assert "£0 of £1,000, 0% · Bridges" in re.sub(r"\s+", " ", body)


def test_the_title_of_a_monthly_campaign_says_a_month(client):
    campaign = CampaignFactory(name="Bridges", mode="monthly", sources=[SourceFactory()])
    body = client.get(campaign.get_absolute_url()).content.decode()
    assert "£0 a month of £1,000 a month, 0% · Bridges" in re.sub(r"\s+", " ", body)


def test_no_figure_published_is_never_zero_of(client):
    page = read(client, CampaignFactory())
    assert "No figure published" in page
    assert "£0 of" not in page


def test_received_signed_and_said_are_never_mixed(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    give(source, pounds(300))
    for certainty, due_on in [
        ("committed", date(2026, 9, 1)),
        ("pledged", date(2026, 9, 1)),
        ("committed", date(2026, 5, 1)),
    ]:
        promise = CommitmentFactory(source=source, certainty=certainty, amount_minor=10_000, currency="GBP")
        InstalmentFactory(commitment=promise, due_on=due_on)
    page = read(client, campaign)
    assert "£300 of £1,000, 30%" in page
    assert (
        "Received £300 Signed, not yet paid £100 Said, not signed £100 Not yet promised by anyone £500"
        in page
    )
    assert "Overdue: £100 was promised for a day that has passed" in page


def test_time_passed_stands_beside_money_raised(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source], target_minor=36_500)
    give(source, pounds(100))
    page = read(client, campaign)
    assert "49% of the time has passed, 1 January 2026 to 31 December 2026." in page
    assert "At an even pace about £181 would have come in by now." in page
    assert "184 days left" in page


def test_money_without_a_rate_is_listed_apart(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    give(source, pounds(10), Money(1_200, "XOF"))
    assert "Plus 1,200 XOF, not converted" in read(client, campaign)


def test_converted_money_says_whose_rates(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    give(source, Money.of(10, "EUR"))
    RateFactory()
    assert "Partly converted to GBP at the European Central Bank" in read(client, campaign)


def test_generated_money_says_so_on_every_page_that_shows_it(client):
    campaign = CampaignFactory(sources=[SourceFactory(is_sandbox=True)])
    assert "Sandbox data" in read(client, campaign)
    assert "Sandbox data" in read(client, campaign, "figures")
    assert "Sandbox data" in words(client.get("/en/"))


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


def test_corrections_stay_in_sight(client):
    campaign = CampaignFactory()
    StatementFactory(campaign=campaign, amount_minor=46_000)
    StatementFactory(
        campaign=campaign,
        as_of=date(2026, 3, 1),
        amount_minor=99_900,
        withdrawn_at=timezone.now(),
        withdrawn_why="A typing error.",
    )
    page = read(client, campaign)
    assert "£460 of £1,000, 46%" in page
    assert "£999 at the end of 1 March 2026 Withdrawn 30 June 2026, 12:00 UTC: A typing error." in page


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


def test_updates_are_markdown_without_anything_that_could_harm(client):
    campaign = CampaignFactory()
    UpdateFactory(
        campaign=campaign, body="# Now\n**half** <script>x</script> [a](javascript:x) [b](https://b.org)"
    )
    body = client.get(campaign.get_absolute_url()).content.decode()
    assert "<h4>Now</h4>" in body
    assert "<strong>half</strong> &lt;script&gt;" in body
    assert 'href="javascript:' not in body
    assert '<a href="https://b.org" rel="noopener noreferrer">b</a>' in body


def test_only_web_addresses_become_links_to_give(client):
    links = [
        {"name": "Give", "url": "https://give.example/"},
        {"name": "Trap", "url": "javascript:alert(1)"},
        {"url": "https://nameless.example/"},
        "https://text.example/",
    ]
    body = client.get(CampaignFactory(give_links=links).get_absolute_url()).content.decode()
    assert re.findall(r'class="button" href="([^"]*)"', body) == ["https://give.example/"]


def test_each_page_links_to_the_foundations_own_pages(client):
    body = client.get(CampaignFactory().get_absolute_url()).content.decode()
    for address in (
        "https://example.org/contact",
        "https://example.org/legal",
        "https://example.org/privacy",
    ):
        assert f'href="{address}"' in body


def test_the_fragment_is_the_part_of_the_page_that_renews_itself(client):
    campaign = CampaignFactory(sources=[SourceFactory()])
    page = client.get(reverse("campaigns:campaign", args=[campaign.slug])).content.decode()
    fragment = client.get(reverse("campaigns:figures", args=[campaign.slug])).content.decode()
    assert fragment.strip() in page
    assert f'href="{reverse("campaigns:figures", args=[campaign.slug])}"' in fragment
    assert "<html" not in fragment


def test_the_fragment_does_not_depend_on_who_asks(client):
    address = reverse("campaigns:figures", args=[CampaignFactory().slug])
    assert client.get(address).content == client.get(address, headers={"HX-Request": "true"}).content


def test_the_chart_is_there_without_script_with_its_table(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    give(source, pounds(300))
    body = client.get(campaign.get_absolute_url()).content.decode()
    assert '<svg class="plot"' in body
    assert "1 June 2026 £300" in words(client.get(campaign.get_absolute_url()))
    assert "<style" not in body
    assert "style=" not in body


def test_the_interactive_chart_is_fetched_on_demand(client):
    source = SourceFactory()
    campaign = CampaignFactory(sources=[source])
    give(source, pounds(300))
    figure = client.get(reverse("campaigns:chart", args=[campaign.slug])).json()
    assert figure["data"][0]["x"] == ["2026-01-01", "2026-06-01", "2026-06-30"]
    assert figure["data"][0]["y"] == ["0.00", "300.00", "300.00"]


def test_home_shows_what_ends_first_at_the_top_and_what_is_over_below(client):
    CampaignFactory(name="Later", ends_on=date(2026, 12, 1))
    CampaignFactory(name="Open", ends_on=None)
    CampaignFactory(name="Over", ends_on=date(2026, 6, 29))
    CampaignFactory(name="Sooner", ends_on=date(2026, 6, 30))
    CampaignFactory(name="Hidden", is_public=False)
    assert re.findall(r"Later|Open|Over|Sooner|Hidden|Ended(?! on)", words(client.get("/en/"))) == [
        "Sooner", "Later", "Open", "Ended", "Over",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["campaign", "figures", "chart"])
def test_what_is_not_public_is_not_there(client, name):
    campaign = CampaignFactory(is_public=False)
    assert client.get(reverse(f"campaigns:{name}", args=[campaign.slug])).status_code == 404


def filled(number):
    """A campaign with `number` of everything that it can have."""
    sources = SourceFactory.create_batch(number)
    campaign = CampaignFactory(sources=sources)
    for n, source in enumerate(sources):
        give(source, *[pounds(5)] * number, name=f"Giver {n}")
        CommitmentFactory.create_batch(number, source=source, tier=TierFactory(source=source))
        InstalmentFactory(commitment__source=source)
    for kind in ["stay_alive", "full", "ambition"][:number]:
        LevelFactory(campaign=campaign, kind=kind)
    UpdateFactory.create_batch(number, campaign=campaign)
    StatementFactory.create_batch(number, campaign=campaign)
    return campaign


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_questions_however_much_it_shows(
    client, number, django_assert_num_queries
):
    campaign = filled(number)
    with django_assert_num_queries(16):
        read(client, campaign)


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_the_same_number_of_questions_however_much_it_shows(
    client, number, django_assert_num_queries
):
    for _ in range(number):
        filled(number)
    with django_assert_num_queries(11):
        client.get("/en/")

"""The public pages, as a visitor without JavaScript reads them."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from fundtracker.money import Money
from tests.factories import (
    CampaignFactory,
    CommitmentFactory,
    InstalmentFactory,
    LevelFactory,
    RateFactory,
    SourceFactory,
    StatementFactory,
    TierFactory,
    UpdateFactory,
    give,
    pounds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


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
    with django_assert_num_queries(17):
        read(client, campaign)


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_the_same_number_of_questions_however_much_it_shows(
    client, number, django_assert_num_queries
):
    for _ in range(number):
        filled(number)
    with django_assert_num_queries(11):
        client.get("/en/")

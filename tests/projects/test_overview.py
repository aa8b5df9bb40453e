"""A project's page in words: a sentence for every case, no person's cost, and a constant number of queries."""

from datetime import date

import pytest

from funders import ledger
from funders.connectors.base import GiverRef, Kind, Receipt
from fundtracker.money import Money
from projects import overview
from projects.models import Project
from tests.factories import (
    NOW,
    CampaignFactory,
    CommitmentFactory,
    CostFactory,
    GiverFactory,
    InstalmentFactory,
    LevelFactory,
    ManifestFactory,
    ProgrammeFactory,
    ProjectFactory,
    RateFactory,
    RelianceFactory,
    ReserveFactory,
    RoleFactory,
    StreamFactory,
    WorkItemFactory,
    give,
    pounds,
)

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)
PAGE = "/en/projects/server/"


@pytest.fixture
def project():
    return ProjectFactory(slug="server", name="Server")


def told(project):
    return overview.of(Project.objects.for_page().get(pk=project.pk), today=TODAY)[0]


def body(client):
    return client.get(PAGE).content.decode()


def test_a_project_of_which_nothing_is_known_says_so_everywhere(project):
    page = told(project)
    assert [
        page.headline(), page.recurring_words(), page.runway_words(), page.one_off_words(), page.concentration_words(),
    ] == [
        "What it needs is not known: no cost of it is recorded for this month.",
        "It cannot be said: no cost is recorded.",
        "How long its reserve lasts is not known: no reserve is published.",
        "It cannot be said: no money of the twelve months before is on record here.",
        "It cannot be said: no gift of the twelve months before is on record here.",
    ]  # fmt: skip
    assert list(page.notes()) == []


def test_the_headline_names_the_grant_that_ends(project):
    CostFactory(project=project, amount_minor=3_000)
    source = StreamFactory(project=project).source
    giver = GiverFactory(source=source, name="NLnet")
    grant = CommitmentFactory(source=source, giver=giver, currency="GBP", ends_on=date(2027, 2, 28))
    InstalmentFactory(commitment=grant, amount_minor=27_300, due_on=date(2026, 7, 1))
    CommitmentFactory(source=source, amount_minor=900, currency="GBP", frequency="monthly")
    assert told(project).headline() == (
        "This month 130% of what it needs is paid for. "
        "From March 2027: 30%, because the money from NLnet ends."
    )
    assert told(project).recurring_words() == "30% of what a year costs comes again and again."


def test_needs_of_the_past_are_shown_for_their_last_year(project):
    CostFactory(project=project, frequency="yearly", starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    give(StreamFactory(project=project).source, pounds(30), on=date(2024, 5, 1))
    page = told(project)
    assert (page.gathered.first, page.gathered.last) == (date(2023, 12, 1), date(2024, 12, 1))
    assert page.headline() == (
        "In December 2024, the last month whose costs are known, 0% of what it needed was paid for."
    )


def test_the_reserve_lasts_as_long_as_costs_exceed_what_recurs(project):
    CostFactory(project=project, amount_minor=400_000)
    ReserveFactory(project=project)
    assert (
        told(project).runway_words() == "Its reserve lasts 3.0 months at what is spent and what recurs now."
    )
    source = StreamFactory(project=project).source
    CommitmentFactory(source=source, amount_minor=400_000, currency="GBP", frequency="monthly")
    assert told(project).runway_words() == "Its reserve is not shrinking: what recurs pays for each month."


def test_a_reserve_says_nothing_where_no_cost_is_known(project):
    ReserveFactory(project=project)
    assert told(project).runway_words() == "It cannot be said: no cost is recorded."


def test_a_reserve_without_a_rate_is_said_to_have_none(project):
    CostFactory(project=project)
    ReserveFactory(project=project, currency="XOF")
    assert told(project).runway_words() == (
        "How long its reserve lasts is not known: no exchange rate is known for it."
    )


def test_few_givers_are_not_told_apart_unless_all_give_in_public(project):
    source = StreamFactory(project=project).source
    give(source, pounds(30), on=date(2026, 5, 1), name="Acme")
    assert told(project).concentration_words() == "Acme gave 100% of the past year’s money. 1 giver gave half of it or more."  # fmt: skip
    give(source, pounds(70), on=date(2026, 5, 1), prefix="hidden")
    assert told(project).concentration_words() == "Too few give to say how much hangs on one of them."


def give_unnamed(source, number, amount):
    who = GiverRef(f"hidden {number}", "", public=False)
    gift = Receipt(f"hidden {number}", Kind.DONATION, pounds(amount), date(2026, 5, 1), NOW, giver=who)
    ledger.record(source, [gift])


def test_one_who_gives_unnamed_is_not_told_by_what_the_named_ones_gave(project):
    source = StreamFactory(project=project).source
    for name, amount in (("Acme", 30), ("Bolt", 10), ("Carol", 5)):
        give(source, pounds(amount), on=date(2026, 5, 1), name=name, prefix=name)
    for number, amount in enumerate((70, 20), start=1):
        give_unnamed(source, number, amount)
        assert told(project).concentration_words() == "Too few give to say how much hangs on one of them."
    give_unnamed(source, 3, 5)
    assert told(project).concentration_words() == (
        "The largest giver gave 50% of the past year’s money. 1 giver gave half of it or more."
    )


def test_givers_in_another_currency_count_at_the_rate_of_their_day(project):
    source = StreamFactory(project=project).source
    RateFactory(currency="GBP", day=date(2026, 5, 1), per_euro="0.5")
    give(source, pounds(30), on=date(2026, 5, 1), name="Acme")
    give(source, Money(4_000, "EUR"), on=date(2026, 5, 2), name="Bolt")
    assert told(project).concentration_words() == (
        "Acme gave 60% of the past year’s money. 1 giver gave half of it or more."
    )


def test_of_a_time_without_any_money_on_record_nothing_is_said_to_be_unpaid(project, client):
    CostFactory(project=project)
    StreamFactory(project=project)
    page = told(project)
    assert page.headline() == (
        "How much of what it needs is paid for is not known: no money of this time is on record here."
    )
    assert page.recurring_words() == "It cannot be said: no money is recorded."
    assert overview.in_short(page.gathered, TODAY) == "No money of it is on record here."
    assert [row[1:] for row in page.purposes] == [(pounds(100), None, None)]
    assert ">0%<" not in body(client)


def test_what_has_no_rate_is_said(project):
    CostFactory(project=project)
    CostFactory(project=project, amount_minor=1_200, currency="XOF")
    assert list(told(project).notes()) == [
        f"Plus {Money(1_200, 'XOF')}, not converted: no exchange rate is known for it."
    ]


def test_two_peoples_costs_are_nowhere_on_the_page(project, client):
    for minor in (123_400, 567_800):
        RoleFactory(cost__project=project, cost__amount_minor=minor, maintainer__name="Maria")
    StreamFactory(project=project)
    page = body(client)
    assert "What a month costs is not shown: it would tell what one person earns." in page
    assert [word for word in ("1,234", "5,678", "6,912", "%)", "Maria") if word in page] == []


def test_of_fifty_people_nobodys_cost_is_on_the_page(project, client):
    costs = [100_100 + 7_919 * n for n in range(50)]
    for minor in costs:
        RoleFactory(cost__project=project, cost__amount_minor=minor, cost__label=f"Person {minor}")
    page = body(client)
    assert [
        minor for minor in costs if Money(minor, "GBP").format() in page or f"Person {minor}" in page
    ] == []
    assert Money(sum(costs), "GBP").format() in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, project, number, django_assert_num_queries):
    for campaign in CampaignFactory.create_batch(number, project=project):
        LevelFactory(campaign=campaign)
    for part in ProjectFactory.create_batch(number, parent=project):
        CostFactory(project=part)
    for source in [stream.source for stream in StreamFactory.create_batch(number, project=project)]:
        give(source, pounds(30), on=date(2026, 5, 1), name="Acme")
        CommitmentFactory(source=source, amount_minor=900, currency="EUR", frequency="monthly")
        InstalmentFactory(commitment__source=source)
    for factory in (CostFactory, ReserveFactory, WorkItemFactory, RelianceFactory):
        factory.create_batch(number, project=project)
    RoleFactory.create_batch(number, cost__project=project)
    ProgrammeFactory.create_batch(number, grant_max_minor=100)
    for kind in ("funding.json", "FUNDING.yml")[:number]:
        ManifestFactory(project=project, kind=kind)
    with django_assert_num_queries(30):
        client.get(PAGE)

"""All public projects, and several side by side."""

from datetime import date

import pytest
from django.urls import reverse

from projects.models import Project
from tests.campaigns.test_views import words
from tests.factories import (
    CampaignFactory,
    CommitmentFactory,
    CostFactory,
    InstalmentFactory,
    ProjectFactory,
    RateFactory,
    RelianceFactory,
    ReserveFactory,
    SourceFactory,
    StreamFactory,
    UserFactory,
    YearFactory,
    give,
    pounds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAGE = "/en/projects/compare/"


def project(slug, a_month=100_000, **cost):
    found = ProjectFactory(slug=slug, name=slug.title())
    CostFactory(project=found, amount_minor=a_month, purpose="maintenance", **cost)
    return found


def figures(answer):
    return {row.name: [cell.said for cell in row.cells] for row in answer.context["rows"]}


def links(answer, name):
    [row] = [row for row in answer.context["rows"] if row.name == name]
    return [[(link.name, link.url) for link in cell.links] for cell in row.cells]


def test_two_projects_stand_side_by_side_in_the_order_asked_for(client):
    rust = project("rust", a_month=50_000)
    source = SourceFactory(name="Bank")
    StreamFactory(project=rust, source=source)
    give(source, pounds(300))
    project("matrix")
    ReserveFactory(project=rust, amount_minor=700_000)
    RelianceFactory(project=rust, seats=10)
    shown = figures(client.get(PAGE, {"projects": "rust,matrix"}))
    assert shown["Needed, in money"] == ["£6,000", "£12,000"]
    assert shown["Received once"] == ["£300", "none on record"]
    assert shown["Coverage"] == ["0%", "not known: no money of this time is on record"]
    assert shown["Reserve"] == ["£7,000 on 31 May 2026", "nobody has said"]
    assert shown["Who relies on it"] == ["1 organisation", "none on record"]
    assert shown["Paying share"] == ["0% are known to pay, with 0% of the seats", "none on record"]


def test_years_of_one_project_stand_side_by_side(client):
    matrix = ProjectFactory(slug="matrix")
    CostFactory(project=matrix, amount_minor=100_000, ends_on=date(2024, 12, 31))
    CostFactory(project=matrix, amount_minor=200_000, starts_on=date(2025, 1, 1))
    YearFactory(project=matrix, year=2024, income_minor=8_200_000, currency="EUR")
    shown = figures(client.get(PAGE, {"projects": "matrix", "years": "2025, 2024"}))
    assert shown["Needed, in money"] == ["£24,000", "£12,000"]
    assert shown["Income it stated"] == ["–", "€82,000"]


def test_another_currency_is_shown_as_it_is_and_converted_at_the_days_rate(client):
    RateFactory(day=date(2026, 6, 30), per_euro="0.80")
    project("matrix")
    project("euro", currency="EUR")
    answer = client.get(PAGE, {"projects": ["matrix", "euro"]})
    [needed] = [row for row in answer.context["rows"] if row.name == "Needed, in money"]
    assert [(cell.said, cell.converted) for cell in needed.cells] == [("£12,000", ""), ("€12,000", "£9,600")]
    assert "≈ is converted to the currency of the first column" in words(answer)


def test_this_year_converts_at_todays_rate(client):
    RateFactory(day=date(2026, 6, 30), per_euro="0.80")
    project("matrix")
    project("euro", currency="EUR")
    answer = client.get(PAGE, {"projects": "matrix euro", "years": "2026"})
    [needed] = [row for row in answer.context["rows"] if row.name == "Needed, in money"]
    assert [cell.converted for cell in needed.cells] == ["", "£9,600"]


def test_recurring_cover_is_the_same_on_every_page_and_without_grants(client):
    matrix = project("matrix")
    source = StreamFactory(project=matrix).source
    CommitmentFactory(source=source, amount_minor=30_000, currency="GBP", frequency="monthly")
    grant = CommitmentFactory(source=source, currency="GBP", ends_on=date(2026, 7, 31))
    InstalmentFactory(commitment=grant, amount_minor=61_000, due_on=date(2026, 7, 1))
    assert figures(client.get(PAGE, {"projects": "matrix"}))["Recurring cover"] == ["30%"]
    assert "Recurring cover 30% 30 June 2026" in words(client.get("/en/projects/matrix/brief/"))
    assert "30% of what a year costs comes again and again." in words(client.get("/en/projects/matrix/"))


def test_a_maintenance_share_that_would_tell_what_one_person_earns_is_not_shown(client):
    CostFactory(project=ProjectFactory(slug="matrix"), is_person=True)
    shown = figures(client.get(PAGE, {"projects": "matrix"}))
    assert shown["Maintenance share"] == ["not shown: it would tell what one person earns"]


@pytest.mark.parametrize("year", ["9" * 4_400, "02024", "²024"])
def test_what_is_no_year_is_named(client, year):
    project("matrix")
    answer = client.get(PAGE, {"projects": "matrix", "years": year})
    assert (answer.context["asked"].years, answer.context["asked"].unknown) == ([], [year])


def test_what_is_unknown_is_named_and_six_columns_fit(client):
    project("matrix")
    page = words(
        client.get(PAGE, {"projects": "nobody matrix", "years": "2020 2021 2022 2023 2024 2025 2026 soon"})
    )
    assert "Nothing here is called: nobody, soon." in page
    assert "6 columns fit: one is left out." in page


def test_without_a_choice_the_page_asks_for_one(client):
    assert "Choose two projects or more, or one and several years." in words(client.get(PAGE))


def test_what_one_person_earns_is_in_no_column(client):
    CostFactory(project=ProjectFactory(slug="matrix"), is_person=True, amount_minor=543_210)
    answer = client.get(PAGE, {"projects": "matrix"})
    shown = figures(answer)
    hidden = "not shown: it would tell what one person earns"
    assert [shown[name] for name in ("Needed, in money", "Coverage", "Recurring cover")] == [[hidden]] * 3
    assert "5,432" not in words(answer)
    assert "5,432" not in words(client.get("/en/projects/"))


def test_a_figure_leads_to_what_is_behind_it_as_far_as_its_reader_may_see(client):
    matrix = project("matrix")
    source = SourceFactory(name="Bank", evidence_url="https://example.org/books")
    StreamFactory(project=matrix, source=source)
    CampaignFactory(project=matrix, name="Spring", slug="spring")
    CampaignFactory(project=matrix, name="Secret", is_public=False)
    public = client.get(PAGE, {"projects": "matrix", "years": "2026"})
    assert links(public, "Received once") == [
        [("Bank", "https://example.org/books"), ("Spring", "/en/campaigns/spring/")]
    ]
    client.force_login(UserFactory(role="viewer"))
    staff = client.get(reverse("staff:compare"), {"projects": "matrix", "years": "2026"})
    [[(name, url)]] = links(staff, "Received once")
    assert (name, url) == ("Bank", f"/staff/entries/?source={source.pk}&since=2026-01-01&until=2026-12-31")
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(("role", "leads"), [("viewer", ["Needs"]), ("treasurer", ["Needs", "Reserve"])])
def test_no_figure_leads_to_a_page_that_its_reader_may_not_open(client, role, leads):
    project("matrix")
    client.force_login(UserFactory(role=role))
    staff = client.get(reverse("staff:compare"), {"projects": "matrix"})
    behind = [*links(staff, "Needed, in money"), *links(staff, "Reserve")]
    assert [name for some in behind for name, _url in some] == leads


def test_a_hidden_project_is_in_no_list(client):
    project("matrix")
    Project.objects.update(is_public=False)
    assert "Matrix" not in words(client.get("/en/projects/"))
    assert "Nothing here is called: matrix." in words(client.get(PAGE, {"projects": "matrix"}))


def test_the_list_says_what_each_needs_and_how_far_its_money_reaches(client):
    project("matrix", in_kind=True)
    ProjectFactory(name="Rust", parent=project("alone"))
    page = words(client.get("/en/projects/"))
    assert "Alone £1,000 not known Matrix given in kind – Rust part of Alone not known –" in page


@pytest.mark.parametrize("number", [1, 3, 6])
def test_the_comparison_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    fill(number)
    with django_assert_num_queries(19):
        client.get(PAGE, {"projects": ",".join(f"p{place}" for place in range(number))})


@pytest.mark.parametrize("number", [1, 100])
def test_the_list_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    fill(number)
    with django_assert_num_queries(13):
        client.get("/en/projects/")


def fill(number):
    for place in range(number):
        one = project(f"p{place}", currency=("GBP", "EUR")[place % 2])
        StreamFactory(project=one)

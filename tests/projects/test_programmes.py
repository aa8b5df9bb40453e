"""Who else could pay for a project: its public page."""

import re
from datetime import date

import pytest

from tests.campaigns.test_views import words
from tests.factories import CostFactory, ProgrammeFactory, ProjectFactory, RateFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAGE = "/en/projects/matrix/programmes/"


def project(amount=90_000_000, **fields):
    found = ProjectFactory(slug="matrix", name="Matrix", **fields)
    if amount:
        CostFactory(project=found, amount_minor=amount, frequency="yearly", purpose="maintenance")
    return found


def programme(name, **fields):
    return ProgrammeFactory(name=name, currency="GBP", **fields)


def named(answer):
    return re.findall(r'/en/programmes/[\w-]+/">([^<]+)</a>', answer.content.decode())


def test_a_year_is_set_beside_each_programme(client):
    project()
    programme("Commons Fund", grant_min_minor=500_000, grant_max_minor=5_000_000, pays_maintenance="partly")
    page = words(client.get(PAGE))
    for text in (
        "A year of Matrix takes £900,000. This is how far each funding programme would go.",
        "£5,000 – £50,000 Its largest grant covers 5% of a year. A whole year takes 18 of them.",
        "Against it: It pays maintenance only in part.",
        "Not known, ask: how many awards one applicant may get;",
        "a year: £900K",
        "a month: £75K",
    ):
        assert text in page


def test_what_does_not_fit_stands_apart_with_its_reason(client):
    project(country="GB")
    programme("Prototype Fund", grant_max_minor=9_500_000, countries="DE", pays_maintenance="no")
    programme("Sovereign Tech Fund", grant_min_minor=5_000_000, pays_maintenance="yes")
    answer = client.get(PAGE)
    assert named(answer) == ["Sovereign Tech Fund", "Prototype Fund"]
    page = words(answer).partition("Programmes that do not fit, and why")[2]
    assert "Does not fit: It pays no maintenance." in page
    assert "Does not fit: Only for applicants in Germany." in page


def test_without_a_rate_a_programme_is_listed_and_not_drawn(client):
    project()
    ProgrammeFactory(name="Dollars", currency="USD", grant_max_minor=1_000_000)
    answer = client.get(PAGE)
    page = words(answer)
    assert "Its amounts cannot be compared: no exchange rate is known for USD." in page
    assert ("The scale gap" in page, answer.context["gap"]) == (False, None)


def test_rates_are_those_of_the_day_and_named(client):
    project()
    RateFactory(day=date(2026, 6, 30), per_euro="0.90")
    ProgrammeFactory(grant_max_minor=50_000_000)
    page = words(client.get(PAGE))
    assert "Its largest grant covers 50% of a year. A whole year takes 2 of them." in page
    assert "Compared in GBP, at the European Central Bank’s reference rates of 30 June 2026." in page
    assert "Provisional" not in page


def test_rates_of_the_day_before_and_sandbox_rates_are_said_to_be_so(client, settings):
    settings.RATES_URL = "http://127.0.0.1:8124/eurofxref"
    project()
    RateFactory(day=date(2026, 6, 29), publisher="sandbox")
    ProgrammeFactory(grant_max_minor=50_000_000)
    page = words(client.get(PAGE))
    assert ("sandbox rates, which are not real ones" in page, "Provisional" in page) == (True, True)


def test_old_needs_say_how_old_they_are(client):
    CostFactory(project=project(0), frequency="yearly", ends_on=date(2024, 12, 31))
    page = words(client.get(PAGE))
    assert "Its costs are known until 31 December 2024" in page


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ([], "What a year of it takes is not known: no yearly cost of it is recorded."),
        ([{"is_person": True}], "What a year of it takes is not shown: the sum would tell what one person costs."),
        ([{"frequency": "once"}], "One cost stands beside it: paid once, given in kind, or without an amount."),
        ([{}, {"currency": "XOF", "amount_minor": 100}], "Plus 1,200 XOF, not converted"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_sum_is_said(client, costs, said):
    found = project(0)
    for fields in costs:
        CostFactory(project=found, **fields)
    programme("Fund", grant_max_minor=100)
    assert said in words(client.get(PAGE))


def test_what_one_person_costs_is_nowhere_on_the_page(client):
    CostFactory(project=project(0), is_person=True, amount_minor=543_210, label="Alice")
    programme("Fund", grant_max_minor=54_321)
    body = client.get(PAGE).content.decode()
    assert re.findall(r"65,?185|5,?432|Alice|whole year|plot", body) == []


def test_a_hidden_project_and_a_hidden_funder_stay_hidden(client):
    project(is_public=False)
    assert client.get(PAGE).status_code == 404
    ProjectFactory(slug="seen")
    programme("Secret", funder__is_public=False)
    assert named(client.get("/en/projects/seen/programmes/")) == []


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    found = project()
    CostFactory.create_batch(number, project=found)
    ProgrammeFactory.create_batch(number, grant_max_minor=100)
    with django_assert_num_queries(6):
        client.get(PAGE)

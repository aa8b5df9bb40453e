"""The directory of programmes, one of them, and their days as a calendar."""

import re
from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from funders.models import Programme
from tests.campaigns.test_views import words
from tests.factories import FunderFactory, ProgrammeFactory, RateFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
KNOWN = {
    "grant_min_minor": 500_000, "grant_max_minor": 5_000_000, "awards_allowed": 3, "recurring": "yes",
    "pays_maintenance": "partly", "pays_features": "yes", "research_only": "no", "region": "Europe",
    "eligible": ["individual", "organisation"], "conditions": "with a funding.json", "countries": "DE",
    "opens_on": date(2026, 7, 1), "closes_on": date(2026, 9, 30), "yearly_budget_minor": 1_700_000_000,
}  # fmt: skip
TOLD = (
    "Size of a grant €5,000 – €50,000 Pays maintenance partly Pays features yes Research only no "
    "Pays every year yes Awards per applicant 3 Who may apply individuals, organisations; with a funding.json "
    "Region Europe Opens 1 July 2026 Closes 30 September 2026 Yearly budget €17,000,000"
)
UNKNOWN = (
    "Size of a grant not known Pays maintenance not known Pays features not known "
    "Research only not known Pays every year not known Awards per applicant not known "
    "Who may apply not known Region not known Opens not known Closes not known Yearly budget not known"
)


@pytest.mark.parametrize("page", ["/en/programmes/", "/en/programmes/commons/"])
@pytest.mark.parametrize(("fields", "told"), [(KNOWN, TOLD), ({}, UNKNOWN)])
def test_a_programme_tells_what_is_known_and_that_the_rest_is_not(client, page, fields, told):
    ProgrammeFactory(slug="commons", name="Commons Fund", funder__name="NLnet", **fields)
    said = words(client.get(page))
    assert told in said
    assert "Commons Fund" in said
    assert "NLnet" in said
    assert "Read at https://example.org/call, checked on 1 June 2026." in said


@pytest.mark.parametrize(("checked", "old"), [(date(2026, 1, 2), False), (date(2026, 1, 1), True)])
def test_a_record_of_half_a_year_says_so(client, checked, old):
    ProgrammeFactory(slug="commons", checked_on=checked)
    for page in ("/en/programmes/", "/en/programmes/commons/"):
        assert ("its terms may have changed" in words(client.get(page))) is old


def test_a_funder_that_may_not_be_named_has_no_programme_here(client):
    ProgrammeFactory(
        slug="secret", name="Secret", funder=FunderFactory(is_public=False), opens_on="2026-07-01"
    )
    assert "No programme is listed yet." in words(client.get("/en/programmes/"))
    assert client.get("/en/programmes/secret/").status_code == 404
    assert "Secret" not in client.get("/en/programmes/deadlines.ics").content.decode()


def data(client):
    """What the browser narrows the list by."""
    return dict(re.findall(r'data-(\w+)="([^"]*)"', client.get("/en/programmes/").content.decode()))


def test_a_row_carries_what_it_is_narrowed_by(client):
    RateFactory(day=date(2026, 6, 30), per_euro="0.80")
    ProgrammeFactory(**KNOWN | {"currency": "GBP"})
    assert data(client).items() >= {
        "maintenance": "partly", "recurring": "yes", "eligible": "individual organisation", "countries": "DE",
        "opens": "2026-07-01", "closes": "2026-09-30", "smallest": "6250", "largest": "62500",
    }.items()  # fmt: skip


def test_what_is_not_known_is_empty_there_and_never_guessed(client):
    ProgrammeFactory(currency="USD", grant_max_minor=100_000)
    assert data(client).items() >= {
        "maintenance": "unknown", "eligible": "", "countries": "", "opens": "", "largest": "", "smallest": "",
    }.items()  # fmt: skip


def test_the_countries_to_choose_from_are_those_that_programmes_name(client):
    for codes in ("any", "DE AT", "DE", ""):
        ProgrammeFactory(countries=codes)
    body = client.get("/en/programmes/").content.decode()
    options = re.findall(r"<option[^>]*>\s*([^<]+?)\s*</option>", body.partition("narrow-country")[2])
    assert options == ["any country", "Austria", "Germany", "another country"]


def test_the_page_sets_no_cookie_and_can_be_kept(client):
    answer = client.get("/en/programmes/")
    assert (answer.cookies, answer["Cache-Control"][:6], "csrf" in answer.content.decode()) == (
        {},
        "public",
        False,
    )


def calendar(client):
    answer = client.get("/en/programmes/deadlines.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return answer.content.decode().replace("\r\n ", "").split("\r\n")


def test_days_to_apply_are_a_calendar(client):
    one = ProgrammeFactory(slug="commons", name="Commons, Fund", funder__name="NLnet", **KNOWN)
    ProgrammeFactory(name="Always open")
    lines = calendar(client)
    assert [line for line in lines if line.startswith(("UID", "DTSTART", "SUMMARY", "URL", "DTSTAMP"))] == [
        f"UID:programme-{one.pk}-opens@127.0.0.1",
        "DTSTAMP:20260601T000000Z",
        "DTSTART;VALUE=DATE:20260701",
        "SUMMARY:Commons\\, Fund (NLnet) opens",
        "URL:http://127.0.0.1:8000/en/programmes/commons/",
        f"UID:programme-{one.pk}-closes@127.0.0.1",
        "DTSTAMP:20260601T000000Z",
        "DTSTART;VALUE=DATE:20260930",
        "SUMMARY:Commons\\, Fund (NLnet) closes: the last day to apply",
        "URL:http://127.0.0.1:8000/en/programmes/commons/",
    ]


def test_the_calendar_can_be_kept_and_confirmed(client):
    ProgrammeFactory(**KNOWN)
    first = client.get("/en/programmes/deadlines.ics")
    again = client.get("/en/programmes/deadlines.ics", headers={"If-None-Match": first["ETag"]})
    assert (first["Cache-Control"][:6], again.status_code) == ("public", 304)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("page", "questions"),
    [("/en/programmes/", 3), ("/en/programmes/commons/", 2), ("/en/programmes/deadlines.ics", 1)],
)
def test_each_page_asks_the_same_number_of_questions(
    client, number, page, questions, django_assert_num_queries
):
    ProgrammeFactory(slug="commons", **KNOWN | {"currency": "GBP"})
    ProgrammeFactory.create_batch(number - 1, **KNOWN)
    with django_assert_num_queries(questions):
        client.get(page)


@pytest.mark.parametrize("countries", ["any", "DE", "DE AT", ""])
def test_countries_are_codes_or_any(countries):
    ProgrammeFactory(countries=countries).full_clean()


@pytest.mark.parametrize("countries", ["Germany", "de", "DE,AT", "DE any"])
def test_other_words_are_no_countries(countries):
    with pytest.raises(ValidationError, match="codes of countries"):
        ProgrammeFactory(countries=countries).full_clean()


@pytest.mark.parametrize(
    ("written", "eligible", "conditions"),
    [
        (["individual", "team"], ["individual", "team"], ""),
        (["consortium only"], ["consortium"], ""),
        (["organisation", "through NLnet", "by hand"], ["organisation"], "through NLnet; by hand"),
        ([], [], ""),
    ],
)
def test_what_was_written_freely_becomes_a_kind_or_a_condition(written, eligible, conditions):
    ProgrammeFactory(eligible=written)
    import_module("funders.migrations.0020_programme_applicants").split(apps, None)
    found = Programme.objects.get()
    assert (found.eligible, found.conditions) == (eligible, conditions)

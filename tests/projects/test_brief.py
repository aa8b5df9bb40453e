"""The brief for a public buyer: what it says, what it does not make up, and that four pages hold it."""

import io
from datetime import date

import pytest
from django.utils.html import escape
from pypdf import PdfReader

from funders.models import Entry
from projects.models import Offer, Project
from tests.campaigns.test_views import words
from tests.factories import (
    CommitmentFactory,
    CostFactory,
    InstalmentFactory,
    OfferFactory,
    ProjectFactory,
    RelianceFactory,
    StreamFactory,
    give,
    pounds,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAGE, FILE = "/en/projects/matrix/brief/", "/en/projects/matrix/brief.pdf"


def project(**offer):
    found = ProjectFactory(slug="matrix", name="Matrix", summary="An open network.")
    CostFactory(project=found, amount_minor=90_000_000, frequency="yearly", purpose="maintenance")
    if offer:
        OfferFactory(project=found, **offer)
    return found


def pages(answer):
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


LONG = {
    field.name: ("Gewährleistung und Wartung.\n" * 99)[: field.max_length]
    for field in Offer._meta.fields
    if field.max_length
}


@pytest.mark.parametrize("language", ["en", "de"])
def test_four_pages_hold_the_longest_texts(client, language):
    found = project(**LONG)
    found.name, found.summary = "Stiftung für Nachrichten " * 8, "Ein offenes Netz. " * 200
    found.save()
    long = {
        "organisation": "Bundesministerium " * 11,
        "deployment": "Behördenmessenger " * 11,
        "evidence": "Vergabeunterlagen " * 27,
    }
    RelianceFactory.create_batch(20, project=found, seats=1_234_567, **long)
    texts = pages(client.get(FILE.replace("en", language, 1)))
    assert [f"{number} / {len(texts)}" in text for number, text in enumerate(texts, 1)] == [True] * len(texts)
    assert 3 <= len(texts) <= 4


def test_page_and_file_say_the_same(client):
    found = project(
        legal_name="Matrix Foundation C.I.C.", deliverables="Releases\n- Reports", security="In two days."
    )
    RelianceFactory(
        project=found, organisation="Ministry", seats=300, deployment="Messenger", as_of=date(2026, 1, 1)
    )
    page, file = words(client.get(PAGE)), " ".join(" ".join(pages(client.get(FILE))).split())
    for said in (
        "Maintenance of Matrix as a service", "Matrix Foundation C.I.C.", "In two days.", "£900,000", "£450,000", "£2,700,000",
        "A year takes £900,000, at the costs of 30 June 2026. Nothing is added for later years.",
        "An organisation’s implied fair share of a year is £900,000 × its seats ÷ 300 seats on record. An estimate.",
        "Reports", "Messenger", "Taxes: not stated.", "Covered this month", "30 June 2026",
    ):  # fmt: skip
        assert said in page, said
        assert said in file, said


def test_what_is_not_known_is_said_and_no_price_is_made_up(client):
    ProjectFactory(slug="matrix", name="Matrix")
    page = words(client.get(PAGE))
    assert "Security response Not stated." in page
    assert "What a year takes is not on record. So no price is stated." in page
    assert "No organisation has been put on record yet." in page
    assert "£" not in page


def test_what_one_person_costs_makes_no_price(client):
    CostFactory(project=ProjectFactory(slug="matrix"), is_person=True, amount_minor=543_210)
    page = words(client.get(PAGE))
    assert (
        "What a year takes is not shown, as it would tell what one person costs. So no price is stated."
        in page
    )
    assert "65,185" not in page


@pytest.mark.parametrize(
    "name",
    ["</title><script>alert(1)</script>", "#panic() $x$ *y* _z_", "a ] b [ c", '"quoted" \\ @ref <label>'],
)
def test_a_name_is_text_in_page_and_file(client, name):
    found = project(scope=name, legal_name=name)
    found.name = name
    found.save()
    RelianceFactory(project=found, organisation=name)
    body = client.get(PAGE).content.decode()
    assert ("<script>alert" in body, escape(name) in body) == (False, True)
    assert " ".join(pages(client.get(FILE))).count(name) >= 4


def test_of_many_organisations_the_largest_are_shown_and_the_rest_counted(client):
    found = project()
    for seats in range(1, 11):
        RelianceFactory(project=found, organisation=f"Ministry {seats}", seats=seats)
    page = words(client.get(PAGE))
    assert ("Ministry 10" in page, "Ministry 3 " in page, "Ministry 2 " in page) == (True, True, False)
    assert "2 more are on the project’s page." in page


@pytest.mark.parametrize("address", [PAGE, FILE])
def test_what_is_hidden_has_no_brief_and_what_was_reported_is_not_in_it(client, address):
    found = project()
    RelianceFactory(project=found, organisation="Secret Ministry", state="reported")
    said = client.get(address)
    assert "Secret" not in (words(said) if address == PAGE else " ".join(pages(said)))
    Project.objects.update(is_public=False)
    assert client.get(address).status_code == 404


def test_the_next_fall_is_one_that_is_still_to_come(client):
    found = project()
    source = StreamFactory(project=found).source
    for until in (date(2026, 3, 31), date(2026, 9, 30)):
        grant = CommitmentFactory(source=source, amount_minor=90_000_000, currency="GBP", starts_on=date(2026, 1, 1), ends_on=until)  # fmt: skip
        give(source, pounds(900_000), on=date(2026, 1, 1), prefix=str(until))
        paid = Entry.objects.latest("pk")
        InstalmentFactory(commitment=grant, amount_minor=90_000_000, paid=True, settled_by=paid)
    page = words(client.get(PAGE))
    assert "Next fall to 0% from 1 October 2026" in page
    assert "April 2026" not in page


def test_the_projects_page_leads_to_the_brief_the_comparison_and_its_funders(client):
    StreamFactory(project=project())
    page = client.get("/en/projects/matrix/").content.decode()
    addresses = [PAGE, "/en/projects/compare/?projects=matrix", "/en/funders/projects/matrix/"]
    assert [f'href="{url}"' in page for url in addresses] == [True] * 3
    assert [client.get(url).status_code for url in addresses] == [200] * 3


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, number, django_assert_num_queries):
    found = project(scope="All of it.")
    CostFactory.create_batch(number, project=found)
    RelianceFactory.create_batch(number, project=found)
    with django_assert_num_queries(13):
        client.get(PAGE)

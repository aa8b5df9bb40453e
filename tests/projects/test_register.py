"""The register's public page and its data: who relies on a project, and who of them is known to pay."""

import csv
import json
from datetime import date, timedelta

import pytest

from funders import ledger, promises
from funders.connectors.base import GiverRef, Kind, Promise, Receipt
from funders.models import Funder, Giver
from projects.needs import RATE_DAY
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import NOW, pounds

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)


@pytest.fixture
def project():
    return factories.ProjectFactory(slug="matrix", name="Matrix")


@pytest.fixture
def source(project):
    return factories.StreamFactory(project=project).source


def page(client, part="reliance/"):
    return client.get(f"/en/projects/matrix/{part}")


def rely(project, name="Ministry", **fields):
    return factories.RelianceFactory(project=project, organisation=name, **fields)


def payer(project, source, *, amount=100, on=TODAY, public=True, named=True, name="Ministry"):
    """An organisation that relies on the project, whose gift the provider calls public or not."""
    giver = GiverRef(f"id-{name}", name, public=public)
    ledger.record(source, [Receipt(f"gift-{name}", Kind.GRANT, pounds(amount), on, NOW, giver=giver)])
    funder = factories.FunderFactory(
        slug=name.lower().replace(" ", "-"), name=name, kind="public_body", is_public=named
    )
    Giver.objects.filter(pk=Giver.objects.latest("pk").pk).update(funder=funder)
    return rely(project, name, funder=funder, seats=100)


def pays(client):
    return [row["known_to_pay"] for row in json.loads(page(client, "reliance.json").content)["organisations"]]


def test_an_empty_register_says_so(client, project):
    assert "Nobody is in this register yet. Does your organisation rely on Matrix?" in words(page(client))
    assert json.loads(page(client, "reliance.json").content) == {"project": "matrix", "organisations": []}


def test_it_says_who_relies_on_it_what_they_run_and_how_anyone_can_check_it(client, project):
    rely(
        project, "Ministry of Bridges", sector="government", deployment="BridgeChat", seats=300_000,
        evidence="“All offices use it.”", as_of=date(2026, 5, 1),
    )  # fmt: skip
    said = words(page(client))
    assert "Ministry of Bridges government BridgeChat 300,000 not known to pay" in said
    assert "“All offices use it.” See for yourself 1 May 2026" in said
    assert "One organisation relies on it in public. It is not known to pay for it." in said


@pytest.mark.parametrize("state", ["reported", "declined", "removed", "followed"])
def test_what_staff_have_not_published_is_nowhere(client, project, state):
    rely(project, "Secret Service", state=state)
    for part in ("reliance/", "reliance.csv", "reliance.json"):
        assert b"Secret" not in page(client, part).content


def test_a_public_gift_of_the_last_twelve_months_is_paying(client, project, source):
    payer(project, source)
    rely(project, "Other", seats=300)
    said = words(page(client))
    assert pays(client) == [False, True]
    assert "1 of 2 organisations that rely on it in public are known to pay for it: 50%." in said
    assert "By seats, where they are known: 100 of 400, 25%." in said


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({"on": TODAY - timedelta(days=364)}, True),
        ({"on": TODAY - timedelta(days=365)}, False),
        ({"public": False}, False),
        ({"named": False}, False),
    ],
)
def test_who_gives_without_a_name_or_long_ago_is_not_known_to_pay(client, project, source, fields, known):
    payer(project, source, **fields)
    assert pays(client) == [known]


def test_what_was_given_back_is_not_paid(client, project, source):
    payer(project, source)
    original = "gift-Ministry"
    ledger.record(
        source, [Receipt("back", Kind.REFUND, pounds(-100), TODAY, NOW, refunds_external_id=original)]
    )
    assert pays(client) == [False]


def test_money_for_another_project_is_not_paid_for_this_one(client, project, source):
    entry = payer(project, source)
    other = factories.ProjectFactory()
    source.streams.update(project=other)
    assert pays(client) == [False]
    entry.project = other
    entry.save()


@pytest.mark.parametrize(("named", "known"), [(True, True), (False, False)])
def test_a_running_public_commitment_is_paying(client, project, source, named, known):
    funder = factories.FunderFactory(is_public=named)
    rely(project, funder=funder)
    promises.record(source, [Promise("plan", pounds(5), NOW, giver=GiverRef("m", "Ministry", True))])
    Giver.objects.update(funder=funder)
    assert pays(client) == [known]


def test_an_anonymous_giver_reads_like_one_who_does_not_pay(client, project, source):
    payer(project, source, public=False, named=False)
    hidden = page(client).content
    Giver.objects.update(funder=None)
    project.reliances.update(funder=None)
    Funder.objects.all().delete()
    assert page(client).content == hidden


def test_a_fair_share_is_an_estimate_with_its_formula(client, project):
    factories.CostFactory(project=project, amount_minor=90_000_000, frequency="yearly")
    rely(project, "A", seats=300_000)
    rely(project, "B", seats=100_000)
    rely(project, "C")
    said = words(page(client))
    assert "a year’s cost (£900,000, as of 30 June 2026) × the organisation’s seats" in said
    assert "all seats that are known (400,000)" in said
    assert "The seats of one organisation are not known: it is not in this share." in said
    rows = list(csv.DictReader(page(client, "reliance.csv").content.decode().splitlines()))
    assert [row["fair_share_estimate"] for row in rows] == ["675000.00", "225000.00", ""]


@pytest.mark.parametrize("number", [3, 9])
def test_people_paid_in_another_currency_are_in_the_fair_share(
    client, project, number, django_assert_num_queries
):
    factories.CostFactory.create_batch(10, project=project, amount_minor=100)
    factories.RoleFactory.create_batch(
        number, cost__project=project, cost__amount_minor=1_000, cost__currency="EUR"
    )
    factories.RateFactory(day=RATE_DAY, per_euro="0.80")
    rely(project, seats=10)
    with django_assert_num_queries(6):
        answer = page(client, "reliance.json")
    [row] = json.loads(answer.content)["organisations"]
    assert row["fair_share_estimate"] == f"{12 * (10 + number * 8)}.00"


@pytest.mark.parametrize(
    ("cost", "seats", "why"),
    [
        ({"amount_minor": 500_000, "is_person": True}, 10, "it would tell what one person earns"),
        ({"frequency": "once"}, 10, "no yearly cost of the project is recorded"),
        ({}, None, "it takes seats, and none are published"),
    ],
)
def test_where_there_is_no_fair_share_the_page_says_why(client, project, cost, seats, why):
    factories.CostFactory(project=project, **cost)
    rely(project, seats=seats)
    assert why in words(page(client))
    assert [
        row["fair_share_estimate"]
        for row in json.loads(page(client, "reliance.json").content)["organisations"]
    ] == [None]


def test_who_reported_it_and_what_staff_noted_is_never_public(client, project):
    said = {
        "reporter_name": "Eve Canary",
        "reporter_email": "canary@example.org",
        "remark": "canary",
        "note": "canary",
    }
    one = rely(project, **said)
    parts = ("reliance/", "reliance.csv", "reliance.json", f"reliance/report/{one.reference}/")
    assert [page(client, part).content.lower().count(b"canary") for part in parts] == [0] * 4


def test_no_cell_of_the_file_is_a_formula(client, project):
    rely(project, "=HYPERLINK(1)")
    assert b"'=HYPERLINK(1)" in page(client, "reliance.csv").content


@pytest.mark.parametrize("number", [1, 3, 100])
def test_it_asks_the_same_number_of_questions(client, project, source, number, django_assert_num_queries):
    factories.CostFactory(project=project)
    names = [f"Ministry {one}" for one in range(number)]
    gifts = [
        Receipt(name, Kind.GRANT, pounds(5), TODAY, NOW, giver=GiverRef(name, name, public=True))
        for name in names
    ]
    ledger.record(source, gifts)
    for giver in Giver.objects.all():
        giver.funder = rely(project, giver.name, funder=factories.FunderFactory()).funder
        giver.save()
    with django_assert_num_queries(10):
        answer = page(client)
    assert answer.content.decode().count('badge-good">known to pay</span>') == number


def test_a_private_project_has_no_register(client):
    factories.ProjectFactory(slug="matrix", is_public=False)
    assert [page(client, part).status_code for part in ("reliance/", "reliance.csv", "reliance/report/")] == [
        404
    ] * 3

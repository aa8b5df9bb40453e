"""What if: one thing changed beside what is known, by examples; a bad question is kept and said to be one."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fundtracker.models import Role
from projects import overview, what_if
from projects.models import Scenario
from projects.what_if import End, Grant, Rise
from tests.campaigns.test_views import words
from tests.factories import (
    CommitmentFactory,
    CostFactory,
    GiverFactory,
    ProjectFactory,
    RoleFactory,
    StreamFactory,
    UserFactory,
)

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)
PAGE = "/en/projects/server/what-if/"


@pytest.fixture
def project():
    """£100 a month, of which Acme signed for £60 and somebody for £30."""
    made = ProjectFactory(slug="server", name="Server")
    CostFactory(project=made, label="Servers")
    source = StreamFactory(project=made, source__name="Stripe").source
    acme = GiverFactory(source=source, name="Acme")
    CommitmentFactory(source=source, giver=acme, amount_minor=6_000, currency="GBP", frequency="monthly", ends_on=date(2028, 1, 31))  # fmt: skip
    CommitmentFactory(source=source, show_name=False, amount_minor=3_000, currency="GBP", frequency="monthly")
    return made


def percents(project, *changes):
    """Of June to September 2026."""
    told, _parts = overview.of(project, today=TODAY)
    months = what_if.changed(told.gathered, list(changes)).months
    return [month.percent for month in months if date(2026, 6, 1) <= month.first <= date(2026, 9, 1)]


SEP, AUG_16 = date(2026, 9, 1), date(2026, 8, 16)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([], [90, 90, 90, 90]),
        ([End("Acme", SEP)], [90, 90, 90, 30]),
        ([End("Acme", AUG_16)], [90, 90, 59, 30]),
        ([End("a signed promise", date(2020, 1, 1)), End("Acme", date(2020, 1, 1))], [0, 0, 0, 0]),
        ([End("nobody", SEP)], [90, 90, 90, 90]),
        ([Grant(6_100, date(2026, 8, 1), 2)], [90, 90, 121, 120]),
        ([Grant(3_100, AUG_16, 1)], [90, 90, 106, 105]),
        ([Rise("Servers", 18_000, SEP)], [90, 90, 90, 50]),
        ([Rise("Servers", 30_000, AUG_16)], [90, 90, 44, 30]),
        ([Rise("Servers", 0, SEP)], [90, 90, 90, None]),
        ([End("Acme", SEP), Grant(6_000, SEP, 1), Rise("Servers", 9_000, SEP)], [90, 90, 90, 100]),
    ],
)
def test_the_months_after_a_change(project, changes, wanted):
    assert percents(project, *changes) == wanted


def test_the_page_answers_in_its_address_and_keeps_nothing(project, client):
    page = client.get(PAGE, {"ends": "Acme", "ends_on": "2026-09-01"}).content.decode()
    assert "From September 2026: 30%, because the money from Acme ends." in page
    part = client.get(f"{PAGE}answer/", {"ends": "Acme", "ends_on": "2026-09-01"})
    assert "From September 2026: 30%" in part.content.decode()
    assert ("<html" in part.content.decode(), part.cookies, Scenario.objects.count()) == (False, {}, 0)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"ends": "Acme"}, {"ends_on": ["Say this too, or leave the others empty."]}),
        ({"ends": "Eve", "ends_on": "2026-09-01"}, {"ends": ["Select a valid choice. Eve is not one of the available choices."]}),
        ({"cost": "Servers", "cost_amount": "-5", "cost_from": "2026-09-01"}, {"cost_amount": ["Write an amount of 0 or more."]}),
        ({"grant_amount": "5k", "grant_from": "soon", "grant_months": "3"}, {"grant_from": ["Enter a valid date."]}),
        ({"grant_amount": "5k", "grant_from": "9999-12-31", "grant_months": "3"}, {"grant_from": ["Ensure this value is less than or equal to 2100-01-01."]}),
        ({"cost": "Servers", "cost_amount": "5k", "cost_from": "0001-01-01"}, {"cost_from": ["Ensure this value is greater than or equal to 2000-01-01."]}),
        ({"grant_amount": "90000000000000", "grant_from": "2026-09-01", "grant_months": "1"}, {"grant_amount": ["The amount is too large to be right."]}),
        ({"grant_amount": "5k", "grant_from": "2026-09-01", "grant_months": "999"}, {"grant_months": ["Ensure this value is less than or equal to 120."]}),
    ],
)  # fmt: skip
def test_a_bad_question_is_kept_with_what_is_wrong(project, client, asked, wrong):
    answer = client.get(PAGE, asked)
    assert answer.context["form"].errors == wrong
    assert {name: answer.context["form"][name].value() for name in asked} == asked


def test_the_answer_names_what_is_wrong_as_the_form_does(project, client):
    answer = words(client.get(f"{PAGE}answer/", {"ends": "Acme"}))
    assert answer.strip() == (
        "Something is missing or cannot be read: see the form. "
        "Paid until the day before: Say this too, or leave the others empty."
    )


def test_the_largest_question_has_an_answer(project, client):
    most = {"grant_amount": "100000000000", "grant_from": "2026-09-01", "grant_months": "1"}
    cost = {"cost": "Servers", "cost_amount": "100000000000", "cost_from": "2000-01-01"}
    assert "Then" in client.get(PAGE, {**most, **cost}).content.decode()


def test_who_publishes_what_they_cost_is_not_named_by_it(project, client):
    for name, publishes_name in (("Maria", False), ("Olga", True)):
        RoleFactory(
            cost__project=project, cost__label=f"{name}’s work", publishes_cost=True,
            maintainer__name=name, maintainer__publishes_name=publishes_name,
        )  # fmt: skip
    page = client.get(PAGE).content.decode()
    assert [name in page for name in ("Maria", "One person’s work: maintenance", "Olga’s work")] == [
        False, True, True,
    ]  # fmt: skip


def test_what_if_tells_nobody_what_one_person_costs(project, client):
    RoleFactory(cost__project=project, cost__label="Maria’s work", cost__amount_minor=123_400)
    page = client.get(PAGE, {"grant_amount": "500", "grant_from": "2026-09-01", "grant_months": "3"})
    assert [word for word in ("Maria", "1,234") if word in page.content.decode()] == []
    assert "What a month costs is not shown" in page.content.decode()


@pytest.fixture
def as_role(client):
    def sign_in(role):
        client.force_login(UserFactory(role=role))
        return client

    return sign_in


def test_a_treasurer_sees_what_one_person_costs_and_a_viewer_does_not(project, as_role):
    RoleFactory(cost__project=project, cost__label="Maria’s work", cost__amount_minor=123_400)
    url = "/staff/projects/server/what-if/"
    assert "Maria" in as_role(Role.TREASURER).get(url).content.decode()
    assert "Maria" not in as_role(Role.VIEWER).get(url).content.decode()
    assert as_role(Role.TREASURER).get("/staff/projects/server/coverage/").status_code == 200
    assert as_role(Role.EDITOR).get("/staff/projects/server/coverage/").status_code == 403


def test_a_treasurer_keeps_a_question_by_name_and_lets_it_go(project, as_role):
    client, url = as_role(Role.TREASURER), "/staff/projects/server/what-if/"
    query = "ends=Acme&ends_on=2026-09-01"
    for _twice in range(2):
        answer = client.post(url, {"name": "Acme goes", "query": query})
    assert (answer.status_code, answer.url) == (302, f"{url}?{query}")
    [kept] = Scenario.objects.all()
    assert (kept.name, kept.query, kept.project) == ("Acme goes", query, project)
    client.post(url, {"name": "", "query": query})
    client.post(url, {"remove": "soon"})
    client.post(url, {"remove": kept.pk})
    assert Scenario.objects.count() == 0


def test_two_clicks_at_once_keep_one(project, as_role):
    with CaptureQueriesContext(connection) as asked:
        as_role(Role.TREASURER).post("/staff/projects/server/what-if/", {"name": "Acme goes", "query": "a=b"})
    said = [query["sql"] for query in asked if "projects_" in query["sql"]]
    locked = next(number for number, sql in enumerate(said) if 'FROM "projects_project"' in sql and "FOR NO KEY UPDATE" in sql)  # fmt: skip
    assert locked < next(number for number, sql in enumerate(said) if "projects_scenario" in sql)


def test_a_viewer_keeps_nothing(project, as_role):
    as_role(Role.VIEWER).post("/staff/projects/server/what-if/", {"name": "Acme goes", "query": "a=b"})
    assert Scenario.objects.count() == 0

"""What needs a person where money goes: what ends, what nobody has said, what is old."""

from datetime import date, timedelta

import pytest

from projects import todo
from projects.models import Cost, Reserve
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


def lines():
    return [one.what for one in todo.todos(today=TODAY)]


@pytest.fixture
def project():
    return factories.ProjectFactory(name="Castles", slug="castles")


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 1), (60, 1), (61, 0)])
def test_a_need_that_ends_within_60_days(project, days, count):
    factories.CostFactory(project=project, label="Hosting", ends_on=TODAY + timedelta(days=days))
    assert len(lines()) == count


def test_it_says_which_and_when_until_something_follows(project):
    cost = factories.CostFactory(project=project, label="Hosting", ends_on=date(2026, 7, 31))
    assert lines() == ["Castles: Hosting is needed until July 31, 2026"]
    factories.CostFactory(project=project, starts_on=date(2026, 8, 1), follows=cost)
    assert lines() == []


def test_what_is_paid_once_ends_without_a_word(project):
    factories.CostFactory(project=project, frequency="once", ends_on=TODAY)
    assert lines() == []


def test_of_what_pays_a_person_neither_the_name_nor_the_day_is_said(project):
    for name in ("Alice", "Bob"):
        factories.CostFactory(project=project, label=name, is_person=True, ends_on=date(2026, 7, 31))
    assert lines() == ["Castles: what pays a person ends within 60 days"]


def test_money_without_needs(project):
    factories.StreamFactory(project=project)
    assert lines() == ["Castles gets money, and nobody has said what it needs"]
    factories.CostFactory(project=project)
    assert lines() == []
    Cost.objects.update(ends_on=TODAY - timedelta(days=1))
    assert lines() == ["Castles gets money, and nobody has said what it needs"]


def test_a_reserve_that_is_older_than_180_days(project):
    factories.ReserveFactory(project=project, as_of=date(2025, 12, 31))
    assert lines() == ["Castles: the last reserve is of Dec. 31, 2025"]
    factories.ReserveFactory(project=project, as_of=date(2026, 1, 1))
    assert lines() == []
    Reserve.objects.all().delete()
    assert lines() == []


@pytest.mark.parametrize("count", [1, 3])
def test_it_asks_the_same_number_of_questions(django_assert_num_queries, count):
    for _ in range(count):
        project = factories.StreamFactory().project
        factories.CostFactory(ends_on=TODAY, is_person=True)
        factories.ReserveFactory(project=project, as_of=date(2025, 1, 1))
    with django_assert_num_queries(5):
        assert len(lines()) == 3 * count

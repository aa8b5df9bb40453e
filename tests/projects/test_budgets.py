"""A yearly budget against the needs that are there: what each row does, and that the same again does nothing."""

from dataclasses import replace
from datetime import date

import pytest

from projects import budgets, costs
from projects.budgets import Kind, Row
from projects.models import Cost
from tests import factories
from tests.factories import NOW, CostFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY, NEW_YEAR, EVE = NOW.date(), date(2027, 1, 1), date(2026, 12, 31)
HOSTING = Row("line 2", "Hosting", "unrestricted", 10_000, "GBP", "monthly")


@pytest.fixture
def project():
    return factories.ProjectFactory()


@pytest.fixture
def hosting(project):
    return CostFactory(project=project, label="Hosting", starts_on=date(2026, 1, 1))


@pytest.fixture
def treasurer():
    return UserFactory(role="treasurer")


def plan(project, *rows, reader=None, day=NEW_YEAR):
    known = costs.shown_to(reader or UserFactory(role="treasurer"), project)
    return budgets.plan(known, rows, day=day, today=TODAY)


def apply(project, *rows, ending=(), shown=None, reader=None):
    reader = reader or UserFactory(role="treasurer")
    shown = shown or budgets.fingerprint(plan(project, *rows, reader=reader))
    return budgets.apply(project, rows, day=NEW_YEAR, today=TODAY, reader=reader, shown=shown, ending=ending)


def said(project):
    rows = project.costs.order_by("label", "starts_on")
    return list(rows.values_list("label", "amount_minor", "starts_on", "ends_on"))


def kinds(made):
    return [step.kind for step in made.steps]


def problems(made):
    return [(one.where, one.field, one.words) for one in made.problems]


def test_a_new_row_begins_on_the_day_of_the_budget(project):
    apply(project, HOSTING)
    assert said(project) == [("Hosting", 10_000, NEW_YEAR, None)]


def test_what_changes_is_followed_from_that_day_and_the_same_again_changes_nothing(project, hosting):
    row = replace(HOSTING, amount_minor=12_000, starts_on=date(2026, 1, 1))
    assert kinds(apply(project, row)) == [Kind.CHANGED]
    after = [("Hosting", 10_000, date(2026, 1, 1), EVE), ("Hosting", 12_000, NEW_YEAR, None)]
    assert said(project) == after
    for again in (
        row,
        replace(row, starts_on=None),
        replace(row, ref=hosting.pk),
        replace(row, label=" hosting"),
    ):
        assert plan(project, replace(again, label="Hosting")).is_done
    assert said(project) == after


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, Kind.SAME),
        ({"starts_on": date(2026, 1, 1)}, Kind.SAME),
        ({"ends_on": date(2027, 6, 30)}, Kind.ENDED),
        ({"ends_on": date(2026, 6, 30)}, Kind.ENDED),
        ({"purpose": "infrastructure"}, Kind.CHANGED),
        ({"currency": "EUR"}, Kind.CHANGED),
        ({"frequency": "yearly"}, Kind.CHANGED),
        ({"is_person": True}, Kind.CHANGED),
        ({"in_kind": True}, Kind.CHANGED),
        ({"amount_minor": None}, Kind.CHANGED),
        ({"label": "Domains"}, Kind.NEW),
        ({"starts_on": date(2026, 9, 1)}, Kind.CHANGED),
    ],
)
@pytest.mark.usefixtures("hosting")
def test_a_row_does(project, change, kind):
    row = replace(HOSTING, **change)
    assert kinds(apply(project, row)) == [kind]
    assert plan(project, row).is_done


def test_a_name_changes_where_the_row_keeps_its_id(project, hosting):
    assert kinds(apply(project, replace(HOSTING, ref=hosting.pk, label="Servers"))) == [Kind.CHANGED]
    assert [label for label, *_ in said(project)] == ["Hosting", "Servers"]


def test_what_has_not_begun_is_changed_itself(project, hosting):
    Cost.objects.update(starts_on=date(2026, 9, 1))
    assert kinds(apply(project, replace(HOSTING, amount_minor=5))) == [Kind.MENDED]
    assert said(project) == [("Hosting", 5, date(2026, 9, 1), None)]


def test_what_is_over_begins_anew(project):
    CostFactory(project=project, label="Hosting", ends_on=date(2025, 12, 31))
    assert kinds(apply(project, HOSTING)) == [Kind.NEW]
    assert plan(project, HOSTING).is_done


def test_what_is_no_longer_in_it_stays_or_ends(project, hosting):
    audit = CostFactory(project=project, label="Audit")
    later = CostFactory(project=project, label="Conference", starts_on=date(2027, 5, 1))
    CostFactory(project=project, label="Old", ends_on=EVE)
    made = plan(project, HOSTING)
    assert [cost.label for cost in made.missing] == ["Audit", "Conference"]
    apply(project, HOSTING, ending=[audit.pk, later.pk, hosting.pk])
    assert said(project) == [
        ("Audit", 10_000, None, EVE),
        ("Conference", 10_000, date(2027, 5, 1), None),
        ("Hosting", 10_000, date(2026, 1, 1), None),
        ("Old", 10_000, None, EVE),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ([{"ref": 10**9, "amount_minor": 9}], "ref", "no need of this project has the id 1000000000: leave it empty to enter a new one"),
        ([{}, {"amount_minor": 9}], "label", "another row speaks of the same need: give each its own name"),
        ([{"label": "New"}, {"label": "new"}], "label", "another row speaks of the same need: give each its own name"),
        ([{"starts_on": date(2025, 1, 1), "amount_minor": 9}], "starts_on",
         "it began on 1 January 2026: a change takes a later day, a mistake is corrected on the page of needs"),
        ([{"label": "New", "ends_on": date(2026, 8, 1)}], "ends_on",
         "it would begin on 1 January 2027, after this last day: correct one of them"),
        ([{"amount_minor": 9, "ends_on": date(2026, 8, 1)}], "ends_on",
         "it would begin on 1 January 2027, after this last day: correct one of them"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("hosting")
def test_a_row_that_cannot_be_understood_says_how_to_mend_it(project, changes, field, words):
    rows = [replace(HOSTING, where=f"line {n}", **change) for n, change in enumerate(changes, 2)]
    assert problems(plan(project, *rows)) == [(rows[-1].where, field, words)]
    with pytest.raises(budgets.Changed):
        apply(project, *rows)


def test_several_of_one_name_are_told_apart_by_purpose_or_by_id(project, hosting):
    CostFactory(project=project, label="Hosting", purpose="security")
    assert kinds(plan(project, replace(HOSTING, amount_minor=9, purpose="security"))) == [Kind.CHANGED]
    assert kinds(plan(project, replace(HOSTING, amount_minor=9, ref=hosting.pk))) == [Kind.CHANGED]
    [problem] = plan(project, replace(HOSTING, amount_minor=9, purpose="features")).problems
    assert problem.words == "several needs have this name: download the budget, and keep its column “id”"


def test_what_ends_before_the_budget_and_goes_on_is_new(project, hosting):
    Cost.objects.update(ends_on=EVE)
    assert kinds(plan(project, replace(HOSTING, amount_minor=9))) == [Kind.NEW]
    [problem] = plan(project, replace(HOSTING, amount_minor=9, ref=hosting.pk)).problems
    assert problem.words.startswith("it ends on 31 December 2026: write an earlier day")


def test_only_what_was_shown_is_booked(project, hosting):
    row = replace(HOSTING, amount_minor=12_000)
    shown = budgets.fingerprint(plan(project, row))
    Cost.objects.update(amount_minor=11_000)
    with pytest.raises(budgets.Changed):
        apply(project, row, shown=shown)
    assert said(project) == [("Hosting", 11_000, date(2026, 1, 1), None)]
    with pytest.raises(budgets.Changed):
        apply(project, replace(row, amount_minor=13_000), shown=shown)


def test_a_post_that_gets_another_amount_is_none_any_more(project, hosting):
    Cost.objects.update(
        frequency="yearly", fte_percent=50, day_rate_minor=100, days_per_year=200, in_kind=True,
        given_by=factories.FunderFactory(),
    )  # fmt: skip
    row = replace(HOSTING, frequency="yearly", amount_minor=9)
    new = Cost.objects.get(pk=apply(project, row).steps[0].cost.followed_by.pk)
    assert (new.fte_percent, new.day_rate_minor, new.days_per_year, new.given_by) == (None, None, None, None)
    assert Cost.objects.get(pk=hosting.pk).fte_percent == 50


def test_what_a_person_costs_is_not_there_for_an_editor(project):
    CostFactory(project=project, label="Alice", is_person=True)
    editor = UserFactory(role="editor")
    assert plan(project, HOSTING, reader=editor).missing == []
    [problem] = plan(project, replace(HOSTING, ref=Cost.objects.get().pk), reader=editor).problems
    assert problem.words.startswith("no need of this project has the id")


def test_what_a_person_has_published_stays_theirs(project):
    """A row cannot say that it pays nobody: taken back, it would still be there for everyone."""
    role = factories.RoleFactory(cost__project=project, cost__label="Hosting", publishes_cost=True)
    editor = UserFactory(role="editor")
    assert kinds(plan(project, replace(HOSTING, purpose="maintenance"), reader=editor)) == [Kind.SAME]
    apply(project, replace(HOSTING, purpose="maintenance", amount_minor=9), reader=editor)
    assert [cost.is_person for cost in Cost.objects.all()] == [True, True]
    assert Cost.objects.get(pk=role.cost_id).followed_by.role.publishes_cost


def test_what_becomes_a_persons_cost_is_in_nobodys_way(project, hosting, treasurer):
    new = Cost.objects.get(pk=hosting.pk)
    new.is_person = True
    costs.change(hosting, new, NEW_YEAR)
    editor = UserFactory(role="editor")
    row = replace(HOSTING, amount_minor=9, starts_on=date(2026, 9, 1))
    [problem] = plan(project, row, reader=editor).problems
    assert problem.words == "it changes already in a way that only a treasurer sees"

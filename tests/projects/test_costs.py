"""How a need changes without touching what was."""

import uuid
from datetime import date
from decimal import Decimal

import pytest

from fundtracker.money import Money
from projects import costs, needs
from projects.models import Cost
from projects.models import Role as Work
from tests import factories
from tests.factories import CostFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW_YEAR = date(2027, 1, 1)


def days(*found):
    return [(cost.starts_on, cost.ends_on, cost.amount_minor) for cost in found]


def changed(cost, amount=12_000, day=NEW_YEAR):
    new = Cost.objects.get(pk=cost.pk)
    new.amount_minor = amount
    return costs.change(cost, new, day)


def test_what_changes_ends_the_day_before_and_another_follows():
    cost = CostFactory(ends_on=date(2027, 6, 30))
    new = changed(cost)
    cost.refresh_from_db()
    assert days(cost, new) == [
        (None, date(2026, 12, 31), 10_000),
        (NEW_YEAR, date(2027, 6, 30), 12_000),
    ]
    assert (new.follows, Cost.objects.count()) == (cost, 2)


def test_hours_go_on_with_what_follows():
    work = factories.RoleFactory(hours=Decimal("62.5"), publishes_hours=True)
    new = changed(work.cost)
    assert list(
        Work.objects.values_list("cost", "maintainer", "hours", "publishes_hours", "publishes_cost")
    ) == [
        (work.cost_id, work.maintainer_id, Decimal("62.50"), True, False),
        (new.pk, work.maintainer_id, Decimal("62.50"), True, False),
    ]


def test_what_was_entered_with_a_form_changes_too():
    cost = CostFactory(key=uuid.uuid4())
    assert (changed(cost).key, Cost.objects.get(pk=cost.pk).key) == (None, cost.key)


def test_a_manifest_goes_on_speaking_of_what_is_needed_now():
    cost = CostFactory(manifest_guid="hosting")
    assert (changed(cost).manifest_guid, Cost.objects.get(pk=cost.pk).manifest_guid) == ("hosting", "")


def test_what_begins_later_than_was_said_leaves_no_gap():
    cost = CostFactory()
    new = changed(cost)
    new.starts_on = date(2027, 3, 1)
    costs.correct(new)
    cost.refresh_from_db()
    assert days(cost, new) == [(None, date(2027, 2, 28), 10_000), (date(2027, 3, 1), None, 12_000)]


def test_a_mistake_that_is_taken_out_was_never_there():
    first = CostFactory()
    second = changed(first)
    third = changed(second, 15_000, date(2028, 1, 1))
    costs.remove(Cost.objects.select_related("follows").get(pk=second.pk))
    assert days(*Cost.objects.order_by("pk")) == [
        (None, date(2027, 12, 31), 10_000),
        (date(2028, 1, 1), None, 15_000),
    ]
    assert Cost.objects.get(pk=third.pk).follows == first
    costs.remove(Cost.objects.get(pk=third.pk))
    assert days(Cost.objects.get()) == [(None, None, 10_000)]


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({}, "now"),
        ({"starts_on": NEW_YEAR, "ends_on": NEW_YEAR}, "now"),
        ({"starts_on": date(2027, 1, 2)}, "planned"),
        ({"ends_on": date(2026, 12, 31)}, "past"),
    ],
)
def test_a_need_is_now_planned_or_past(fields, when):
    assert costs.when(Cost(**fields), NEW_YEAR) == when


def test_sums_are_by_currency_with_what_is_given_beside_them():
    found = [
        Cost(amount_minor=10_000, currency="GBP", frequency="monthly"),
        Cost(amount_minor=100_001, currency="GBP", frequency="yearly"),
        Cost(amount_minor=500, currency="EUR", frequency="yearly", in_kind=True),
        Cost(amount_minor=7, currency="GBP", frequency="once"),
        Cost(amount_minor=None, currency="GBP", frequency="yearly"),
    ]
    assert costs.sums(found) == [
        costs.Sums(Money(0, "EUR"), Money(0, "EUR"), Money(500, "EUR")),
        costs.Sums(Money(18_333, "GBP"), Money(220_001, "GBP"), Money(0, "GBP")),  # 18,333.42 a month
    ]
    assert costs.sums([]) == []


def test_what_one_person_costs_only_treasurers_see():
    project = factories.ProjectFactory()
    CostFactory(project=project, label="Servers")
    CostFactory(project=project, label="Not said", is_person=None)
    CostFactory(project=project, label="Plan", is_person=True, manifest_guid="plan")
    factories.RoleFactory(cost__project=project, cost__label="Open", publishes_cost=True)
    factories.RoleFactory(cost__project=project, cost__label="Private")
    CostFactory(project=project, label="Alone", is_person=True)
    seen = {
        role: [cost.label for cost in costs.shown_to(UserFactory(role=role), project)]
        for role in ("", "viewer", "editor", "treasurer", "administrator")
    }
    everybody = ["Not said", "Open", "Plan", "Servers"]
    everything = ["Alone", "Not said", "Open", "Plan", "Private", "Servers"]
    assert seen == {
        "": everybody, "viewer": everybody, "editor": everybody, "treasurer": everything, "administrator": everything,
    }  # fmt: skip
    private = [
        cost.label for cost in Cost.objects.select_related("role").order_by("label") if needs.is_private(cost)
    ]
    assert (
        private == [cost.label for cost in project.costs.private().order_by("label")] == ["Alone", "Private"]
    )

"""Staff enter what a project needs, and change it without touching what was."""

from datetime import date

import pytest
from django.urls import reverse
from pghistory.models import Events

from projects.models import Cost
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import CostFactory, RateFactory

pytestmark = pytest.mark.django_db
NEEDS = "/staff/projects/castles/needs/"


def page(job, cost):
    return reverse(f"staff:need_{job}", args=["castles", cost.pk])


@pytest.fixture
def hosting(project):
    return CostFactory(project=project, label="Hosting", purpose="infrastructure")


@pytest.fixture
def alice(project):
    return CostFactory(project=project, label="Alice", is_person=True, amount_minor=77_700)


def days():
    return list(Cost.objects.order_by("pk").values_list("amount_minor", "starts_on", "ends_on"))


def test_needs_are_told_by_purpose_now_planned_and_past(treasurer, hosting, alice):
    CostFactory(project=hosting.project, label="Audit", purpose="security", starts_on=date(2027, 1, 1))
    CostFactory(project=hosting.project, label="Fair", frequency="once", ends_on=date(2026, 1, 1))
    said = words(treasurer.get(NEEDS))
    order = ["Now", "Infrastructure", "Hosting", "Unrestricted", "Alice", "Planned", "Audit", "Past", "Fair"]
    assert sorted(order, key=lambda word: said.index(word, said.index("Now "))) == order
    assert "£877 £10,524" in said  # a month, a year


def test_sums_of_several_currencies_are_converted_beside_them(treasurer, hosting):
    RateFactory(day=date(2026, 6, 30), per_euro="0.80")
    CostFactory(project=hosting.project, currency="EUR", amount_minor=100_000, frequency="yearly")
    CostFactory(project=hosting.project, currency="GBP", amount_minor=100)
    said = words(treasurer.get(NEEDS))
    assert "EUR €83.33 €1,000 – GBP £101 £1,212 –" in said
    assert "All of it together: £2,012 a year." in said


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_what_one_person_costs_is_in_no_page_of_others(signed_in, project, hosting, alice, role):
    client = signed_in(role)
    said = words(client.get(NEEDS))
    assert "People: 1, not shown." in said
    assert "£100 £1,200" in said
    pages = [NEEDS, "/staff/projects/", "/staff/projects/castles/", "/staff/"]
    bodies = [client.get(url).content for url in pages] + [client.get(f"{NEEDS}budget.csv").getvalue()]
    assert [secret for secret in (b"Alice", b"777", b"877") for body in bodies if secret in body] == []
    for job in ("change", "correct", "end", "remove"):
        assert client.post(page(job, alice), {"why": "So."}).status_code == (403 if role == "viewer" else 404)


def test_a_year_of_too_few_people_is_withheld_from_others(signed_in, hosting, alice):
    withheld = "not shown: it would tell what one person earns"
    for role, shown in (("viewer", withheld), ("treasurer", "£10,524")):
        for url in ("/staff/projects/", "/staff/projects/castles/"):
            assert shown in words(signed_in(role).get(url))


def new(client, **typed):
    form = {
        "label": "Audit", "purpose": "security", "amount_minor": "12k", "currency": "eur", "frequency": "yearly",
        "key": "6f2f3c1e-8c1c-4d6a-9f5e-0d3c4b2a1f00", **typed,
    }  # fmt: skip
    return client.post(f"{NEEDS}new/", form)


def test_a_double_click_enters_one(editor, project):
    assert [new(editor).status_code for _ in range(2)] == [302, 302]
    cost = Cost.objects.get()
    assert (cost.amount_minor, cost.currency, cost.purpose, cost.is_person) == (
        1_200_000,
        "EUR",
        "security",
        None,
    )


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(treasurer, project):
    wrong = [
        ({"amount_minor": "plenty"}, "amount_minor", "is not an amount in EUR"),
        ({"amount_minor": "-1"}, "amount_minor", "The amount must be more than 0."),
        ({"currency": "EUX"}, "currency", "is not a currency"),
        ({"starts_on": "2026-02-01", "ends_on": "2026-01-01"}, "ends_on", "The last day is before the first."),
        ({"given_by": factories.FunderFactory().pk}, "given_by", "Only what is given in kind"),
        ({"fte_percent": "50", "days_per_year": "220"}, "day_rate_minor", "A post takes all three"),
        ({"fte_percent": "50", "day_rate_minor": "500"}, "days_per_year", "A post takes all three"),
        ({"fte_percent": "50", "day_rate_minor": "5", "days_per_year": "367"}, "days_per_year", "no more than 366"),
    ]  # fmt: skip
    for typed, field, problem in wrong:
        answer = new(treasurer, description="Kept.", **typed)
        errors = answer.context["form"].errors
        assert (list(errors), problem in str(errors)) == ([field], True)
        assert answer.context["form"]["description"].value() == "Kept."
    assert Cost.objects.count() == 0


def test_a_post_is_worked_out_and_pays_a_person(treasurer, project):
    post = {"fte_percent": "33", "day_rate_minor": "333.33", "days_per_year": "220", "in_kind": "on"}
    given = factories.FunderFactory()
    assert new(treasurer, amount_minor="", given_by=given.pk, **post).status_code == 302
    cost = Cost.objects.get()
    assert (cost.amount_minor, cost.frequency, cost.is_person, cost.given_by) == (
        2_419_976,
        "yearly",
        True,
        given,
    )


def test_220_days_are_proposed_and_without_a_post_mean_nothing(treasurer, project, held):
    assert held(treasurer.get(f"{NEEDS}new/"))["days_per_year"] == 220
    new(treasurer, days_per_year="220", pays_somebody="on")
    assert Cost.objects.get().days_per_year is None
    assert Cost.objects.get().is_person is True


def test_an_editor_enters_no_person(editor, project):
    new(editor, pays_somebody="on", fte_percent="50", day_rate_minor="500", days_per_year="220")
    assert (Cost.objects.get().is_person, Cost.objects.get().fte_percent) == (None, None)


@pytest.mark.parametrize("job", ["change", "correct"])
def test_what_somebodys_work_costs_is_theirs_to_make_public(treasurer, project, held, job):
    cost = factories.RoleFactory(cost__project=project).cost
    sent = held(treasurer.get(page(job, cost))) | {"starts_on": "2026-07-01", "why": "So."}
    assert treasurer.post(page(job, cost), {**sent, "pays_somebody": ""}).status_code == 302
    assert set(Cost.objects.values_list("is_person", flat=True)) == {True}


def test_from_a_day_on_it_is_otherwise_and_twice_is_once(editor, hosting, held):
    sent = held(editor.get(page("change", hosting))) | {"amount_minor": "120", "starts_on": "2026-07-01"}
    assert editor.post(page("change", hosting), sent).status_code == 302
    again = editor.post(page("change", hosting), sent)
    assert days() == [(10_000, None, date(2026, 6, 30)), (12_000, date(2026, 7, 1), None)]
    assert again.url == page("change", Cost.objects.get(follows=hosting))


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        ("2026-01-01", "It began on 1 January 2026: choose a later day, or correct it."),
        (
            "2027-01-01",
            "It ends on 31 December 2026: choose that day or an earlier one, or enter a new need.",
        ),
        ("", "This field is required."),
    ],
)
def test_a_change_lies_within_what_it_changes(editor, hosting, held, day, problem):
    Cost.objects.update(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    sent = held(editor.get(page("change", hosting))) | {"starts_on": day}
    assert editor.post(page("change", hosting), sent).context["form"].errors == {"starts_on": [problem]}


def test_a_correction_says_why_and_changes_the_row_itself(editor, hosting, held):
    sent = held(editor.get(page("correct", hosting))) | {"amount_minor": "90"}
    assert editor.post(page("correct", hosting), sent).context["form"].errors == {
        "why": ["This field is required."]
    }
    assert editor.post(page("correct", hosting), sent | {"why": "A slip."}).status_code == 302
    assert days() == [(9_000, None, None)]
    last = Events.objects.tracks(hosting).order_by("pgh_id").last()
    assert (last.pgh_diff, last.pgh_context["why"]) == ({"amount_minor": [10_000, 9_000]}, "A slip.")


def test_the_second_of_two_sees_what_the_first_changed_and_chooses(editor, hosting, held):
    first = second = held(editor.get(page("correct", hosting))) | {"why": "A slip."}
    editor.post(page("correct", hosting), first | {"amount_minor": "90"})
    answer = editor.post(page("correct", hosting), second | {"amount_minor": "80"})
    assert "changed this. Save yours over it, or leave it as it is. amount: 10000 → 9000" in words(answer)
    assert days() == [(9_000, None, None)]
    assert editor.post(page("correct", hosting), held(answer)).status_code == 302
    assert days() == [(8_000, None, None)]


def test_a_need_ends_and_goes_on(editor, hosting, held):
    shown = held(editor.get(page("end", hosting)))
    assert shown["ends_on"] == date(2026, 6, 30)
    editor.post(page("end", hosting), shown | {"ends_on": "2026-08-31"})
    assert days() == [(10_000, None, date(2026, 8, 31))]
    editor.post(page("end", hosting), held(editor.get(page("end", hosting))) | {"ends_on": ""})
    assert days() == [(10_000, None, None)]


def test_a_mistake_is_taken_out_with_a_reason(editor, hosting):
    url = page("remove", hosting)
    assert [editor.post(url, {"why": "Never ours."}).status_code for _ in range(2)] == [302, 302]
    last = Cost.pgh_event_model.objects.latest("pgh_id")  # type: ignore[attr-defined]
    said = (last.pgh_label, last.pgh_context.metadata["why"])
    assert (Cost.objects.count(), *said) == (0, "delete", "Never ours.")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(treasurer, project, count, django_assert_num_queries):
    for _ in range(count):
        cost = CostFactory(project=project, given_by=factories.FunderFactory(), in_kind=True)
        CostFactory(project=project, follows=cost, currency="EUR")
    with django_assert_num_queries(13):
        treasurer.get(NEEDS)

"""Pieces of work: how they fare, and in which order the public reads them. The reserve, as of a day."""

from datetime import date

import pytest
from django.urls import reverse

from projects.models import Reserve, WorkItem
from tests import factories
from tests.campaigns.test_views import words

pytestmark = pytest.mark.django_db
WORK = "/staff/projects/castles/work/"
RESERVE = "/staff/projects/castles/reserve/"


def why(model):
    """What the last change of any of them says."""
    return model.pgh_event_model.objects.latest("pgh_id").pgh_context.metadata["why"]


def sent(**typed):
    return {"name": "Slack bridge", "state": "paused", "restart_minor": "45k", "currency": "gbp", **typed}


def test_a_double_click_enters_one_and_another_of_its_name_is_refused(editor, project):
    assert [editor.post(f"{WORK}new/", sent()).status_code for _ in range(2)] == [302, 302]
    item = WorkItem.objects.get()
    assert (item.restart_minor, item.currency, item.is_lost) == (4_500_000, "GBP", True)
    errors = editor.post(f"{WORK}new/", sent(why="Another.")).context["form"].errors
    assert errors == {"name": ["There is a piece of work of this name already."]}


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        ({"currency": ""}, "restart_minor", "Say the currency too."),
        ({"restart_minor": "-5"}, "restart_minor", "The amount cannot be less than 0."),
        ({"state": "gone"}, "state", "Select a valid choice."),
        ({"since": "30 Feb"}, "since", "Enter a valid date."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(editor, project, typed, field, problem):
    errors = editor.post(f"{WORK}new/", sent(**typed)).context["form"].errors
    assert (list(errors), problem in str(errors)) == ([field], True)


def test_it_is_resumed_and_keeps_its_place(editor, project, held):
    item = factories.WorkItemFactory(project=project, position=3)
    url = reverse("staff:work_edit", args=["castles", item.pk])
    editor.post(url, held(editor.get(url)) | {"state": "resumed", "since": "2026-06-01"})
    item.refresh_from_db()
    assert (item.state, item.since, item.position) == ("resumed", date(2026, 6, 1), 3)


def test_the_order_is_theirs_and_a_double_click_moves_once(editor, project):
    factories.WorkItemFactory.create_batch(3, project=project)
    first = WorkItem.objects.order_by("name")[0]
    url = reverse("staff:work_move", args=["castles", first.pk])
    names = [item.name for item in project.work.all()]
    for _ in range(2):
        editor.post(url, {"down": "1", "place": "0"})
    assert [item.name for item in project.work.all()] == [names[1], names[0], names[2]]
    editor.post(url, {"up": "1", "place": "1"})
    editor.post(url, {"up": "1", "place": "0"})
    assert [item.name for item in project.work.all()] == names


def test_a_mistake_is_taken_out_with_a_reason(editor, project):
    item = factories.WorkItemFactory(project=project)
    url = reverse("staff:work_remove", args=["castles", item.pk])
    assert [editor.post(url, {"why": "Never ours."}).status_code for _ in range(2)] == [302, 302]
    assert (WorkItem.objects.count(), why(WorkItem)) == (0, "Never ours.")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(editor, project, count, django_assert_num_queries):
    factories.WorkItemFactory.create_batch(count, project=project)
    with django_assert_num_queries(11):
        editor.get(WORK)


def noted(client, **typed):
    return client.post(RESERVE, {"as_of": "2026-06-30", "amount_minor": "120k", "currency": "gbp", **typed})


def test_a_reserve_is_noted_once_and_earlier_ones_stay(treasurer, project):
    factories.ReserveFactory(project=project, as_of=date(2025, 12, 31))
    assert [noted(treasurer).status_code for _ in range(2)] == [302, 302]
    assert list(Reserve.objects.values_list("as_of", "amount_minor")) == [
        (date(2026, 6, 30), 12_000_000), (date(2025, 12, 31), 1_200_000),
    ]  # fmt: skip
    said = words(treasurer.get(RESERVE))
    assert "£120,000 was set aside at the end of 30 June 2026." in said
    assert said.index("Earlier ones") < said.index("31 December 2025")


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        ({"as_of": "2026-07-01"}, "as_of", "This day has not come yet."),
        ({"amount_minor": "-1"}, "amount_minor", "A reserve cannot be less than 0."),
        ({"currency": "EUX"}, "currency", "is not a currency"),
    ],
)
def test_what_is_wrong_with_a_reserve_is_said(treasurer, project, typed, field, problem):
    errors = noted(treasurer, **typed).context["form"].errors
    assert (list(errors), problem in str(errors)) == ([field], True)


@pytest.mark.parametrize(("button", "amounts"), [({}, [500]), ({"remove": "1"}, [])])
def test_a_wrong_reserve_is_corrected_or_taken_out_with_a_reason(treasurer, project, held, button, amounts):
    reserve = factories.ReserveFactory(project=project)
    url = reverse("staff:reserve_correct", args=["castles", reserve.pk])
    treasurer.post(url, held(treasurer.get(url)) | {"amount_minor": "5", "why": "A slip.", **button})
    assert list(Reserve.objects.values_list("amount_minor", flat=True)) == amounts
    assert why(Reserve) == "A slip."

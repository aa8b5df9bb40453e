"""Every project has a page from which its own are reached; editors enter and edit projects."""

import pytest
from django.urls import reverse

from projects.models import Project
from tests import factories
from tests.campaigns.test_views import words

pytestmark = pytest.mark.django_db
LIST = "/staff/projects/"
HUB = "/staff/projects/castles/"


def test_a_part_stands_below_what_it_belongs_to(editor, project):
    factories.ProjectFactory(name="Bridges")
    factories.ProjectFactory(name="Ants", parent=project, is_public=False)
    said = words(editor.get(LIST))
    assert (
        said.index("Bridges") < said.index("Castles") < said.index("part of the one above: Ants not public")
    )


@pytest.mark.parametrize(
    ("role", "jobs"),
    [("viewer", ["Needs"]), ("editor", ["Needs", "Work"]), ("treasurer", ["Needs", "Work", "Reserve"])],
)
def test_it_leads_to_what_its_reader_may_do(signed_in, project, role, jobs):
    client = signed_in(role)
    shown = client.get(HUB).context["jobs"]
    assert [job.name for job in shown if job.name in ("Needs", "Work", "Reserve")] == jobs
    assert {client.get(job.url).status_code for job in shown} == {200}


def test_it_says_how_things_stand(treasurer, project):
    said = words(treasurer.get(HUB))
    assert "What a year takes nobody has said Reserve nobody has said" in said
    factories.ReserveFactory(project=project)
    factories.WorkItemFactory(project=project, name="Slack bridge")
    factories.StreamFactory(project=project, source__name="Bank", designation="Castle")
    said = words(treasurer.get(HUB))
    assert "£12,000 as of 31 May 2026" in said
    assert "Work that lost funding Slack bridge (paused) Money from Bank · Castle" in said


def sent(**typed):
    return {"name": "Sand Castles", "slug": "", "summary": "Built of sand.", "country": "de", "is_public": "on", **typed}  # fmt: skip


def test_a_double_click_enters_one_project(editor):
    answers = [editor.post(f"{LIST}new/", sent(url="example.org")) for _ in range(2)]
    assert [answer.url for answer in answers] == [reverse("staff:project", args=["sand-castles"])] * 2
    found = Project.objects.get()
    assert (found.name, found.url, found.country, found.is_public) == (
        "Sand Castles",
        "https://example.org",
        "DE",
        True,
    )


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"slug": "new"}, "slug", "Choose another short name."),
        ({"name": "***"}, "slug", "Choose another short name."),
        ({"slug": "castles"}, "slug", "Project with this Short name already exists."),
        ({"country": "Germany"}, "country", "at most 2 characters"),
        ({"url": "not an address"}, "url", "Enter a valid URL."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(editor, project, typed, field, problem):
    errors = editor.post(f"{LIST}new/", sent(**typed)).context["form"].errors
    assert (field in errors, problem in str(errors)) == (True, True)
    assert Project.objects.count() == 1


def test_no_project_is_part_of_its_own_parts(editor, project):
    part = factories.ProjectFactory(parent=project)
    other = factories.ProjectFactory()
    form = editor.get(f"{HUB}edit/").context["form"]
    assert list(form.fields["parent"].queryset) == [other]
    answer = editor.post(f"{HUB}edit/", sent(slug="castles", parent=part.pk))
    assert list(answer.context["form"].errors) == ["parent"]


def test_the_second_of_two_sees_what_the_first_changed(editor, project, held):
    shown = held(editor.get(f"{HUB}edit/"))
    editor.post(f"{HUB}edit/", shown | {"summary": "Of stone."})
    answer = editor.post(f"{HUB}edit/", shown | {"summary": "Of sand."})
    assert "in a few sentences: – → Of stone." in words(answer)
    editor.post(f"{HUB}edit/", held(answer))
    assert Project.objects.get().summary == "Of sand."


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(treasurer, count, django_assert_num_queries):
    for _ in range(count):
        factories.CostFactory.create_batch(
            2, project=factories.ProjectFactory(parent=Project.objects.first())
        )
    with django_assert_num_queries(20):
        treasurer.get(LIST)

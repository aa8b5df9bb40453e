"""Staff keep programmes true: corrected, added, or said to hold still."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pghistory.models import Events

from funders.models import Programme
from funders.todo import todos
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST = "/staff/programmes/"
TODAY = NOW.date()


def editor(email="ann@example.org"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role="editor"))
    return client


def shown(answer):
    """What the form of an answer would send."""
    return {field.html_name: field.value() for field in answer.context["form"] if field.value() is not None}


def page(programme):
    return reverse("staff:programme", args=[programme.pk])


@pytest.fixture
def programme():
    return factories.ProgrammeFactory(
        name="Commons Fund", grant_max_minor=5_000_000, checked_on=date(2026, 1, 1), countries="DE"
    )


def test_what_was_checked_longest_ago_comes_first(programme):
    factories.ProgrammeFactory(name="Newer", funder__is_public=False)
    said = words(editor().get(LIST))
    assert said.index("Commons Fund") < said.index("Newer")
    assert "1 January 2026 read it again" in said
    assert "not shown: this funder may not be named" in said


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_number_of_questions(number, django_assert_num_queries):
    factories.ProgrammeFactory.create_batch(number)
    client = editor()
    with django_assert_num_queries(11):
        client.get(LIST)


def test_one_click_says_that_it_holds_still(programme):
    client = editor()
    answer = client.post(reverse("staff:programme_checked", args=[programme.pk]), follow=True)
    assert "Commons Fund: checked today, unchanged." in words(answer)
    assert "Checked today, unchanged: Commons Fund" not in words(answer)
    assert Programme.objects.get().checked_on == TODAY
    assert client.get(reverse("staff:programme_checked", args=[programme.pk])).status_code == 405


def test_its_history_says_why(programme):
    editor().post(reverse("staff:programme_checked", args=[programme.pk]))
    last = Events.objects.tracks(programme).order_by("pgh_id").last()
    assert last.pgh_diff == {"checked_on": ["2026-01-01", "2026-06-30"]}
    assert last.pgh_context["why"] == "read again, unchanged"


@pytest.mark.parametrize(("button", "day"), [({"checked": "1"}, TODAY), ({}, date(2026, 1, 1))])
def test_a_correction_is_of_today_only_where_its_author_says_so(programme, button, day):
    client = editor()
    sent = shown(client.get(page(programme))) | {"grant_max_minor": "60k", "countries": "at, de", **button}
    assert client.post(page(programme), sent).status_code == 302
    found = Programme.objects.get()
    assert (found.grant_max_minor, found.countries, found.checked_on) == (6_000_000, "AT DE", day)


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        ({"grant_max_minor": "plenty"}, "grant_max_minor", "is not an amount in EUR"),
        ({"grant_min_minor": "60k"}, "grant_max_minor", "This is less than the smallest grant."),
        ({"grant_min_minor": "-1"}, "grant_min_minor", "greater than or equal to 1"),
        ({"currency": "EURO"}, "currency", "at most 3 characters"),
        ({"currency": "EUX"}, "currency", "is not a currency"),
        ({"countries": "Germany"}, "countries", "codes of countries"),
        ({"opens_on": "2026-07-01", "closes_on": "2026-06-30"}, "closes_on", "cannot close before it opens"),
        ({"awards_allowed": "0"}, "awards_allowed", "greater than or equal to 1"),
        ({"eligible": ["everybody"]}, "eligible", "everybody is not one of the available choices"),
        ({"source_url": ""}, "source_url", "This field is required."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept(programme, typed, field, problem):
    client = editor()
    answer = client.post(page(programme), shown(client.get(page(programme))) | {"notes": "Kept."} | typed)
    errors = answer.context["form"].errors
    assert list(errors) == [field]
    assert problem in errors[field][0]
    assert shown(answer).items() >= {"notes": "Kept.", **typed}.items()
    assert Programme.objects.get().notes == ""


def test_a_double_click_saves_once(programme):
    client = editor()
    sent = shown(client.get(page(programme))) | {"notes": "New."}
    assert [client.post(page(programme), sent).status_code for _ in range(2)] == [302, 302]
    assert Events.objects.tracks(programme).filter(pgh_label="update").count() == 1


def test_the_second_of_two_sees_what_the_first_changed_and_chooses(programme):
    ann, ben = editor(), editor("ben@example.org")
    first, second = shown(ann.get(page(programme))), shown(ben.get(page(programme)))
    ann.post(page(programme), first | {"pays_maintenance": "yes", "grant_max_minor": "70k"})
    answer = ben.post(page(programme), second | {"region": "Europe", "checked": "1"})
    assert "somebody else changed this programme" in words(answer)
    assert answer.context["theirs"] == [("Pays maintenance", "yes"), ("Largest grant", "70000.00")]
    assert Programme.objects.get().region == ""
    assert ben.post(page(programme), shown(answer)).status_code == 302
    found = Programme.objects.get()
    assert (found.region, found.grant_max_minor) == ("Europe", 5_000_000)


def test_a_colleague_who_only_checked_it_is_in_nobodys_way(programme):
    client = editor()
    sent = shown(client.get(page(programme))) | {"region": "Europe"}
    editor("ben@example.org").post(reverse("staff:programme_checked", args=[programme.pk]))
    assert client.post(page(programme), sent).status_code == 302
    found = Programme.objects.get()
    assert (found.region, found.checked_on) == ("Europe", TODAY)


def new(client, **typed):
    form = {
        "funder": factories.FunderFactory().pk, "name": "Commons Fund", "currency": "eur", "recurring": "no",
        "pays_maintenance": "yes", "pays_features": "no", "research_only": "no", "eligible": ["team"],
        "source_url": "https://example.org/", **typed,
    }  # fmt: skip
    return form, client.post(reverse("staff:programme_new"), form)


def test_one_is_added_once_and_was_checked_today():
    client = editor()
    form, answer = new(client)
    assert (answer.status_code, client.post(reverse("staff:programme_new"), form).status_code) == (302, 302)
    found = Programme.objects.get()
    assert (found.slug, found.currency, found.eligible, found.checked_on) == (
        "commons-fund", "EUR", ["team"], TODAY,
    )  # fmt: skip


def test_another_of_the_same_name_is_refused_beside_it():
    client = editor()
    new(client)
    _, answer = new(client, notes="Another.")
    assert answer.context["form"].errors == {"name": ["There is a programme of this name already."]}


def test_today_reminds_of_old_records_until_they_are_checked(programme):
    factories.ProgrammeFactory()
    [todo] = todos(now=NOW, today=TODAY)
    assert (todo.what, todo.url) == ("1 programme was last checked half a year ago", LIST)
    client = editor()
    client.post(reverse("staff:programme_checked", args=[programme.pk]))
    assert list(todos(now=NOW, today=TODAY)) == []


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 200)])
def test_editors_keep_programmes(client, role, status):
    client.force_login(factories.UserFactory(role=role))
    assert client.get(LIST).status_code == status


def test_the_form_says_of_each_amount_how_to_type_it():
    body = editor().get(reverse("staff:programme_new")).content.decode()
    assert len(re.findall("Such as 50,000 or 50k", body)) == 3

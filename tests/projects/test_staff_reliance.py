"""Staff decide what the register of reliance says: nothing shows before, and nobody overwrites what they have not seen."""

import pytest
from django.urls import reverse

from projects.models import Reliance
from projects.staff import reliance
from tests import factories
from tests.campaigns.test_views import words

pytestmark = pytest.mark.usefixtures("today")
TYPED = {
    "organisation": "Ministry", "sector": "government", "deployment": "", "seats": "10", "evidence": "", "as_of": "",
    "evidence_url": "https://ministry.example/about", "funder": "", "note": "",
}  # fmt: skip


@pytest.fixture
def ann(client, today):
    user = factories.UserFactory(email="ann@example.org", role="editor")
    client.force_login(user)
    return user


@pytest.fixture
def project(today):
    return factories.ProjectFactory(slug="matrix", name="Matrix")


def reported(project, **fields):
    said = {"organisation": "Ministry", "state": "reported", "seats": 10, "sector": "government"}
    return factories.RelianceFactory(project=project, **said | fields)


def press(client, one, button, **typed):
    url = reverse("staff:reliance_entry", args=[one.pk])
    seen = client.get(url).context["form"].initial["seen"]
    return client.post(url, TYPED | {"seen": seen, button: "1"} | typed)


@pytest.mark.parametrize(
    ("state", "button", "becomes"),
    [
        ("reported", "publish", "public"),
        ("reported", "decline", "declined"),
        ("public", "remove", "removed"),
        ("public", "save", "public"),
        ("removed", "publish", "public"),
        # What the entry's page does not offer does nothing.
        ("reported", "remove", "reported"),
        ("reported", "follow", "reported"),
        ("declined", "save", "declined"),
    ],
)
def test_each_button_does_what_it_says(client, ann, project, state, button, becomes):
    one = reported(project, state=state)
    press(client, one, button, note="We looked at it.")
    one.refresh_from_db()
    assert one.state == becomes
    shown = b"Ministry" in client.get("/en/projects/matrix/reliance/").content
    assert shown == (becomes == "public")


def test_who_decided_and_when_is_kept(client, ann, project):
    one = reported(project)
    press(client, one, "decline", note="It only tried it.")
    one.refresh_from_db()
    assert (one.decided_by, one.note, one.decided_at is not None) == (ann, "It only tried it.", True)


@pytest.mark.parametrize(
    ("button", "typed", "errors"),
    [
        ("decline", {}, {"note": ["Say why in a few words."]}),
        ("publish", {"evidence_url": ""}, {"evidence_url": ["Nothing is published without evidence: a page, or its words."]}),
        ("publish", {"organisation": ""}, {"organisation": ["This field is required."]}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_it(client, ann, project, button, typed, errors):
    one = reported(project)
    assert press(client, one, button, **typed).context["form"].errors == errors
    assert Reliance.objects.get().state == "reported"


def test_evidence_in_words_is_evidence(client, ann, project):
    press(client, reported(project), "publish", evidence_url="", evidence="Annual report 2025, page 9.")
    assert "Annual report 2025, page 9." in words(client.get("/en/projects/matrix/reliance/"))


def test_a_correction_that_is_followed_changes_its_entry(client, ann, project):
    there = reported(project, state="public")
    one = reported(project, corrects=there, seats=12)
    assert "Seats 10 → 12" in words(client.get(reverse("staff:reliance_entry", args=[one.pk])))
    press(client, one, "follow", seats="12", organisation="Ministry of Bridges")
    there.refresh_from_db()
    one.refresh_from_db()
    assert (there.seats, there.organisation, there.state) == (12, "Ministry of Bridges", "public")
    assert (one.state, one.digest) == ("followed", None)


def test_a_removal_that_is_followed_takes_its_entry_down(client, ann, project):
    there = reported(project, state="public")
    one = reported(project, corrects=there, asks_removal=True, remark="We moved.")
    press(client, one, "follow")
    there.refresh_from_db()
    assert there.state == "removed"
    assert b"Ministry" not in client.get("/en/projects/matrix/reliance/").content


def test_what_is_declined_leaves_the_entry_as_it_is(client, ann, project):
    there = reported(project, state="public")
    one = reported(project, corrects=there, seats=12)
    press(client, one, "decline", seats="12", note="The page says 10.")
    there.refresh_from_db()
    assert (there.seats, there.state) == (10, "public")


def test_the_second_of_two_sees_what_the_first_did(client, ann, project):
    one = reported(project)
    url = reverse("staff:reliance_entry", args=[one.pk])
    seen = client.get(url).context["form"].initial["seen"]
    press(client, one, "publish", seats="11")
    late = client.post(url, TYPED | {"seen": seen, "decline": "1", "note": "No."})
    assert "While you were typing, somebody changed this." in words(late).replace(
        "ann@example.org", "somebody"
    )
    assert Reliance.objects.get().state == "public"


def test_an_organisation_is_added_by_hand_and_a_double_click_adds_one(client, ann, project):
    for _ in range(2):
        client.post(reverse("staff:reliance_new", args=["matrix"]), TYPED | {"publish": "1"})
    one = Reliance.objects.get()
    assert (one.state, one.organisation, one.decided_by) == ("public", "Ministry", ann)


def test_funders_of_a_like_name_are_proposed_first_and_people_never(client, ann, project):
    factories.FunderFactory(name="A Foundation")
    alike = factories.FunderFactory(name="Ministry of Bridges")
    factories.FunderFactory(name="Ministry Bob", kind="person")
    one = reported(project)
    form = client.get(reverse("staff:reliance_entry", args=[one.pk])).context["form"]
    groups = {name: [label for _, label in some] for name, some in form.fields["funder"].choices[1:]}
    assert groups == {"Names alike": ["Ministry of Bridges"], "All others": ["A Foundation"]}
    press(client, one, "publish", funder=alike.pk)
    assert Reliance.objects.get().funder == alike


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_the_same_number_of_questions(client, ann, project, number, django_assert_num_queries):
    for state in ("reported", "public"):
        factories.RelianceFactory.create_batch(number, state=state, funder=factories.FunderFactory())
    with django_assert_num_queries(13):
        answer = client.get(reverse("staff:reliance"))
    assert len(answer.context["waiting"]) == number


def test_a_viewer_may_not_see_who_reported(client, project):
    client.force_login(factories.UserFactory(role="viewer"))
    assert client.get(reverse("staff:reliance_entry", args=[reported(project).pk])).status_code == 403


def test_reports_that_wait_are_on_today(client, ann, project):
    reported(project)
    reported(project)
    assert "2 reports of who relies on a project wait" in words(client.get("/staff/"))


def test_following_a_correction_leaves_down_what_was_taken_down_meanwhile(ann, project, rf):
    there = reported(project, state="public")
    one = reported(project, corrects=there, seats=12)
    Reliance.objects.filter(pk=there.pk).update(state="removed")
    request = rf.post("/")
    request.user = ann
    reliance._follow(one, request)
    there.refresh_from_db()
    assert (there.state, there.seats) == ("removed", 12)

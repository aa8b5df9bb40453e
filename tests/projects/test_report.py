"""Anybody may report who relies on a project, or correct it: without cookie, token or script, and not without end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from campaigns import tasks
from fundtracker.models import Asked
from projects.models import Reliance
from tests import factories
from tests.campaigns.test_views import words

pytestmark = pytest.mark.usefixtures("today")
URL = "/en/projects/matrix/reliance/report/"
TYPED = {
    "organisation": "Ministry of Bridges", "sector": "government", "deployment": "BridgeChat", "seats": "300000",
    "evidence_url": "ministry.example/chat", "evidence": "", "as_of": "2026-05-01", "remark": "",
    "reporter_name": "", "reporter_email": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def project(today):
    return factories.ProjectFactory(slug="matrix", name="Matrix")


def send(url=URL, address="192.0.2.1", **typed):
    return Client(enforce_csrf_checks=True, REMOTE_ADDR=address).post(url, TYPED | typed)


def entry(project, **fields):
    return factories.RelianceFactory(
        project=project, organisation="Ministry", sector="government", seats=10, **fields
    )


def test_a_report_waits_for_staff_and_is_thanked_for_with_its_number():
    answer = send(reporter_name="Eve", reporter_email="eve@example.org")
    kept = Reliance.objects.get()
    assert answer["Location"] == f"/en/projects/matrix/reliance/thanks/{kept.reference}/"
    assert kept.reference in words(Client().get(answer["Location"]))
    assert (kept.state, kept.seats, kept.evidence_url) == (
        "reported",
        300_000,
        "https://ministry.example/chat",
    )
    assert "Ministry of Bridges" not in words(Client().get("/en/projects/matrix/reliance/"))


def test_the_form_is_public_like_other_pages(django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = Client().get(URL)
    assert (answer.status_code, answer.cookies, "Vary" in answer) == (200, {}, False)
    assert answer["Cache-Control"].startswith("public")
    assert "csrf" not in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("evidence_url", "", "This field is required."),
        ("evidence_url", "javascript:alert(1)", "Enter a valid URL."),
        ("evidence_url", "ftp://ministry.example/", "Enter a valid URL."),
        ("organisation", "", "This field is required."),
        ("organisation", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("remark", "x" * 1001, "Ensure this value has at most 1000 characters (it has 1001)."),
        ("seats", "0", "Ensure this value is greater than or equal to 1."),
        ("seats", "99999999999", "Ensure this value is less than or equal to 2000000000."),
        ("as_of", "2026-07-01", "This day has not come yet."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(field, typed, said):
    answer = send(**{field: typed})
    form = answer.context["form"]
    assert form.errors == {field: [said]}
    assert (form[field].value(), form["deployment"].value()) == (typed, "BridgeChat")
    assert Reliance.objects.count() == 0


def test_reported_twice_is_one_report_whoever_sends_it():
    first, second = send(reporter_name="Eve"), send(address="192.0.2.2")
    assert (first["Location"], Reliance.objects.count()) == (second["Location"], 1)
    assert (send(seats="5")["Location"] != first["Location"], Reliance.objects.count()) == (True, 2)


def test_one_address_reports_ten_times_a_day_questions_included():
    factories.CampaignFactory(slug="appeal")
    asked = send("/en/question/campaigns/appeal/", text="May should be £500.")
    statuses = [send(seats=str(number)).status_code for number in range(1, 12)]
    assert [asked.status_code, *statuses] == [302] * 10 + [429] * 2
    assert send(address="192.0.2.2", seats="77").status_code == 302


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten():
    answer = send(website="https://spam.example")
    assert (answer.status_code, Reliance.objects.count(), Asked.objects.count()) == (302, 0, 0)


def test_a_correction_begins_with_what_is_there_and_changes_nothing_by_itself(project):
    there = entry(project)
    url = f"{URL}{there.reference}/"
    assert Client().get(url).context["form"]["organisation"].value() == "Ministry"
    send(url, organisation="Ministry of Bridges", seats="12")
    kept = there.corrections.get()
    assert (kept.state, kept.seats, kept.project) == ("reported", 12, project)
    there.refresh_from_db()
    assert (there.organisation, there.seats, there.state) == ("Ministry", 10, "public")


def test_a_removal_says_why(project):
    url = f"{URL}{entry(project).reference}/"
    assert send(url, asks_removal="on").context["form"].errors == {"remark": ["Say why it should go."]}
    assert send(url, asks_removal="on", remark="We have moved away.").status_code == 302
    assert Reliance.objects.reported().get().asks_removal


def test_a_correction_that_corrects_nothing_is_none(project):
    there = entry(project, evidence_url="https://ministry.example/")
    said = {"organisation": "Ministry", "deployment": "", "seats": "10", "as_of": ""}
    answer = send(f"{URL}{there.reference}/", **said, evidence_url="https://ministry.example/")
    assert answer.context["form"].non_field_errors() == [
        "This is what the register says already. Change what is wrong."
    ]


@pytest.mark.parametrize("state", ["reported", "declined", "removed"])
def test_what_is_not_public_cannot_be_corrected(project, state):
    assert Client().get(f"{URL}{entry(project, state=state).reference}/").status_code == 404


def test_thirty_days_after_the_decision_nobody_knows_who_reported_it(project):
    said = {"reporter_name": "Eve", "reporter_email": "eve@example.org", "remark": "I work there."}
    young, old, waiting = (entry(project, **said) for _ in range(3))
    for days, one in ((29, young), (31, old)):
        Reliance.objects.filter(pk=one.pk).update(decided_at=Now() - timedelta(days=days))
    tasks.forget_people()
    old.refresh_from_db()
    assert (old.reporter_name, old.reporter_email, old.remark, old.organisation) == ("", "", "", "Ministry")
    assert set(Reliance.objects.of("EVE@example.org")) == {young, waiting}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM projects_relianceevent row WHERE row::text ~ 'eve@|Eve|I work'")
        assert cursor.fetchone() == (0,)

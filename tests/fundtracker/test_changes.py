"""The history for people: who changed what, from what to what and why, and nobody sees more than their role may."""

import csv
import json
from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pghistory import context
from pghistory.models import Event

from fundtracker import changes, history
from fundtracker.models import Role, SecondFactor, Site
from tests import factories

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def ann():
    return factories.UserFactory(email="ann@example.org", role=Role.ADMINISTRATOR)


def asked(reader, **wanted):
    return changes.Asked(reader, Site.current().zone, **wanted)


def of(reader, row):
    return changes.latest(asked(reader, kind=row._meta.label, thing=row.pk))


def page(reader, **query):
    client = Client()
    client.force_login(reader)
    return client.get(reverse("staff:history"), query)


def told(change):
    return [(field.label, field.before, field.after) for field in change.fields]


def test_a_change_is_told_in_words_amounts_with_their_currency(ann):
    cost = factories.CostFactory(label="Servers", purpose="security", amount_minor=10_000)
    cost.amount_minor, cost.purpose, cost.is_person = 1_250_050, "maintenance", True
    cost.save()
    [change, made] = of(ann, cost)
    assert (change.verb, change.kind, change.name) == ("update", "Cost", "Servers")
    assert told(change) == [
        ("Purpose", "security", "maintenance"),
        ("Amount", "£100", "£12,500.50"),
        ("Pays a person", "", "yes"),
    ]
    assert ("Amount", "", "£100") in told(made)


def test_what_has_no_currency_has_that_of_what_it_belongs_to(ann):
    level = factories.LevelFactory(campaign__name="Appeal", amount_minor=60_000)
    [made] = of(ann, level)
    assert ("Amount", "", "£600") in told(made)
    assert ("Campaign", "", "Appeal") in told(made)
    assert made.name == "Appeal"


def test_shares_are_percent_and_a_stream_is_called_by_its_ends(ann):
    stream = factories.StreamFactory(project__name="Bridges", source__name="Giving page", share_bp=2_550)
    [made] = of(ann, stream)
    assert made.name == "Bridges · Giving page"
    assert ("Share", "", "25.5%") in told(made)


def test_what_was_deleted_says_what_it_was(ann):
    update = factories.UpdateFactory(title="Half way", campaign__name="Appeal")
    pk = update.pk
    update.delete()
    update.pk = pk
    [gone, _made] = of(ann, update)
    assert (gone.verb, gone.name) == ("delete", "Half way")
    assert ("Campaign", "Appeal", "") in told(gone)


def test_who_and_why_come_from_the_request_and_a_command_names_itself(ann):
    project = factories.ProjectFactory(name="Bridges")
    with history.named("manage.py manifest"):
        type(project).objects.update(name="Bridge")
    with context(user=ann.pk, url="/staff/x/"):
        history.because("a typing error")
        type(project).objects.update(name="Bridges")
    # All at one instant here: what was first has the lowest number.
    assert [(change.who, change.why) for change in of(ann, project)] == [
        ("ann@example.org", "a typing error"),
        ("manage.py manifest", ""),
        ("a sync or a command", ""),
    ]


def test_what_one_request_changed_stands_together(ann):
    factories.ProjectFactory(name="Before")
    with context(user=ann.pk):
        factories.ProjectFactory(name="One")
        factories.FunderFactory(name="Two")
    together = {change.name: change.together for change in changes.latest(asked(ann))}
    assert together["One"] == together["Two"] != together["Before"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_much_for_one_change_as_for_three(ann, number):
    for _ in range(number):
        factories.CostFactory()
    with CaptureQueriesContext(connection) as queries:
        changes.latest(asked(ann, kind="projects.Cost"))
    assert len(queries) == 4


def walked(reader, most, **wanted):
    found, before = [], None
    while part := changes.latest(asked(reader, **wanted), before=before, most=most):
        found += part
        before = changes.Position.read(str(part[-1].position))
    return [change.position for change in found]


def test_pages_miss_nothing_and_repeat_nothing_whatever_their_size(ann):
    with transaction.atomic():  # at one instant, so that only numbers and kinds tell them apart
        factories.CampaignFactory.create_batch(3)
        factories.FunderFactory.create_batch(4)
    every = walked(ann, 100)
    assert len(set(every)) == len(every) >= 10
    assert walked(ann, 1) == walked(ann, 3) == every


def test_it_is_narrowed_by_kind_person_and_day(ann):
    factories.ProjectFactory(name="Nobody's")
    with context(user=ann.pk):
        factories.ProjectFactory(name="Hers")
    found = changes.latest(asked(ann, kind="projects.Project", by=ann))
    assert [change.name for change in found] == ["Hers"]
    day = found[0].position.at.date()
    assert len(changes.latest(asked(ann, kind="projects.Project", since=day, until=day))) == 2
    assert changes.latest(asked(ann, since=day + timedelta(days=1))) == []
    assert changes.latest(asked(ann, until=day - timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.VIEWER, {"Project"}),
        (Role.TREASURER, {"Project", "Funder"}),
        (Role.ADMINISTRATOR, {"Project", "Funder", "User", "Second factor"}),
    ],
)
def test_each_role_reads_what_it_may(role, seen):
    reader = factories.UserFactory(role=role)
    factories.ProjectFactory()
    factories.FunderFactory(name="Alice")
    SecondFactor.objects.create(user=reader, type="totp", data={"secret": "s3cret"})
    found = changes.latest(asked(reader))
    assert {change.kind for change in found} - {"Site"} == seen
    assert "s3cret" not in str(found)


def test_a_name_that_is_not_for_a_role_stands_in_nothing_else_either():
    programme = factories.ProgrammeFactory(name="Fund", funder__name="Alice")
    [change] = of(factories.UserFactory(role=Role.VIEWER), programme)
    assert ("Funder", "", "not for your role") in told(change)
    assert "Alice" not in page(factories.UserFactory(role=Role.VIEWER)).content.decode()


def test_one_thing_is_asked_for_by_a_link(ann):
    project = factories.ProjectFactory(name="Bridges")
    factories.ProjectFactory(name="Another")
    answer = page(ann, of=f"projects.Project:{project.pk}")
    assert [[change.name for change in group] for group in answer.context["groups"]] == [["Bridges"]]


@pytest.mark.parametrize(
    "query", [{"of": "x"}, {"since": "31.2.2026"}, {"kind": "auth.Nothing"}, {"by": "0"}]
)
def test_what_cannot_be_asked_is_said(ann, query):
    answer = page(ann, **query)
    assert (answer.status_code, answer.context["groups"]) == (200, [])
    assert "Check what you asked for" in answer.content.decode()


@pytest.mark.parametrize("before", ["x", "2026-01-01~1~a", "2026-01-01T00:00:00+00:00~99999999999~a"])
def test_a_position_that_is_none_is_the_first_page(ann, before):
    assert page(ann, before=before).status_code == 200


def exported(reader, kind):
    client = Client()
    client.force_login(reader)
    answer = client.get(reverse("staff:history_export", args=[kind]), {"kind": "projects.Project"})
    return answer.getvalue().decode()


def test_the_export_has_every_field_and_no_formula(ann):
    factories.ProjectFactory(name='=HYPERLINK("http://x")')
    rows = list(csv.DictReader(exported(ann, "csv").splitlines()))
    assert {row["field"]: row["after"] for row in rows}["Name"] == '\'=HYPERLINK("http://x")'
    [change] = json.loads(exported(ann, "json"))
    assert (change["verb"], change["who"]) == ("insert", "a sync or a command")


def test_an_export_longer_than_its_parts_is_whole(ann, monkeypatch):
    monkeypatch.setattr(changes, "_EXPORTED_AT_ONCE", 2)
    factories.ProjectFactory.create_batch(5)
    assert len(json.loads(exported(ann, "json"))) == 5


def test_a_day_begins_where_the_books_are(ann):
    Site.objects.update(time_zone="Pacific/Auckland")
    wanted = asked(ann, since=date(2026, 6, 30)).condition()
    assert wanted == models.Q(pgh_created_at__gte=datetime(2026, 6, 30, tzinfo=Site.objects.get().zone))


UNTRACKED = {
    "campaigns.Campaign_streams": "not in the history yet: its triggers take a migration of their own",
    "campaigns.Alarm": "that a source was in trouble: a record of work",
    "campaigns.EvidenceFile": "never changed (trigger); its statement is tracked",
    "campaigns.Message": "what was sent, forgotten after a month",
    "campaigns.Milestone": "what a campaign reached, once and for all",
    "campaigns.Morning": "a day whose digest was written",
    "campaigns.Seen": "follows from figures alone",
    "funders.Alone": "adds up what each person did alone in a day; the changes themselves are tracked",
    "funders.DailyTotal": "sums of entries, checked against them nightly",
    "funders.Delivery": "what providers sent, until it is booked",
    "funders.Entry": "is its own history: never changed, only followed by a revision",
    "funders.Rate": "never changed (trigger)",
    "funders.Standing": "follows from entries and settings alone",
    "funders.SyncRun": "a record of work, never a setting",
    "fundtracker.Asked": "keyed hashes, kept for a day",
    "fundtracker.Blanked": "keyed digests that the seals need: never changed (trigger)",
    "fundtracker.Seal": "holds the history itself: never changed (trigger)",
    "projects.Channel": "what a manifest says; the manifest is tracked",
    "projects.Year": "what a manifest says; the manifest is tracked",
}


def test_every_model_is_tracked_or_says_why_not():
    ours = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in ("fundtracker", "funders", "projects", "campaigns")
        and not issubclass(model, Event)
    }
    accounts = {"fundtracker.User_groups", "fundtracker.User_user_permissions"}  # of Django, and unused here
    untracked = ours - set(changes.tracked()) - accounts
    assert untracked == set(UNTRACKED)

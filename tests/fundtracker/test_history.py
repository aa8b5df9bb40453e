"""Each change of money, permissions or settings has one event: who, when, from what to what, and why."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from pghistory.models import Events

from campaigns.models import Statement
from fundtracker.models import Site, User
from tests import factories

pytestmark = pytest.mark.django_db


def events(row):
    made = Events.objects.tracks(row).order_by("pgh_created_at", "pgh_id")
    return [(event.pgh_label, event.pgh_diff) for event in made]


def test_an_insert_an_update_and_a_delete_have_an_event_each():
    cost = factories.CostFactory(label="Servers")
    cost.label = "Bridges"
    cost.save()
    pk = cost.pk
    cost.delete()
    made = type(cost).pgh_event_model.objects.filter(pgh_obj=pk).order_by("pgh_id")
    assert [(event.pgh_label, event.label) for event in made] == [
        ("insert", "Servers"),
        ("update", "Bridges"),
        ("delete", "Bridges"),
    ]


def test_what_is_changed_behind_djangos_back_is_seen_too():
    site = factories.SiteFactory(name="Before")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fundtracker_site SET name = 'After'")
    assert events(site)[-1] == ("update", {"name": ["Before", "After"]})


def test_what_changes_nothing_has_no_event():
    site = factories.SiteFactory(name="Example")
    site.save()
    Site.objects.update(name="Example")
    assert [label for label, _ in events(site)] == ["insert"]


def test_what_workers_move_and_what_is_secret_is_in_no_event():
    source = factories.SourceFactory()
    source.token, source.failures, source.cursor = "sk_live_1", 3, {"after": 1}
    source.save()
    told = [diff.keys() for label, diff in events(source) if label == "update"]
    assert told == [{"token_set_at"}]  # when, and not what
    assert not {"token_sealed", "cursor"} & {f.name for f in type(source).pgh_event_model._meta.fields}


def test_who_changed_it_and_where_is_kept():
    factories.SiteFactory()
    campaign = factories.CampaignFactory(slug="appeal")
    client, ann = Client(), factories.UserFactory(role="editor")
    client.force_login(ann)
    url = reverse("staff:figure", args=["appeal"])
    form = client.get(url).context["form"]
    typed = {"amount_minor": "5", "as_of": "2026-06-30", "key": form["key"].value(), "publish": "1"}
    assert client.post(url, typed).status_code == 302
    [event] = Events.objects.tracks(Statement.objects.get(campaign=campaign))
    assert (event.pgh_context["user"], event.pgh_context["url"]) == (ann.pk, url)


def test_an_event_is_never_changed():
    site = factories.SiteFactory()
    for change in (lambda: site.events.update(name="Another"), lambda: site.events.all().delete()):
        with pytest.raises(ProgrammingError, match="append_only"), transaction.atomic():
            change()


def test_nobodys_password_is_in_an_event():
    user = factories.UserFactory(role="viewer")
    User.objects.update(role="editor", password="another")
    assert events(user)[-1] == ("update", {"role": ["viewer", "editor"]})

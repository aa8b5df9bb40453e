"""Money goes to another project from a day on: its effect is seen first, and nothing is moved over a colleague unseen."""

from datetime import date

import pytest
from django.test import Client

from funders.models import Asked
from projects import moving
from projects.models import Stream
from tests import factories
from tests.factories import give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
MOVE = "/staff/streams/move/"


@pytest.fixture
def client():
    client = Client()
    client.force_login(factories.UserFactory(role="treasurer"))
    return client


@pytest.fixture
def stream():
    """£5 of May and £7 of June go to Old, whose campaign counts them."""
    campaign = factories.CampaignFactory(project__name="Old", name="Old appeal")
    stream = factories.StreamFactory(project=campaign.project, source__name="Bank")
    campaign.streams.add(stream)
    give(stream.source, pounds(5), on=date(2026, 5, 1))
    give(stream.source, pounds(7), on=date(2026, 6, 1))
    return stream


@pytest.fixture
def new():
    return factories.CampaignFactory(project__name="New", name="New appeal").project


def typed(stream, project, **more):
    form = {"source": stream.source.pk, "designation": "", "project": project.pk, "since": "2026-06-01"}
    return form | {"purpose": "unrestricted", "why": "The board said so.", "seen": ""} | more


def reaches(page):
    return {str(one.of): (one.before, one.after) for one in page.context["reaches"]}


def test_the_effect_is_seen_and_nothing_moves(client, stream, new):
    page = client.post(MOVE, typed(stream, new))
    assert reaches(page) == {
        "Old": (pounds(12), pounds(5)), "Old appeal": (pounds(12), pounds(5)),
        "New": (pounds(0), pounds(7)), "New appeal": (pounds(0), pounds(7)),
    }  # fmt: skip
    assert list(Stream.objects.values_list("project__name", "ends_on")) == [("Old", None)]


def test_it_moves_once_from_its_day_on(client, stream, new):
    form = typed(stream, new, seen=moving.fingerprint(stream.source), publish="1")
    assert client.post(MOVE, form).status_code == 302
    assert "changed" in client.post(MOVE, form).context
    assert list(Stream.objects.order_by("pk").values_list("project__name", "starts_on", "ends_on")) == [
        ("Old", None, date(2026, 5, 31)), ("New", date(2026, 6, 1), None),
    ]  # fmt: skip
    assert list(Stream.objects.get(project=new).campaigns.all()) == list(new.campaigns.all())


def test_a_designation_takes_its_money_from_its_sources_stream(client, stream, new):
    form = typed(
        stream, new, designation="Bridges", since="", seen=moving.fingerprint(stream.source), publish="1"
    )
    client.post(MOVE, form)
    assert list(Stream.objects.order_by("pk").values_list("designation", "ends_on")) == [
        (None, None), ("Bridges", None),
    ]  # fmt: skip


def test_who_moves_second_sees_what_the_first_did(client, stream, new):
    seen = moving.fingerprint(stream.source)
    Stream.objects.update(share_bp=5000)
    page = client.post(MOVE, typed(stream, new, seen=seen, publish="1"))
    assert "the streams of this source changed" in page.content.decode()
    assert Stream.objects.count() == 1


def test_what_is_wrong_is_said_and_what_was_typed_stays(client, stream, new):
    page = client.post(MOVE, typed(stream, new, why="", designation="kept")).content.decode()
    assert ("This field is required." in page, 'value="kept"' in page) == (True, True)


def test_an_editor_moves_nothing(stream, new):
    client = Client()
    client.force_login(factories.UserFactory(role="editor"))
    assert client.post(MOVE, typed(stream, new, publish="1")).status_code == 403


def decide(client, **typed):
    return client.post(f"/staff/waiting/moves/{Asked.objects.latest('pk').pk}/", typed or {"agree": "1"})


def somebody(role="treasurer"):
    client = Client()
    client.force_login(factories.UserFactory(role=role))
    return client


@pytest.fixture
def asked(client, stream, new):
    factories.limit(1)
    form = typed(stream, new, seen=moving.fingerprint(stream.source), publish="1")
    assert [client.post(MOVE, form).url for _ in range(2)] == [
        f"/staff/waiting/moves/{Asked.objects.get().pk}/"
    ] * 2


@pytest.mark.usefixtures("asked")
def test_a_large_move_waits_for_a_second_person(client):
    assert decide(client).status_code == 403
    assert decide(somebody("editor")).status_code == 403
    assert Stream.objects.count() == 1
    bob = somebody()
    assert reaches(bob.get(f"/staff/waiting/moves/{Asked.objects.get().pk}/"))["New"] == (
        pounds(0),
        pounds(7),
    )
    assert [decide(bob).status_code for _ in range(2)] == [302, 302]
    assert Stream.objects.count() == 2


@pytest.mark.usefixtures("asked")
def test_streams_that_changed_meanwhile_are_moved_by_nobody(client, stream):
    stream.ends_on = date(2026, 12, 31)
    stream.save()
    decide(somebody())
    assert (Stream.objects.count(), Asked.objects.waiting().count()) == (1, 0)


def test_a_project_that_stays_may_still_move_its_campaign(stream):
    one = moving.Reach(stream.project.campaigns.get(), pounds(5), pounds(0))
    assert moving.size([one, moving.Reach(None, pounds(1), pounds(2))]) == [pounds(5)]


def test_a_day_before_all_books_is_refused_beside_its_field(client, stream, new):
    form = client.post(MOVE, typed(stream, new, since="0001-01-01")).context["form"]
    assert "too long ago" in form.errors["since"][0]

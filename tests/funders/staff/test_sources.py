"""How sources are doing, and what one can have them do."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from funders import todo
from funders.models import Source, SyncRun
from funders.sync import sync
from fundtracker.models import Role
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import NOW, give, pounds

pytestmark = pytest.mark.django_db
VERBS = ("test", "read", "resume")


def page(name, source, *more):
    return reverse(f"staff:{name}", args=[source.pk, *more])


def collective(**fields):
    made = {"name": "Giving page", "kind": "opencollective", "account": "sandbox"}
    return factories.SourceFactory(**made | fields)


@pytest.mark.parametrize("many", [1, 3])
@pytest.mark.usefixtures("today")
def test_each_source_has_its_line_at_the_same_number_of_queries(
    client, tess, django_assert_num_queries, many
):
    for number in range(many):
        give(collective(name=f"Page {number}", account=str(number)), pounds(5), pounds(7))
    with django_assert_num_queries(12):
        shown = words(client.get(reverse("staff:sources")))
    assert shown.count("Open Collective · ") == many
    assert (
        "Page 0 Open Collective · 0 up to date 30 June 2026, 13:00 BST 2" not in shown
    )  # the books are in UTC
    assert "Page 0 Open Collective · 0 up to date 30 June 2026, 12:00 UTC 2" in shown


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "up to date"),
        ({"failures": 1, "error": "It refused the token (401)."}, "failing"),
        ({"synced_at": NOW - timedelta(days=3)}, "not read for too long"),
        ({"synced_at": None}, "not read yet"),
        ({"active": False}, "paused"),
        ({"active": False, "synced_at": None}, "not started"),
        ({"kind": "manual"}, "typed in"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("today")
def test_health_is_a_word(client, tess, fields, word):
    collective(**fields)
    body = client.get(reverse("staff:sources")).content.decode()
    assert f">{word}</span>" in body
    assert fields.get("error", "") in body


def test_without_sources_the_list_says_what_one_is(client, tess):
    assert "No source is connected yet." in words(client.get(reverse("staff:sources")))


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_look_may_not_have_it_do_anything(client, tess, bells, verb):
    source, viewer = collective(active=False), Client()
    viewer.force_login(factories.UserFactory(role=Role.VIEWER))
    assert viewer.get(page("source", source)).status_code == 200
    assert viewer.post(page(f"source_{verb}", source)).status_code == 403
    assert "<button" not in viewer.get(page("source", source)).content.decode().partition("<main")[2]
    assert (bells, Source.objects.get().active) == ([], False)


@pytest.mark.parametrize("verb", VERBS)
def test_to_look_at_a_verb_does_nothing(client, tess, bells, verb):
    source = collective(active=False)
    assert client.get(page(f"source_{verb}", source)).url == page("source", source)
    assert (bells, Source.objects.get().active) == ([], False)


def test_read_now_makes_it_due_and_rings_once_however_often_it_is_pressed(client, tess, bells):
    source = collective(due_at=timezone.now() + timedelta(hours=6), failures=3)
    source.deliveries.create(external_id="m1", error="a new word")
    assert not Source.objects.due().exists()
    client.post(page("source_read", source))
    client.post(page("source_read", source))
    assert list(Source.objects.due()) == [source]
    assert (set(bells), source.deliveries.get().error) == ({source.pk}, "")


def test_everything_again_is_read_once_from_the_beginning(client, tess, server):
    source = collective(base_url=f"{server.url}/graphql/v2")
    source.token = "sandbox"
    source.save()
    sync(source)
    client.post(page("source_read", source), {"full": "1"})
    runs = [sync(Source.objects.get()), sync(Source.objects.get())]
    assert [(run.state, run.full, run.new) for run in runs] == [("complete", True, 0), ("complete", False, 0)]


def test_a_paused_source_is_not_read_by_hand_either(client, tess, bells):
    source = collective(active=False)
    client.post(page("source_read", source), {"full": "1"})
    assert (bells, Source.objects.get().reread) == ([], False)


def test_while_it_is_read_the_page_asks_every_two_seconds_how_far_it_is(client, tess):
    source = collective(lease_until=timezone.now() + timedelta(minutes=2))
    started = timezone.now() - timedelta(seconds=5)
    run = factories.SyncRunFactory(
        source=source, state="running", started_at=started, read_at=started + timedelta(seconds=5),
        pages=2, rows=1_500, expected=10_000,
    )  # fmt: skip
    moving = client.get(page("source_now", source))
    assert 'hx-trigger="every 2s"' in moving.content.decode()
    assert "2 pages, 1,500 of 10,000 records, 300 a second, 0:00:28 left" in words(moving)
    Source.objects.update(lease_until=None, due_at=timezone.now() + timedelta(hours=1))
    SyncRun.objects.filter(pk=run.pk).update(state="complete")
    done = client.get(page("source_now", source))
    assert "hx-trigger" not in done.content.decode()
    assert "Last reading: complete" in words(done)


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(0.5, "It waits for a worker"), (3, "It has been due for 3 minutes, and no worker has come.")],
)
def test_a_worker_that_does_not_come_is_missed_after_a_minute(client, tess, minutes, says):
    source = collective(due_at=timezone.now() - timedelta(minutes=minutes))
    shown = client.get(page("source_now", source))
    assert says in words(shown).replace("\xa0", " ")
    assert 'hx-trigger="every 2s"' in shown.content.decode()


def test_a_run_shows_what_was_rejected_and_where_and_has_it_read_again(client, tess, bells):
    source = collective()
    why = [{"where": "page 1, item 2", "why": "an amount <b>cannot</b> be booked"}]
    run = factories.SyncRunFactory(source=source, rejected=120, rejections=why, error="In doubt.")
    shown = client.get(page("run", source, run.pk))
    assert "page 1, item 2 an amount <b>cannot</b> be booked" in words(shown).replace("&lt;", "<").replace(
        "&gt;", ">"
    )
    assert "The first 1 of 120." in words(shown)
    assert page("source_read", source) in shown.content.decode()
    client.post(page("source_read", source), {"full": "1"})
    assert (Source.objects.get().reread, bells) == (True, [source.pk])


def test_a_run_is_found_at_its_own_source_only(client, tess):
    run = factories.SyncRunFactory(source=collective())
    assert client.get(page("run", collective(account="other"), run.pk)).status_code == 404


def test_the_history_of_runs_goes_on_where_the_page_ends(client, tess, django_assert_num_queries):
    source = collective()
    runs = [
        factories.SyncRunFactory(source=source, started_at=NOW - timedelta(hours=number // 2))
        for number in range(45)
    ]
    newest_first = sorted(runs, key=lambda run: (run.started_at, run.pk), reverse=True)
    seen, query = [], ""
    for _ in range(3):
        with django_assert_num_queries(14):
            found = client.get(page("source", source) + query).context
        seen += found["runs"]
        query = f"?before={found['older']}"
    assert found["older"] is None
    assert seen == newest_first
    assert client.get(page("source", source) + "?before=x").status_code == 404


def test_pausing_has_a_reason_that_stands_on_the_page_and_in_the_history(client, tess, bells):
    source = collective()
    assert "This field is required." in words(client.post(page("source_pause", source), {"why": ""}))
    client.post(page("source_pause", source), {"why": "The bank changes."})
    client.post(page("source_pause", source), {"why": "Twice."})
    assert not Source.objects.get().active
    assert "The bank changes." in words(client.get(page("source", source)))
    last = source.events.order_by("-pgh_id")[0]
    assert (last.active, last.pgh_context.metadata["user"]) == (False, tess.pk)
    client.post(page("source_resume", source))
    assert list(Source.objects.due()) == [source]
    assert "Paused since" not in words(client.get(page("source", source)))


def test_where_a_provider_sends_messages_the_page_says_to_which_address(client, tess):
    source = factories.SourceFactory(kind="kofi", slug="ko-fi")
    source.hook_secret = "s3cret"
    source.save()
    source.deliveries.create(external_id="m1", error="a new word")
    shown = words(client.get(page("source", source)))
    assert "http://127.0.0.1:8000/hooks/ko-fi/" in shown
    assert "Could not be booked 1" in shown
    assert "s3cret" not in shown
    assert "Its messages" not in words(client.get(page("source", collective())))


@pytest.mark.usefixtures("today")
def test_today_leads_to_the_source_and_to_the_run(tess):
    failing = collective(failures=1, error="It refused the token (401).")
    rejected = collective(account="other", name="Other")
    why = [{"where": "page 1", "why": "no amount"}]
    run = factories.SyncRunFactory(source=rejected, rejected=1, rejections=why)
    found = [one.url for one in todo.todos(now=NOW, today=NOW.date())]
    assert found == [page("source", failing), page("run", rejected, run.pk)]


def test_today_names_what_was_connected_and_never_started(tess):
    source = factories.SourceFactory(name="New one", kind="stripe", active=False, synced_at=None)
    started = factories.SourceFactory(kind="stripe", synced_at=None)
    type(source).objects.filter(pk=started.pk).update(active=False)
    said = [(one.what, one.url) for one in todo.todos(now=timezone.now(), today=timezone.now().date())]
    assert said == [
        ("New one is connected, and was never started", reverse("staff:source", args=[source.pk]))
    ]

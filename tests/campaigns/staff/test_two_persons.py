"""Above the limit a total counts once a second person agrees, whoever tries what."""

import re
import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from campaigns import invariants
from campaigns import todo as campaigns
from campaigns.models import Statement, Withdrawal
from campaigns.progress import measure
from funders import agreement
from fundtracker.models import User
from tests import factories
from tests.factories import NOW, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def hundred(today):
    factories.limit(100)


@pytest.fixture
def campaign():
    return factories.CampaignFactory(slug="appeal", name="Appeal")


@pytest.fixture
def ann(signed_in):
    return signed_in("ann")


@pytest.fixture
def bob(signed_in):
    return signed_in("bob")


def raised(campaign):
    [progress] = measure([type(campaign).objects.get()], on=TODAY)
    return progress.raised


def send(client, amount, **fields):
    url = reverse("staff:figure", args=["appeal"])
    form = client.get(url).context["form"]
    typed = {"key": form["key"].value(), "seen": form["seen"].value() or "", "as_of": "2026-06-30"}
    return client.post(url, typed | {"amount_minor": amount} | fields)


def state(client, amount, **fields):
    send(client, amount, publish="1", **fields)
    return Statement.objects.order_by("pk").last()


def act(client, statement, **verb):
    url = reverse("staff:statement", args=["appeal", statement.pk])
    return client.post(url, {"asked": client.get(url).context["label"]} | verb)


def test_what_is_large_waits_and_counts_once_somebody_else_agrees(campaign, ann, bob):
    said = state(ann, "101")
    assert (said.waits, raised(campaign)) == (True, None)
    assert act(bob, said, agree="1").status_code == 302
    assert raised(campaign) == pounds(101)
    assert [str(todo.what) for todo in campaigns.todos(today=TODAY)] == []


def test_what_is_small_counts_at_once(campaign, ann):
    assert (state(ann, "100").waits, raised(campaign)) == (False, pounds(100))


def test_the_preview_says_that_it_will_wait(campaign, ann):
    assert "it will wait until a second person agrees" in send(ann, "101").content.decode()
    assert "it will wait" not in send(ann, "100").content.decode()
    assert (send(ann, "100", publish="1").status_code, raised(campaign)) == (302, pounds(100))


def test_both_see_before_and_after_and_only_the_other_may_agree(campaign, ann, bob):
    url = reverse("staff:statement", args=["appeal", state(ann, "500").pk])
    own, other = ann.get(url), bob.get(url)
    assert (own.context["before"].received, own.context["after"].received) == (None, pounds(500))
    assert "somebody else must agree" in own.content.decode()
    assert [re.findall(r'name="(agree|refuse)"', page.content.decode()) for page in (own, other)] == [
        ["refuse"], ["agree", "refuse"],
    ]  # fmt: skip


def test_whoever_asked_never_agrees(campaign, ann):
    said = state(ann, "500")
    assert act(ann, said, agree="1").status_code == 403
    for changes in (
        {"needs_second": False},
        {"agreed_at": NOW, "agreed_by": User.objects.get()},
        {"agreed_at": NOW},
        {"amount_minor": 1},
        {"recorded_by": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Statement.objects.update(**changes)
    assert raised(campaign) is None


def test_many_small_steps_are_one_large_one(campaign, ann, bob):
    assert [state(ann, amount).waits for amount in ("60", "100", "101")] == [False, False, True]
    assert state(ann, "99").waits
    assert not state(bob, "101").waits


def test_a_large_effect_on_a_past_day_waits_though_todays_figure_stays(campaign, ann):
    factories.StatementFactory(campaign=campaign, as_of=date(2026, 6, 1), amount_minor=50_000)
    assert state(ann, "500", as_of="2026-05-01").waits
    assert not state(ann, "550", as_of="2026-06-02").waits


def test_what_is_refused_never_counts_nor_is_asked_again(campaign, ann, bob):
    said = state(ann, "500")
    assert act(bob, said, refuse="1").status_code == 200  # no reason
    act(bob, said, refuse="1", why="Not what the bank says.")
    answers = [act(client, said, agree="1").status_code for client in (bob, ann)]
    said.refresh_from_db()
    assert (answers, said.refused_why, said.in_force) == ([302, 302], "Not what the bank says.", False)
    assert raised(campaign) is None
    assert not state(ann, "50").waits


def test_a_replay_agrees_to_nothing_else(campaign, ann, bob):
    first = state(ann, "500")
    act(bob, first, agree="1")
    second = state(ann, "5000")
    act(bob, first, agree="1")
    assert (second.waits, raised(campaign)) == (True, pounds(500))


def test_a_waiting_total_is_nowhere_in_public(campaign, ann, client):
    state(ann, "777", note="Between us")
    pages = [campaign.get_absolute_url(), f"/api/v1/campaigns/{campaign.slug}/", "/en/"]
    assert not any(re.search("777|Between us", client.get(page).content.decode()) for page in pages)
    assert invariants.finding(TODAY).wrong == []


def test_a_large_withdrawal_waits_too(campaign, ann, bob):
    said = factories.StatementFactory(campaign=campaign, amount_minor=50_000)
    act(ann, said, withdraw="1", why="A slip.")
    act(ann, said, withdraw="1", why="Again.")
    assert (raised(campaign), Withdrawal.objects.count()) == (pounds(500), 1)
    assert [str(todo.what) for todo in campaigns.todos(today=TODAY)] == [
        "Appeal: taking back £500 for April 4, 2026 waits for a second person"
    ]
    assert act(ann, said, agree="1").status_code == 403
    assert act(bob, said, agree="1").status_code == 302
    said.refresh_from_db()
    assert (said.withdrawn_why, raised(campaign)) == ("A slip.", None)


def test_whoever_meant_to_agree_to_a_total_does_not_agree_to_its_withdrawal(campaign, ann, bob, signed_in):
    said = state(ann, "500")
    seen = f"statement {said.pk}"
    act(signed_in("eve"), said, agree="1")
    act(ann, said, withdraw="1", why="A slip.")
    act(bob, said, agree="1", asked=seen)
    assert (Withdrawal.objects.get().waits, raised(campaign)) == (True, pounds(500))


def test_a_withdrawal_that_waits_marks_nothing_by_any_other_road(campaign, ann):
    said = factories.StatementFactory(campaign=campaign, amount_minor=50_000)
    act(ann, said, withdraw="1", why="A slip.")
    for table, changes in (
        (Statement, {"withdrawn_at": NOW, "withdrawn_why": "A slip."}),
        (Withdrawal, {"needs_second": False}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            table.objects.update(**changes)
    assert raised(campaign) == pounds(500)


def test_a_small_withdrawal_is_seen_by_the_public_with_its_reason(campaign, ann, client):
    said = factories.StatementFactory(campaign=campaign, amount_minor=5_000)
    assert act(ann, said, withdraw="1").status_code == 200
    act(ann, said, withdraw="1", why="Counted twice.")
    assert "Counted twice." in client.get(campaign.get_absolute_url()).content.decode()
    assert raised(campaign) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_agree_at_once_one_does_and_it_counts_once(campaign, ann, signed_in):
    said = state(ann, "500")
    people = [signed_in(f"person{n}") for n in range(6)]

    def agree(client):
        act(client, said, agree="1")
        connection.close()

    threads = [threading.Thread(target=agree, args=(client,)) for client in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said.refresh_from_db()
    assert (said.counts, raised(campaign)) == (True, pounds(500))
    assert sum(event.agreed_by_id is not None for event in said.events.all()) == 1


def test_without_the_rule_everything_would_count(campaign, ann, monkeypatch):
    """The guard switched off: the tests above would see it."""
    monkeypatch.setattr(agreement, "takes_second", lambda *_, **__: False)
    assert (state(ann, "500").waits, raised(campaign)) == (False, pounds(500))

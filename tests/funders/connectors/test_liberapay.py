"""Liberapay's public page: one promise of a month, and never money."""

import json
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from funders.connectors import liberapay
from funders.connectors.base import Account, Frequency, Promise, Rejected, SchemaChanged, State
from funders.models import Commitment, DailyTotal, Entry, Source
from funders.sandbox.speech import Answer
from funders.sync import sync
from fundtracker import http
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

PAYLOAD = json.loads((Path(__file__).parent / "data" / "liberapay" / "public.json").read_text())


def said(**changes):
    page = {key: value for key, value in {**deepcopy(PAYLOAD), **changes}.items() if value != "gone"}
    [promise] = liberapay.parse(page, Account("example-foundation"), NOON)
    return promise


def test_what_is_received_in_a_week_is_one_promise_of_a_month():
    assert said() == Promise(
        external_id="receiving",
        amount=Money(26152, "EUR"),  # 60.35 × 52 / 12 = 261.5166…
        seen=NOON,
        frequency=Frequency.MONTHLY,
        state=State.ACTIVE,
        title="Liberapay: 42 patrons",
    )


@pytest.mark.parametrize(
    ("weekly", "currency", "minor"),
    [
        ("0.03", "EUR", 13),
        ("1.00", "EUR", 433),
        ("0.06", "EUR", 26),
        ("100", "JPY", 433),
        ("1.5", "KWD", 6500),
        ("0.015", "KWD", 65),
        ("0.003", "KWD", 13),
        ("0.0006", "CLF", 26),
    ],
)
def test_a_week_becomes_a_month_by_52_twelfths(weekly, currency, minor):
    assert liberapay.monthly(weekly, currency) == Money(minor, currency)


def test_what_the_account_hides_is_a_promise_of_nobody_knows_how_much():
    hidden = said(receiving=None)
    assert (hidden.amount, hidden.state) == (None, State.ACTIVE)
    assert hidden.title == "Liberapay: 42 patrons (amount hidden there)"


def test_who_receives_nothing_has_no_promise_any_more():
    nothing = said(receiving={"amount": "0.00", "currency": "EUR"}, npatrons=0)
    assert (nothing.amount, nothing.state) == (None, State.ENDED)


@pytest.mark.parametrize("goal", ["gone", None, {"amount": "1.00", "currency": "EUR"}])
def test_a_goal_of_its_own_changes_nothing(goal):
    assert said(goal=goal) == said()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"receiving": "gone"}, "“receiving” is missing or new in Liberapay's answer"),
        ({"receiving": {"amount": "many", "currency": "EUR"}}, "“many” “EUR” at Liberapay is no amount"),
        ({"receiving": {"amount": "1.00", "currency": "XQX"}}, "“1.00” “XQX” at Liberapay is no amount"),
        ({"receiving": {"amount": "1.005", "currency": "EUR"}}, "“1.005” “EUR” at Liberapay is no amount"),
        ({"receiving": {"amount": "-1.00", "currency": "EUR"}}, "“-1.00” “EUR” at Liberapay is no amount"),
        ({"receiving": {"amount": None, "currency": "EUR"}}, "Liberapay is no amount"),
        ({"receiving": {"amount": Decimal("1.50"), "currency": "EUR"}}, "Liberapay is no amount"),
        ({"npatrons": "many"}, "a value in Liberapay's answer is of another kind"),
    ],
)
def test_what_is_new_or_cannot_be_is_refused_in_words(changes, words):
    with pytest.raises(Rejected, match=words):
        said(**changes)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with sandbox(clock) as server:
        yield server


@pytest.fixture
def source(db, server):
    return Source.objects.create(
        slug="liberapay",
        name="Liberapay",
        kind="liberapay",
        account="sandbox",
        base_url=f"{server.url}/liberapay",
    )


def weekly(server):
    plans = server.foundation.at(server.now()).through("liberapay").plans
    return sum(plan.cents for plan in plans if not plan.ended(server.now()))


def test_the_promise_follows_what_its_patrons_give(source, server, clock):
    newest = server.foundation.at(NOON).through("liberapay").plans[-1]
    clock.now = newest.started - timedelta(hours=1)
    sync(source)
    [before] = Commitment.objects.values_list("amount_minor", "currency", "frequency", "state")
    assert before == (round(Decimal(weekly(server)) * 52 / 12), "EUR", "monthly", "active")
    clock.now = newest.started + timedelta(hours=1)
    assert sync(source).changed == 1
    [after] = Commitment.objects.values_list("amount_minor", flat=True)
    assert after == round(Decimal(weekly(server)) * 52 / 12) > before[0]


def test_syncing_twice_is_syncing_once(source):
    sync(source)
    before = everything()
    again = sync(source, full=True)
    assert (again.state, again.new, again.changed, everything()) == ("complete", 0, 0, before)


def test_its_money_is_counted_at_stripe_and_nowhere_else(source, server):
    stripe = Source(
        slug="stripe", name="Stripe", kind="stripe", base_url=f"{server.url}/stripe/v1", is_sandbox=False
    )
    stripe.token = "sandbox"
    stripe.save()
    sync(stripe)
    paid = [
        one
        for one in server.foundation.at(NOON).through("liberapay").payments
        if not one.failed and not one.test
    ]
    charges = {f"stripe:{server.foundation.charge(one)}" for one in paid}
    assert len(charges) > 3
    assert charges <= set(Entry.objects.values_list("payment_ref", flat=True))
    entries, totals = Entry.objects.count(), set(DailyTotal.objects.values_list())
    assert sync(source).new == 1
    assert (Entry.objects.count(), set(DailyTotal.objects.values_list())) == (entries, totals)
    assert not source.entries.exists()


def test_an_account_may_be_named_by_its_number_which_stays(source):
    source.account = "~1848000"
    source.save()
    assert sync(source).state == "complete"
    assert Commitment.objects.get().title.startswith("Liberapay: ")


def test_an_account_that_is_not_there_is_said_in_words(source):
    source.account = "nobody"
    source.save()
    run = sync(source)
    assert run.state == "failed"
    assert run.error.endswith("has nothing at this address (404): check the name and the address.")


def test_a_limit_that_tells_no_time_is_waited_for(source, server, monkeypatch):
    waits: list[float] = []
    monkeypatch.setitem(http.fetch.__kwdefaults__, "pause", waits.append)
    server.meddle = lambda question, answer: Answer(429, {"error_code": 429})
    run = sync(source)
    assert (run.state, len(waits)) == ("failed", 4)
    assert "asks us to slow down (429)" in run.error


def test_another_page_in_its_stead_is_no_promise(source, server):
    server.meddle = lambda question, answer: Answer(200, [])
    run = sync(source)
    assert (run.state, Commitment.objects.count()) == ("failed", 0)
    assert "this needs a developer" in run.error


def test_a_changed_schema_has_the_place_in_its_words():
    with pytest.raises(SchemaChanged, match="Liberapay"):
        list(liberapay.parse(None, Account("x"), NOON))

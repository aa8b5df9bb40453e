"""Stripe over HTTP: runs read it once and whole, walk back only as far as they must, and agree with the foundation."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from funders.connectors import stripe_pages
from funders.models import Commitment, Entry, Giver, Source
from funders.sandbox.foundation import CHARGED_BY_STRIPE
from funders.sandbox.stripe import RESTRICTED
from funders.sandbox.stripe_objects import RATES, RETURNS
from funders.sync import sync
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=150)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock, monkeypatch):
    with sandbox(clock, live=NOON + timedelta(days=400)) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


@pytest.fixture
def asked(server):
    """Every question for a page, by its list."""
    asked: Counter[str] = Counter()

    def count(question, answer):
        asked[question.path] += 1
        return answer

    server.meddle = count
    return asked


def source_of(server: Any, **changes: Any) -> Source:
    values = {"slug": "stripe", "name": "Stripe", "kind": "stripe", "token": "sandbox", **changes}
    return Source.objects.create(base_url=f"{server.url}/stripe/v1", **values)


@pytest.fixture
def source(server):
    return source_of(server, options={"designation": "campaign"})


def schema() -> dict[str, Any]:
    """A subscription has no version but the day it was asked for: that alone moves."""
    Commitment.objects.update(seen=NOON)
    return everything()


def content(source: Source) -> set[tuple[Any, ...]]:
    return set(source.entries.values_list("external_id", "part", "kind", "amount_minor", "designation"))


def given(server: Any, now: datetime) -> Counter[str]:
    """What the foundation was given through Stripe, in euro cents, by kind."""
    sums: Counter[str] = Counter()
    for payment in server.foundation.at(now).through(*CHARGED_BY_STRIPE).payments:
        if payment.failed or payment.test:
            continue
        rate, back = Decimal(RATES[payment.currency][0]), payment.refunded(now)
        brought = int((payment.cents * rate).to_integral_value())
        sums["donation"] += brought
        if back and not (back.won and back.at + RETURNS <= now):
            sums["chargeback" if back.dispute else "refund"] -= brought * back.cents // payment.cents
    return sums


def test_what_is_raised_is_what_the_foundation_was_given(source, server, clock):
    clock.now = LATER
    run = sync(source)
    assert (run.state, run.rejected) == ("complete", 0)
    kinds = ("donation", "refund", "chargeback")
    sums = (
        source.entries.filter(part="gross", kind__in=kinds).values("kind").annotate(sum=Sum("amount_minor"))
    )
    booked = {row["kind"]: row["sum"] for row in sums}
    expected = given(server, LATER)
    assert booked == {kind: expected[kind] for kind in kinds}
    assert min(abs(sum) for sum in booked.values()) > 0
    assert not Entry.objects.filter(standing__counted_as="waiting").exists()
    assert set(source.entries.values_list("currency", flat=True)) == {"EUR"}


def test_its_net_is_what_stripe_has_or_paid_out(source, server, clock):
    clock.now = LATER
    sync(source)
    total = source.entries.exclude(kind="transfer").aggregate(sum=Sum("amount_minor"))["sum"]
    rows: list[Any] = []

    def keep(question, answer):
        if question.path == "/balance_transactions":
            rows.extend(answer.body["data"])
        return answer

    server.meddle = keep
    sync(source, full=True)
    ours = [row for row in rows if row["type"] != "payout" and is_live(row["source"])]
    assert total == sum(row["net"] for row in ours)


def is_live(thing: Any) -> bool:
    charge = thing if thing is None or thing["object"] == "charge" else thing["charge"]
    return charge is None or charge["livemode"]


def test_syncing_twice_is_syncing_once(source, clock):
    clock.now = LATER
    first = sync(source)
    before = schema()
    again, whole = sync(source), sync(source, full=True)
    assert (first.new > 100, again.new, again.changed, whole.new, whole.changed) == (True, 0, 0, 0, 0)
    assert (whole.state, schema()) == ("complete", before)


def test_a_later_run_finds_late_refunds_and_walks_back_two_weeks_only(source, clock, asked, monkeypatch):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)
    clock.now = LATER
    first, pages = sync(source, full=True), asked["/balance_transactions"]
    refunds = Entry.objects.filter(kind="refund").count()
    asked.clear()
    clock.now = LATER + timedelta(days=45)
    later = sync(source)
    assert pages * 20 >= first.new / 2 > 200
    assert 1 < asked["/balance_transactions"] < pages / 1.5
    assert Entry.objects.filter(kind="refund").count() > refunds
    assert later.unchanged > 0
    before = schema()
    assert (sync(source, full=True).new, schema()) == (0, before)


def test_a_server_without_the_filter_is_walked_down_to_where_we_had_been(
    server, source, clock, asked, monkeypatch
):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)

    def meddle(question, answer):
        assert "created" not in question.query
        asked[question.path] += 1
        return answer

    server.meddle = meddle
    plain = source_of(server, slug="plain", options={"created_filter": False, "designation": "campaign"})
    clock.now = LATER
    sync(plain, full=True)
    whole = asked["/balance_transactions"]
    clock.now = LATER + timedelta(days=20)
    asked.clear()
    sync(plain)
    assert 1 < asked["/balance_transactions"] < whole / 2
    server.meddle = lambda question, answer: answer
    sync(source)
    assert content(plain) == content(source)


def cut_short_after(server: Any, pages: int) -> None:
    answers = iter([({}, 0.0)] * pages)
    server.limiter.take = lambda *asked: next(answers, ({}, 900.0))
    server.meddle = lambda question, answer: replace(answer, headers={"Retry-After": "900"})


def test_a_walk_that_is_cut_short_keeps_what_it_booked_and_goes_on_where_it_was(
    source, server, clock, asked, monkeypatch
):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)
    clock.now, count = LATER, server.meddle
    reference = source_of(server, slug="reference", options=source.options)
    sync(reference)
    pages = asked["/balance_transactions"]
    for _ in range(2):
        cut_short_after(server, 4)
        run = sync(source)
        source.refresh_from_db()
        assert (run.state, run.pages, "watermark" in source.cursor) == ("partial", 4, False)
        assert run.new > 20
        clock.now += timedelta(hours=9)  # what comes meanwhile waits for the next walk
    server.limiter.take, server.meddle = lambda *asked: ({}, 0.0), count
    asked.clear()
    assert sync(source).state == "complete"
    assert asked["/balance_transactions"] == pages - 8 > 8
    reference.refresh_from_db()
    source.refresh_from_db()
    assert source.cursor == reference.cursor
    sync(source)
    sync(reference)
    assert content(source) == content(reference)


def test_a_later_walk_that_is_cut_short_still_reaches_down_to_where_the_last_one_began(
    source, server, clock, asked, monkeypatch
):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)
    count = server.meddle
    sync(source, full=True)
    source.refresh_from_db()
    known = source.cursor["watermark"]
    clock.now = LATER
    cut_short_after(server, 2)
    assert sync(source).state == "partial"
    source.refresh_from_db()
    walk = source.cursor["walk"]
    assert (source.cursor["watermark"], walk["since"]) == (known, known - 14 * 86_400)
    assert walk["newest"] > known
    server.limiter.take, server.meddle = lambda *asked: ({}, 0.0), count
    sync(source)
    source.refresh_from_db()
    assert source.cursor == {"watermark": walk["newest"]}
    before = content(source)
    asked.clear()
    sync(source, full=True)
    assert (content(source), asked["/balance_transactions"] > 8) == (before, True)


def test_what_comes_while_we_walk_shifts_nothing_and_is_found_by_the_next_run(
    source, server, clock, monkeypatch
):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)

    def hurry(question, answer):
        clock.now += timedelta(hours=9)
        return answer

    server.meddle = hurry
    sync(source)
    server.meddle = lambda question, answer: answer
    sync(source)
    reference = source_of(server, slug="whole", options=source.options)
    sync(reference)
    assert content(source) == content(reference)


@pytest.mark.parametrize("loop", [1, 2])
def test_pages_that_come_again_for_ever_end_the_run(source, server, monkeypatch, loop):
    monkeypatch.setattr(stripe_pages, "LIMIT", 20)
    heard: list[Any] = []

    def repeat(question, answer):
        heard.append(answer if len(heard) < loop else heard[len(heard) % loop])
        return heard[-1]

    server.meddle = repeat
    run = sync(source)
    assert (run.state, len(heard)) == ("partial", loop + 1)
    assert run.error == "Stripe gave the same page of balance transactions again."


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("wrong", "refused the token (401)"),
        (RESTRICTED, "does not let this token read what we ask for (403)"),
        ("sk_test_1", "This is a key of Stripe's test mode: put in the live one."),
    ],
)
def test_a_key_that_cannot_be_right_is_said_in_words(server, token, words):
    run = sync(source_of(server, token=token))
    assert (run.state, run.pages) == ("failed", 0)
    assert words in run.error


def test_nobody_is_named_and_no_address_enters(source, clock):
    clock.now = LATER
    sync(source)
    assert Giver.objects.count() > 50
    assert set(Giver.objects.values_list("name", "external_id")) == {("", "")}
    assert not Entry.objects.filter(show_name=True).exists()
    rows = str(everything())
    assert "example.org" not in rows
    assert "Sandbox Giver" not in rows


def test_the_test_mode_is_booked_for_a_sandbox_only(source, server, clock):
    clock.now = LATER
    tests = [
        payment
        for payment in server.foundation.at(LATER).through(*CHARGED_BY_STRIPE).payments
        if payment.test and not payment.failed
    ]
    ids = [server.foundation.charge(payment) for payment in tests]
    for one in (source, source_of(server, slug="generated", is_sandbox=True)):
        sync(one)
    assert len(ids) > 1
    booked = Entry.objects.filter(external_id__in=ids, part="gross")
    assert set(booked.values_list("source__slug", flat=True)) == {"generated"}
    assert booked.count() == len(ids)


def test_plans_are_commitments_and_their_payments_come_monthly(source, server, clock):
    clock.now = LATER
    sync(source)
    plans = server.foundation.at(LATER).through("stripe").plans
    states = Counter(
        "ended" if plan.ended(LATER) and plan.end == "cancelled" else "running" for plan in plans
    )
    assert Commitment.objects.filter(state="ended").count() == states["ended"]
    assert Commitment.objects.exclude(state="ended").count() == states["running"] > 3
    monthly = source.entries.filter(kind="donation", frequency="monthly")
    paid = [
        payment
        for payment in server.foundation.at(LATER).through("stripe").payments
        if payment.plan and not payment.failed and not payment.test
    ]
    assert monthly.filter(part="gross").count() == len(paid) > 5


def test_subscriptions_that_another_source_reports_are_left_to_it(server, clock, asked):
    run = sync(source_of(server, options={"subscriptions": False}))
    assert (run.state, asked["/subscriptions"], Commitment.objects.count()) == ("complete", 0, 0)

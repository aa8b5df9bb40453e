"""Donorbox's API: what each row means, and that re-reading finds what rows say later."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q, Sum

from funders.connectors import donorbox_pages
from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
    State,
)
from funders.connectors.donorbox import STATES, parse
from funders.models import Commitment, Entry, Giver, Source
from funders.sandbox.donorbox import LOGIN
from funders.sandbox.speech import Answer
from funders.sync import sync
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

DATA = Path(__file__).parent / "data" / "donorbox"
ACCOUNT = Account("treasurer@foundation.example", options={"memberships": ["Individual membership"]})
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=300)


def rows(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(), parse_float=Decimal)


GIFT, MEMBER, YEN = rows("donations")
ANNUAL, WEEKLY = rows("plans")


def said(row: Any, account: Account = ACCOUNT, **changes: Any) -> list[Receipt | Promise]:
    return list(parse({"donation": {**deepcopy(row), **changes}}, account, NOW))


def receipt(row: Any, account: Account = ACCOUNT, **changes: Any) -> Receipt:
    """Of a gift of which nothing was given back."""
    gift, back = said(row, account, **changes)
    assert isinstance(gift, Receipt)
    assert isinstance(back, Receipt)
    assert (back.amount.minor, back.fee, back.refunds_external_id) == (0, None, gift.external_id)
    return gift


def promise(row: Any, currency: str | None = "EUR", account: Account = ACCOUNT, **changes: Any) -> Promise:
    [one] = parse({"plan": {**deepcopy(row), **changes}, "currency": currency}, account, NOW)
    assert isinstance(one, Promise)
    return one


def test_a_gift_has_its_name_its_fee_and_its_charge():
    assert receipt(GIFT) == Receipt(
        external_id="501",
        kind=Kind.DONATION,
        amount=Money(10_000, "USD"),
        occurred_at=datetime(2026, 3, 4, 5, 6, 7, 432_000, tzinfo=UTC),
        seen=NOW,
        giver=GiverRef("7001", "Sandbox Giver 1", True),
        fee=Money(-320, "USD"),
        designation="Security",
        payment_ref="stripe:ch_3Example1",
    )


def test_dues_that_were_given_back_in_part_are_two_receipts_of_one_day():
    given, nobody = datetime(2026, 3, 5, 12, tzinfo=UTC), GiverRef("7003")
    assert said(MEMBER) == [
        Receipt(
            external_id="502",
            kind=Kind.MEMBERSHIP,
            amount=Money(1250, "EUR"),
            occurred_at=given,
            seen=NOW,
            giver=nobody,
            fee=Money(-66, "EUR"),
            frequency=Frequency.YEARLY,
            payment_ref="paypal:PAYPALEXAMPLE2",
        ),
        Receipt(
            external_id="502:refund",
            kind=Kind.REFUND,
            amount=Money(-500, "EUR"),
            occurred_at=given,
            seen=NOW,
            giver=nobody,
            frequency=Frequency.YEARLY,
            refunds_external_id="502",
        ),
    ]


def test_a_gift_outside_of_campaigns_from_nobody_by_no_processor():
    assert receipt(YEN) == Receipt(
        external_id="503",
        kind=Kind.DONATION,
        amount=Money(500, "JPY"),
        occurred_at=datetime(2026, 3, 6, tzinfo=UTC),
        seen=NOW,
    )


@pytest.mark.parametrize("flag", [True, None, "false", 0])
def test_only_a_flag_that_says_so_shows_a_name(flag):
    assert receipt(GIFT, anonymous_donation=flag).giver == GiverRef("7001")


def test_a_missing_flag_hides_the_name():
    row = {field: value for field, value in GIFT.items() if field != "anonymous_donation"}
    assert receipt(row).giver == GiverRef("7001")


@pytest.mark.parametrize(("amount", "status"), [("100.0", "pending"), ("100.0", "failed"), ("0.0", "paid")])
def test_what_moved_nothing_says_so_with_0(amount, status):
    gift = receipt(GIFT, amount=amount, status=status)
    assert (gift.external_id, gift.amount, gift.fee) == ("501", Money(0, "USD"), None)


def test_of_what_did_not_come_nothing_was_given_back():
    assert receipt(MEMBER, status="failed").amount == Money(0, "EUR")


def test_what_is_no_list_of_memberships_is_refused_in_words():
    account = Account("treasurer@foundation.example", options={"memberships": "General fund"})
    with pytest.raises(Rejected, match="the setting “memberships” is no list: write"):
        said(GIFT, account)


@pytest.mark.parametrize("named", ["General fund", "11", 11])
def test_campaigns_are_memberships_by_name_or_by_id(named):
    account = Account("treasurer@foundation.example", options={"memberships": [named]})
    assert receipt(GIFT, account).kind is Kind.MEMBERSHIP
    assert promise(WEEKLY, account=account).tier == "General fund"


@pytest.mark.parametrize(
    ("changes", "frequency"),
    [
        ({"interval": "1 W"}, Frequency.MONTHLY),
        ({"interval": "1 M"}, Frequency.MONTHLY),
        ({"interval": "3 M"}, Frequency.QUARTERLY),
        ({"interval": "12 M"}, Frequency.YEARLY),
        ({}, Frequency.MONTHLY),
        ({"recurring": False, "interval": "1 M"}, Frequency.ONCE),
    ],
)
def test_how_often_a_gift_comes(changes, frequency):
    assert receipt(GIFT, **{"recurring": True, **changes}).frequency is frequency


def test_a_plan_of_a_membership_campaign_is_a_membership():
    assert promise(ANNUAL) == Promise(
        external_id="plan:168",
        amount=Money(1250, "EUR"),
        seen=NOW,
        frequency=Frequency.YEARLY,
        giver=GiverRef("7003"),
        starts_on=date(2026, 3, 5),
        tier="Individual membership",
    )


def test_weeks_become_months_and_a_plan_ends_where_it_was_last_paid():
    assert promise(WEEKLY) == Promise(
        external_id="plan:169",
        amount=Money(4333, "EUR"),
        seen=NOW,
        frequency=Frequency.MONTHLY,
        state=State.ENDED,
        giver=GiverRef("7001"),
        starts_on=date(2025, 12, 1),
        ends_on=date(2026, 2, 2),
    )


@pytest.mark.parametrize(("word", "state"), STATES.items())
def test_each_status_of_a_plan(word, state):
    one = promise(ANNUAL, status=word)
    assert (one.state, one.ends_on) == (state, date(2026, 3, 5) if state is State.ENDED else None)


def test_a_plan_whose_currency_nobody_says_is_refused_alone():
    with pytest.raises(Rejected, match="a plan of a campaign that is not listed") as refusal:
        promise(ANNUAL, None, campaign=None)
    assert not isinstance(refusal.value, SchemaChanged)


@pytest.mark.parametrize(
    ("campaign", "currencies", "currency"),
    [
        ({"id": 11}, {11: "EUR", 12: "USD"}, "EUR"),
        ({"id": 13}, {11: "EUR", 12: "USD"}, None),
        (None, {11: "EUR", 12: "EUR"}, "EUR"),
        (None, {}, None),
    ],
)
def test_the_currency_of_a_plan_is_its_campaigns_or_that_of_all(campaign, currencies, currency):
    item = donorbox_pages._item("plans", {"campaign": campaign}, currencies)
    assert item["currency"] == currency


def test_a_plan_that_costs_nothing_promises_nothing():
    assert list(parse({"plan": {**ANNUAL, "amount": "0.0"}, "currency": "EUR"}, ACCOUNT, NOW)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "lost"}, "“lost” is missing or new in Donorbox's answer"),
        ({"recurring": True, "interval": "1 C"}, "“1 C” is missing or new"),
        ({"amount": 100}, "is of another kind than it was"),
        ({"amount": "a lot"}, "a value in Donorbox's answer is of another kind"),
        ({"processing_fee": "0.59"}, "is of another kind than it was"),
        ({"processing_fee": None}, "is of another kind than it was"),
        ({"recurring": "false"}, "is of another kind than it was"),
        ({"recurring": True, "plan_id": 168}, "“interval” is missing or new"),
        ({"stripe_charge_id": None}, "is of another kind than it was"),
        ({"donation_date": "yesterday"}, "a value in Donorbox's answer has changed"),
        ({"donor": {"id": "7001", "name": "Sandbox Giver 1"}}, "is of another kind than it was"),
    ],
)
def test_a_word_or_a_value_that_nobody_knows_stops_the_run(changes, words):
    with pytest.raises(SchemaChanged, match=words):
        said(GIFT, **changes)


@pytest.mark.parametrize(("word", "value"), [("type", "hourly"), ("status", "resting"), ("status", "\x00?")])
def test_a_word_of_a_plan_that_nobody_knows_refuses_the_plan_alone(word, value):
    with pytest.raises(Rejected, match="^a plan says “[a-z?]+”, which is new") as refusal:
        promise(ANNUAL, **{word: value})
    assert not isinstance(refusal.value, SchemaChanged)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "100.005"}, "more decimals than USD has"),
        ({"currency": "XQX"}, "“XQX” is not a currency"),
        ({"amount_refunded": "100.01"}, "100.01 USD of 100.00 USD were given back"),
        ({"processing_fee": -1}, "a fee of -1 USD cannot be booked"),
        ({"processing_fee": Decimal("0.595")}, "a fee of 0.595 USD cannot be booked"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_alone(changes, words):
    with pytest.raises(Rejected, match=words) as refusal:
        said(GIFT, **changes)
    assert not isinstance(refusal.value, SchemaChanged)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with sandbox(clock, live=LATER + timedelta(days=365)) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


@pytest.fixture
def source(server, db):
    source = Source(
        slug="donorbox",
        name="Donorbox",
        kind="donorbox",
        account=LOGIN,
        base_url=f"{server.url}/donorbox/api/v1",
        options={"memberships": ["Individual membership"]},
    )
    source.token = "sandbox"
    source.save()
    return source


def sums(**of):
    rows = Entry.objects.filter(**of).values("currency", "kind").annotate(minor=Sum("amount_minor"))
    return {(row["kind"], row["currency"]): row["minor"] for row in rows}


def expected(server, now):
    """From the foundation itself: what was paid and what was given back, by kind and currency."""
    found: dict[tuple[str, str], int] = {}
    for payment in server.foundation.at(now).through("donorbox").payments:
        unit = 100 if payment.currency == "JPY" else 1
        back = payment.refund.cents if payment.refund and not payment.refund.dispute else 0
        kind = "membership" if payment.plan else "donation"
        for what, cents in ((kind, payment.cents), ("refund", -back)):
            if cents and not payment.failed and not payment.test:
                key = (what, payment.currency)
                found[key] = found.get(key, 0) + cents // unit
    return found


def read(source, *, full=False):
    """One run, from where the last one ended."""
    source.refresh_from_db()
    return sync(source, full=full)


def test_syncing_twice_is_syncing_once(source, clock):
    clock.now = LATER
    first = read(source)
    before = everything()
    again, whole = read(source), read(source, full=True)
    assert [run.state for run in (first, again, whole)] == ["complete"] * 3
    assert (first.new > 300, first.rejected) == (True, 0)
    assert [(run.new, run.changed) for run in (again, whole)] == [(0, 0)] * 2
    assert everything() == before


def test_its_sums_are_those_of_the_foundation(source, server, clock):
    clock.now = LATER
    read(source)
    assert sums(part="gross") == expected(server, LATER)
    assert {kind for kind, _ in sums(part="gross")} == {"donation", "membership", "refund"}


def test_fees_are_whole_cents_again(source, server, clock):
    clock.now = LATER
    read(source)
    paid = [
        payment
        for payment in server.foundation.at(LATER).through("donorbox").payments
        if payment.currency == "EUR" and not payment.failed and not payment.test
    ]
    assert sums(part="fee")["fee", "EUR"] == -sum(round(payment.cents * 0.029) + 30 for payment in paid)


def test_no_name_of_an_anonymous_gift_and_no_address_is_kept(source, server, clock):
    clock.now = LATER
    read(source)
    payments = server.foundation.at(LATER).through("donorbox").payments
    shown = {payment.giver.name for payment in payments if payment.public and not payment.failed}
    kept = set(Giver.objects.exclude(name="").values_list("name", flat=True))
    assert kept
    assert kept <= shown
    assert "@" not in json.dumps(everything(), default=str).replace(LOGIN, "")


def test_a_later_run_reads_only_what_is_new_and_two_days_before(source, server, clock):
    read(source, full=True)
    asked = []

    def meddle(question, answer):
        asked.append((question.path, question.param("date_from")))
        return answer

    server.meddle = meddle
    clock.now = NOON + timedelta(days=3)
    run = read(source)
    assert (run.state, run.new > 0) == ("complete", True)
    newest = max(
        payment.at
        for payment in server.foundation.at(NOON).through("donorbox").payments
        if not payment.failed and not payment.test
    )
    since = str(newest.date() - timedelta(days=2))
    assert {(path, day) for path, day in asked} == {
        ("/campaigns", ""),
        ("/plans", since),
        ("/donations", since),
    }
    gifts = sums(kind__in=["donation", "membership"])
    read(source, full=True)
    assert sums(kind__in=["donation", "membership"]) == gifts


def late_refund(server):
    """A gift that was given back more than twelve days later."""
    return next(
        payment
        for payment in server.foundation.at(LATER).through("donorbox").payments
        if payment.refund
        and not (payment.refund.dispute or payment.failed or payment.test)
        and payment.refund.at - payment.at > timedelta(days=12)
    )


def a_week_passes(source):
    """Since the last re-reading, by the clock of this machine."""
    source.refresh_from_db()
    source.cursor["reread_on"] = f"{date.fromisoformat(source.cursor['reread_on']) - timedelta(days=7)}"
    source.save()


def test_a_late_refund_is_found_by_the_weekly_re_reading_and_has_the_day_of_its_gift(source, server, clock):
    payment = late_refund(server)
    clock.now = payment.at + timedelta(days=11)
    read(source, full=True)
    gift = Entry.objects.get(payment_ref=f"stripe:{server.foundation.charge(payment)}", part="gross")
    refunds = Entry.objects.filter(refunds_external_id=gift.external_id)
    clock.now = payment.refund.at + timedelta(minutes=1)
    read(source)
    assert not refunds.exists()
    a_week_passes(source)
    read(source)
    refund = refunds.get()
    minor = payment.refund.cents // (100 if payment.currency == "JPY" else 1)
    assert (refund.amount_minor, refund.occurred_at) == (-minor, gift.occurred_at)
    before = everything()
    a_week_passes(source)
    assert (read(source).changed, everything()) == (0, before)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"amount_refunded": "0.0"}, {"gross", "fee"}),
        ({"status": "failed"}, set()),
        ({"status": "pending"}, set()),
    ],
)
def test_what_an_earlier_answer_said_is_taken_back_at_once(source, server, clock, changes, parts):
    """A refund that did not go through, a debit that bounced."""
    clock.now = LATER
    read(source, full=True)
    refund = Entry.objects.filter(kind="refund").latest("pk")
    gift = refund.refunds_external_id

    def meddle(question, answer):
        for row in answer.body:
            if str(row["id"]) == gift:
                row |= changes
        return answer

    server.meddle = meddle
    assert read(source, full=True).rejected == 0
    live = Entry.objects.filter(external_id__in=[gift, f"{gift}:refund"])
    sums = live.values("external_id", "part").annotate(minor=Sum("amount_minor")).filter(~Q(minor=0))
    assert {(row["external_id"], row["part"]) for row in sums} == {(gift, part) for part in parts}


def test_a_plan_stays_one_commitment_and_its_end_is_found_by_re_reading(source, server, clock):
    plans = server.foundation.at(LATER).through("donorbox").plans
    plan = next(plan for plan in plans if plan.ended(LATER) and plan.end == "cancelled")
    clock.now = plan.started + timedelta(days=1)
    read(source, full=True)
    assert Commitment.objects.get(starts_on=plan.started.date()).state == "active"
    clock.now = LATER
    a_week_passes(source)
    read(source)
    assert Commitment.objects.count() == len(plans)
    [ended] = Commitment.objects.filter(
        starts_on=plan.started.date(), state="ended", tier__name="Individual membership"
    )
    assert (ended.amount_minor, ended.currency) == (plan.cents, "EUR")
    assert ended.ends_on < plan.ends.date()


def test_what_is_given_while_pages_are_turned_is_not_missed(source, server, clock, monkeypatch):
    monkeypatch.setattr(donorbox_pages, "LIMIT", 8)
    asked = []

    def meddle(question, answer):
        asked.append(question.path)
        clock.now += timedelta(hours=6)
        return answer

    server.meddle = meddle
    run = read(source)
    server.meddle = lambda question, answer: answer
    assert (run.state, asked.count("/donations") > 5) == ("complete", True)
    before = everything()
    assert (read(source, full=True).new, everything()) == (0, before)


def test_a_page_that_comes_again_and_again_ends_the_run(source, server, clock):
    clock.now = LATER
    first = []

    def meddle(question, answer):
        if question.path == "/donations":
            first.append(answer)
            return first[0]
        return answer

    server.meddle = meddle
    run = read(source)
    assert (run.state, run.error) == (
        "partial",
        "Donorbox gave the same page of donations again, at page 2.",
    )


def test_a_wrong_key_is_said_in_words(source):
    source.token = "wrong"
    source.save()
    run = read(source)
    assert run.state == "failed"
    assert "refused the token (401): put in a new one" in run.error


def test_an_answer_that_is_no_list_books_nothing(source, server):
    server.meddle = lambda question, answer: Answer(200, {"error": "Something went wrong"})
    run = read(source)
    assert (run.state, Entry.objects.count()) == ("failed", 0)
    assert run.error.endswith("answered something else than a list: this needs a developer")


def test_whoever_asks_too_often_is_not_always_told_how_long_to_wait(source, server, clock):
    server.limiter.take = lambda *asked: ({"Retry-After": "61.000"}, 61.0)
    clock.now = NOON + timedelta(seconds=1)
    assert "asks us to come back in 61 seconds" in read(source).error

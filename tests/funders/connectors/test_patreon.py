"""Patreon: what each word of its API means, and a run against a provider that speaks it over HTTP."""

import json
from collections import Counter
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funders.connectors import patreon, patreon_pages
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
from funders.models import Commitment, Entry, Giver, Source
from funders.sandbox.speech import Answer
from funders.sync import sync
from fundtracker.http import FetchError
from fundtracker.money import Money
from tests.funders.sandboxes import Clock, everything, sandbox

PAYLOAD = json.loads(
    (Path(__file__).parent / "data" / "patreon" / "members.json").read_text(), parse_float=Decimal
)
NOW = datetime(2025, 7, 1, tzinfo=UTC)
LATE = datetime(2026, 11, 20, 12, tzinfo=UTC)
CAMPAIGN = {"currency": "EUR", "is_monthly": True, "vanity": "sandbox"}
MEMBER = "00000000-0000-4000-8000-00000000000{}".format


def said(
    body: Any = PAYLOAD, campaign: Any = CAMPAIGN, asked_at: datetime = NOW, **options: Any
) -> list[Receipt | Promise]:
    items, account = patreon_pages._items(body, 1, campaign), Account("sandbox", options=options)
    return [one for _, item in items for one in patreon.parse(item, account, asked_at)]


def receipts(body: Any = PAYLOAD) -> dict[str, Receipt]:
    """Those that say that something moved."""
    return {one.external_id: one for one in said(body) if isinstance(one, Receipt) and one.amount}


def promises(body: Any = PAYLOAD, campaign: Any = CAMPAIGN) -> dict[str, Promise]:
    return {one.external_id: one for one in said(body, campaign) if isinstance(one, Promise)}


def changed(kind: str, key: str, **attributes: Any) -> Any:
    body = deepcopy(PAYLOAD)
    [one] = [one for one in [*body["data"], *body["included"]] if (one["type"], one["id"]) == (kind, key)]
    one["attributes"] |= attributes
    return body


def event(**attributes: Any) -> Any:
    return changed("pledge-event", "subscription:1001", **attributes)


def member(number: int, **attributes: Any) -> Any:
    return changed("member", MEMBER(number), **attributes)


def test_a_payment_is_a_membership_paid():
    assert receipts()["subscription:1001"] == Receipt(
        external_id="subscription:1001",
        kind=Kind.MEMBERSHIP,
        amount=Money(500, "EUR"),
        occurred_at=datetime(2025, 4, 1, 6, 59, 59, tzinfo=UTC),
        seen=NOW,
        giver=GiverRef(MEMBER(1)),
        frequency=Frequency.MONTHLY,
        payment_ref="patreon:subscription:1001",
    )


def test_what_was_given_back_is_a_receipt_of_its_own_on_the_day_of_its_payment():
    assert receipts()["subscription:1002"].amount == Money(500, "EUR")
    assert receipts()["subscription:1002:back"] == Receipt(
        external_id="subscription:1002:back",
        kind=Kind.REFUND,
        amount=Money(-500, "EUR"),
        occurred_at=datetime(2025, 5, 1, 6, 59, 59, tzinfo=UTC),
        seen=NOW,
        giver=GiverRef(MEMBER(1)),
        frequency=Frequency.MONTHLY,
        refunds_external_id="subscription:1002",
    )


def test_only_subscriptions_move_money_and_each_in_the_currency_it_was_paid_in():
    assert {key: str(one.amount) for key, one in receipts().items()} == {
        "subscription:1001": "5.00 EUR",
        "subscription:1002": "5.00 EUR",
        "subscription:1002:back": "-5.00 EUR",
        "subscription:1003": "120.00 USD",
        "subscription:1005": "3.00 EUR",
        "subscription:1005:back": "-3.00 EUR",
    }
    assert receipts()["subscription:1003"].frequency is Frequency.YEARLY
    assert receipts()["subscription:1005:back"].kind is Kind.CHARGEBACK


@pytest.mark.parametrize(
    ("status", "paid", "back"),
    [
        ("Paid", 500, 0),
        ("Refund Pending", 500, 0),
        ("Refund Declined", 500, 0),
        ("Refunded", 500, -500),
        ("Refunded by Patreon", 500, -500),
        ("Fraud", 500, -500),
        ("Pending", 0, 0),
        ("Declined", 0, 0),
        ("Deleted", 0, 0),
        ("Free Trial", 0, 0),
    ],
)
def test_each_status_says_what_was_paid_and_what_of_it_came_back(status, paid, back):
    found = {
        one.external_id: one.amount.minor
        for one in said(event(payment_status=status))
        if isinstance(one, Receipt)
    }
    assert (found["subscription:1001"], found["subscription:1001:back"]) == (paid, back)


@pytest.mark.parametrize(
    ("status", "words", "booked"),
    [
        (
            "Partially Refunded",
            "Patreon says “Partially Refunded” of subscription:1001, but not how much",
            500,
        ),
        ("Other", "Patreon says “Other” of subscription:1001, but not whether it was paid", 0),
        (None, "Patreon says “” of subscription:1001, but not whether it was paid", 0),
    ],
)
def test_what_patreon_does_not_tell_is_refused_and_not_guessed(status, words, booked):
    refused: list[str] = []
    minor = 0
    for _, item in patreon_pages._items(event(payment_status=status), 1, CAMPAIGN):
        if item.get("event", {}).get("id") == "subscription:1001":
            try:
                said_of_it = patreon.parse(item, Account("sandbox"), NOW)
                minor += sum(one.amount.minor for one in said_of_it if isinstance(one, Receipt))
            except Rejected as error:
                refused.append(str(error))
    assert (len(refused), minor) == (1, booked)
    assert refused[0].startswith(words)
    assert refused[0].endswith(
        'put how much was given back into the setting “given_back”: {"subscription:1001": "1.50"}'
    )


@pytest.mark.parametrize(
    ("status", "told", "paid", "back"),
    [
        ("Partially Refunded", "1.50", 500, -150),
        ("Other", "0", 500, 0),
        (None, "5.00", 500, -500),
        # What Patreon tells itself is not staff's to say.
        ("Paid", "1.50", 500, 0),
        ("Refunded", "1.50", 500, -500),
        ("Declined", "1.50", 0, 0),
    ],
)
def test_what_patreon_does_not_tell_staff_may_look_up(status, told, paid, back):
    options: dict[str, Any] = {"given_back": {"subscription:1001": told}}
    found = {
        one.external_id: one.amount.minor
        for one in said(event(payment_status=status), **options)
        if isinstance(one, Receipt)
    }
    assert (found["subscription:1001"], found["subscription:1001:back"]) == (paid, back)


@pytest.mark.parametrize("told", ["5.01", "-1.00", "1,50", "NaN", "1.005", "", 1.5, 1, True, [], "1e400"])
def test_what_staff_looked_up_must_be_an_amount_of_that_payment(told):
    with pytest.raises(
        Rejected, match="“given_back” .* of subscription:1001: write .* from 0.00 EUR to 5.00 EUR"
    ):
        said(event(payment_status="Partially Refunded"), given_back={"subscription:1001": told})


def test_the_setting_of_what_staff_looked_up_must_name_payments():
    with pytest.raises(Rejected, match="The setting “given_back” must be a table like") as refused:
        said(event(payment_status="Partially Refunded"), given_back=["subscription:1001"])
    assert not isinstance(refused.value, SchemaChanged)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (event(payment_status="Paid twice"), "“Paid twice” is missing or new in Patreon's answer"),
        (event(type="present"), "“present” is missing or new in Patreon's answer"),
        (member(1, patron_status="frozen"), "“frozen” is missing or new in Patreon's answer"),
        (member(1, pledge_cadence=6), "“6” is missing or new in Patreon's answer"),
        (member(1, is_gifted="no"), "is of another kind than it was"),
        (event(amount_cents=Decimal("500.5")), "“500.5” at Patreon, which is no number of cents"),
        (event(amount_cents=-500), "“-500” at Patreon, which is no number of cents"),
        (event(currency_code="JPY"), "nobody knows how Patreon counts “JPY”"),
        (event(date="2025-04-01T06:59:59"), "“2025-04-01T06:59:59” at Patreon is no time"),
        (event(date="2999-04-01T06:59:59+00:00"), "is no time at which anything can have happened"),
        (event(date="0001-04-01T06:59:59+00:00"), "is no time at which anything can have happened"),
        (member(5, campaign_lifetime_support_cents=500), "never pledged, and also that they paid"),
        (
            changed("pledge-event", "pledge_start:501", payment_status="Paid"),
            "Patreon calls pledge_start:501 a changed pledge and also paid",
        ),
    ],
)
def test_what_is_new_or_cannot_be_is_refused_in_words(body, words):
    with pytest.raises(Rejected, match=words):
        said(body)


def test_an_event_that_is_named_and_not_included_stops_the_run():
    body = deepcopy(PAYLOAD)
    body["included"] = [one for one in body["included"] if one["id"] != "subscription:1001"]
    with pytest.raises(ValueError, match="something is named and not included"):
        said(body)


def test_a_member_is_a_promise_of_what_will_be_charged_next():
    assert promises()[MEMBER(1)] == Promise(
        external_id=MEMBER(1),
        amount=Money(500, "EUR"),
        seen=NOW,
        frequency=Frequency.MONTHLY,
        state=State.ACTIVE,
        giver=GiverRef(MEMBER(1)),
        starts_on=date(2025, 3, 7),
        tier="Bucket and spade",
    )


def test_each_kind_of_member_stands_where_it_does():
    found = {
        key[-1]: (one.state, one.frequency, one.amount and one.amount.minor)
        for key, one in promises().items()
    }
    assert found == {
        "1": (State.ACTIVE, Frequency.MONTHLY, 500),
        "2": (State.ACTIVE, Frequency.YEARLY, 12000),
        "3": (State.OVERDUE, Frequency.MONTHLY, 700),
        "4": (State.ENDED, Frequency.ONCE, None),
    }


def test_who_may_stay_until_the_end_and_pays_no_more_has_ended_the_pledge():
    assert promises(member(1, will_pay_amount_cents=0))[MEMBER(1)].state is State.ENDED


def test_what_is_paid_by_the_creation_is_no_money_a_month():
    found = promises(member(1, pledge_cadence=None), {**CAMPAIGN, "is_monthly": False})
    assert found[MEMBER(1)].frequency is Frequency.ONCE


def test_nobody_is_named_and_no_name_is_asked_for():
    assert {one.giver.public for one in said() if one.giver} == {False}
    assert {one.giver.name for one in said() if one.giver} == {""}
    assert "name" not in str(patreon_pages.MEMBERS)
    assert "email" not in str(patreon_pages.MEMBERS)


@pytest.fixture
def clock():
    clock = Clock()
    clock.now = LATE
    return clock


@pytest.fixture
def server(clock):
    with sandbox(clock, live=LATE) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


@pytest.fixture
def source(db, server):
    one = Source(slug="patreon", name="Patreon", kind="patreon", account="sandbox")
    one.base_url, one.token = f"{server.url}/patreon/api/oauth2/v2", "sandbox"
    one.save()
    return one


def payments(server, now):
    return server.foundation.at(now).through("patreon").payments


def partly(payment):
    return bool(payment.refund and not payment.refund.dispute and payment.refund.cents < payment.cents)


def expected(server, now):
    """By currency, and worked out from the foundation alone. What came back in part nobody tells."""
    total: Counter[str] = Counter()
    for payment in payments(server, now):
        back = payment.refund
        gone = back and not partly(payment) and not (back.won and now >= back.at + timedelta(days=10))
        if not payment.failed and not payment.test and not gone:
            total[payment.currency] += payment.cents
    return total


def raised():
    total: Counter[str] = Counter()
    for currency, minor in Entry.objects.filter(part="gross").values_list("currency", "amount_minor"):
        total[currency] += minor
    return total


def test_the_total_is_what_was_paid_and_stayed(source, server):
    run = sync(source)
    given_back = [one for one in payments(server, LATE) if partly(one)]
    assert (run.state, run.rejected) == ("complete", len(given_back))
    assert 0 < len(given_back) < 4
    assert raised() == expected(server, LATE)
    assert raised()["EUR"] > 30_000
    words = [one["why"] for one in run.rejections]
    assert all("but not how much of it was given back: look it up there" in one for one in words)
    assert sync(source, full=True).state == "partial"

    source.options = {"given_back": {one.split(" of ")[1].split(",")[0]: "0.10" for one in words}}
    source.save(update_fields=["options"])
    whole = sync(source, full=True)
    assert (whole.state, whole.error, whole.rejected) == ("complete", "", 0)
    assert raised().total() == expected(server, LATE).total() - 10 * len(given_back)


def test_syncing_twice_is_syncing_once(source):
    sync(source, full=True)
    before = everything()
    again = sync(source, full=True)
    assert (again.new, again.changed) == (0, 0)
    assert everything() == before


def test_a_later_run_finds_what_was_paid_and_what_was_given_back_since(source, server, clock):
    late = [one for one in payments(server, LATE) if one.refund and not partly(one)][-1]
    clock.now = late.refund.at - timedelta(hours=1)
    sync(source)
    assert raised() == expected(server, clock.now)
    before = Entry.objects.filter(kind="refund").count()
    clock.now = late.refund.at + timedelta(hours=1)
    sync(source)
    assert raised() == expected(server, clock.now)
    assert Entry.objects.filter(kind="refund").count() == before + 1


def test_a_dispute_that_is_won_brings_the_money_back(source, server):
    def disputed(question, answer):
        for one in answer.body.get("included", []):
            if one["type"] == "pledge-event" and one["attributes"]["payment_status"] == "Paid":
                one["attributes"]["payment_status"] = "Fraud"
                break
        return answer

    sync(source)
    before = raised()
    server.meddle = disputed
    sync(source)
    [lost] = Entry.objects.filter(kind="chargeback")
    assert raised()["EUR"] == before["EUR"] + lost.amount_minor < before["EUR"]
    server.meddle = lambda question, answer: answer
    sync(source)
    assert raised() == before


def test_members_are_promises_as_they_stand(source, server):
    sync(source)
    plans = server.foundation.at(LATE).through("patreon").plans
    ended = [plan for plan in plans if plan.ended(LATE)]
    found = Counter(Commitment.objects.values_list("state", flat=True))
    assert found.total() == len(plans)
    assert found["ended"] + found["overdue"] >= len(ended) > 2
    active = Commitment.objects.filter(state="active")
    assert {one.amount_minor for one in active} <= {300, 700, 1500}
    assert {(one.currency, one.frequency) for one in active} == {("EUR", "monthly")}
    assert active.first().tier.name.startswith("Bucket of ")


def test_nobody_of_the_campaign_can_be_recognised(source):
    sync(source)
    assert set(Giver.objects.values_list("name", "external_id", "url")) == {("", "", "")}
    assert not Entry.objects.filter(show_name=True).exists()


def test_small_pages_list_the_same(source, monkeypatch):
    sync(source)
    before = raised()
    monkeypatch.setattr(patreon_pages, "LIMIT", 4)
    run = sync(source, full=True)
    assert (run.pages > 3, run.new, run.changed, run.missing, raised()) == (True, 0, 0, [], before)


def test_a_list_that_leads_back_to_itself_ends(source, server, monkeypatch):
    monkeypatch.setattr(patreon_pages, "LIMIT", 4)
    kept: list[Answer] = []

    def again(question, answer):
        if question.path.endswith("/members"):
            kept.append(answer)
            return kept[0]
        return answer

    server.meddle = again
    run = sync(source)
    assert (run.state, run.pages) == ("partial", 1)
    assert run.error == "Patreon's list of members leads back to itself after page 2."


def test_a_history_that_may_have_lost_its_beginning_concludes_nothing(source, monkeypatch):
    monkeypatch.setattr(patreon_pages, "LONGEST", 5)
    source.account = "7300001"
    [*_, last] = patreon_pages.fetch(source.as_account(), {}, full=True)
    assert (last.last, last.whole) == (True, False)


def test_a_list_with_fewer_members_than_it_counts_is_not_whole(source, server):
    def fewer(question, answer):
        if question.path.endswith("/members"):
            answer.body["data"].pop()
        return answer

    server.meddle = fewer
    [*_, last] = patreon_pages.fetch(source.as_account(), {}, full=True)
    assert (last.last, last.whole) == (True, False)


def test_a_token_that_is_over_says_that_it_lives_a_month(source):
    source.token = "wrong"
    source.save()
    run = sync(source)
    source.refresh_from_db()
    assert (run.state, run.pages) == ("failed", 0)
    assert source.error.startswith(
        "Patreon refused the token (401). A creator's token lives a month: make a new one"
    )


def test_it_waits_as_long_as_the_body_says(source, server):
    server.limiter.take = lambda *asked: ({"Retry-After": "5"}, 1800.0)
    with pytest.raises(FetchError) as refused:
        next(patreon_pages.fetch(source.as_account(), {}, full=False))
    assert (refused.value.status, refused.value.retry_after, refused.value.permanent) == (429, 1801, False)
    server.meddle = lambda question, answer: Answer(429, "<html>", kind="text/html")
    with pytest.raises(FetchError, match="asks us to slow down") as refused:
        next(patreon_pages.fetch(source.as_account(), {}, full=False))
    assert refused.value.retry_after is None


def test_another_account_is_refused_with_the_names_that_there_are(source):
    source.account = "elsewhere"
    with pytest.raises(FetchError, match=r"“elsewhere” at Patreon, only 7300001 \(sandbox\)"):
        next(patreon_pages.fetch(source.as_account(), {}, full=False))


def test_a_currency_that_is_not_told_is_asked_for(source, server):
    def silent(question, answer):
        if question.path == "/campaigns":
            del answer.body["data"][0]["attributes"]["currency"]
        return answer

    server.meddle = silent
    with pytest.raises(Rejected, match="set “currency” in the source's settings"):
        next(patreon_pages.fetch(source.as_account(), {}, full=False))
    source.options = {"currency": "GBP"}
    page = next(patreon_pages.fetch(source.as_account(), {}, full=False))
    members = [item for _, item in page.items if "event" not in item]
    found = [one for item in members for one in patreon.parse(item, source.as_account(), LATE)]
    assert {one.amount.currency for one in found if isinstance(one, Promise) and one.amount} == {"GBP"}


def test_a_changed_schema_is_no_code_to_those_who_read_it(source, server):
    server.meddle = lambda question, answer: Answer(200, {"data": {}, "meta": {}})
    with pytest.raises(SchemaChanged, match="a value in Patreon's answer is of another kind"):
        next(patreon_pages.fetch(source.as_account(), {}, full=False))

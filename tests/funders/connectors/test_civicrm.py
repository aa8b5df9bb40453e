"""CiviCRM's API: what a contribution and a membership mean at each stage, and what a run makes of a site that errs."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Sum

from funders.connectors import civicrm_pages
from funders.connectors.base import (
    Account,
    Certainty,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
    State,
)
from funders.connectors.civicrm import parse
from funders.models import Commitment, DailyTotal, Entry, Giver, Source
from funders.sandbox.civicrm import WON_AFTER
from funders.sandbox.speech import Answer
from funders.sync import sync
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

DATA = Path(__file__).parent / "data" / "civicrm"
ACCOUNT = Account("", options={"currency": "EUR"}, time_zone=ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=360)
# A gift of this sandbox is in dispute until the giver loses it a week later.
DISPUTED = datetime(2026, 6, 12, 12, tzinfo=UTC)
GIVEN = datetime(2026, 3, 4, 4, 6, 7, tzinfo=UTC)


def rows(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(), parse_float=Decimal)["values"]


GIFT, DUES = rows("contributions")
MEMBER, LIFE = rows("memberships")
STATUS, PAID = "contribution_status_id:name", "paid_amount"
UNIT, COUNT = "contribution_recur_id.frequency_unit", "contribution_recur_id.frequency_interval"


def said(row: Any, account: Account = ACCOUNT, **changes: Any) -> list[Receipt | Promise]:
    return list(parse({**deepcopy(row), **changes}, account, NOW))


def receipts(row: Any, account: Account = ACCOUNT, **changes: Any) -> tuple[Receipt, Receipt]:
    """What came, and what went back."""
    came, back = said(row, account, **changes)
    assert isinstance(came, Receipt)
    assert isinstance(back, Receipt)
    return came, back


def promise(row: Any, account: Account = ACCOUNT, **changes: Any) -> Promise:
    [one] = said(row, account, **changes)
    assert isinstance(one, Promise)
    return one


def options(**more: Any) -> Account:
    return replace(ACCOUNT, options={**ACCOUNT.options, **more})


def test_a_gift_of_the_sites_own_time_by_nobody():
    came, back = receipts(GIFT)
    assert came == Receipt(
        external_id="1001",
        kind=Kind.DONATION,
        amount=Money(10_000, "USD"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=GiverRef("301"),
        fee=Money(-175, "USD"),
        designation="security",
        payment_ref="stripe:ch_3Example1",
    )
    assert back.amount == Money(0, "USD")


def test_dues_that_were_given_back():
    assert receipts(DUES) == (
        Receipt(
            external_id="1002",
            kind=Kind.MEMBERSHIP,
            amount=Money(11_900, "EUR"),
            occurred_at=date(2026, 7, 1),
            seen=NOW,
            giver=GiverRef("302"),
            tax=Money(-1900, "EUR"),
            frequency=Frequency.YEARLY,
            payment_ref="stripe:ch_3Example2",
        ),
        Receipt(
            external_id="1002:refund",
            kind=Kind.REFUND,
            amount=Money(-11_900, "EUR"),
            occurred_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC),
            seen=NOW,
            giver=GiverRef("302"),
            frequency=Frequency.YEARLY,
            refunds_external_id="1002",
        ),
    )


@pytest.mark.parametrize(
    ("status", "paid", "came", "back"),
    [
        ("Completed", "100.00", 10_000, 0),
        ("Completed", "60.00", 10_000, -4000),
        ("Completed", "0.00", 10_000, 0),
        ("Completed", "120.00", 10_000, 0),
        ("Refunded", "0.00", 10_000, -10_000),
        ("Refunded", "25.00", 10_000, -7500),
        ("Refunded", "100.00", 10_000, -10_000),
        ("Chargeback", "0.00", 10_000, -10_000),
        ("Partially paid", "30.00", 3000, 0),
        ("Pending refund", "120.00", 12_000, 0),
        ("Pending", "0.00", 0, 0),
        ("Pending (Processing)", "0.00", 0, 0),
        ("Cancelled", "0.00", 0, 0),
        ("Failed", "0.00", 0, 0),
        ("In Progress", "0.00", 0, 0),
        ("Overdue", "0.00", 0, 0),
        ("Template", "0.00", 0, 0),
    ],
)
def test_each_status_of_a_contribution(status, paid, came, back):
    gift, refund = receipts(GIFT, **{STATUS: status, PAID: paid})
    assert (gift.amount.minor, refund.amount.minor) == (came, back)
    assert refund.kind is (Kind.CHARGEBACK if status == "Chargeback" else Kind.REFUND)
    assert bool(gift.fee) is bool(came)


def test_a_fee_that_nobody_wrote_is_what_the_net_leaves_over():
    came, _ = receipts(GIFT, fee_amount=None)
    assert came.fee == Money(-175, "USD")
    assert receipts(GIFT, fee_amount=None, net_amount=None)[0].fee is None


def test_a_contribution_of_nothing_is_nothing():
    assert [one.amount.minor for one in receipts(GIFT, total_amount="0.00")] == [0, 0]


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # came twice: the first
        ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # never came: an hour on
        ("2026-12-31 23:59:59", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-31 00:00:00", date(2026, 12, 31)),
    ],
)
def test_a_day_of_the_sites_own_zone(local, instant):
    assert receipts(GIFT, receive_date=local)[0].occurred_at == instant


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Donation", Kind.DONATION),
        ("Member Dues", Kind.MEMBERSHIP),
        ("Campaign Contribution", Kind.DONATION),
        ("Patronage", Kind.SPONSORSHIP),
    ],
)
def test_each_financial_type_has_its_kind(word, kind):
    account = options(financial_types={"Patronage": "sponsorship"})
    assert receipts(GIFT, account, **{"financial_type_id:name": word})[0].kind is kind


def test_a_ticket_is_no_support_unless_the_source_says_so():
    ticket = {"financial_type_id:name": "Event Fee"}
    nothing = Money(0, "USD")
    for came, back in (
        receipts(GIFT, ACCOUNT, **ticket),
        receipts(GIFT, ACCOUNT, **ticket, total_amount="-5.00", fee_amount="-1.00"),
        receipts(GIFT, options(financial_types={"Donation": "none"})),
    ):
        assert (came.amount, came.fee, came.tax, back.amount) == (nothing, None, None, nothing)
    assert (
        receipts(GIFT, options(financial_types={"Event Fee": "donation"}), **ticket)[0].kind is Kind.DONATION
    )


@pytest.mark.parametrize(
    ("count", "unit", "frequency"),
    [
        (1, "month", Frequency.MONTHLY),
        (3, "month", Frequency.QUARTERLY),
        (12, "month", Frequency.YEARLY),
        (1, "year", Frequency.YEARLY),
        (1, "week", Frequency.MONTHLY),
        (None, None, Frequency.ONCE),
    ],
)
def test_how_often_a_contribution_comes(count, unit, frequency):
    assert receipts(GIFT, **{COUNT: count, UNIT: unit})[0].frequency is frequency


@pytest.mark.parametrize("number", [None, "", "Cheque 17", "9XX12345EXAMPLE", "in_1Example"])
def test_only_a_charge_of_stripes_is_a_payment_that_others_know(number):
    assert receipts(GIFT, trxn_id=number)[0].payment_ref == ""


def test_a_test_is_money_in_a_sandbox_only():
    assert said(GIFT, is_test=True) == []
    assert receipts(GIFT, replace(ACCOUNT, sandbox=True), is_test=True)[0].amount == Money(10_000, "USD")


def test_a_membership_has_a_tier_and_a_term():
    assert promise(MEMBER) == Promise(
        external_id="membership:501",
        amount=Money(11_900, "EUR"),
        seen=NOW,
        frequency=Frequency.YEARLY,
        giver=GiverRef("302"),
        starts_on=date(2024, 7, 1),
        ends_on=date(2027, 6, 30),
        tier="Ordinary member",
    )


def test_a_membership_for_life_was_promised_once():
    life = promise(LIFE)
    assert (life.amount, life.frequency, life.ends_on) == (Money(100_000, "EUR"), Frequency.ONCE, None)


@pytest.mark.parametrize(
    ("count", "unit", "frequency", "minor"),
    [
        (1, "month", Frequency.MONTHLY, 11_900),
        (3, "month", Frequency.QUARTERLY, 11_900),
        (6, "month", Frequency.YEARLY, 23_800),
        (2, "year", Frequency.YEARLY, 5950),
        (1, "week", Frequency.MONTHLY, 51_567),
    ],
)
def test_a_term_of_any_length_becomes_months_or_years(count, unit, frequency, minor):
    one = promise(
        MEMBER, **{"membership_type_id.duration_unit": unit, "membership_type_id.duration_interval": count}
    )
    assert (one.frequency, one.amount) == (frequency, Money(minor, "EUR"))


@pytest.mark.parametrize(
    ("word", "state", "certainty"),
    [
        ("New", State.ACTIVE, Certainty.COMMITTED),
        ("Current", State.ACTIVE, Certainty.COMMITTED),
        ("Pending", State.OVERDUE, Certainty.PLEDGED),
        ("Grace", State.OVERDUE, Certainty.COMMITTED),
        ("Expired", State.ENDED, Certainty.COMMITTED),
        ("Cancelled", State.ENDED, Certainty.COMMITTED),
        ("Deceased", State.ENDED, Certainty.COMMITTED),
        ("On leave", State.PAUSED, Certainty.COMMITTED),
    ],
)
def test_each_status_of_a_membership(word, state, certainty):
    one = promise(MEMBER, options(statuses={"On leave": "paused"}), **{"status_id:name": word})
    assert (one.state, one.certainty) == (state, certainty)


def test_a_membership_that_costs_nothing_promises_nothing():
    assert said(MEMBER, ACCOUNT, **{"membership_type_id.minimum_fee": "0.000000000"}) == []


@pytest.mark.parametrize(
    ("row", "account", "changes", "words"),
    [
        (
            GIFT,
            ACCOUNT,
            {"financial_type_id:name": "Merchandise"},
            "the financial type “Merchandise” is not known",
        ),
        (GIFT, options(financial_types={"Donation": "gold"}), {}, "makes “Donation” gold: use donation, "),
        (GIFT, ACCOUNT, {"total_amount": "-50.00"}, "a contribution of -50.00 USD: record it in CiviCRM as"),
        (GIFT, ACCOUNT, {"receive_date": None}, "fill in “Date Received” in CiviCRM"),
        (GIFT, ACCOUNT, {"total_amount": "10.005"}, "more decimals than USD has"),
        (GIFT, ACCOUNT, {"currency": "XQX"}, "“XQX” is not a currency"),
        (GIFT, ACCOUNT, {"fee_amount": "-1.00"}, "a fee of -1.00 USD and a tax of 0.00 USD came with it"),
        (MEMBER, ACCOUNT, {"membership_type_id.minimum_fee": None}, "its membership type has no fee"),
        (MEMBER, replace(ACCOUNT, options={}), {}, "in which currency membership fees are: set “currency”"),
        (MEMBER, options(currency="euro"), {}, "“euro” is not a currency"),
        (MEMBER, ACCOUNT, {"status_id:name": "On leave"}, "“On leave” is the site's own: say in “statuses”"),
    ],
)
def test_what_staff_can_mend_refuses_the_row_alone(row, account, changes, words):
    with pytest.raises(Rejected, match=words) as refusal:
        said(row, account, **changes)
    assert not isinstance(refusal.value, SchemaChanged)


@pytest.mark.parametrize(
    ("row", "changes", "words"),
    [
        (GIFT, {STATUS: "Lost"}, "“Lost” is missing or new in CiviCRM's answer"),
        (GIFT, {UNIT: "fortnight", COUNT: 1}, "“fortnight” is missing or new"),
        (GIFT, {UNIT: "month", COUNT: 0}, "a term of 0 month"),
        (GIFT, {UNIT: "month"}, "is of another kind than it was"),
        (GIFT, {"total_amount": None}, "is of another kind than it was"),
        (GIFT, {"total_amount": True}, "is of another kind than it was"),
        (GIFT, {PAID: None}, "is of another kind than it was"),
        (GIFT, {"is_test": "no"}, "is of another kind than it was"),
        (GIFT, {"receive_date": "yesterday"}, "a value in CiviCRM's answer has changed"),
        (GIFT, {"receive_date": "2026-03-04T05:06:07Z"}, "has a time zone"),
        (MEMBER, {"end_date": "never"}, "a value in CiviCRM's answer has changed"),
    ],
)
def test_a_word_or_a_value_that_nobody_knows_stops_the_run(row, changes, words):
    with pytest.raises(SchemaChanged, match=words):
        said(row, **changes)


@pytest.mark.parametrize("field", [field for field in GIFT if field != "campaign_id:name"])
def test_a_field_that_is_gone_stops_the_run(field):
    row = {name: value for name, value in DUES.items() if name != field}
    with pytest.raises(SchemaChanged, match=f"^“{field}” is missing or new"):
        list(parse(row, ACCOUNT, NOW))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with sandbox(clock, live=LATER + timedelta(days=365)) as server:
        yield server


@pytest.fixture
def source(server, db):
    source = Source(
        slug="civicrm",
        name="CiviCRM",
        kind="civicrm",
        account="crm",
        base_url=f"{server.url}/crm",
        time_zone="Europe/Berlin",
        options={"currency": "EUR"},
    )
    source.token = "sandbox"
    source.save()
    return source


def read(source, *, full=False):
    """One run, from where the last one ended."""
    source.refresh_from_db()
    return sync(source, full=full)


def a_day_passes(source):
    """Since the last re-reading, by the clock of this machine."""
    source.refresh_from_db()
    source.cursor["reread_on"] = f"{date.fromisoformat(source.cursor['reread_on']) - timedelta(days=1)}"
    source.save()


def units(cents, currency):
    return cents // (100 if currency == "JPY" else 1)


def sums():
    """What counts, by what it counts as and by currency."""
    rows = DailyTotal.objects.values("currency", "counted_as").annotate(minor=Sum("amount_minor"))
    return {(row["counted_as"], row["currency"]): row["minor"] for row in rows if row["minor"]}


def expected(server, now, *, tests=False):
    """From the foundation itself: what was paid, what was given back and what was charged back."""
    found: dict[tuple[str, str], int] = {}
    for payment in server.foundation.at(now).through("civicrm").payments:
        if payment.failed or (payment.test and not tests):
            continue
        refund, kind = payment.refund, "membership" if payment.plan else "donation"
        fee = 100 + payment.cents // 50 // 100 * 100
        moved = [(kind, payment.cents), ("fee", -fee)]
        if refund and not (refund.won and now >= refund.at + WON_AFTER):
            moved.append(("chargeback" if refund.dispute else "refund", -refund.cents))
        for what, cents in moved:
            key = (what, payment.currency)
            found[key] = found.get(key, 0) + units(cents, payment.currency)
    return found


def test_syncing_twice_is_syncing_once(source, clock):
    clock.now = LATER
    first = read(source)
    before = everything()
    again, whole = read(source), read(source, full=True)
    assert [run.state for run in (first, again, whole)] == ["complete"] * 3
    assert (first.new > 100, first.rejected) == (True, 0)
    assert [(run.new, run.changed) for run in (again, whole)] == [(0, 0)] * 2
    assert everything() == before


@pytest.mark.parametrize("is_sandbox", [False, True])
def test_its_sums_are_those_of_the_foundation(source, server, clock, is_sandbox):
    source.is_sandbox = is_sandbox
    source.save()
    clock.now = DISPUTED
    read(source)
    assert sums() == expected(server, DISPUTED, tests=is_sandbox)
    assert {kind for kind, _ in sums()} == {"donation", "membership", "refund", "chargeback", "fee"}


def test_a_dispute_that_was_won_is_taken_back_by_the_next_re_reading(source, server, clock):
    clock.now = DISPUTED
    read(source, full=True)
    assert sums()["chargeback", "JPY"] == -2000
    clock.now += timedelta(days=10)
    a_day_passes(source)
    read(source)
    assert ("chargeback", "JPY") not in sums()
    assert sums() == expected(server, clock.now)


def test_what_staff_call_no_support_after_all_is_taken_back_by_the_next_whole_run(source, server, clock):
    clock.now = DISPUTED
    read(source)
    assert {"donation", "membership"} < {kind for kind, _ in sums()}
    source.options |= {"financial_types": {"Member Dues": "none"}}
    source.save(update_fields=["options"])
    assert read(source, full=True).error == ""
    given = {key: minor for key, minor in expected(server, DISPUTED).items() if key[0] == "donation"}
    assert {key: minor for key, minor in sums().items() if key[0] in ("donation", "membership")} == given


def test_nobody_is_named_and_no_relatives_membership_counts(source, server, clock):
    clock.now = LATER
    read(source)
    assert set(Giver.objects.values_list("name", "external_id")) == {("", "")}
    assert Commitment.objects.count() == len(server.foundation.at(LATER).through("civicrm").plans)


def test_runs_of_each_month_end_where_one_run_ends(source, server, clock):
    """Refunds, disputes that are lost and won, renewals and lapses are all found while time passes."""
    clock.now = NOON - timedelta(days=30)
    read(source, full=True)
    while clock.now + timedelta(days=30) < LATER:
        clock.now += timedelta(days=30)
        a_day_passes(source)
        assert read(source).state == "complete"
    assert sums() == expected(server, clock.now)
    plans = server.foundation.at(clock.now).through("civicrm").plans
    assert Commitment.objects.count() == len(plans) > 10
    assert {one.state for one in Commitment.objects.all()} >= {"active", "ended"}


def test_between_two_re_readings_only_what_is_new_and_of_lately_is_asked_for(source, server, clock):
    read(source, full=True)
    source.refresh_from_db()
    reached, newest = source.cursor["id"], datetime.fromisoformat(source.cursor["newest"])
    asked = []

    def meddle(question, answer):
        asked.append((question.path, json.loads(question.param("params"))["where"][0]))
        return answer

    server.meddle = meddle
    clock.now = NOON + timedelta(days=3)
    assert read(source).new > 0
    since = str(newest - timedelta(days=2))
    wanted = ["OR", [["id", ">", reached], ["receive_date", ">=", since], ["cancel_date", ">=", since]]]
    assert asked == [("/Contribution/get", wanted)] * 2


def test_small_pages_leave_nothing_out(source, server, clock, monkeypatch):
    monkeypatch.setattr(civicrm_pages, "LIMIT", 7)
    clock.now = LATER
    run = read(source, full=True)
    assert (run.state, run.pages > 20) == ("complete", True)
    assert sums() == expected(server, LATER)


def test_a_page_that_comes_again_ends_the_run(source, server, clock):
    first = []

    def meddle(question, answer):
        first.append(answer)
        return first[0]

    server.meddle = meddle
    run = read(source)
    assert run.state == "partial"
    assert run.error.startswith("CiviCRM listed a contribution again, after ")


def test_a_list_that_is_shorter_than_its_count_concludes_nothing(source, server):
    read(source)

    def meddle(question, answer):
        values = [row for row in answer.body["values"] if row["id"] != 1001]
        return replace(answer, body={**answer.body, "values": values})

    server.meddle = meddle
    runs = [read(source, full=True) for _ in range(2)]
    assert [(run.state, run.missing) for run in runs] == [("partial", [])] * 2


def test_a_cheque_that_bounced_is_taken_back_at_once(source, server):
    read(source, full=True)
    gift = Entry.objects.filter(part="gross", kind="donation").latest("pk")

    def meddle(question, answer):
        for row in answer.body["values"]:
            if str(row["id"]) == gift.external_id:
                row |= {STATUS: "Cancelled", PAID: "0.00", "cancel_date": "2025-11-20 13:00:00"}
        return answer

    server.meddle = meddle
    assert read(source).changed == 1
    entries = Entry.objects.filter(external_id=gift.external_id)
    assert entries.aggregate(minor=Sum("amount_minor")) == {"minor": 0}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(500, {"error_code": 0, "error_message": "Something went wrong. Error ID: 0123abcd"}),
            "answered with an error: Something went wrong. Error ID: 0123abcd. CiviCRM's own log tells more",
        ),
        (Answer(200, {"error_code": 0, "error_message": "API error"}), "answered with an error: API error."),
        (Answer(500, "<html>", kind="text/html"), "answered with an error: it does not say which."),
        (
            Answer(500, {"error_message": "of giver@givers.example"}),
            "answered with an error: it does not say which.",
        ),
        (Answer(400, "SECURITY ALERT: Ajax requests"), "took our question for a browser's (SECURITY ALERT)"),
        (
            Answer(403, {"error_message": "Authorization failed"}),
            "does not let this key read each contribution",
        ),
        (Answer(401, "HTTP 401 Invalid credential"), "refused the token (401): put in a new one"),
        (Answer(200, "<html>Log in</html>"), "is cut short or is not valid JSON"),
        (Answer(200, []), "answered something else than a result: this needs a developer"),
        (Answer(200, {"values": []}), "“countMatched” is missing or new in CiviCRM's answer"),
    ],
)
def test_each_way_of_failing_is_said_in_words(source, server, answer, words):
    server.meddle = lambda question, said: answer
    run = read(source)
    assert (run.state, Entry.objects.count()) == ("failed", 0)
    assert words in run.error


def test_a_wrong_key_is_said_in_words(source):
    source.token = "wrong"
    source.save()
    assert "refused the token (401): put in a new one" in read(source).error


def test_a_source_without_an_address_says_so(source):
    source.base_url = ""
    source.save()
    assert read(source).error.startswith("The source has no address: fill in that of the CiviCRM site")

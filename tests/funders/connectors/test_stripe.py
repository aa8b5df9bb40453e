"""Stripe: what each row of the balance and each subscription means, and what must stop or refuse it."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
)
from funders.connectors.stripe import KINDS, parse
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "stripe"
ACCOUNT = Account("example", options={"designation": "campaign"})
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GIVEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LATER = datetime(2026, 3, 10, 10, tzinfo=UTC)


def records(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(), parse_float=Decimal)["data"]


GIFT, MONTHLY, YEN, BACK, DISPUTE, WON, FEE, PAYOUT = records("balance_transactions")
[SUBSCRIPTION] = records("subscriptions")


def said(record: Any, account: Account = ACCOUNT, **changes: Any) -> list[Receipt | Promise]:
    return list(parse({**deepcopy(record), **changes}, account, NOW))


def receipt(record: Any, **changes: Any) -> Receipt:
    [one] = said(record, **changes)
    assert isinstance(one, Receipt)
    return one


def over(amount: int, fee: int = 0, **changes: Any) -> dict[str, Any]:
    return {"amount": amount, "fee": fee, "net": amount - fee, **changes}


def source(record: Any, **changes: Any) -> dict[str, Any]:
    return {"source": {**record["source"], **changes}}


def test_a_gift_is_gross_and_nobody_said_that_its_giver_may_be_named():
    assert receipt(GIFT) == Receipt(
        external_id="ch_Gift",
        kind=Kind.DONATION,
        amount=Money(2500, "EUR"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=GiverRef("cus_Example"),
        fee=Money(-63, "EUR"),
        designation="Sandcastles",
        payment_ref="stripe:ch_Gift",
    )


def test_what_bills_a_subscription_comes_every_month():
    assert receipt(MONTHLY) == Receipt(
        external_id="py_Monthly",
        kind=Kind.DONATION,
        amount=Money(1500, "EUR"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=GiverRef("cus_Monthly"),
        fee=Money(-48, "EUR"),
        frequency=Frequency.MONTHLY,
        payment_ref="stripe:py_Monthly",
    )


def test_yen_count_as_what_they_brought_and_a_giver_without_an_account_is_a_card():
    assert receipt(YEN) == Receipt(
        external_id="ch_Yen",
        kind=Kind.DONATION,
        amount=Money(3063, "EUR"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=GiverRef("Fingerprint7"),
        fee=Money(-132, "EUR"),
        payment_ref="stripe:ch_Yen",
    )


def test_half_a_gift_goes_back_at_the_rate_it_came_at_and_the_rest_is_a_cost_of_exchange():
    assert receipt(BACK) == Receipt(
        external_id="txn_Back",
        kind=Kind.REFUND,
        amount=Money(-2300, "EUR"),
        occurred_at=LATER,
        seen=NOW,
        giver=GiverRef("cus_Example"),
        fee=Money(-80, "EUR"),
        refunds_external_id="ch_Dollars",
    )


def test_a_dispute_that_is_won_restores_exactly_what_it_took():
    lost, won = receipt(DISPUTE), receipt(WON)
    assert (lost.kind, lost.amount, lost.fee) == (
        Kind.CHARGEBACK,
        Money(-4600, "EUR"),
        Money(-2100, "EUR"),
    )
    assert (won.kind, won.amount, won.fee) == (Kind.CHARGEBACK, Money(4600, "EUR"), Money(2150, "EUR"))
    assert lost.refunds_external_id == won.refunds_external_id == "ch_Dollars"
    assert (lost.external_id, won.external_id) == ("txn_Dispute", "txn_Won")


def test_three_thirds_never_take_more_than_the_whole():
    third = receipt(BACK, **over(-1600), **source(BACK, amount=1667))
    assert third.amount == Money(-1533, "EUR")  # 4600 × 1667 / 5000 = 1533.64
    assert third.amount + (third.fee or Money(0, "EUR")) == Money(-1600, "EUR")


def test_a_dispute_over_more_than_the_gift_takes_no_more_than_it():
    taken = receipt(DISPUTE, **over(-5000, 2000), **source(DISPUTE, currency="gbp"))
    assert (taken.amount, taken.fee) == (Money(-4600, "EUR"), Money(-2400, "EUR"))


def test_in_one_currency_what_goes_back_is_what_was_moved():
    gift = {**GIFT["source"], "balance_transaction": "txn_Gift"}
    back = receipt(BACK, **over(-700, -10), **source(BACK, charge=gift, amount=700, currency="eur"))
    assert (back.amount, back.fee) == (Money(-700, "EUR"), Money(10, "EUR"))
    assert (back.refunds_external_id, back.designation) == ("ch_Gift", "Sandcastles")


@pytest.mark.parametrize("word", ["payment_failure_refund", "payment_reversal"])
def test_a_payment_that_failed_after_all_takes_back_itself(word):
    failed = receipt({**GIFT, "id": "txn_Failed"}, type=word, **over(-2500))
    assert (failed.external_id, failed.kind) == ("txn_Failed", Kind.REFUND)
    assert (failed.amount, failed.refunds_external_id) == (Money(-2500, "EUR"), "ch_Gift")


@pytest.mark.parametrize("changes", [{"type": "refund_failure"}, {"type": "adjustment", "reporting_category": "refund_failure"}])  # fmt: skip
def test_a_refund_that_fails_gives_back_what_it_took(changes):
    restored = receipt(BACK, **over(2310), **changes)
    assert (restored.kind, restored.amount, restored.fee) == (
        Kind.REFUND,
        Money(2300, "EUR"),
        Money(10, "EUR"),
    )


def test_fees_and_payouts_are_neither_gifts_nor_anybodys():
    assert receipt(FEE) == Receipt("txn_Fee", Kind.FEE, Money(-200, "EUR"), LATER, NOW)
    assert receipt(PAYOUT) == Receipt("txn_Payout", Kind.TRANSFER, Money(-4000, "EUR"), LATER, NOW)
    assert receipt(PAYOUT, **over(-4000, 40)).fee == Money(-40, "EUR")
    assert receipt(FEE, type="tax_fee").kind == Kind.TAX


@pytest.mark.parametrize("word", [word for word, (kind, _) in KINDS.items() if kind not in (Kind.DONATION, Kind.REFUND, Kind.CHARGEBACK)])  # fmt: skip
def test_every_other_type_moves_money_that_nobody_gave(word):
    kind, _, category = word.partition(" ")
    booked = said(FEE, type=kind, reporting_category=category)
    expected = [] if KINDS[word][0] is None else [KINDS[word][0]]
    assert [one.kind for one in booked if isinstance(one, Receipt)] == expected


@pytest.mark.parametrize("changes", [{"type": "windfall"}, {"type": "adjustment", "reporting_category": "other_adjustment"}])  # fmt: skip
def test_a_type_that_nobody_knows_is_refused_and_named(changes):
    word = " ".join(changes.values())
    with pytest.raises(Rejected, match=f"^a row of the type “{word}”, which is new to us") as refusal:
        said(FEE, **changes)
    assert not isinstance(refusal.value, SchemaChanged)


def test_nothing_that_moved_is_no_receipt_but_its_fee_is():
    assert said(FEE, **over(0)) == []
    [fee] = said(GIFT, **over(0, 30))
    assert fee == Receipt("txn_Gift", Kind.FEE, Money(-30, "EUR"), GIVEN, NOW)


@pytest.mark.parametrize(
    "record",
    [
        {**GIFT, **source(GIFT, livemode=False)},
        {**BACK, **source(BACK, charge={**BACK["source"]["charge"], "livemode": False})},
        {**PAYOUT, **source(PAYOUT, livemode=False)},
        {**SUBSCRIPTION, "livemode": False},
    ],
)
def test_the_test_mode_enters_a_sandbox_only(record):
    assert said(record) == []
    assert len(said(record, Account("example", sandbox=True))) == 1


# Each currency of Stripe's table, and what an amount of 1200 is in ISO 4217's minor unit.
@pytest.mark.parametrize(
    ("currency", "minor"),
    [
        *((code, 1200) for code in ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND")),
        *((code, 1200) for code in ("VUV", "XAF", "XOF", "XPF", "HUF", "TWD", "EUR", "USD", "GBP")),
        *((code, 1200) for code in ("BHD", "JOD", "KWD", "OMR", "TND")),
        ("MGA", 120_000),
        ("ISK", 12),
        ("UGX", 12),
    ],
)
def test_stripes_decimals_become_those_of_iso_4217(currency, minor):
    assert receipt(GIFT, currency=currency.lower(), **over(1200)).amount == Money(minor, currency)
    items = deepcopy(SUBSCRIPTION["items"])
    items["data"][0]["plan"] |= {"amount": 1200, "currency": currency.lower()}
    [promise] = said(SUBSCRIPTION, items=items, currency=currency.lower())
    assert promise.amount == Money(minor, currency)


@pytest.mark.parametrize(
    ("record", "changes", "words"),
    [
        (GIFT, over(-2500), "has the wrong sign"),
        (BACK, over(2500), "has the wrong sign"),
        (DISPUTE, over(4700, 2000), "has the wrong sign"),
        (WON, over(-4700), "has the wrong sign"),
        (GIFT, {"net": 2500}, "its net is not what its fee leaves"),
        (GIFT, {"currency": "isk"}, "amount cannot be booked: .* more decimals than ISK has"),
        (GIFT, {"currency": "xqx"}, "“XQX” is not a currency"),
        (GIFT, {"created": 0}, "its day is 1970-01-01"),
        (GIFT, {"created": 4_000_000_000}, "its day is 2096-"),
        (GIFT, {"id": "txn_Other"}, "a second payment of the charge ch_Gift"),
        (BACK, source(BACK, charge=None), "names no charge"),
        (SUBSCRIPTION, {"items": {**SUBSCRIPTION["items"], "has_more": True}}, "more things than"),
    ],
)
def test_what_cannot_be_right_is_refused_alone(record, changes, words):
    with pytest.raises(Rejected, match=words) as refusal:
        said(record, **changes)
    assert not isinstance(refusal.value, SchemaChanged)


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (GIFT, {"amount": "2500"}),
        (GIFT, {"amount": Decimal("2500.5")}),
        (GIFT, {"fee": None}),
        (GIFT, {"source": "ch_Gift"}),
        (GIFT, source(GIFT, livemode="true")),
        (GIFT, source(GIFT, invoice="in_Unknown")),
        (GIFT, source(GIFT, object="gift")),
        (BACK, source(BACK, charge="ch_Dollars")),
        (GIFT, {"object": "surprise"}),
        (SUBSCRIPTION, {"status": "dormant"}),
        (SUBSCRIPTION, {"customer": None}),
    ],
)
def test_a_value_of_another_shape_stops_the_run(record, changes):
    with pytest.raises(SchemaChanged, match="this needs a developer"):
        said(record, **changes)

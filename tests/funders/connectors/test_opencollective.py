"""Open Collective's API: what each kind of record means, and what must stop or refuse it."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funders.connectors.base import (
    Account,
    Certainty,
    Due,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
    State,
)
from funders.connectors.opencollective import parse
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "opencollective"
ACCOUNT = Account("example")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GIVEN = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
ALICE = GiverRef("giver-alice", "Alice", True, "person", "https://opencollective.com/alice")


def uuid(place: int) -> str:
    return f"00000000-0000-4000-8000-{place:012d}"


def nodes(name: str) -> Any:
    text = (DATA / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)["data"]["account"]["page"]["nodes"]


GIFT, REFUND, YEN, MEMBER, SPONSORS, COVER = nodes("transactions")
SUBSCRIPTION, PLEDGE, CANCELLED, FAILED = nodes("orders")


def said(node: Any, **changes: Any) -> list[Receipt | Promise]:
    return list(parse({**deepcopy(node), **changes}, ACCOUNT, NOW))


def receipt(node: Any, **changes: Any) -> Receipt:
    [one] = said(node, **changes)
    assert isinstance(one, Receipt)
    return one


def test_a_gift_is_gross_and_in_the_currency_that_the_host_was_credited_in():
    assert receipt(GIFT) == Receipt(
        external_id=uuid(1),
        kind=Kind.DONATION,
        amount=Money(12100, "USD"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=ALICE,
        fee=Money(-1586, "USD"),
        tax=Money(-2100, "USD"),
        payment_ref="opencollective:10000000-0000-4000-8000-000000000001",
    )


def test_a_refund_takes_back_its_original_with_the_fee_that_came_back():
    assert receipt(REFUND) == Receipt(
        external_id=uuid(2),
        kind=Kind.REFUND,
        amount=Money(-12100, "USD"),
        occurred_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        seen=NOW,
        giver=ALICE,
        fee=Money(1210, "USD"),
        tax=Money(2100, "USD"),
        refunds_external_id=uuid(1),
    )


def test_yen_come_in_hundredths_and_a_guest_without_a_name():
    assert receipt(YEN) == Receipt(
        external_id=uuid(3),
        kind=Kind.DONATION,
        amount=Money(500, "JPY"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=GiverRef("giver-guest-1a2b3c4d", kind="person"),
        fee=Money(-50, "JPY"),
        payment_ref="opencollective:10000000-0000-4000-8000-000000000003",
    )


def test_a_monthly_membership_of_an_event_keeps_all_of_that():
    assert receipt(MEMBER) == Receipt(
        external_id=uuid(4),
        kind=Kind.MEMBERSHIP,
        amount=Money(500, "EUR"),
        occurred_at=GIVEN,
        seen=NOW,
        giver=ALICE,
        fee=Money(-90, "EUR"),
        frequency=Frequency.MONTHLY,
        designation="example-meeting",
        payment_ref="stripe:ch_3Example",
    )


def test_added_funds_count_on_the_day_of_the_money():
    assert receipt(SPONSORS) == Receipt(
        external_id=uuid(5),
        kind=Kind.DONATION,
        amount=Money(20000, "EUR"),
        occurred_at=datetime(2026, 2, 28, tzinfo=UTC),
        seen=NOW,
        giver=GiverRef(
            "giver-github-sponsors", "GitHub Sponsors", True, url="https://opencollective.com/github-sponsors"
        ),
        fee=Money(-2000, "EUR"),
        payment_ref="opencollective:10000000-0000-4000-8000-000000000005",
    )


def test_a_covered_processor_fee_is_a_fee_given_back():
    assert receipt(COVER) == Receipt(
        external_id=uuid(6),
        kind=Kind.FEE,
        amount=Money(376, "USD"),
        occurred_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        seen=NOW,
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("REFUND", Kind.REFUND),
        ("REJECT", Kind.REFUND),
        ("DUPLICATE", Kind.REFUND),
        ("EDIT", Kind.REFUND),
        (None, Kind.REFUND),
        ("DISPUTE", Kind.CHARGEBACK),
    ],
)
def test_each_kind_of_refund_has_its_meaning(word, kind):
    assert receipt(REFUND, refundKind=word).kind == kind


def test_an_edit_of_added_funds_leaves_only_the_new_amount():
    before, after = SPONSORS, {**SPONSORS, "id": uuid(55)}
    back = {**REFUND, "refundKind": "EDIT", "refundTransaction": {"id": before["id"]}}
    back["amountInHostCurrency"] = back["netAmountInHostCurrency"] = {
        "valueInCents": -20000,
        "currency": "EUR",
    }
    back["hostFee"] = back["paymentProcessorFee"] = back["platformFee"] = {
        "valueInCents": 0,
        "currency": "EUR",
    }
    booked = [receipt(node) for node in (before, back, after)]
    assert sum(one.amount.minor for one in booked) == 20000
    assert booked[1].refunds_external_id == booked[0].external_id


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "DEBIT"},  # the account's own gift to somebody
        {"type": "CREDIT", "isRefund": True},  # which came back
        {"kind": "EXPENSE", "type": "DEBIT"},
        {"kind": "HOST_FEE", "type": "DEBIT"},  # asked for with its contribution
        {"kind": None, "order": None},
        {"amountInHostCurrency": {"valueInCents": 0, "currency": "USD"}},
    ],
)
def test_what_is_no_income_of_this_account_is_no_receipt(changes):
    assert said(GIFT, **changes) == []


def test_very_old_gifts_have_no_kind():
    assert receipt(GIFT, kind=None) == receipt(GIFT)


def test_money_between_the_account_and_its_own_events_is_a_transfer():
    parent = {**GIFT["oppositeAccount"], "slug": "example-event", "parent": {"slug": "example"}}
    given, taken = receipt(GIFT, oppositeAccount=parent), receipt(GIFT, kind="BALANCE_TRANSFER")
    assert (given.kind, given.giver, given.payment_ref) == (Kind.TRANSFER, None, "")
    assert (taken.kind, taken.giver, taken.payment_ref) == (Kind.TRANSFER, None, "")


@pytest.mark.parametrize("flag", ["isIncognito", "isGuest", "isPrivate"])
def test_a_giver_who_is_hidden_has_no_name_and_no_address(flag):
    hidden = receipt(GIFT, oppositeAccount={**GIFT["oppositeAccount"], flag: True}).giver
    assert hidden == GiverRef("giver-alice", "", False, "person", "")


@pytest.mark.parametrize("flag", ["isIncognito", "isGuest", "isPrivate"])
@pytest.mark.parametrize("unknown", [{}, None, "no", 0])
def test_a_flag_that_is_unknown_or_missing_hides_the_giver(flag, unknown):
    who = {name: value for name, value in GIFT["oppositeAccount"].items() if name != flag}
    who |= {} if unknown == {} else {flag: unknown}
    assert receipt(GIFT, oppositeAccount=who).giver == GiverRef("giver-alice", "", False, "person", "")


@pytest.mark.parametrize(("kind", "public"), [("ORGANIZATION", True), ("COLLECTIVE", True), (None, False)])
def test_only_a_person_can_be_a_guest(kind, public):
    who = {name: value for name, value in GIFT["oppositeAccount"].items() if name != "isGuest"}
    giver = receipt(GIFT, oppositeAccount=who | {"type": kind}).giver
    assert giver is not None
    assert giver.public is public


def test_a_subscription_that_costs_nothing_promises_nothing():
    assert said(SUBSCRIPTION, amount={"valueInCents": 0, "currency": "EUR"}) == []


def test_another_address_than_open_collective_links_to_no_profile():
    account = Account("example", base_url="http://127.0.0.1:1/graphql/v2")
    [one] = parse(GIFT, account, NOW)
    assert isinstance(one, Receipt)
    assert one.giver == GiverRef("giver-alice", "Alice", True, "person", "")


def test_a_subscription_is_a_promise():
    assert said(SUBSCRIPTION) == [
        Promise(
            external_id="order-4",
            amount=Money(500, "EUR"),
            seen=datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC),
            frequency=Frequency.MONTHLY,
            giver=ALICE,
            starts_on=date(2026, 1, 4),
            tier="backers",
            designation="example-meeting",
        )
    ]


def test_a_bank_transfer_that_is_awaited_is_pledged():
    example = GiverRef("giver-example-ltd", "Example Ltd", True, url="https://opencollective.com/example-ltd")
    assert said(PLEDGE) == [
        Promise(
            external_id="order-7",
            amount=Money(60000, "EUR"),
            seen=datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC),
            certainty=Certainty.PLEDGED,
            giver=example,
            starts_on=date(2026, 3, 4),
            schedule=(Due(Money(60000, "EUR"), date(2026, 4, 1)),),
        )
    ]


def test_a_transfer_that_came_ends_its_pledge():
    order = {**GIFT["order"], "paymentMethod": None}
    gift, promise = said(GIFT, order=order)
    assert isinstance(promise, Promise)
    assert (promise.external_id, promise.state) == ("order-1", State.ENDED)
    assert promise.schedule == (Due(Money(11000, "EUR"), None, paid=True),)


@pytest.mark.parametrize(
    ("status", "state", "ends_on"),
    [
        ("ACTIVE", State.ACTIVE, None),
        ("PAUSED", State.PAUSED, None),
        ("ERROR", State.OVERDUE, None),
        ("CANCELLED", State.ENDED, date(2026, 3, 5)),
    ],
)
def test_the_state_of_a_subscription(status, state, ends_on):
    [promise] = said(CANCELLED, status=status)
    assert isinstance(promise, Promise)
    assert (promise.state, promise.ends_on, promise.frequency) == (state, ends_on, Frequency.YEARLY)


def test_a_failed_checkout_by_card_was_nobodys_promise():
    assert said(FAILED) == []


def test_a_field_that_is_gone_stops_the_run():
    node = {name: value for name, value in GIFT.items() if name != "amountInHostCurrency"}
    with pytest.raises(SchemaChanged, match="^“amountInHostCurrency” is missing or new in Open Collective's"):
        list(parse(node, ACCOUNT, NOW))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "GOLD"}, "GOLD"),
        ({"type": "SIDEWAYS"}, "SIDEWAYS"),
        ({"order": {**GIFT["order"], "frequency": "DAILY"}}, "DAILY"),
        ({"isRefund": True, "type": "DEBIT", "refundKind": "WHIM"}, "WHIM"),
    ],
)
def test_a_word_that_nobody_knows_stops_the_run_and_is_named(changes, word):
    with pytest.raises(SchemaChanged, match=f"^“{word}” is missing or new"):
        said(GIFT, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"amountInHostCurrency": 12100},
        {"amountInHostCurrency": {"valueInCents": None, "currency": "USD"}},
        {"amountInHostCurrency": {"valueInCents": "a lot", "currency": "USD"}},
        {"clearedAt": "yesterday"},
        {"oppositeAccount": "alice"},
    ],
)
def test_a_value_of_another_type_stops_the_run(changes):
    with pytest.raises(SchemaChanged, match="this needs a developer"):
        said(GIFT, **changes)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ({"valueInCents": Decimal("12100.5"), "currency": "USD"}, "more decimals than USD has"),
        ({"valueInCents": 50050, "currency": "JPY"}, "more decimals than JPY has"),
        ({"valueInCents": 100, "currency": "XQX"}, "“XQX” is not a currency"),
        ({"valueInCents": Decimal("1e40"), "currency": "USD"}, "too large to be right"),
    ],
)
def test_an_amount_that_cannot_be_right_is_refused_alone(amount, words):
    with pytest.raises(Rejected, match=words) as refusal:
        said(GIFT, amountInHostCurrency=amount)
    assert not isinstance(refusal.value, SchemaChanged)


def test_a_refund_of_nothing_known_is_refused():
    with pytest.raises(Rejected, match="^a refund that names no original"):
        said(REFUND, refundTransaction=None)

"""Ko-fi's messages: what each means, and that whatever is not Ko-fi's own is refused. tests/funders/test_hooks.py
sends them over HTTP."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest

from funders.connectors import kofi
from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Message,
    Receipt,
    Rejected,
    SchemaChanged,
)
from fundtracker.http import FetchError
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "kofi"
TOKEN = "11111111-aaaa-4bbb-8ccc-222222222222"
ACCOUNT = Account("castle", hook_secret=TOKEN)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MESSAGES = json.loads((DATA / "messages.json").read_text())


def sent(name="donation", **changes):
    return urlencode({"data": json.dumps({**MESSAGES[name], **changes})}).encode()


def message(name="donation", account=ACCOUNT, **changes):
    return kofi.receive(sent(name, **changes), {}, account, NOW)


def said(name="donation", account=ACCOUNT, **changes):
    return list(kofi.parse(message(name, **changes).item, account, NOW))


def receipt(name="donation", **changes):
    [one] = said(name, **changes)
    return one


def test_a_gift_is_booked_under_its_name_where_it_is_public():
    assert receipt() == Receipt(
        external_id="bbbbbbbb-0000-4000-8000-000000000001",
        kind=Kind.DONATION,
        amount=Money(300, "USD"),
        occurred_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        seen=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        giver=GiverRef("Sandbox Giver 7", "Sandbox Giver 7", public=True),
        payment_ref="kofi:bbbbbbbb-0000-4000-8000-000000000001",
    )


def test_a_renewal_is_a_monthly_receipt_and_no_promise_since_nobody_tells_its_end():
    digest = sha256(b"sandbox-giver-9@givers.example").hexdigest()
    assert receipt("membership") == Receipt(
        external_id="bbbbbbbb-0000-4000-8000-000000000002",
        kind=Kind.MEMBERSHIP,
        amount=Money(500, "EUR"),
        occurred_at=datetime(2026, 3, 5, 10, tzinfo=UTC),
        seen=datetime(2026, 3, 5, 10, tzinfo=UTC),
        giver=GiverRef(digest),
        frequency=Frequency.MONTHLY,
        payment_ref="kofi:bbbbbbbb-0000-4000-8000-000000000002",
    )


def test_a_subscription_without_a_tier_is_a_gift_each_month():
    one = receipt("membership", tier_name=None)
    assert (one.kind, one.frequency) == (Kind.DONATION, Frequency.MONTHLY)


@pytest.mark.parametrize("flag", [False, None, "true", 1, 0, "yes", {}])
def test_a_gift_that_is_not_said_to_be_public_has_no_name(flag):
    assert receipt(is_public=flag).giver == GiverRef(
        sha256(b"sandbox-giver-7@givers.example").hexdigest(), "", public=False
    )


def test_a_gift_whose_flag_is_missing_has_no_name():
    item = message().item
    del item["is_public"]
    [one] = kofi.parse(item, ACCOUNT, NOW)
    assert (one.giver.name, one.giver.public) == ("", False)


def test_a_giver_without_name_and_e_mail_is_nobody():
    assert receipt(from_name=None, email=None).giver is None


def test_nothing_that_a_giver_wrote_is_kept():
    item = message("order").item
    assert set(item) == {*kofi.KEPT, "payer", "test"}
    assert "@" not in json.dumps(item)
    assert "Beach" not in json.dumps(item)


@pytest.mark.parametrize(("word", "kind"), list(kofi.KINDS.items()))
def test_each_word_of_ko_fi_means_a_gift_or_a_sale(word, kind):
    assert [one.kind for one in said(type=word)] == ([kind] if kind else [])


def test_a_test_message_is_no_money_but_in_the_sandbox():
    assert said("test") == []
    assert [one.amount for one in said("test", replace(ACCOUNT, sandbox=True))] == [Money(300, "USD")]
    assert said(email="anybody@example.com") == []


def test_nothing_is_no_money():
    assert said(amount="0.00") == []


def test_yen_have_no_hundredths():
    assert receipt(amount="500.00", currency="JPY").amount == Money(500, "JPY")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "Raffle"}, {"type": None}, {"type": []}, {"amount": 3.0}, {"amount": 3}, {"amount": "3,00"},
        {"amount": "three"}, {"amount": "NaN"}, {"amount": "3.001"}, {"amount": None}, {"currency": "usd"},
        {"currency": ""}, {"currency": None}, {"currency": {}}, {"timestamp": "yesterday"}, {"timestamp": 1},
        {"timestamp": "2026-03-04"}, {"timestamp": "2126-03-04T05:06:07Z"}, {"is_subscription_payment": "no"},
        {"is_subscription_payment": None}, {"kofi_transaction_id": 7}, {"kofi_transaction_id": None}, {"from_name": {}},
    ],
    ids=str,
)  # fmt: skip
def test_what_ko_fi_never_says_is_refused_in_words(changes):
    with pytest.raises(SchemaChanged, match=r"in Ko-fi's answer.*this needs a developer$"):
        said(**changes)


@pytest.mark.parametrize(
    "name",
    [
        "type",
        "amount",
        "currency",
        "timestamp",
        "kofi_transaction_id",
        "is_subscription_payment",
        "from_name",
    ],
)
def test_what_ko_fi_always_says_is_missed(name):
    item = message().item
    del item[name]
    with pytest.raises(SchemaChanged, match=f"“{name}” is missing or new in Ko-fi's answer"):
        list(kofi.parse(item, ACCOUNT, NOW))


def test_a_message_is_known_by_its_id():
    assert message().external_id == "aaaaaaaa-0000-4000-8000-000000000001"
    assert isinstance(message(), Message)


@pytest.mark.parametrize(
    "token", ["", "wrong", TOKEN[:-1], f"{TOKEN} ", TOKEN.upper(), f"{TOKEN}\0", "\ud800", "ü" * 36]
)
def test_a_message_with_another_token_is_forged(token):
    with pytest.raises(Rejected, match="^its verification token is not the one that this source has$"):
        message(verification_token=token)


def test_without_a_secret_no_token_is_right():
    with pytest.raises(Rejected, match="verification token"):
        message(account=Account("castle"), verification_token="")


def test_a_run_has_nothing_to_ask():
    [page] = kofi.fetch(ACCOUNT, {}, full=True)
    assert (list(page.items), page.last, page.whole) == ([], True, False)


def test_without_its_secret_the_source_says_what_to_do():
    with pytest.raises(
        FetchError, match="type its verification token as this source's webhook secret"
    ) as problem:
        list(kofi.fetch(Account("castle"), {}, full=False))
    assert problem.value.permanent

"""Stripe's webhooks: a message is Stripe's, of this endpoint and fresh, or it is refused."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from funders.connectors.base import Account, Message, Rejected
from funders.connectors.stripe import receive
from funders.sandbox.foundation import CHARGED_BY_STRIPE, Foundation
from funders.sandbox.stripe import event
from tests.funders.sandboxes import NOON

SECRET = "whsec_ExampleOfASecret"
ACCOUNT = Account("example", hook_secret=SECRET)
FOUNDATION = Foundation(1, live=NOON, pace=30.0)
PAYMENTS = FOUNDATION.at(NOON).through(*CHARGED_BY_STRIPE).payments
PAYMENT = next(payment for payment in PAYMENTS if not payment.test and not payment.failed)
TEST = next(payment for payment in PAYMENTS if payment.test)
BODY, HEADERS = event(FOUNDATION, PAYMENT, SECRET, NOON)
STAMP, V1 = HEADERS["Stripe-Signature"].split(",")
EVENT_ID = json.loads(BODY)["id"]
OTHER_BODY, OTHER_HEADERS = event(FOUNDATION, PAYMENTS[-1], SECRET, NOON)


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """As Stripe would sign this very body: what is refused then is refused for its content."""
    signature = hmac.new(secret.encode(), STAMP[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"{STAMP},v1={signature}"}


def header(value: str) -> dict[str, str]:
    return {"Stripe-Signature": value}


def test_a_message_is_a_hint_and_no_more():
    assert receive(BODY, HEADERS, ACCOUNT, NOON) == Message(EVENT_ID)


def test_headers_may_be_in_any_case():
    lower = {name.lower(): value for name, value in HEADERS.items()}
    assert receive(BODY, lower, ACCOUNT, NOON).external_id == EVENT_ID


@pytest.mark.parametrize(
    "value",
    [
        f"{STAMP},v1={'0' * 64},{V1}",
        f"{STAMP},{V1},v1={'0' * 64}",
        f"{STAMP},v0={'0' * 64},{V1}",
        f"{V1},{STAMP}",
        f"{STAMP}, {V1}",
    ],
)
def test_one_of_several_signatures_is_enough(value):
    assert receive(BODY, header(value), ACCOUNT, NOON).external_id == EVENT_ID


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_near_enough(seconds):
    assert receive(BODY, HEADERS, ACCOUNT, NOON + timedelta(seconds=seconds)) == Message(EVENT_ID)


def test_a_type_that_nobody_knows_is_a_hint_too():
    body = json.dumps({"id": "evt_New", "object": "event", "type": "moon.landed", "livemode": True}).encode()
    assert receive(body, signed(body), ACCOUNT, NOON) == Message("evt_New")


TAMPERED: dict[str, tuple[bytes, dict[str, str]]] = {
    "one byte more": (BODY + b" ", HEADERS),
    "one byte less": (BODY[:-1], HEADERS),
    "another amount": (BODY.replace(b'"amount": ', b'"amount": 9', 1), HEADERS),
    "another id": (BODY.replace(EVENT_ID.encode(), b"evt_Forged"), HEADERS),
    "the same JSON with other spaces": (json.dumps(json.loads(BODY), indent=1).encode(), HEADERS),
    "another body": (OTHER_BODY, HEADERS),
    "another message's signature": (BODY, OTHER_HEADERS),
    "nothing in it": (b"", HEADERS),
    "no signature": (BODY, {}),
    "an empty signature": (BODY, header("")),
    "no time": (BODY, header(V1)),
    "an empty time": (BODY, header(f"t=,{V1}")),
    "another time": (BODY, header(f"t={int(STAMP[2:]) + 1},{V1}")),
    "two times": (BODY, header(f"{STAMP},t={int(STAMP[2:]) + 1},{V1}")),
    "the same time twice": (BODY, header(f"{STAMP},{STAMP},{V1}")),
    "a negative time": (BODY, header(f"t=-{STAMP[2:]},{V1}")),
    "a time in words": (BODY, header(f"t=now,{V1}")),
    "a time in other digits": (
        BODY,
        header(f"t={STAMP[2:].translate({48 + n: 0x0660 + n for n in range(10)})},{V1}"),
    ),
    "a time without end": (BODY, header(f"t={'9' * 5000},{V1}")),
    "no v1": (BODY, header(STAMP)),
    "an empty v1": (BODY, header(f"{STAMP},v1=")),
    "half of it": (BODY, header(f"{STAMP},{V1[:35]}")),
    "the last digit wrong": (BODY, header(f"{STAMP},{V1[:-1]}{'0' if V1[-1] != '0' else '1'}")),
    "capitals": (BODY, header(f"{STAMP},v1={V1[3:].upper()}")),
    "beyond ASCII": (BODY, header(f"{STAMP},v1=ü{V1[4:]}")),
    "only v0": (BODY, header(f"{STAMP},v0{V1[2:]}")),
    "V1": (BODY, header(f"{STAMP},V1{V1[2:]}")),
    "semicolons": (BODY, header(f"{STAMP};{V1}")),
    "two headers": (BODY, {**HEADERS, "stripe-signature": HEADERS["Stripe-Signature"]}),
    "another secret": (BODY, signed(BODY, "whsec_Another")),
    "an empty secret": (BODY, signed(BODY, "")),
    "the secret without its prefix": (BODY, signed(BODY, SECRET.removeprefix("whsec_"))),
    "signed, and no JSON": (b"surprise", signed(b"surprise")),
    "signed, and not UTF-8": (b'"\xff"', signed(b'"\xff"')),
    "signed, and a list": (b"[]", signed(b"[]")),
    "signed, and nested without end": (b"[" * 100_000, signed(b"[" * 100_000)),
}


def with_content(**changes: Any) -> tuple[bytes, dict[str, str]]:
    content = {"id": "evt_Example", "livemode": True, **changes}
    body = json.dumps({name: value for name, value in content.items() if value is not ...}).encode()
    return body, signed(body)


TAMPERED |= {
    "signed, and without an id": with_content(id=...),
    "signed, and a number for its id": with_content(id=7),
    "signed, and somebody else's id": with_content(id="ch_Example"),
    "signed, and an id without end": with_content(id="evt_" + "x" * 300),
    "signed, and control characters": with_content(id="evt_\x00"),
    "signed, and of the test mode": with_content(livemode=False),
    "signed, and of no mode": with_content(livemode=...),
    "signed, and of a mode in words": with_content(livemode="true"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_whatever_was_tampered_with_is_refused(name):
    body, headers = TAMPERED[name]
    with pytest.raises(Rejected) as refusal:
        receive(body, headers, ACCOUNT, NOON)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_message_that_was_signed_long_ago_is_refused(seconds):
    with pytest.raises(Rejected, match="more than five minutes ago or ahead"):
        receive(BODY, HEADERS, ACCOUNT, NOON + timedelta(seconds=seconds))


def test_without_a_secret_nothing_is_believed():
    with pytest.raises(Rejected, match="has no secret for webhooks"):
        receive(BODY, signed(BODY, ""), Account("example"), NOON)


def test_the_test_mode_is_heard_by_a_sandbox_only():
    body, headers = event(FOUNDATION, TEST, SECRET, NOON)
    with pytest.raises(Rejected, match="comes from Stripe's test mode"):
        receive(body, headers, ACCOUNT, NOON)
    sandboxed = Account("example", hook_secret=SECRET, sandbox=True)
    assert receive(body, headers, sandboxed, NOON).external_id.startswith("evt_")

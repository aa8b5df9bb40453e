"""What Stripe tells us unasked: proof that it is Stripe, and nothing else is believed; the next sync asks what is true."""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from funders.connectors.base import Account, Message, Rejected

HEADER = "stripe-signature"
# Stripe's own libraries allow as much between its clock and ours.
TOLERANCE = timedelta(minutes=5)
SECONDS = re.compile(r"[0-9]{1,12}")
EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,190}")


def receive(body: bytes, headers: Mapping[str, str], account: Account, now: datetime) -> Message:
    """A hint that there is something new, whatever its type. https://docs.stripe.com/webhooks#verify-manually"""
    if not account.hook_secret:
        raise Rejected(
            "this source has no secret for webhooks: put in the one that Stripe shows for the endpoint"
        )
    said = [value for name, value in headers.items() if name.lower() == HEADER]
    pairs = [part.strip().partition("=") for part in said[0].split(",")] if len(said) == 1 else []
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1 or not SECONDS.fullmatch(times[0]):
        raise Rejected("it has no signature that can be read")
    # While the secret is being changed there are two signatures; v0 is for Stripe's test mode and proves nothing.
    signatures = [value.encode() for name, _, value in pairs if name == "v1"]
    expected = hmac.new(account.hook_secret.encode(), times[0].encode() + b"." + body, "sha256").hexdigest()
    matches = [hmac.compare_digest(expected.encode(), signature) for signature in signatures]
    if not any(matches):
        raise Rejected("its signature is wrong: it is forged, or the secret of the endpoint has changed")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE.total_seconds():
        raise Rejected("it was signed more than five minutes ago or ahead: check this machine's clock")
    return _message(body, account)


def _message(body: bytes, account: Account) -> Message:
    try:
        event: Any = json.loads(body)
        external_id, live = event["id"], event["livemode"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Rejected("it is signed, and yet no event of Stripe's that we understand") from None
    if not isinstance(external_id, str) or not EVENT_ID.fullmatch(external_id):
        raise Rejected("its id is none of Stripe's")
    if live is not True and not account.sandbox:
        raise Rejected("it comes from Stripe's test mode: give this address to the live account only")
    return Message(external_id)

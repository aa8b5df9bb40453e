"""Patreon's API v2: what the members of one campaign paid, and what they pledge.

Money moves with events of the type `subscription` only; the others tell that a pledge was changed, and name its
amount again. An event is in the currency that the patron paid in: what of it was credited in the campaign's, Patreon
does not say, and neither its fees. Nor does it date what it gave back, which therefore has the day of its payment.

A row tells how things stand now. One of which nothing moved, or nothing any more, says so with 0, and so takes back
what an earlier status said.

Nobody is named. No field says that a membership may be shown: `hide_pledges` is about the patron's own profile, and
who never touched that switch agreed to nothing here. So no name is even asked for.

What GitHub Sponsors lists with the payment source PATREON is this same money: it counts here only.

options: currency    the campaign's, where Patreon does not tell it
         given_back  {id of a payment: how much of it was given back}, for what Patreon calls “Partially Refunded”
                     or “Other” and tells no more of: staff look it up there. “0” is nothing of it
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from funders.connectors import cells
from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    State,
)
from funders.connectors.graphql import reading
from funders.connectors.patreon_pages import fetch
from funders.connectors.values import typed
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse"]

LABEL = "Patreon"
ATOMIC = False
COMPLETE = True

# Whether an event of this type is a payment.
TYPES = {"subscription": True, "pledge_start": False, "pledge_upgrade": False, "pledge_downgrade": False,
         "pledge_delete": False}  # fmt: skip
# Whether the whole of it was paid, and whether the whole of it was given back; None where Patreon does not tell.
STATUSES: dict[str | None, tuple[bool | None, bool | None]] = {
    "Paid": (True, False), "Refund Pending": (True, False), "Refund Declined": (True, False),
    "Refunded": (True, True), "Refunded by Patreon": (True, True), "Fraud": (True, True),
    "Partially Refunded": (True, None), "Other": (None, False), None: (None, False),
    "Pending": (False, False), "Declined": (False, False), "Deleted": (False, False), "Free Trial": (False, False),
}  # fmt: skip
# A declined payment is tried again for weeks. None: one who follows for nothing, and never pledged.
STATES = {
    "active_patron": State.ACTIVE, "declined_patron": State.OVERDUE, "former_patron": State.ENDED, None: None,
}  # fmt: skip
# Months from one charge to the next.
CADENCES = {1: Frequency.MONTHLY, 12: Frequency.YEARLY}
# All that one can pay in, and all of it in hundredths: whether yen would be, should they come, nobody has said.
HUNDREDTHS = frozenset({
    "USD", "EUR", "GBP", "CAD", "AUD", "DKK", "NOK", "SEK", "HKD", "SGD", "NZD", "CZK", "HUF", "PLN", "MXN", "BRL",
})  # fmt: skip
OPENED, DAY = datetime(2013, 5, 1, tzinfo=UTC), timedelta(days=1)


def parse(item: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading(LABEL):
        if "event" in item:
            yield from _receipt(item["event"], item["member"], account.options, asked_at, back=item["back"])
        else:
            yield from _promise(item["member"], item["tiers"], item["campaign"], asked_at)


def _receipt(
    event: Any, member: Any, options: Mapping[str, Any], asked_at: datetime, *, back: bool
) -> Iterator[Receipt]:
    said, name = event["attributes"], event["id"]
    status = said["payment_status"]
    paid, given_back = STATUSES[status]
    if not TYPES[said["type"]]:
        if paid:
            raise Rejected(f"Patreon calls {name} a changed pledge and also paid: this needs a developer")
        return
    told = _looked_up(name, options) if None in (paid, given_back) else None
    moved = True if told is not None else given_back if back else paid
    if moved is None:
        what = "how much of it was given back" if back else "whether it was paid"
        raise Rejected(
            f"Patreon says “{status or ''}” of {name}, but not {what}: look it up there, and put how much was given "
            f'back into the setting “given_back”: {{"{name}": "1.50"}}'
        )
    amount = _money(said["amount_cents"] if moved else 0, said["currency_code"])
    if back and told is not None:
        amount = _part(told, amount, name)
    yield Receipt(
        external_id=f"{name}:back" if back else name,
        kind=Kind.MEMBERSHIP if not back else Kind.CHARGEBACK if status == "Fraud" else Kind.REFUND,
        amount=-amount if back else amount,
        occurred_at=_when(said["date"], asked_at),
        seen=asked_at,
        giver=GiverRef(member["id"]),
        # An event does not tell what period it pays for; its member's present one is nearly always right.
        frequency=CADENCES.get(member["attributes"]["pledge_cadence"], Frequency.MONTHLY),
        payment_ref="" if back else f"patreon:{name}",
        refunds_external_id=name if back else "",
    )


def _looked_up(name: str, options: Mapping[str, Any]) -> Any:
    told = options.get("given_back", {})
    if not isinstance(told, dict):
        raise Rejected(f'The setting “given_back” must be a table like {{"{name}": "1.50"}}.')
    return told.get(name)


def _part(told: Any, whole: Money, name: str) -> Money:
    with suppress(ValueError):
        part = cells.money(told if isinstance(told, str) else "", whole.currency)
        if Money(0, whole.currency) <= part <= whole:
            return part
    raise Rejected(
        f"the setting “given_back” says “{told}” of {name}: write an amount in quotes, from 0.00 {whole.currency} to {whole}"
    )


def _promise(member: Any, tiers: Any, campaign: Any, asked_at: datetime) -> Iterator[Promise]:
    said = member["attributes"]
    state, amount = STATES[said["patron_status"]], _money(said["will_pay_amount_cents"], campaign["currency"])
    if state is None and (amount or said["campaign_lifetime_support_cents"]):
        raise Rejected(
            f"Patreon says that member {member['id']} never pledged, and also that they paid: look it up"
        )
    if state is None or typed(bool, said["is_free_trial"]) or typed(bool, said["is_gifted"]):
        return
    # Who may stay until the end of what was paid, and pays no more, has ended the pledge.
    state = state if amount else State.ENDED
    cadence, start = said["pledge_cadence"], said["pledge_relationship_start"]
    monthly = typed(bool, campaign["is_monthly"]) and not (state is State.ENDED and cadence is None)
    best = max(tiers, key=lambda tier: tier["attributes"]["amount_cents"], default=None)
    yield Promise(
        external_id=member["id"],
        amount=amount or None,
        seen=asked_at,
        frequency=CADENCES[cadence] if monthly else Frequency.ONCE,
        state=state,
        giver=GiverRef(member["id"]),
        starts_on=_when(start, asked_at).date() if start else None,
        tier=best["attributes"]["title"] if best else "",
    )


def _money(cents: Any, currency: Any) -> Money:
    if type(cents) is not int or cents < 0:
        raise Rejected(
            f"an amount is “{cents}” at Patreon, which is no number of cents: this needs a developer"
        )
    if not isinstance(currency, str) or currency.upper() not in HUNDREDTHS:
        raise Rejected(f"nobody knows how Patreon counts “{currency}”: this needs a developer")
    try:
        return Money(cents, currency.upper())
    except ValueError as error:
        raise Rejected(f"an amount cannot be booked: {error}") from None


def _when(text: str, asked_at: datetime) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or not OPENED <= when <= asked_at + DAY:
        raise Rejected(
            f"“{text}” at Patreon is no time at which anything can have happened: look it up there"
        )
    return when

"""CiviCRM's API, version 4: contributions with their refunds, and memberships, of one site.

A contribution is one row for ever, and its status and what is paid of it change: it is read as what came, and what
went back. Either may be nothing, so that a cheque which bounced, or a dispute that was won, takes back what was
booked of it before. CiviCRM keeps no flag by which a gift is public, so that every giver is unnamed, and no
contact is asked for. Its days have no zone: they are the site's (the source's time zone), and of an hour that the
clocks repeat the first is meant, for CiviCRM does not tell the two apart. Midnight sharp is a day without a time.

options: financial_types  {the site's financial type: a kind of income, or “none” for what is no support}
         statuses         {the site's own membership status: active, paused, overdue or ended}
         currency         of membership fees, which have none of their own
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from funders.connectors.base import (
    INCOMING,
    Account,
    Certainty,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    State,
)
from funders.connectors.civicrm_pages import RECUR, TYPE, fetch
from funders.connectors.graphql import reading
from funders.connectors.values import money, number, rounded, shown, typed
from fundtracker.money import Money

__all__ = ["ATOMIC", "COMPLETE", "LABEL", "fetch", "parse"]

LABEL = "CiviCRM"
ATOMIC = False
COMPLETE = True

# A ticket is a sale, and no support.
FINANCIAL_TYPES: dict[str, str] = {
    "Donation": "donation", "Member Dues": "membership", "Campaign Contribution": "donation", "Event Fee": "none",
}  # fmt: skip
# What has come of a contribution: all of it, what is paid so far, or nothing.
ALL, PAID, NOTHING = "all", "paid", "nothing"
CAME = {
    "Completed": ALL, "Refunded": ALL, "Chargeback": ALL, "Partially paid": PAID, "Pending refund": PAID,
    "Pending": NOTHING, "Pending (Processing)": NOTHING, "Cancelled": NOTHING, "Failed": NOTHING,
    "In Progress": NOTHING, "Overdue": NOTHING, "Template": NOTHING,
}  # fmt: skip
TAKEN_BACK = {"Refunded": Kind.REFUND, "Chargeback": Kind.CHARGEBACK}
# Pending: its first dues have not come, and CiviCRM leaves it so for ever, without an end.
STATES = {
    "New": State.ACTIVE, "Current": State.ACTIVE, "Pending": State.OVERDUE, "Grace": State.OVERDUE,
    "Expired": State.ENDED, "Cancelled": State.ENDED, "Deceased": State.ENDED,
}  # fmt: skip
FREQUENCIES = {
    (1, "month"): Frequency.MONTHLY, (3, "month"): Frequency.QUARTERLY, (12, "month"): Frequency.YEARLY,
    (1, "year"): Frequency.YEARLY,
}  # fmt: skip
# Any other term is turned into months or years, whichever is nearer.
A_YEAR = {"day": (Frequency.MONTHLY, 365), "week": (Frequency.MONTHLY, 52), "month": (Frequency.YEARLY, 12),
          "year": (Frequency.YEARLY, 1)}  # fmt: skip
STATUS = "contribution_status_id:name"
CHARGE = re.compile(r"\b(ch|py)_\w+")


def parse(row: Any, account: Account, asked_at: datetime) -> Iterator[Receipt | Promise]:
    with reading(LABEL):
        if typed(bool, row["is_test"]) and not account.sandbox:
            return
        if "membership_type_id:name" in row:
            yield from _promise(row, account, asked_at)
        else:
            yield from _receipts(row, account, asked_at)


def _receipts(row: Any, account: Account, asked_at: datetime) -> Iterator[Receipt]:
    kind = _kind(row["financial_type_id:name"], account)
    # What is no support says so with 0: before the settings were corrected it may have been booked.
    came, back = _moved(row) if kind else (Money(0, row["currency"]),) * 2
    if not came:
        day: date | datetime = asked_at
    elif row["receive_date"] is None:
        raise Rejected("money without a day: fill in “Date Received” in CiviCRM")
    else:
        day = _when(row["receive_date"], account.time_zone)
    charge = CHARGE.search(row["trxn_id"] or "")
    fee, tax = _costs(row) if came else (None, None)
    gift = Receipt(
        external_id=str(typed(int, row["id"])),
        kind=kind or Kind.DONATION,
        amount=came,
        occurred_at=day,
        seen=asked_at,
        giver=_giver(row),
        fee=fee,
        tax=tax,
        frequency=_frequency(row),
        designation=typed(str, row.get("campaign_id:name") or ""),
        payment_ref=f"stripe:{charge[0]}" if charge else "",
    )
    yield gift
    yield Receipt(
        external_id=f"{gift.external_id}:refund",
        kind=TAKEN_BACK.get(row[STATUS], Kind.REFUND),
        amount=-back,
        occurred_at=_when(row["cancel_date"], account.time_zone) if row["cancel_date"] else day,
        seen=asked_at,
        giver=gift.giver,
        frequency=gift.frequency,
        designation=gift.designation,
        refunds_external_id=gift.external_id,
    )


def _moved(row: Any) -> tuple[Money, Money]:
    """What came, and how much of that went back. `paid_amount` is what the recorded payments add up to."""
    status, currency = row[STATUS], row["currency"]
    total, paid = _money(row["total_amount"], currency), _money(row["paid_amount"], currency)
    nothing = Money(0, currency)
    if CAME[status] == NOTHING or not total:
        return nothing, nothing
    if total.minor < 0:
        raise Rejected(f"a contribution of {total}: record it in CiviCRM as the refund of another")
    if CAME[status] == PAID:
        return paid, nothing
    if nothing < paid < total:
        return total, total - paid
    # No payment, or the first one only, was recorded: the status says whether all of it is still there.
    return total, total if status in TAKEN_BACK else nothing


def _promise(row: Any, account: Account, asked_at: datetime) -> Iterator[Promise]:
    if row[f"{TYPE}.minimum_fee"] is None:
        raise Rejected("its membership type has no fee: write 0 in CiviCRM where it costs nothing")
    fee = _decimal(row[f"{TYPE}.minimum_fee"])
    if not fee:
        return
    currency = account.options.get("currency")
    if not currency:
        raise Rejected("CiviCRM does not say in which currency membership fees are: set “currency”")
    unit, count = row[f"{TYPE}.duration_unit"], row[f"{TYPE}.duration_interval"]
    frequency, times = (Frequency.ONCE, Decimal(1)) if unit == "lifetime" else _cadence(count, unit)
    status = row["status_id:name"]
    began, ends = row["join_date"] or row["start_date"], row["end_date"]
    yield Promise(
        external_id=f"membership:{typed(int, row['id'])}",
        amount=rounded(fee * times, currency),
        seen=asked_at,
        frequency=frequency,
        certainty=Certainty.PLEDGED if status == "Pending" else Certainty.COMMITTED,
        state=_state(status, account),
        giver=_giver(row),
        starts_on=date.fromisoformat(began) if began else None,
        ends_on=date.fromisoformat(ends) if ends else None,
        tier=row["membership_type_id:name"],
    )


def _kind(word: str, account: Account) -> Kind | None:
    kinds = {**FINANCIAL_TYPES, **account.options.get("financial_types", {})}
    ours = kinds.get(word)
    if ours is None:
        raise Rejected(
            f"the financial type “{shown(word)}” is not known: say in “financial_types” which kind it is"
        )
    if ours != "none" and ours not in INCOMING:
        allowed = ", ".join(sorted(INCOMING))
        raise Rejected(f"“financial_types” makes “{word}” {ours}: use {allowed} or none")
    return None if ours == "none" else Kind(ours)


def _state(word: str, account: Account) -> State:
    if word in STATES:
        return STATES[word]
    ours = account.options.get("statuses", {}).get(word)
    if ours not in set(State):
        raise Rejected(
            f"the membership status “{shown(word)}” is the site's own: say in “statuses” whether it is {', '.join(State)}"
        )
    return State(ours)


def _frequency(row: Any) -> Frequency:
    unit, count = row[f"{RECUR}.frequency_unit"], row[f"{RECUR}.frequency_interval"]
    return Frequency.ONCE if unit is None and count is None else _cadence(count, unit)[0]


def _cadence(count: int, unit: str) -> tuple[Frequency, Decimal]:
    """How often, and by how much the amount of one term is then multiplied."""
    if typed(int, count) < 1:
        raise ValueError(f"a term of {count} {unit}")
    if known := FREQUENCIES.get((count, unit)):
        return known, Decimal(1)
    frequency, terms = A_YEAR[unit]
    return frequency, Decimal(terms) / count / (12 if frequency is Frequency.MONTHLY else 1)


def _giver(row: Any) -> GiverRef:
    return GiverRef(str(typed(int, row["contact_id"])))


def _when(text: str, zone: ZoneInfo) -> date | datetime:
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError(f"{text} has a time zone")
    return local.date() if local.time() == time() else local.replace(tzinfo=zone).astimezone(UTC)


def _costs(row: Any) -> tuple[Money | None, Money | None]:
    """Its fee and its tax, which are written without a sign. A fee that nobody wrote is what the net leaves over."""
    currency, fee = row["currency"], row["fee_amount"]
    if fee is None and row["net_amount"] is not None:
        fee = _decimal(row["total_amount"]) - _decimal(row["net_amount"])
    fee, tax = (-_money(0 if cost is None else cost, currency) for cost in (fee, row["tax_amount"]))
    if fee.minor > 0 or tax.minor > 0:
        raise Rejected(f"a fee of {-fee} and a tax of {-tax} came with it: correct that in CiviCRM")
    return fee or None, tax or None


def _decimal(written: Any) -> Decimal:
    return number(written, str, int, Decimal)


def _money(written: Any, currency: str) -> Money:
    return money(_decimal(written), currency)

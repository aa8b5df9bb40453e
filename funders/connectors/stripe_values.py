"""What Stripe writes, as we have it: amounts, moments, and who gave for what. A value of another type is a change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from funders.connectors import values
from funders.connectors.base import Account, GiverRef, Rejected
from funders.connectors.values import number, typed
from fundtracker.money import Money

# Decimals of an amount where they are not two: https://docs.stripe.com/currencies#minor-units. ISO 4217 has two for
# MGA. ISK and UGX have none, but Stripe goes on to write them in hundredths (its special cases).
EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF",
                     "XPF"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3),
}  # fmt: skip
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)


def is_real(thing: Any, account: Account) -> bool:
    """Not of the test mode, or at home there."""
    return typed(bool, thing["livemode"]) or account.sandbox


def decimals(currency: str) -> int:
    return EXPONENTS.get(currency.upper(), 2)


def money(amount: Any, currency: str) -> Money:
    return values.money(number(amount, int).scaleb(-decimals(currency)), currency.upper())


def moment(seconds: Any, asked_at: datetime, ahead: timedelta = timedelta(days=1)) -> datetime:
    when = datetime.fromtimestamp(typed(int, seconds), UTC)
    if not EARLIEST <= when <= asked_at + ahead:
        raise Rejected(f"its day is {when:%Y-%m-%d}, which cannot be: ask Stripe")
    return when


def giver(charge: Any) -> GiverRef | None:
    """The customer, else the card or account that paid. Never what the donor typed in."""
    details = charge.get("payment_method_details") or {}
    who = charge["customer"] or (details.get(details.get("type")) or {}).get("fingerprint")
    return None if who is None else GiverRef(typed(str, who))


def designation(thing: Any, account: Account) -> str:
    """What the option `designation` names of its metadata."""
    return typed(str, thing["metadata"].get(account.options.get("designation"), ""))

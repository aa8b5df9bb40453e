"""Liberapay's public page of one account: what it receives in a week, as one promise.

No money is ever booked from Liberapay. What is paid there is charged by the account's own Stripe or PayPal, and those
sources report it, with its fees and its refunds: booked here too, it would count twice.

The sum of all patrons is one promise without a giver. Where the account hides it, the promise stays, without an
amount, and says so: the last one that was shown would be a claim of ours. `liberapay_csv` reads the same patrons one
by one from a file: of two sources of one account, the monthly equivalent takes this one.

account: the user's name, or “~” and the account's number, which stays when the name changes
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from funders.connectors.base import Account, Frequency, Page, Promise, Rejected, State
from funders.connectors.graphql import reading
from funders.connectors.values import typed
from fundtracker import http
from fundtracker.money import Money

LABEL = "Liberapay"
ATOMIC = False
COMPLETE = False  # there is one record, and it is always listed

URL = "https://liberapay.com"
# One from the number to the name, and one from a name to how it is written now.
REDIRECTS = 2
MONTHS_OF_WEEKS = Fraction(52, 12)


def fetch(account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]:
    url = f"{(account.base_url or URL).rstrip('/')}/{quote(account.slug, safe='~')}/public.json"
    reply = http.fetch(url, redirects=REDIRECTS)
    yield Page([("the public page", reply.json())], {}, reply.asked_at, total=1, last=True, whole=True)


def parse(page: Any, account: Account, asked_at: datetime) -> Iterator[Promise]:
    with reading(LABEL):
        patrons, weekly = typed(int, page["npatrons"]), page["receiving"]
        amount = None if weekly is None else monthly(weekly["amount"], weekly["currency"])
        yield Promise(
            external_id="receiving",
            amount=amount or None,
            seen=asked_at,
            frequency=Frequency.MONTHLY,
            state=State.ACTIVE if amount is None or amount else State.ENDED,
            title=f"Liberapay: {patrons} patrons{' (amount hidden there)' if weekly is None else ''}",
        )


def monthly(weekly: Any, currency: Any) -> Money:
    """Of what is given in a week, rounded once, half to even."""
    problem = f"“{weekly}” “{currency}” at Liberapay is no amount: this needs a developer"
    if not isinstance(weekly, str) or not isinstance(currency, str):
        raise Rejected(problem)
    try:
        money = Money.of(weekly, currency)
    except (ValueError, ArithmeticError):
        raise Rejected(problem) from None
    if money.minor < 0:
        raise Rejected(problem)
    return Money(round(money.minor * MONTHS_OF_WEEKS), currency)

"""Who sponsors the sandbox at GitHub, and what they have paid.

A sponsor has one record, however often it changes; a one-time gift counts as active for a month. Some sponsors pay at
Patreon, some have left GitHub since, and GitHub gives back in full.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from funders.sandbox.foundation import Foundation, Giver, Payment, Plan

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sponsor:
    """One sponsor's record as it is now, and all of their payments, oldest first."""

    giver: Giver
    plan: Plan | None
    payments: list[Payment]
    id: str
    now: datetime

    @property
    def began(self) -> datetime:
        return self.plan.started if self.plan else self.payments[0].at

    @property
    def active(self) -> bool:
        if self.plan:
            return not self.plan.ended(self.now)
        return self.payments[-1].at > self.now - MONTH

    @property
    def public(self) -> bool:
        return self.payments[-1].public if self.payments else self.giver.public

    @property
    def at_patreon(self) -> bool:
        return self.giver.number % 17 == 5

    @property
    def left(self) -> bool:
        return self.giver.number % 29 == 3

    def kept(self) -> int:
        """What GitHub has had of this sponsor, less what it gave back."""
        return sum(one.cents for one in self.payments if not one.failed and not given_back(one))


def given_back(payment: Payment) -> bool:
    """Disputes that are won, or may be, are none."""
    return payment.refund is not None and not payment.refund.dispute


def sponsors(foundation: Foundation, now: datetime) -> list[Sponsor]:
    """In the order in which they began."""
    books = foundation.at(now).through("github")
    plans: dict[Giver, Plan] = {}
    for plan in books.plans:
        known = plans.get(plan.giver)
        if known is None or known.ended(now):
            plans[plan.giver] = plan
    payments = defaultdict[Giver, list[Payment]](list)
    for payment in books.payments:
        if not payment.test:
            payments[payment.giver].append(payment)
    found = [
        Sponsor(
            giver,
            plans.get(giver),
            payments[giver],
            node("S", foundation.id(f"sponsorship {giver.number}")),
            now,
        )
        for giver in sorted({*plans, *payments}, key=lambda giver: giver.number)
    ]
    return sorted(found, key=lambda one: (one.began, one.id))


def node(kind: str, key: str) -> str:
    return f"{kind}_kwDO{key[:16]}"


def tier(cents: int, once: bool) -> dict[str, Any]:
    dollars = cents // 100
    return {
        "id": f"ST_{cents}{'o' if once else 'm'}",
        "name": f"${dollars} {'one time' if once else 'a month'}",
        "monthlyPriceInCents": cents,
        "monthlyPriceInDollars": dollars,
        "isOneTime": once,
        "isCustomAmount": False,
    }


def account(one: Sponsor) -> dict[str, Any]:
    kind, person = ("Organization", False) if one.giver.company else ("User", True)
    return {
        "__typename": kind,
        "id": f"{'U' if person else 'O'}_kgDO{one.giver.number:06}",
        "login": one.giver.handle,
        # Not everybody has written a name into their profile.
        "name": None if one.giver.number % 7 == 2 else one.giver.name,
        "databaseId": 1_000_000 + one.giver.number,
    }


def dollars(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02}"

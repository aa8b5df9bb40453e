"""The sandbox foundation: what it was given through which provider, as a function of the seed and the clock.

Each provider's module shows the part that went through it, in its own words. Nothing is stored, so a restart
changes nothing. What is paid at Donorbox and Liberapay is charged by Stripe, and appears there too.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from funders.sandbox.people import COMPANIES, identity
from funders.sandbox.records import at

EPOCH = date(2025, 10, 1)
DAY = 86_400
PEOPLE = 300
AMOUNTS = (500, 1000, 1500, 2000, 2500, 5000, 10_000)
LIVE_AMOUNTS = (200, 300, 500, 1000)
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP", "JPY")
# Where a single gift comes in, and where a plan does: (channel, interval, tier, amounts).
SINGLE = ("stripe", "donorbox", "donorbox", "civicrm", "kofi", "givewp", "github")
PLANS = (
    ("donorbox", "month", "Individual membership", (500, 1000, 2000)),
    ("donorbox", "year", "Individual membership", (6000, 12_000)),
    ("stripe", "month", "Supporter", (500, 1500, 3000)),
    ("liberapay", "week", "", (100, 200, 500)),
    ("github", "month", "Sandcastle sponsor", (500, 1000, 2500)),
    ("patreon", "month", "Bucket", (300, 700, 1500)),
    ("civicrm", "year", "Ordinary member", (5000, 10_000)),
    ("kofi", "month", "Spade", (300, 500)),
    ("givewp", "month", "", (1000, 2000)),
)
CHARGED_BY_STRIPE = frozenset({"stripe", "donorbox", "liberapay"})
DESIGNATIONS = ("", "", "", "Sandcastles", "Security")
ENDS = ("cancelled", "cancelled", "paused", "failed")


@dataclass(frozen=True, slots=True)
class Giver:
    """Evidently invented. `public` is what this giver usually chooses; each payment says it for itself."""

    number: int
    name: str
    handle: str
    public: bool
    company: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is given regularly: `cents` (hundredths in every currency) each week, month or year."""

    key: str
    channel: str
    giver: Giver
    cents: int
    currency: str
    interval: str
    tier: str
    started: datetime
    ends: datetime | None = None
    end: str = ""

    def ended(self, now: datetime) -> bool:
        return self.ends is not None and self.ends <= now

    def due(self, day: date) -> bool:
        first = self.started.date()
        if day < first or (self.ends is not None and day >= self.ends.date()):
            return False
        if self.interval == "week":
            return (day - first).days % 28 == 0  # Liberapay charges for weeks in advance
        return day.day == first.day and (self.interval == "month" or day.month == first.month)


@dataclass(frozen=True, slots=True)
class Refund:
    """A dispute that is `won` comes back in full ten days later."""

    key: str
    cents: int
    at: datetime
    dispute: bool = False
    won: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """`cents` are hundredths in every currency: 50000 of JPY are 500 yen. One that `failed` moved no money."""

    key: str
    channel: str
    giver: Giver
    cents: int
    currency: str
    at: datetime
    public: bool
    plan: Plan | None = None
    designation: str = ""
    failed: bool = False
    test: bool = False
    refund: Refund | None = None

    def refunded(self, now: datetime) -> Refund | None:
        return self.refund if self.refund and self.refund.at <= now else None


@dataclass(frozen=True, slots=True)
class Books:
    """All of it at one instant, oldest first."""

    payments: list[Payment]
    plans: list[Plan]

    def through(self, *channels: str) -> "Books":
        return Books(
            [payment for payment in self.payments if payment.channel in channels],
            [plan for plan in self.plans if plan.channel in channels],
        )


class Foundation:
    """Days are generated once, in order and whole; what lies in the future is not shown."""

    def __init__(self, seed: int, *, live: datetime, pace: float) -> None:
        self.seed, self.live, self.pace = seed, live, pace
        self._payments: list[Payment] = []
        self._plans: list[Plan] = []
        self._next = EPOCH
        self._lock = threading.Lock()

    def at(self, now: datetime) -> Books:
        with self._lock:
            while self._next <= now.date():
                self._live_through(self._next)
                self._next += timedelta(days=1)
            payments = [
                payment if payment.refunded(now) else replace(payment, refund=None)
                for payment in self._payments
                if payment.at <= now
            ]
            return Books(payments, [plan for plan in self._plans if plan.started <= now])

    def id(self, key: str) -> str:
        """32 hexadecimal digits, always the same for one key."""
        return identity(self.seed, f"foundation {key}").replace("-", "")

    def charge(self, payment: Payment) -> str:
        """The id of its charge, wherever Stripe or whoever charges through it speaks of it."""
        return f"ch_{self.id(payment.key)[:24]}"

    def _live_through(self, day: date) -> None:
        dice = self._dice("plans", day)
        if day.day <= 28 and dice.random() < 0.4:
            self._plans.append(self._plan(day, dice))
        due = [
            self._paid(plan.key, plan.channel, self._when(plan, day), plan)
            for plan in self._plans
            if plan.due(day)
        ]
        self._payments += sorted([*due, *self._single(day), *self._lively(day)], key=lambda one: one.at)

    def _dice(self, *what: object) -> Random:
        return Random(f"{self.seed} foundation {' '.join(map(str, what))}")  # noqa: S311  generated data

    def _plan(self, day: date, dice: Random) -> Plan:
        channel, interval, tier, amounts = dice.choice(PLANS)
        started = at(day, dice.random() * DAY)
        ends = started + timedelta(days=dice.randint(40, 500)) if dice.random() < 0.4 else None
        end = dice.choice(ENDS) if ends else ""
        person = giver(dice.randrange(PEOPLE))
        currency = "USD" if channel == "github" else "EUR"
        return Plan(
            f"plan {day}", channel, person, dice.choice(amounts), currency, interval, tier, started, ends, end
        )

    @staticmethod
    def _when(plan: Plan, day: date) -> datetime:
        return at(day, (plan.started - at(plan.started.date(), 0)).total_seconds())

    def _single(self, day: date) -> Iterator[Payment]:
        dice = self._dice("single", day)
        for place in range(dice.choice((1, 2, 2, 3, 4))):
            yield self._paid(f"single {place}", dice.choice(SINGLE), at(day, dice.random() * DAY))

    def _lively(self, day: date) -> Iterator[Payment]:
        """A gift in the middle third of each `pace`, once the sandbox is live."""
        first = max(0, int((at(day, 0) - self.live).total_seconds() // self.pace))
        last = int((at(day, DAY) - self.live).total_seconds() // self.pace)
        for slot in range(first, last + 1):
            dice = self._dice("live", slot)
            seconds = (slot + dice.uniform(1, 2) / 3) * self.pace
            when = self.live + timedelta(milliseconds=round(seconds * 1000))
            if when.date() == day:
                yield self._paid(f"live {slot}", dice.choice(("stripe", "donorbox")), when)

    def _paid(self, key: str, channel: str, when: datetime, plan: Plan | None = None) -> Payment:
        key = f"{key} {when.isoformat()}"
        dice = self._dice("payment", key)
        person = plan.giver if plan else giver(dice.randrange(PEOPLE))
        amount = plan.cents if plan else dice.choice(LIVE_AMOUNTS if key.startswith("live") else AMOUNTS)
        currency = plan.currency if plan else dice.choice(CURRENCIES)
        if channel == "github":
            currency = "USD"  # it knows no other
        if currency == "JPY":
            amount *= 100
        return Payment(
            key, channel, person, amount, currency, when,
            public=person.public and dice.random() < 0.8,
            plan=plan,
            designation="" if plan else dice.choice(DESIGNATIONS),
            failed=dice.random() < 0.03,
            test=dice.random() < 0.02,
            refund=_perhaps_refunded(key, amount, when, dice),
        )  # fmt: skip


def _perhaps_refunded(key: str, cents: int, when: datetime, dice: Random) -> Refund | None:
    """One payment in twenty-five, every third of them in part, every fourth by a dispute, half of which are won."""
    if dice.random() >= 0.04:
        return None
    later = when + timedelta(seconds=dice.randint(3_600, 20 * DAY))
    dispute, half = dice.random() < 0.25, dice.random() < 0.33
    back = cents // 200 * 100 if half and not dispute and cents >= 200 else cents
    return Refund(f"{key} back", back, later, dispute, dispute and dice.random() < 0.5)


@cache
def giver(number: int) -> Giver:
    """Every twentieth is a company, every third wants no name anywhere."""
    if number % 20 == 0:
        name = COMPANIES[number // 20 % len(COMPANIES)]
        return Giver(number, name, name.lower().replace(" ", "-"), public=True, company=True)
    return Giver(number, f"Sandbox Giver {number}", f"sandbox-giver-{number}", public=number % 3 != 0)

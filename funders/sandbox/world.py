"""The sandbox collective: what its ledger holds at an instant, as a function of the seed and the clock.

Nothing is stored, so a restart changes nothing. Sparse giving begins at EPOCH; from `live` on there is also a gift
every `pace` seconds.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from funders.sandbox import people
from funders.sandbox.records import Order, Row, at, payment, perhaps_refunded, refund

EPOCH = date(2025, 10, 1)
LIVE = datetime(2026, 11, 23, tzinfo=UTC)
PACE = 30.0
DAY = 86_400
AMOUNTS = (500, 1000, 1000, 1500, 2000, 2500, 5000, 10000, 25000)
LIVE_AMOUNTS = (100, 100, 200, 200, 300, 500, 500, 1000)
MONTHLY = (300, 500, 500, 1000, 1000, 2000, 5000)
YEARLY = (5000, 10000, 20000)
ENDS = ("CANCELLED", "CANCELLED", "PAUSED", "ERROR")


class World:
    """Days are generated once, in order and whole; what lies in the future is not shown."""

    def __init__(self, seed: int = 1, *, live: datetime = LIVE, pace: float = PACE) -> None:
        self.seed, self.live, self.pace = seed, live, pace
        self.main = people.account("Collective", "sandbox", "Sandbox Collective (generated)", seed=seed)
        meeting = "Sandbox Meeting (generated)"
        self.child = people.account("Event", "sandbox-meeting", meeting, seed=seed, parent=self.main)
        self.accounts = {one["slug"]: one for one in (self.main, self.child)}
        self.host = people.organization(seed, "example-host", "Example Host")
        self._rows: list[Row] = []
        self._later: list[Row] = []
        self._orders: list[Order] = []
        self._subscriptions: list[Order] = []
        self._next = EPOCH
        self._lock = threading.Lock()

    def at(self, now: datetime) -> tuple[list[Row], list[Order]]:
        """Transactions in the API's own order, and orders by age."""
        with self._lock:
            while self._next <= now.date():
                self._live_through(self._next)
                self._next += timedelta(days=1)
            rows = [row for row in self._rows if row.created_at <= now]
            return rows, [order for order in self._orders if order.created_at <= now]

    def _live_through(self, day: date) -> None:
        orders = len(self._orders)
        rows = [
            *self._later,
            *self._recurring(day),
            *self._single(day),
            *self._lively(day),
            *self._special(day),
        ]
        midnight = at(day, DAY)
        self._later = [row for row in rows if row.created_at >= midnight]
        self._rows += sorted((row for row in rows if row.created_at < midnight), key=lambda row: row.position)
        self._orders[orders:] = sorted(self._orders[orders:], key=lambda order: order.created_at)

    def _dice(self, *what: object) -> Random:
        return Random(f"{self.seed} {' '.join(map(str, what))}")  # noqa: S311  generated data

    def _paid(self, order: Order, when: datetime) -> list[Row]:
        rows = payment(order, when, self.host, self.seed)
        return perhaps_refunded(rows, self._dice("refund", order.key, when))

    def _checkout(self, key: str, when: datetime, amounts: tuple[int, ...], dice: Random) -> list[Row]:
        to = self.child if dice.random() < 0.08 else self.main
        currency = "USD" if dice.random() < 0.25 else "EUR"
        giver = people.anyone(self.seed, dice)
        order = Order(key, giver, to, dice.choice(amounts), currency, "ONETIME", when, "PAID")
        self._orders.append(order)
        return self._paid(order, when)

    def _single(self, day: date) -> Iterator[Row]:
        dice = self._dice("single", day)
        for place in range(dice.choice((0, 1, 2, 2, 3, 5))):
            yield from self._checkout(f"single {day} {place}", at(day, dice.random() * DAY), AMOUNTS, dice)

    def _lively(self, day: date) -> Iterator[Row]:
        """A gift in the middle third of each `pace`: the next one is never far, and never the same distance."""
        first = max(0, int((at(day, 0) - self.live).total_seconds() // self.pace))
        last = int((at(day, DAY) - self.live).total_seconds() // self.pace)
        for slot in range(first, last + 1):
            dice = self._dice("live", slot)
            when = self.live + timedelta(
                milliseconds=round((slot + dice.uniform(1, 2) / 3) * self.pace * 1000)
            )
            if when.date() == day:
                yield from self._checkout(f"live {slot}", when, LIVE_AMOUNTS, dice)

    def _recurring(self, day: date) -> Iterator[Row]:
        dice = self._dice("recurring", day)
        if day.day <= 28 and dice.random() < 0.25:
            self._subscriptions.append(self._subscription(day, dice))
            self._orders.append(self._subscriptions[-1])
        for order in self._subscriptions:
            if order.due(day):
                seconds = (order.created_at - at(order.created_at.date(), 0)).total_seconds()
                yield from self._paid(order, at(day, seconds))

    def _subscription(self, day: date, dice: Random) -> Order:
        yearly, corporate = dice.random() < 0.15, dice.random() < 0.1
        when = at(day, dice.random() * DAY)
        ends = when + timedelta(days=dice.randint(40, 500)) if dice.random() < 0.4 else None
        giver = people.company(self.seed, dice.randrange(6)) if corporate else people.anyone(self.seed, dice)
        return Order(
            f"subscription {day}", giver, self.main, dice.choice(YEARLY if yearly else MONTHLY) * (10 if corporate else 1),
            "EUR", "YEARLY" if yearly else "MONTHLY", when, "ACTIVE", ends, dice.choice(ENDS),
            tier="sponsors" if corporate else "backers",
        )  # fmt: skip

    def _special(self, day: date) -> Iterator[Row]:
        """What is rare, but must be understood."""
        noon = at(day, DAY / 2)
        if day.day == 1:
            sponsors = people.organization(self.seed, "github-sponsors", "GitHub Sponsors")
            yield from self._added(f"sponsors {day}", sponsors, 12_000, noon)
        if day.day == 8 and day.month in (1, 4, 7, 10):
            foundation = people.organization(self.seed, "example-foundation", "Example Foundation")
            rows = self._added(f"grant {day}", foundation, 250_000, noon)
            yield from rows
            if day.month == 4:  # entered with the wrong amount, and edited the next day
                yield from refund(rows, noon + timedelta(days=1), "EDIT")
                yield from self._added(
                    f"edited {day}", foundation, 300_000, noon + timedelta(days=1), cleared=noon
                )
        if day.day == 10:
            order = Order(
                f"taxed {day}",
                people.company(self.seed, 1),
                self.main,
                12_100,
                "EUR",
                "ONETIME",
                noon,
                "PAID",
            )
            self._orders.append(order)
            yield from payment(order, noon, self.host, self.seed, tax=174)
        if day.day == 12 and day.month % 2:
            yield from self._pledged(day, noon)
        if day.day == 15:
            yield self._outgoing(f"own gift {day}", "CONTRIBUTION", 2_500, noon)
            yield self._outgoing(f"expense {day}", "EXPENSE", 80_000, noon + timedelta(hours=1))

    def _added(
        self, key: str, giver: people.Account, amount: int, when: datetime, *, cleared: datetime | None = None
    ) -> list[Row]:
        order = Order(key, giver, self.main, amount, "EUR", "ONETIME", when, "PAID", service=None)
        self._orders.append(order)
        rows = payment(order, when, self.host, self.seed, kind="ADDED_FUNDS")
        return [replace(row, cleared_at=cleared) for row in rows]

    def _pledged(self, day: date, noon: datetime) -> Iterator[Row]:
        """By bank transfer: expected for three weeks, then paid, or given up."""
        comes = day.month != 7
        ends = noon + timedelta(days=21)
        order = Order(
            f"pledge {day}", people.company(self.seed, day.month), self.main, 60_000, "EUR", "ONETIME", noon,
            "PENDING", ends, "PAID" if comes else "EXPIRED", service=None,
        )  # fmt: skip
        self._orders.append(order)
        if comes:
            yield from payment(order, ends, self.host, self.seed)

    def _outgoing(self, key: str, kind: str, amount: int, when: datetime) -> Row:
        payee = people.organization(self.seed, "example-library", "Example Library")
        return Row(key, key, kind, -amount, "EUR", -amount, "EUR", when, self.main, payee)

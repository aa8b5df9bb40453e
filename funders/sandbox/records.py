"""What the sandbox's ledger is made of, and how one gift becomes rows, as at Open Collective."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from funders.sandbox.people import Account
from funders.sandbox.rates import known

# Until then the host keeps its books in US dollars, and from then on in euros.
MOVED = date(2026, 2, 1)
# From then on the processor's fee and tax are rows of their own, as they became at Open Collective.
SEPARATE = date(2026, 4, 1)
REFUND_KINDS = ("REFUND", "REFUND", "REFUND", "DUPLICATE", "REJECT", "DISPUTE")
KIND_ORDER = ("CONTRIBUTION", "ADDED_FUNDS", "EXPENSE", "HOST_FEE", "PAYMENT_PROCESSOR_FEE", "TAX")


@dataclass(frozen=True, slots=True)
class Order:
    """A promise, or a checkout. `ends` says when it stops being what it first was, `end` how."""

    key: str
    giver: Account
    to: Account
    amount: int
    currency: str
    frequency: str
    created_at: datetime
    status: str
    ends: datetime | None = None
    end: str = ""
    service: str | None = "STRIPE"
    tier: str = ""

    def ended(self, now: datetime) -> bool:
        return self.ends is not None and self.ends <= now

    def due(self, day: date) -> bool:
        """Whether a subscription is charged on `day`."""
        first = self.created_at.date()
        monthly = self.frequency == "MONTHLY" or first.month == day.month
        alive = self.ends is None or day < self.ends.date()
        return alive and monthly and first.day == day.day and first <= day


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction. Amounts are cents; fees, in host currency, and tax are what the row itself carries."""

    key: str
    group: str
    kind: str
    amount: int
    currency: str
    host_amount: int
    host_currency: str
    created_at: datetime
    account: Account
    opposite: Account
    order: Order | None = None
    processor_fee: int = 0
    tax: int = 0
    refunds: str = ""
    refund_kind: str | None = None
    cleared_at: datetime | None = None

    @property
    def position(self) -> tuple[int, str, int, bool]:
        """Time rounded to ten seconds, then the payment's rows together: the API's order."""
        kind = KIND_ORDER.index(self.kind) if self.kind in KIND_ORDER else len(KIND_ORDER)
        return round(self.created_at.timestamp() / 10), self.group, kind, self.amount > 0


def part(amount: int, thousandths: int) -> int:
    """Half up."""
    return (amount * thousandths + 500) // 1000


def converted(amount: int, per_euro: Decimal) -> int:
    return int((amount * per_euro).quantize(Decimal(1), ROUND_HALF_UP))


def payment(
    order: Order, when: datetime, host: Account, seed: int, *, kind: str = "CONTRIBUTION", tax: int = 0
) -> list[Row]:
    """The gift, and what the host, the processor and the state take of it."""
    day = when.date()
    usd = known(day, seed)["USD"]
    euros = converted(order.amount, 1 / usd) if order.currency == "USD" else order.amount
    if day >= MOVED:
        host_amount, host_currency, back = euros, "EUR", Decimal(1)
    else:
        dollars = order.amount if order.currency == "USD" else converted(euros, usd)
        host_amount, host_currency, back = dollars, "USD", 1 / usd
    fee = part(host_amount, 29) + 25 if order.service else 0
    state = part(euros, tax)
    separate = day >= SEPARATE
    group = f"{order.key} {when.isoformat()}"
    gift = Row(
        f"{group} gift", group, kind, euros, "EUR", host_amount, host_currency, when, order.to, order.giver, order,
        processor_fee=0 if separate else -fee, tax=0 if separate else -state,
    )  # fmt: skip
    taken = [("HOST_FEE", part(host_amount, 100))]
    if separate:
        taken += [("PAYMENT_PROCESSOR_FEE", fee), ("TAX", state)]
    return [gift, *(_aside(gift, name, -amount, back, host) for name, amount in taken if amount)]


def _aside(gift: Row, kind: str, host_amount: int, back: Decimal, host: Account) -> Row:
    amount = converted(host_amount, back)
    return replace(
        gift, key=f"{gift.group} {kind}", kind=kind, amount=amount, host_amount=host_amount, opposite=host,
        processor_fee=0, tax=0,
    )  # fmt: skip


def refund(rows: list[Row], when: datetime, kind: str, *, half: bool = False) -> Iterator[Row]:
    """The gift goes back whole, or by half; the host returns its own fee, and covers the processor's."""
    gift, group = rows[0], f"{rows[0].group} back"
    if half:
        yield replace(
            gift, key=f"{group} gift", group=group, amount=-(gift.amount // 2), host_amount=-(gift.host_amount // 2),
            created_at=when, processor_fee=0, tax=0, refunds=gift.key, refund_kind=kind, cleared_at=None,
        )  # fmt: skip
        return
    if gift.processor_fee:
        yield replace(
            gift, key=f"{group} cover", group=group, kind="PAYMENT_PROCESSOR_COVER", created_at=when,
            amount=-gift.processor_fee * gift.amount // gift.host_amount,
            host_amount=-gift.processor_fee, processor_fee=0, tax=0, refund_kind=kind, cleared_at=None,
        )  # fmt: skip
    for row in rows:
        covered = row.kind == "PAYMENT_PROCESSOR_FEE"
        yield replace(
            row, key=f"{group} {row.key}", group=group, kind="PAYMENT_PROCESSOR_COVER" if covered else row.kind,
            amount=-row.amount, host_amount=-row.host_amount, created_at=when, processor_fee=0, tax=-row.tax,
            refunds="" if covered else row.key, refund_kind=kind, cleared_at=None,
        )  # fmt: skip


def perhaps_refunded(rows: list[Row], dice: Random) -> list[Row]:
    """One payment in fifty is given back within a week, every fourth of them by half."""
    if dice.random() >= 0.02:
        return rows
    when = rows[0].created_at + timedelta(seconds=dice.randint(3_600, 518_400))
    return [*rows, *refund(rows, when, dice.choice(REFUND_KINDS), half=dice.random() < 0.25)]


def at(day: date, second: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(milliseconds=round(second * 1000))

"""What a connector says: the provider's words, in ours. Pure of models and of the network.

A connector is a module with LABEL, fetch and parse (see Connector); one provider, one file, one registry line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from fundtracker.money import Money


class Kind(StrEnum):
    """What moved. The first four, with refunds and chargebacks, are what counts as raised."""

    DONATION = "donation"
    MEMBERSHIP = "membership"
    SPONSORSHIP = "sponsorship"
    GRANT = "grant"
    IN_KIND = "in_kind"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    FEE = "fee"
    TAX = "tax"
    TRANSFER = "transfer"


INCOMING = frozenset({Kind.DONATION, Kind.MEMBERSHIP, Kind.SPONSORSHIP, Kind.GRANT, Kind.IN_KIND})
TAKEN_BACK = frozenset({Kind.REFUND, Kind.CHARGEBACK})


class Frequency(StrEnum):
    ONCE = "once"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Purpose(StrEnum):
    MAINTENANCE = "maintenance"
    SECURITY = "security"
    INFRASTRUCTURE = "infrastructure"
    FEATURES = "features"
    COMMUNITY = "community"
    ADMINISTRATION = "administration"
    UNRESTRICTED = "unrestricted"


class Certainty(StrEnum):
    """How firm a promise is: pledged is said, committed is signed."""

    PLEDGED = "pledged"
    COMMITTED = "committed"


class State(StrEnum):
    """Where a promise stands. Only an active one adds to the monthly equivalent."""

    ACTIVE = "active"
    PAUSED = "paused"
    OVERDUE = "overdue"
    ENDED = "ended"


class Rejected(ValueError):
    """One record that cannot be booked. Says what is wrong and how to mend it; the run adds where."""


class SchemaChanged(Rejected):
    """The provider's answer no longer has the shape that this connector knows."""


@dataclass(frozen=True, slots=True)
class GiverRef:
    """Who gave, as one source knows them. `name` is kept only where `public`: the provider says so of this gift."""

    external_id: str
    name: str = ""
    public: bool = False
    kind: str = "unknown"  # person, company, foundation, public_body, eu_body or unknown
    url: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that moved. `amount` is signed and gross of every fee; `fee` and `tax` are negative.

    `occurred_at` is an instant, or a day where the provider gives only a day, which is then taken as written.
    `seen` is the provider's own version of the record, else the instant its page was asked for.
    """

    external_id: str
    kind: Kind
    amount: Money
    occurred_at: datetime | date
    seen: datetime
    giver: GiverRef | None = None
    fee: Money | None = None
    tax: Money | None = None
    frequency: Frequency = Frequency.ONCE
    designation: str = ""
    purpose: Purpose | None = None
    payment_ref: str = ""
    refunds_external_id: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One dated part of a promise; no day where none was published."""

    amount: Money
    due_on: date | None = None
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """Money promised: a pledge, an awarded grant, a membership, an active subscription. Never counts as raised."""

    external_id: str
    amount: Money | None
    seen: datetime
    frequency: Frequency = Frequency.ONCE
    certainty: Certainty = Certainty.COMMITTED
    state: State = State.ACTIVE
    giver: GiverRef | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    title: str = ""
    tier: str = ""
    designation: str = ""
    purpose: Purpose | None = None
    url: str = ""
    schedule: Sequence[Due] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What a connector may know of its source. `file` is the upload of a file series.

    `sandbox`: its money is generated, so that a provider's test mode is what is asked for; elsewhere it never enters.
    """

    slug: str
    base_url: str = ""
    token: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    time_zone: ZoneInfo = ZoneInfo("UTC")
    file: Path | None = None
    hook_secret: str = field(default="", repr=False)
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What a provider told us unasked. `item` is what parse takes, or None: a hint that there is something to ask."""

    external_id: str
    item: Any = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `cursor` is where to go on once these items are booked; `total` is the provider's own count.

    `where` names the place of each item for people (“line 7”, “page 2, item 3”) and goes with it into a rejection.
    `last` says that the run has reached the end; `whole` that the run has now listed every record there is.
    """

    items: Iterable[tuple[str, Any]]
    cursor: Mapping[str, Any]
    asked_at: datetime
    total: int | None = None
    last: bool = False
    whole: bool = False


Parsed = Iterable[Receipt | Promise]
Parse = Callable[[Any, Account, datetime], Parsed]
# (raw body, headers in any case, account, now): Rejected if it is forged, too old, or of another account.
Receive = Callable[[bytes, Mapping[str, str], Account, datetime], Message]


class Connector(Protocol):
    """A module with these names is a connector.

    ATOMIC: a file, booked whole or not at all. COMPLETE: a full run lists every record, so that two runs may
    conclude that one is gone. `fetch` talks to the network through fundtracker.http only, or reads the account's
    file; it raises http.FetchError. `parse` is pure: (item, account, asked_at) → receipts and promises, none where
    the record is not this ledger's business; it raises Rejected for what cannot be booked. One whose provider sends
    webhooks has `receive` too, a Receive; one that reads files of a known shape has `recognises(head)`: see heads.py.
    """

    LABEL: str
    ATOMIC: bool
    COMPLETE: bool

    def fetch(self, account: Account, cursor: Mapping[str, Any], *, full: bool) -> Iterator[Page]: ...

    def parse(self, item: Any, account: Account, asked_at: datetime) -> Parsed: ...

"""How the bad-input matrix of test_mutations.py asks each provider of the sandbox: one entry a kind with an API.

`harmless` are fields whose loss or change leaves a true record all the same: a name, a page's address, what a
gift is for. They are written from the record down, without the places in lists (“order.tier.slug”), and stand for
all that is below them. Money, days and what a refund takes back must be right or refused whatever happens to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`path` follows the sandbox's address. `records` finds what may be spoiled in a decoded answer, in place.

    limit: the constant that sets the size of a page (“opencollective_pages.LIMIT”), made small to test paging.
    amounts: fields with what was given; zero of it is no money, and so may leave no trace.
    test: the field that says that a record is a test, and the value that says so.
    now: the provider's clock; early, so that one run is short.
    """

    kind: str
    account: str
    path: str
    records: Callable[[Any], list[Record]]
    token: str = "sandbox"
    options: Mapping[str, Any] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    test: tuple[str, Any] | None = None
    limit: str = ""
    now: datetime = datetime(2025, 10, 15, 12, tzinfo=UTC)


def opencollective_records(body: Any) -> list[Record]:
    nodes: list[Record] = body["data"]["account"]["page"]["nodes"]
    return nodes


def civicrm_records(body: Any) -> list[Record]:
    rows: list[Record] = body["values"]
    return rows


def donorbox_records(body: Any) -> list[Record]:
    rows: list[Record] = body
    return rows


def patreon_records(body: Any) -> list[Record]:
    """The campaign, or members with what goes along with them."""
    return [*body["data"], *body.get("included", [])]


def github_records(body: Any) -> list[Record]:
    nodes: list[Record] = body["data"]["repositoryOwner"]["page"]["nodes"]
    return nodes


def stripe_records(body: Any) -> list[Record]:
    rows: list[Record] = body["data"]
    return rows


CASES: dict[str, Case] = {
    "opencollective": Case(
        kind="opencollective",
        account="sandbox",
        path="/graphql/v2",
        records=opencollective_records,
        harmless=frozenset(
            {
                "account.slug",
                "fromAccount.name",
                "fromAccount.slug",
                "group",
                "merchantId",
                "order.paymentMethod",
                "paymentMethod",
                "oppositeAccount.name",
                "oppositeAccount.slug",
                "order.toAccount.slug",
                "toAccount.slug",
            }
        ),
        amounts=frozenset({"amountInHostCurrency.valueInCents"}),
        limit="opencollective_pages.LIMIT",
    ),
    "civicrm": Case(
        kind="civicrm",
        account="crm",
        path="/crm",
        records=civicrm_records,
        options={"currency": "EUR"},
        harmless=frozenset({"campaign_id:name", "trxn_id"}),
        amounts=frozenset({"total_amount", "membership_type_id.minimum_fee"}),
        test=("is_test", True),
        limit="civicrm_pages.LIMIT",
        now=datetime(2025, 12, 1, 12, tzinfo=UTC),
    ),
    "donorbox": Case(
        kind="donorbox",
        account="treasurer@foundation.example",
        path="/donorbox/api/v1",
        records=donorbox_records,
        harmless=frozenset({"designation"}),
        amounts=frozenset({"amount"}),
        limit="donorbox_pages.LIMIT",
    ),
    "patreon": Case(
        kind="patreon",
        account="sandbox",
        path="/patreon/api/oauth2/v2",
        records=patreon_records,
        amounts=frozenset({"attributes.amount_cents"}),
        limit="patreon_pages.LIMIT",
        now=datetime(2026, 6, 1, 12, tzinfo=UTC),
    ),
    "github": Case(
        kind="github",
        account="sandbox",
        path="/github/graphql",
        records=github_records,
        harmless=frozenset({"sponsorEntity.login"}),
        amounts=frozenset({"tier.monthlyPriceInCents"}),
        limit="github_pages.LIMIT",
        now=datetime(2026, 1, 15, 12, tzinfo=UTC),
    ),
    "stripe": Case(
        kind="stripe",
        account="",
        path="/stripe/v1",
        records=stripe_records,
        options={"designation": "campaign"},
        # Whatever stands in pause_collection, it is paused.
        harmless=frozenset(
            {"source.metadata", "source.customer", "source.payment_method_details", "pause_collection"}
        ),
        amounts=frozenset({"amount"}),
        test=("source.livemode", False),
        limit="stripe_pages.LIMIT",
    ),
}

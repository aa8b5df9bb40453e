"""GitHub Sponsors' API: what a sponsorship promises, who is named, and what is refused."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from funders.connectors.base import (
    Account,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Receipt,
    Rejected,
    SchemaChanged,
    State,
)
from funders.connectors.github import parse
from funders.connectors.github_observed import payment_ref
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "github"
ACCOUNT = Account("Example-Foundation")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE = datetime(2026, 11, 3, 4, 5, tzinfo=UTC)


def nodes(name: str) -> Any:
    text = (DATA / f"{name}.json").read_text()
    return json.loads(text, parse_float=Decimal)["data"]["repositoryOwner"]["page"]["nodes"]


def items() -> list[Any]:
    activities = nodes("activities")
    return [
        node
        | {"activities": [one for one in activities if one["sponsor"] and node["sponsorEntity"]
                          and one["sponsor"]["id"] == node["sponsorEntity"]["id"]]}
        for node in nodes("sponsorships")
    ]  # fmt: skip


AGAIN, PRIVATE, COMPANY, ONCE, PATREON, UNKNOWN = items()
RISE = {
    "key": "0123",
    "login": "Sandbox-Giver-1",
    "since": SINCE.isoformat(),
    "cents": 1500,
    "sponsorship": AGAIN,
}


def said(item: Any, **changes: Any) -> list[Receipt | Promise]:
    return list(parse({**deepcopy(item), **changes}, ACCOUNT, NOW))


def promise(item: Any, **changes: Any) -> Promise:
    [one] = said(item, **changes)
    assert isinstance(one, Promise)
    return one


def test_a_running_sponsorship_is_a_monthly_promise_since_it_began_again():
    assert promise(AGAIN) == Promise(
        external_id="S_kwDO0000000001",
        amount=Money(1000, "USD"),
        seen=NOW,
        frequency=Frequency.MONTHLY,
        giver=GiverRef(
            "U_kgDO000001", "Sandbox Giver 1", True, "person", "https://github.com/sandbox-giver-1"
        ),
        starts_on=date(2026, 5, 6),
        tier="$10 a month",
    )


def test_a_cancelled_sponsorship_has_ended_on_the_day_of_its_cancellation():
    ended = promise(COMPANY)
    assert (ended.state, ended.starts_on, ended.ends_on) == (State.ENDED, date(2026, 3, 4), date(2026, 7, 4))
    assert ended.giver == GiverRef(
        "O_kgDO000003", "Example Ltd", True, "unknown", "https://github.com/example-ltd"
    )


def test_an_end_that_no_activity_tells_has_no_day():
    ended = promise(AGAIN, isActive=False)
    assert (ended.state, ended.ends_on) == (State.ENDED, None)


def test_a_private_sponsor_keeps_no_name_and_no_address():
    assert promise(PRIVATE).giver == GiverRef("U_kgDO000002", "", False, "person")


def test_a_sponsor_whom_github_does_not_show_is_nobody():
    assert promise(UNKNOWN).giver is None


def test_a_sponsor_without_a_name_is_called_by_the_login():
    who = {**AGAIN["sponsorEntity"], "name": None}
    assert promise(AGAIN, sponsorEntity=who).giver.name == "sandbox-giver-1"


@pytest.mark.parametrize("item", [ONCE, PATREON])
def test_what_is_given_once_or_paid_elsewhere_is_no_promise(item):
    assert said(item) == []


def test_a_monthly_sponsorship_that_became_a_one_time_gift_has_ended():
    ended = promise(AGAIN, isOneTimePayment=True)
    assert (ended.frequency, ended.state, ended.ends_on) == (Frequency.ONCE, State.ENDED, None)


def test_a_one_time_gift_of_a_monthly_sponsor_neither_begins_nor_ends_anything():
    again = {
        **AGAIN["activities"][-1],
        "timestamp": "2026-08-01T00:00:00Z",
        "sponsorsTier": {"isOneTime": True},
    }
    assert promise(AGAIN, activities=[*AGAIN["activities"], again]).starts_on == date(2026, 5, 6)


def test_what_a_total_rose_is_a_sponsorship_that_is_marked_as_observed():
    assert said(RISE) == [
        Receipt(
            external_id="observed:0123:2026-11",
            kind=Kind.SPONSORSHIP,
            amount=Money(1500, "USD"),
            occurred_at=SINCE,
            seen=NOW,
            giver=promise(AGAIN).giver,
            frequency=Frequency.MONTHLY,
            payment_ref=payment_ref(ACCOUNT, "sandbox-giver-1", SINCE),
        )
    ]


@pytest.mark.parametrize(
    ("sponsorship", "frequency"),
    [(None, Frequency.ONCE), (ONCE, Frequency.ONCE), (PRIVATE, Frequency.MONTHLY)],
)
def test_an_observed_payment_is_as_regular_and_as_anonymous_as_its_sponsorship(sponsorship, frequency):
    [receipt] = said(RISE, sponsorship=sponsorship and {**sponsorship, "privacyLevel": "PRIVATE"})
    assert (receipt.frequency, bool(receipt.giver and receipt.giver.name)) == (frequency, False)


def test_what_cannot_be_known_from_a_total_is_said():
    with pytest.raises(Rejected, match=r"^upload it$"):
        said({"problem": "upload it"})


def test_the_name_of_a_payment_names_nobody():
    ref = payment_ref(ACCOUNT, "Sandbox-Giver-1", SINCE)
    assert (ref[:7], len(ref), "giver" in ref) == ("github:", 39, False)
    assert ref == payment_ref(Account("example-foundation"), "sandbox-giver-1", SINCE.replace(day=30))
    assert ref != payment_ref(ACCOUNT, "sandbox-giver-1", SINCE.replace(month=10))


@pytest.mark.parametrize("field", ["tier", "paymentSource"])
def test_a_token_that_may_not_see_amounts_is_said_in_words(field):
    with pytest.raises(Rejected, match="the token must be that of an owner of the account"):
        said(AGAIN, **{field: None})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("privacyLevel", "SECRET"),
        ("paymentSource", "BANK"),
        ("isActive", "true"),
        ("isOneTimePayment", None),
        ("createdAt", "2026-01-04T05:06:07"),
        ("createdAt", "2999-01-04T05:06:07Z"),
        ("createdAt", "0001-01-04T05:06:07Z"),
        ("createdAt", None),
        ("id", None),
        ("tier", {"name": "$1 a month", "monthlyPriceInCents": Decimal("100.5")}),
        ("tier", {"name": "$1 a month", "monthlyPriceInCents": -100}),
        ("tier", {"monthlyPriceInCents": 100}),
        ("tier", {}),
        ("sponsorEntity", {}),
        (
            "activities",
            [{"action": "NEW_SPONSORSHIP", "timestamp": "soon", "sponsorsTier": {"isOneTime": False}}],
        ),
        ("activities", [{"action": "MATCHED", "timestamp": None, "sponsorsTier": None}]),
    ],
)
def test_an_unknown_word_or_another_shape_needs_a_developer(field, value):
    with pytest.raises(SchemaChanged, match="this needs a developer"):
        said(AGAIN, **{field: value})


@pytest.mark.parametrize("field", sorted(set(AGAIN) - {"activities"}))
def test_a_field_that_is_gone_needs_a_developer(field):
    item = {name: value for name, value in AGAIN.items() if name != field}
    with pytest.raises(SchemaChanged, match=f"“{field}” is missing"):
        list(parse(item, ACCOUNT, NOW))

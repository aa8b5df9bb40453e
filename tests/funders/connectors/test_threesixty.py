import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from funders.connectors import threesixty
from funders.connectors.base import Account, Due, GiverRef, Kind, Promise, Receipt, Rejected, State
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "threesixty"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRUST = GiverRef("GB-CHC-1", "Example Trust", public=True, kind="foundation")
GRANT = {
    "id": "360G-x-1", "title": "Upkeep", "description": "Of all", "currency": "GBP", "amountAwarded": 100,
    "awardDate": "2024-01-05", "fundingOrganization": [{"id": "GB-CHC-1", "name": "Example Trust"}],
    "recipientOrganization": [{"id": "GB-COH-1", "name": "Library CIC"}],
}  # fmt: skip


def read(path: Path, **options: Any) -> list[Receipt | Promise]:
    account = Account("grants", options=options, file=path)
    [page] = threesixty.fetch(account, {}, full=False)
    return [said for _, item in page.items for said in threesixty.parse(item, account, NOW)]


def write(folder: Path, *grants: dict[str, Any]) -> Path:
    path = folder / "grants.json"
    path.write_text(json.dumps({"grants": grants}))
    return path


VERSION = datetime(2024, 6, 1, 12, tzinfo=UTC)


def test_what_was_disbursed_is_a_receipt_under_the_id_of_its_grant() -> None:
    assert read(DATA / "grants.json")[0] == Receipt(
        external_id="360G-Example-1",
        kind=Kind.GRANT,
        amount=Money(400000, "GBP"),
        occurred_at=date(2024, 1, 5),
        seen=VERSION,
        giver=TRUST,
        designation="Library CIC",
    )


def test_an_award_is_a_promise_with_what_is_paid_and_what_is_due() -> None:
    assert read(DATA / "grants.json")[1] == Promise(
        external_id="360G-Example-1",
        amount=Money(1000050, "GBP"),
        seen=VERSION,
        giver=TRUST,
        starts_on=date(2024, 2, 1),
        ends_on=date(2024, 12, 31),
        title="Upkeep of a library",
        designation="Library CIC",
        url="https://example.org/grants/1",
        schedule=[
            Due(Money(400000, "GBP"), date(2024, 1, 5), paid=True),
            Due(Money(600050, "GBP"), date(2024, 12, 31)),
        ],
    )


def test_a_grant_that_is_paid_has_nothing_due_and_the_day_of_its_last_payment() -> None:
    _, _, receipt, promise, *_ = read(DATA / "grants.json")

    assert isinstance(promise, Promise)
    assert isinstance(receipt, Receipt)
    assert (receipt.occurred_at, receipt.giver and receipt.giver.kind) == (date(2024, 5, 1), "public_body")
    assert (promise.state, promise.schedule) == (
        State.ENDED,
        [Due(Money(543751, "GBP"), date(2024, 5, 1), paid=True)],
    )


def test_a_person_who_received_a_grant_is_not_named_anywhere() -> None:
    promise = read(DATA / "grants.json")[-1]

    assert isinstance(promise, Promise)
    assert (promise.designation, promise.title, promise.url) == ("an individual", "Equipment", "")
    assert "Alice" not in repr(promise)
    assert "person-9" not in repr(promise)


def test_funders_who_give_together_stay_together() -> None:
    promise = read(DATA / "grants.json")[-1]

    assert promise.giver == GiverRef("GB-COH-7; GB-CHC-1", "Example Company; Example Trust", public=True)


def test_the_same_grants_read_from_csv_say_the_same() -> None:
    from_json, from_csv = read(DATA / "grants.json"), read(DATA / "grants.csv")

    assert from_csv == [*from_json[:2], from_json[-1]]


def test_a_publisher_may_list_only_what_it_has_paid() -> None:
    found = read(DATA / "grants.json", awards_are_paid=True)

    assert [(type(one), one.amount) for one in found] == [
        (Receipt, Money(1000050, "GBP")),
        (Receipt, Money(543751, "GBP")),
        (Receipt, Money(90000, "EUR")),
    ]


def test_the_settings_may_choose_recipients() -> None:
    assert {one.designation for one in read(DATA / "grants.json", recipients=["GB-COH-2"])} == {
        "Reviewers Ltd"
    }


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019-01-05", date(2019, 1, 5)),
        ("2019-01-05T00:00:00+00:00", date(2019, 1, 5)),
        ("2019-01-05T23:30:00Z", date(2019, 1, 5)),
    ],
)
def test_the_day_of_an_award_is_taken_as_written(tmp_path: Path, written: str, day: date) -> None:
    [receipt] = read(write(tmp_path, GRANT | {"awardDate": written}), awards_are_paid=True)

    assert isinstance(receipt, Receipt)
    assert receipt.occurred_at == day


def test_an_address_that_is_no_web_page_is_left_out(tmp_path: Path) -> None:
    [promise] = read(write(tmp_path, GRANT | {"url": "javascript:alert(1)"}))

    assert isinstance(promise, Promise)
    assert promise.url == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ""}, "Grant without an id lacks “Identifier”: fill it in."),
        ({"title": None}, "Grant 360G-x-1 lacks “Title”: fill it in."),
        ({"description": ""}, "Grant 360G-x-1 lacks “Description”: fill it in."),
        ({"currency": ""}, "Grant 360G-x-1 lacks “Currency”: fill it in."),
        ({"amountAwarded": None}, "Grant 360G-x-1 lacks “Amount Awarded”: fill it in."),
        ({"awardDate": ""}, "Grant 360G-x-1 lacks “Award Date”: fill it in."),
        (
            {"fundingOrganization": []},
            "Grant 360G-x-1 lacks “Funding Org:Identifier”, “Funding Org:Name”: fill it in.",
        ),
        (
            {"recipientOrganization": []},
            "Grant 360G-x-1 lacks “Recipient Org:Identifier”, “Recipient Org:Name”: fill it in.",
        ),
        (
            {"recipientOrganization": [], "recipientIndividual": {"id": "p1"}},
            "Grant 360G-x-1 lacks “Recipient Ind:Name”: fill it in.",
        ),
        (
            {"currency": "Sterling"},
            "Grant 360G-x-1, “Amount Awarded”: “Sterling” is not a currency: "
            "use a code of ISO 4217, such as EUR.",
        ),
        (
            {"amountAwarded": 10.005},
            "Grant 360G-x-1, “Amount Awarded”: 10.005 has more decimals than GBP has (2): correct it.",
        ),
        (
            {"amountAwarded": -5},
            "Grant 360G-x-1, “Amount Awarded”: -5.00 GBP is less than 0: "
            "an award that was taken back is listed at 0.",
        ),
        (
            {"awardDate": "5 Jan 2024"},
            "Grant 360G-x-1, “Award Date”: “5 Jan 2024” is no date: write 2026-04-03.",
        ),
        (
            {"plannedDates": [{"endDate": "2024-13"}]},
            "Grant 360G-x-1, “Planned Dates:End Date”: “2024-13” is no date: write 2026-04-03.",
        ),
        (
            {"awardDate": "2027-01-01"},
            "Grant 360G-x-1, “Award Date”: 2027-01-01 has not come yet: correct it.",
        ),
        (
            {"recipientOrganization": [{"id": "x", "name": "A" * 201}]},
            "Grant 360G-x-1, “Recipient Org:Name”: 201 characters are more than 200: shorten it.",
        ),
    ],
)
def test_a_grant_that_cannot_be_booked_is_refused_by_name(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        read(write(tmp_path, GRANT | {"amountDisbursed": 1} | change))

    assert str(refusal.value) == message


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "true", '"£100"', '"1,000"', "1e5"])
def test_an_amount_that_is_no_plain_number_is_refused(tmp_path: Path, amount: str) -> None:
    path = write(tmp_path, GRANT)
    path.write_text(path.read_text().replace("100", amount))

    with pytest.raises(Rejected, match=r"^Grant 360G-x-1, “Amount Awarded”: “.+” is not a number"):
        read(path)


def test_a_grant_listed_twice_counts_once_if_both_say_the_same(tmp_path: Path) -> None:
    assert [one.external_id for one in read(write(tmp_path, GRANT, GRANT))] == ["360G-x-1"] * 2


def test_a_grant_that_says_two_things_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as refusal:
        read(write(tmp_path, GRANT, GRANT | {"amountAwarded": 200}))

    assert str(refusal.value) == (
        "Grant 360G-x-1, “Identifier”: it is in the file twice and says two things, at grant 1 and at grant 2: take the wrong one out."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "The file is not JSON"),
        ("[]", "The file has no list of grants"),
        ('{"grants": []}', "The file has no list of grants"),
        ('{"grants": [1]}', "The file has no list of grants"),
        ("[" * 100_000, "The file is not JSON"),
        ("Identifier,Title\n1,2\n", "There is no column “Description”"),
        ("", "The file is empty"),
    ],
)
def test_a_file_that_holds_no_grants_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "grants.json"
    path.write_text(content)

    with pytest.raises(Rejected, match=f"^{message}"):
        read(path)

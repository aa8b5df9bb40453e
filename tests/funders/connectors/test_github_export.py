"""GitHub Sponsors' export: what each row means, in both forms, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from funders.connectors.base import Account, Frequency, GiverRef, Kind, Receipt, Rejected, SchemaChanged
from funders.connectors.github_export import STATUSES, fetch, parse
from funders.connectors.github_observed import payment_ref
from fundtracker.money import Money

DATA = Path(__file__).parent / "data" / "github_export"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = datetime(2026, 1, 4, 5, 6, 8, tzinfo=UTC)
CSV, JSON = DATA / "transactions.csv", DATA / "transactions.json"
ALICE = GiverRef("sandbox-giver-1", "Sandbox Giver 1", True, url="https://github.com/Sandbox-Giver-1")


def account(file: Path = CSV, **more: Any) -> Account:
    return Account("example-foundation", file=file, **more)


def rows(file: Path = CSV) -> list[Any]:
    [page] = fetch(account(file), {}, full=False)
    return [dict(row) for _, row in page.items]


def read(file: Path) -> Iterator[Receipt]:
    for row in rows(file):
        yield from parse(row, account(file), NOW)


def said(row: int, **changes: str) -> list[Receipt]:
    """Without what says only that no money moved."""
    return [one for one in parse({**rows()[row], **changes}, account(), NOW) if one.amount]


def receipt(row: int = 0, **changes: str) -> Receipt:
    [one] = said(row, **changes)
    return one


def test_a_settled_transaction_is_what_was_paid_and_not_what_the_tier_costs():
    assert receipt(0) == Receipt(
        external_id="ch_example01",
        kind=Kind.SPONSORSHIP,
        amount=Money(452, "USD"),
        occurred_at=FIRST,
        seen=NOW,
        giver=ALICE,
        frequency=Frequency.MONTHLY,
        payment_ref=payment_ref(account(), "sandbox-giver-1", FIRST),
    )


def test_the_json_says_what_the_csv_says():
    assert list(read(JSON)) == list(read(CSV))


def test_every_total():
    totals: dict[Kind, int] = {}
    for one in read(CSV):
        totals[one.kind] = totals.get(one.kind, 0) + one.amount.minor
    assert totals == {Kind.SPONSORSHIP: 452 + 500 + 2000 + 1_200_000 + 1000 + 300, Kind.REFUND: -1000}


def test_the_month_of_a_payment_is_that_of_utc():
    january = payment_ref(account(), "sandbox-giver-1", FIRST)
    assert [one.payment_ref for one in (receipt(0), receipt(1))] == [january, january]


def test_a_sponsorship_that_is_not_public_names_nobody():
    assert receipt(2).giver == GiverRef("sandbox-giver-2", "", False)


@pytest.mark.parametrize("flag", ["false", "", "yes", "TRUE"])
def test_an_unknown_flag_hides_the_name(flag):
    assert receipt(0, **{"Is Public?": flag}).giver == GiverRef("sandbox-giver-1", "", False)


def test_the_handle_stands_for_a_name_that_is_not_filled_in():
    assert said(4)[0].giver.name == "sandbox-giver-4"


def test_who_has_left_github_is_nobody_and_no_twin_of_anybody():
    assert (receipt(6).giver, receipt(6).payment_ref) == (None, "")


@pytest.mark.parametrize(
    ("row", "frequency"), [(0, Frequency.MONTHLY), (2, Frequency.ONCE), (3, Frequency.YEARLY)]
)
def test_how_often_is_said_by_the_tier_and_the_plan(row, frequency):
    assert receipt(row).frequency is frequency


def test_a_refunded_transaction_is_a_payment_and_its_refund():
    gift, refund = said(4)
    assert (gift.external_id, gift.amount) == ("ch_example05", Money(1000, "USD"))
    assert (refund.external_id, refund.kind, refund.amount) == (
        "ch_example05:refund",
        Kind.REFUND,
        -gift.amount,
    )
    assert (refund.refunds_external_id, refund.payment_ref) == ("ch_example05", "")


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_meaning(status):
    paid = {"settled": 1, "credit_balance_adjusted": 1, "refunded": 2}
    assert len(said(0, Status=status)) == paid.get(status, 0)


@pytest.mark.parametrize("change", [{"Status": "failed"}, {"Processed Amount": "$0.00"}])
def test_what_moved_nothing_takes_back_what_an_earlier_export_said_and_keeps_nobody(change):
    [nothing] = parse({**rows()[0], "Transaction Date": "", **change}, account(), NOW)
    assert (nothing.external_id, nothing.amount, nothing.giver) == ("ch_example01", Money(0, "USD"), None)


@pytest.mark.parametrize(("source", "count"), [("github", 1), ("", 1), ("patreon", 0)])
def test_what_is_paid_at_patreon_is_patreons_to_report(source, count):
    assert len(said(0, **{"Payment Source": source})) == count


def test_nothing_paid_is_no_payment():
    assert said(7) == []


def test_nobodys_address_is_read():
    assert not [cell for row in rows() for cell in row.values() if "@" in cell]
    assert not {"Sponsor Public Email", "Country", "Region", "VAT"} & set(rows()[0])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-04 05:06:08 UTC", FIRST),
        ("2026-01-04 06:06:08 +0100", FIRST),
        ("2026-01-04T00:06:08.000-05:00", FIRST),
    ],
)
def test_times_are_read_with_their_offset(written, moment):
    assert receipt(0, **{"Transaction Date": written}).occurred_at == moment


@pytest.mark.parametrize(
    ("column", "word", "words"),
    [
        ("Processed Amount", "€5.00", "“€5.00” in “Processed Amount” is no amount like"),
        ("Processed Amount", "-$5.00", "is no amount"),
        ("Processed Amount", "$5.001", "is no amount"),
        ("Processed Amount", "$1,23.00", "is no amount"),
        ("Transaction Date", "04/01/2026", "Column “Transaction Date”: “04/01/2026” is not an ISO date"),
        ("Transaction Date", "2026-01-04", "“2026-01-04” in “Transaction Date” has no time"),
        ("Transaction ID", "", "a payment without “Transaction ID”"),
    ],
)
def test_a_row_that_was_mangled_is_refused(column, word, words):
    with pytest.raises(Rejected, match=words.replace("$", r"\$")):
        said(0, **{column: word})


@pytest.mark.parametrize("column", ["Status", "Payment Source", "Is Yearly?"])
def test_a_word_that_nobody_knows_is_named(column):
    with pytest.raises(SchemaChanged, match=f"“GOLD” in “{column.replace('?', '.')}”"):
        said(0, **{column: "GOLD"})


def test_an_older_export_has_fewer_columns(tmp_path):
    lines = [line.rsplit(",", 1)[0] for line in CSV.read_text().splitlines()]
    older = tmp_path / "older.csv"
    older.write_text("\n".join(lines) + "\n")
    assert list(read(older)) == list(read(CSV))


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        (CSV, lambda text: text.replace("Status", "State", 1), "^There is no column “Status”"),
        (CSV, lambda text: text.replace("ch_example02", "ch_example01"), "^Line 3, column “Transaction ID”"),
        (
            JSON,
            lambda text: text.replace("ch_example02", "ch_example01"),
            "^Transaction ch_example01 is there twice",
        ),
        (JSON, lambda text: text[:-20], "^The file is not JSON"),
        (
            JSON,
            lambda text: text.replace('"status"', '"state"'),
            "“status” is missing or new in GitHub's answer",
        ),
        (JSON, lambda text: text.replace('"$5.00"', '["$5.00"]'), "this needs a developer"),
    ],
)
def test_a_file_that_is_no_such_export_is_refused_with_its_place(tmp_path, file, change, words):
    bad = tmp_path / f"bad{file.suffix}"
    bad.write_text(change(file.read_text()))
    with pytest.raises(Rejected, match=words):
        list(read(bad))


def test_a_source_must_say_whose_export_it_is():
    with pytest.raises(Rejected, match="fill in the account"):
        list(fetch(Account("", file=CSV), {}, full=False))

"""Open Collective's export: what each row means, and what is refused."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from funders.connectors.base import Account, GiverRef, Kind, Receipt, Rejected, SchemaChanged
from funders.connectors.opencollective_csv import fetch, parse
from fundtracker.money import Money

FILE = Path(__file__).parent / "data" / "opencollective_csv" / "transactions.csv"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# By their line in the file.
GIFT, HOST_FEE, ADDED, COVER, REFUND, REFUNDED, OWN_GIFT = 5, 6, 7, 9, 10, 12, 13


def account(file: Path = FILE, slug: str = "example-collective", zone: str = "UTC") -> Account:
    return Account(slug, file=file, time_zone=ZoneInfo(zone), options={"names_are_public": True})


def rows(file: Path = FILE) -> dict[int, dict[str, str]]:
    [page] = fetch(account(file), {}, full=False)
    return {int(where.removeprefix("line ")): dict(row) for where, row in page.items}


ROWS = rows()


def said(line: int, **changes: str) -> list[Receipt]:
    return list(parse({**ROWS[line], **changes}, account(), NOW))


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def test_a_gift_comes_net_of_the_processors_fee_and_is_booked_gross():
    assert said(GIFT) == [
        Receipt(
            external_id="9000003",
            kind=Kind.DONATION,
            amount=usd(400000),
            occurred_at=datetime(2024, 9, 29, 16, 4, 1, tzinfo=UTC),
            seen=NOW,
            giver=GiverRef("giver-f62eb910", "Giver f62eb910", True),
            fee=usd(-11630),
            payment_ref="opencollective:22084966-0fa7-504f-83e1-0dfff1dfe9d3",
        )
    ]


def test_a_refund_is_gross_already_and_takes_back_its_original():
    assert said(REFUND) == [
        Receipt(
            external_id="9000018",
            kind=Kind.REFUND,
            amount=usd(-25000),
            occurred_at=datetime(2024, 9, 17, 17, 5, 46, tzinfo=UTC),
            seen=NOW,
            giver=GiverRef("giver-0591a412", "Giver 0591a412", True),
            refunds_external_id="9000019",
        )
    ]


def test_a_gift_and_its_refund_are_nothing_together():
    [gift], [refund] = said(REFUNDED), said(REFUND)
    assert gift.amount + refund.amount == usd(0)
    assert refund.refunds_external_id == gift.external_id


@pytest.mark.parametrize(("line", "cents"), [(HOST_FEE, -40000), (COVER, 1130)])
def test_a_fee_taken_or_given_back_is_a_fee(line, cents):
    [fee] = said(line)
    assert (fee.kind, fee.amount, fee.giver, fee.payment_ref) == (Kind.FEE, usd(cents), None, "")


def test_added_funds_are_a_gift():
    [added] = said(ADDED)
    assert (added.kind, added.amount) == (Kind.DONATION, usd(7347))
    assert added.giver == GiverRef("example-host", "Example Fiscal Host", True)


@pytest.mark.parametrize("line", [2, 3, 4, OWN_GIFT])
def test_expenses_their_fees_and_what_the_account_gives_away_are_no_receipts(line):
    assert said(line) == []


MEANINGS = [
    ("CONTRIBUTION", "CREDIT", "", Kind.DONATION),
    ("CONTRIBUTION", "DEBIT", "REVERSE", Kind.REFUND),
    ("CONTRIBUTION", "DEBIT", "", None),
    ("CONTRIBUTION", "CREDIT", "REVERSE", None),
    ("ADDED_FUNDS", "CREDIT", "", Kind.DONATION),
    ("ADDED_FUNDS", "DEBIT", "REVERSE", Kind.REFUND),
    ("HOST_FEE", "DEBIT", "", Kind.FEE),
    ("HOST_FEE", "CREDIT", "REVERSE", Kind.FEE),
    ("PAYMENT_PROCESSOR_FEE", "DEBIT", "", Kind.FEE),
    ("TAX", "DEBIT", "", Kind.TAX),
    ("BALANCE_TRANSFER", "CREDIT", "", Kind.TRANSFER),
    ("EXPENSE", "DEBIT", "", None),
    ("PLATFORM_TIP", "CREDIT", "", None),
]


@pytest.mark.parametrize(("kind", "side", "reverse", "meaning"), MEANINGS)
def test_each_kind_side_and_mark_has_its_meaning(kind, side, reverse, meaning):
    words = {"Kind": kind, "Credit/Debit": side, "Is Reverse": reverse, "Reverse Transaction ID": "1"}
    found = [one.kind for one in said(GIFT, **words)]
    assert found == ([] if meaning is None else [meaning])


@pytest.mark.parametrize(
    ("word", "kind"), [("", Kind.REFUND), ("REFUND", Kind.REFUND), ("DISPUTE", Kind.CHARGEBACK)]
)
def test_only_a_lost_dispute_is_a_chargeback(word, kind):
    assert [one.kind for one in said(REFUND, **{"Reverse Kind": word})] == [kind]


@pytest.mark.parametrize("handle", ["incognito-1a2b3c4d", "guest-1a2b3c4d"])
def test_a_hidden_giver_keeps_no_name(handle):
    [gift] = said(GIFT, **{"Opposite Account Handle": handle})
    assert gift.giver == GiverRef(handle, "", False)


@pytest.mark.parametrize("options", [{}, {"names_are_public": False}, {"names_are_public": "yes"}])
def test_nobody_is_named_unless_the_settings_say_that_names_are_public(options):
    [gift] = parse(ROWS[GIFT], Account("example-collective", options=options), NOW)
    assert gift.giver == GiverRef("giver-f62eb910", "", False)


def test_the_processors_own_id_is_preferred():
    [gift] = said(GIFT, **{"Merchant ID": "ch_3Example"})
    assert gift.payment_ref == "stripe:ch_3Example"


def test_tax_inside_a_row_is_added_back_and_said():
    [gift] = said(GIFT, **{"Tax Amount": "-21.00"})
    assert (gift.amount, gift.fee, gift.tax) == (usd(402100), usd(-11630), usd(-2100))


def test_a_project_is_a_designation():
    [gift] = said(GIFT, **{"Account Handle": "example-project"})
    assert gift.designation == "example-project"


def test_times_are_in_the_sources_zone():
    [gift] = parse(ROWS[GIFT], account(zone="America/New_York"), NOW)
    assert gift.occurred_at.isoformat() == "2024-09-29T16:04:01-04:00"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Amount Single Column": "3.883,70"}, "“3.883,70” “USD” in “Amount Single Column” is no amount"),
        ({"Amount Single Column": "NaN"}, "is no amount"),
        ({"Amount Single Column": "1.005"}, "is no amount"),
        ({"Amount Single Column": "1e2"}, "is no amount"),
        ({"Account Handle": "a\x07"}, "Column “Account Handle”: the control character U"),
        ({"Effective Date & Time": "2099-01-01T00:00:00"}, "2099-01-01 has not come yet: correct it"),
        ({"Currency": "XQX"}, "“-116.3” “XQX” in “Payment Processor Fee” is no amount"),
        (
            {"Effective Date & Time": "29/09/24"},
            "Column “Effective Date & Time”: “29/09/24” is not an ISO date",
        ),
    ],
)
def test_a_row_that_was_mangled_is_refused(changes, words):
    with pytest.raises(Rejected, match=words):
        said(GIFT, **changes)


def test_a_reversal_of_nothing_known_is_refused():
    with pytest.raises(Rejected, match="fill in “Reverse Transaction ID”"):
        said(REFUND, **{"Reverse Transaction ID": ""})


@pytest.mark.parametrize(
    ("line", "column"),
    [(GIFT, "Kind"), (GIFT, "Credit/Debit"), (GIFT, "Is Reverse"), (REFUND, "Reverse Kind")],
)
def test_a_word_that_nobody_knows_is_named(line, column):
    with pytest.raises(SchemaChanged, match=f"“GOLD” in “{column}”"):
        said(line, **{column: "GOLD"})


def test_a_file_is_one_page_whose_rows_name_their_line():
    [page] = fetch(account(), {}, full=False)
    assert (page.total, page.last, page.whole) == (12, True, False)
    assert [where for where, _ in page.items] == [f"line {line}" for line in range(2, 14)]


def test_the_order_of_the_rows_means_nothing():
    one_way = [receipt for line in ROWS for receipt in said(line)]
    other_way = [receipt for line in reversed(ROWS) for receipt in said(line)]
    assert one_way == other_way[::-1]


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mark_at_the_start_and_lines_inside_a_cell_change_no_line(tmp_path):
    text = FILE.read_text().replace('"Expense","CREDIT"', '"Expense\nof two lines","CREDIT"', 1)
    found = rows(written(tmp_path / "marked.csv", "\ufeff" + text))
    assert list(found) == [2, 3, *range(5, 15)]
    assert found[6] == ROWS[GIFT]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "", "^The file is empty"),
        (lambda text: text.splitlines()[0], "^The file has a header and no rows"),
        (
            lambda text: text.replace('"Group ID"', '"Group"'),
            "^There is no column “Group ID”, only “Effective Date",
        ),
        (lambda text: text.replace("CONTRIBUTION", 'CONTRI"BUTION', 1), "^Line "),
        (lambda text: text + '"2024-01-01","1"\n', "^Line 14 has 2 cells where the header has 27"),
    ],
)
def test_a_file_that_is_no_such_export_is_refused_with_its_place(tmp_path, change, words):
    file: Any = written(tmp_path / "bad.csv", change(FILE.read_text()))
    with pytest.raises(Rejected, match=words):
        rows(file)


def test_the_fixture_names_nobody():
    with FILE.open(newline="") as text:
        names = {row["Opposite Account Name"] for row in csv.DictReader(text)}
    assert all(name.startswith(("Giver ", "Example ")) for name in names)

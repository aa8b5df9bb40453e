"""The twenty-two kinds of bad CSV: RELIABILITY.md, section 4, whose numbers these are."""

from datetime import date

import pytest

from funders.connectors import rows
from funders.connectors.base import Rejected
from fundtracker.money import Money
from tests.funders.connectors.uploads import COLUMNS, HEAD, Read, row, workbook, zipped

NOT_A_NUMBER = (
    "is not a number: write it like 1234.50, without a currency, "
    "or set “decimal” to the sign before the cents."
)
NOT_ISO = "is not an ISO date (2026-04-03): set “date_format”, for instance to %d/%m/%Y."
CLOCKS = (
    "in Europe/London, where the clocks changed: write it with its offset, like 2026-10-25T01:30:00+01:00."
)

REFUSED = [
    pytest.param(
        (HEAD + row()).encode("utf-16-le"),
        "Line 1 has a NUL: the file is damaged, or UTF-16: save it as UTF-8.",
        id="2 UTF-16 without a mark",
    ),
    pytest.param(
        (HEAD + row(name="Zoë")).encode("latin-1"),
        "Line 2 is not UTF-8 (byte EB): save the file as UTF-8, or set “encoding”, for instance to latin-1.",
        id="3 Latin-1",
    ),
    pytest.param(
        HEAD + row() + row(name="A\0lice"),
        "Line 3 has a NUL: the file is damaged, or UTF-16: save it as UTF-8.",
        id="4 NUL",
    ),
    pytest.param(
        HEAD + row() + row(name='"Alice') + row(),
        "Line 3 opens a quote that is never closed: write a quote inside a cell twice.",
        id="7 unclosed quote",
    ),
    pytest.param(
        HEAD + row(name='"Al"ice'),
        "Line 2 has text after a closing quote: write a quote inside a cell twice.",
        id="7 text after a closing quote",
    ),
    pytest.param(
        HEAD + row() + row(name="Smith, Alice"),
        "Line 3 has 5 cells where the header has 4: put a cell that holds a “,” in quotes.",
        id="8 a longer row",
    ),
    pytest.param(
        HEAD + row() + "2026-04-03,10\n",
        "Line 3 has 2 cells where the header has 4: put a cell that holds a “,” in quotes.",
        id="8 a shorter row",
    ),
    pytest.param(
        "Paid on,Amount,Name,Amount,Id\n2026-04-03,1,Alice,2,a1\n",
        "Two columns are named “Amount”: rename one of them.",
        id="9 duplicate header",
    ),
    pytest.param(
        "Paid on,Sum,Name,Id\n" + row(),
        "There is no column “Amount”, only “Paid on”, “Sum”, “Name”, “Id”: "
        "correct the file, or the columns in the source's settings.",
        id="10 missing column",
    ),
    pytest.param("", "The file is empty: export it again.", id="11 empty"),
    pytest.param(HEAD, "The file has a header and no rows: export it again.", id="11 header only"),
    pytest.param(
        HEAD + row(amount='"10,50"'), f"line 2: Column “Amount”: “10,50” {NOT_A_NUMBER}", id="13 comma"
    ),
    pytest.param(
        HEAD + row(amount='"1,234.50"'),
        f"line 2: Column “Amount”: “1,234.50” {NOT_A_NUMBER}",
        id="13 thousands",
    ),
    pytest.param(
        HEAD + row() + row(amount="€10.50", external_id="a2"),
        f"line 3: Column “Amount”: “€10.50” {NOT_A_NUMBER}",
        id="14 symbol",
    ),
    pytest.param(
        HEAD + row(amount="10 EUR / 12 USD"),
        f"line 2: Column “Amount”: “10 EUR / 12 USD” {NOT_A_NUMBER}",
        id="14 two currencies",
    ),
    pytest.param(
        HEAD + row(amount="0.00"),
        "line 2: Column “Amount”: 0 is no payment: take the row out.",
        id="15 zero",
    ),
    pytest.param(HEAD + row(amount="NaN"), f"line 2: Column “Amount”: “NaN” {NOT_A_NUMBER}", id="15 NaN"),
    pytest.param(
        HEAD + row(amount="Infinity"),
        f"line 2: Column “Amount”: “Infinity” {NOT_A_NUMBER}",
        id="15 Infinity",
    ),
    pytest.param(
        HEAD + row(amount="1e309"), f"line 2: Column “Amount”: “1e309” {NOT_A_NUMBER}", id="15 1e309"
    ),
    pytest.param(
        HEAD + row(amount="9" * 30),
        "line 2: Column “Amount”: the amount is too large to be right: correct it.",
        id="15 too large",
    ),
    pytest.param(
        HEAD + row(amount="10.005"),
        "line 2: Column “Amount”: 10.005 has more decimals than EUR has (2): correct it.",
        id="16 too many decimals",
    ),
    pytest.param(HEAD + row("03/04/26"), f"line 2: Column “Paid on”: “03/04/26” {NOT_ISO}", id="17 guess"),
    pytest.param(HEAD + row("26-04-03"), f"line 2: Column “Paid on”: “26-04-03” {NOT_ISO}", id="17 year"),
    pytest.param(
        HEAD + row("2026-02-30"), f"line 2: Column “Paid on”: “2026-02-30” {NOT_ISO}", id="17 30 February"
    ),
    pytest.param(
        HEAD + row("2026-03-29 01:30"),
        f"line 2: Column “Paid on”: 2026-03-29 01:30:00 never came {CLOCKS}",
        id="18 nonexistent time",
    ),
    pytest.param(
        HEAD + row("2026-10-25 01:30"),
        f"line 2: Column “Paid on”: 2026-10-25 01:30:00 came twice {CLOCKS}",
        id="18 ambiguous time",
    ),
    pytest.param(
        HEAD + row("2026-11-24"),
        "line 2: Column “Paid on”: 2026-11-24 has not come yet: correct it.",
        id="18 future",
    ),
    pytest.param(
        HEAD + row() + row() + row(amount="11"),
        "Line 4, column “Id”: a row above has the same id and says something else: correct one of them.",
        id="19 one id for two payments",
    ),
    pytest.param(
        HEAD + row(amount="=5+5"),
        "line 2: Column “Amount”: “=5+5” is a formula: write its result.",
        id="20 formula in an amount",
    ),
    pytest.param(
        HEAD + row(name="Al\aice"),
        "line 2: Column “Name”: the control character U+0007 is in it: take it out.",
        id="20 control character",
    ),
    pytest.param(
        HEAD + row(name="A" * 100_000),
        "Line 2, column “Name”: a cell of 100,000 characters, more than 10,000: shorten it.",
        id="20 a huge cell",
    ),
    pytest.param(
        HEAD + row(name="A" * 10_000_000),
        "Line 2 has 1,000,000 characters or more: shorten it, or save the file as CSV.",
        id="20 a cell of 10 MB",
    ),
    pytest.param(
        zipped(),
        "The file is a workbook or a zip archive under the name of a .csv file: "
        "upload a workbook as .xlsx, or save it as CSV.",
        id="21 zip named csv",
    ),
    pytest.param(
        workbook(["2026-04-03", 10, "Alice", "a1"]),
        "The file is a workbook or a zip archive under the name of a .csv file: "
        "upload a workbook as .xlsx, or save it as CSV.",
        id="21 xlsx named csv",
    ),
]


@pytest.mark.parametrize(("content", "message"), REFUSED)
def test_a_bad_file_is_refused_with_the_line_the_column_and_the_remedy(
    read: Read, content: str | bytes, message: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        read(content)

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEAD + row()).encode("utf-8-sig"), id="1 BOM"),
        pytest.param((HEAD + row()).encode("utf-16"), id="2 UTF-16 with its mark"),
        pytest.param((HEAD + row()).replace(",", ";"), id="5 semicolons"),
        pytest.param((HEAD + row()).replace(",", "\t"), id="5 tabs"),
        pytest.param((HEAD + row()).replace("\n", "\r"), id="6 CR only"),
        pytest.param(HEAD.replace("\n", "\r\n") + "\r\n" + row() + ",,,\n", id="6 mixed, and blank lines"),
        pytest.param(HEAD + row(name='"Alice"'), id="quotes"),
    ],
)
def test_what_can_be_read_in_one_way_only_is_read(read: Read, content: str | bytes) -> None:
    [receipt] = read(content)

    assert (receipt.external_id, receipt.occurred_at, receipt.amount) == (
        "a1",
        date(2026, 4, 3),
        Money(1050, "EUR"),
    )


def test_a_file_too_large_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LARGEST", 20)

    with pytest.raises(Rejected, match=r"^The file has 49 bytes, more than 20: split it by year\.$"):
        read(HEAD + row())


def test_a_file_of_too_many_rows_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 2)

    with pytest.raises(Rejected, match=r"^The file has more than 2 rows: split it by year\.$"):
        read(HEAD + row() * 3)


def test_lines_are_counted_as_an_editor_counts_them(read: Read) -> None:
    columns = COLUMNS | {"giver_name": "Id"}
    content = HEAD + row(name='"Alice\nand\nBob"') + "\n" + row(amount="ten", external_id="a2")

    with pytest.raises(Rejected, match=r"^line 6: Column “Amount”"):
        read(content, columns=columns)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (
            HEAD + row(),
            "a.xlsx",
            "The file is named .xlsx but is no workbook: save it as XLSX, or name it .csv.",
        ),
        (zipped(), "a.xlsx", "The workbook cannot be opened: save it again as XLSX, or as CSV."),
        (b"\x1f\x8b\x08", "a.csv", "The file is a gzip archive: save it as CSV or XLSX."),
        (
            workbook([], sheets=("Gifts", "Costs")),
            "a.xlsx",
            "The workbook has the sheets Gifts, Costs: set “sheet” to one of them.",
        ),
    ],
)
def test_a_file_that_is_no_workbook_or_more_than_one_is_refused(
    read: Read, content: bytes, name: str, message: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        read(content, name)

    assert str(refusal.value) == message


def test_the_settings_choose_the_sheet(read: Read) -> None:
    content = workbook(["2026-04-03", 1, "Alice", "a"], sheets=("Gifts", "Costs"))

    assert len(read(content, "gifts.xlsx", sheet="Gifts")) == 1

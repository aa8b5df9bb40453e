"""A small good file of each connector that reads tables, and the twenty-two ways to spoil one.

RELIABILITY.md, section 4, has the numbers. A connector comes into the matrix of test_bad_csv.py by one Sample.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.funders.connectors.uploads import workbook, zipped

Row = dict[str, str]
# Local times, and a zone of Europe: one that the clocks skipped, and one that they repeated.
GAP, TWICE = datetime(2026, 3, 29, 1, 30), datetime(2026, 10, 25, 1, 30)  # noqa: DTZ001
FUTURE = datetime(2099, 1, 1, 12)  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class Sample:
    """Two gifts, on lines 2 and 3; `total` is what they raise or, where `promises`, promise, in minor units.

    id, amount, day, text and currency name the columns; text is one whose words are read.
    `moment` writes a time; `refund` is a row that takes back all of the first gift.
    `exempt` says of each kind that cannot happen why: nothing is ever left out without a reason.
    """

    kind: str
    rows: tuple[Row, Row]
    total: int
    id: str
    amount: str
    day: str
    text: str
    currency: str
    moment: Callable[[datetime], Row]
    refund: Row | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)
    promises: bool = False

    @property
    def header(self) -> list[str]:
        return list(self.rows[0])

    def cells(self, *changed: Row) -> list[list[str]]:
        """The file with its second row changed, once for each of `changed`."""
        more = [self.rows[1] | change for change in changed or ({},)]
        return [self.header, *(list(row.values()) for row in (self.rows[0], *more))]

    def file(self, *changed: Row) -> str:
        return written(self.cells(*changed))


def written(cells: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\n") -> str:
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter, lineterminator=end).writerows(cells)
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class Spoilt:
    """`content` of a file; `names` is what its refusal must say: its place, its column."""

    content: str | bytes
    names: tuple[str, ...]


def refused(sample: Sample) -> dict[str, Spoilt]:
    """What must be refused whole. Line 3 is the second gift."""
    good, cells = sample.file(), sample.cells()
    amount, day, text = sample.amount, sample.day, sample.text
    spoilt = {
        "2 UTF-16 without a mark": Spoilt(good.encode("utf-16-le"), ("Line 1",)),
        "3 Latin-1": Spoilt(sample.file({text: "Zoë"}).encode("latin-1"), ("Line 3",)),
        "4 NUL": Spoilt(sample.file({text: "A\0B"}), ("Line 3",)),
        "7 unclosed quote": Spoilt(_line(cells, lambda line: '"' + line), ("Line 3",)),
        "7 text after a quote": Spoilt(_line(cells, lambda line: '"a"b,' + line.partition(",")[2]), ("Line 3",)),
        "8 a longer row": Spoilt(_line(cells, lambda line: line + ",more"), ("Line 3",)),
        "8 a shorter row": Spoilt(_line(cells, lambda line: "a,b"), ("Line 3",)),
        "9 duplicate header": Spoilt(written([[*row, row[sample.header.index(amount)]] for row in cells]), (amount,)),
        "10 missing column": Spoilt(good.replace(sample.id, "Something", 1), (sample.id,)),
        "11 empty": Spoilt("", ()),
        "11 header only": Spoilt(written(cells[:1]), ()),
        "13 decimal comma": _cell(sample, amount, "10,50"),
        "13 thousands": _cell(sample, amount, "1,234.50"),
        "14 symbol": _cell(sample, amount, "€10.50"),
        "14 two currencies": _cell(sample, amount, "10 EUR / 12 USD"),
        "15 zero": _cell(sample, amount, "0.00"),
        "15 NaN": _cell(sample, amount, "NaN"),
        "15 Infinity": _cell(sample, amount, "Infinity"),
        "15 1e309": _cell(sample, amount, "1e309"),
        "15 an exponent": _cell(sample, amount, "1e2"),
        "15 too large": _cell(sample, amount, "9" * 30),
        "16 too many decimals": _cell(sample, amount, "10.005"),
        "16 decimals that yen do not have": Spoilt(
            sample.file({amount: "1.5", sample.currency: "JPY"}), ("line 3", amount)
        ),
        "17 a guess": _cell(sample, day, "03/04/26"),
        "17 a short year": _cell(sample, day, "26-04-03"),
        "17 30 February": _cell(sample, day, "2026-02-30"),
        "18 a time that never came": Spoilt(sample.file(sample.moment(GAP)), ("line 3", day)),
        "18 a time that came twice": Spoilt(sample.file(sample.moment(TWICE)), ("line 3", day)),
        "18 the future": Spoilt(sample.file(sample.moment(FUTURE)), ("line 3", day)),
        "19 one id for two payments": Spoilt(
            sample.file({}, {amount: sample.rows[0][amount]}), ("line 4", sample.id)
        ),
        "20 a formula": _cell(sample, amount, "=5+5"),
        "20 a control character": _cell(sample, text, "Al\aice"),
        "20 a huge cell": _cell(sample, text, "A" * 100_000),
        "20 a cell of 10 MB": Spoilt(sample.file({text: "A" * 10_000_000}), ("Line 3",)),
        "21 a zip": Spoilt(zipped(), ()),
        "21 a workbook": Spoilt(workbook(["2026-04-03", 10, "Alice", "a1"]), ()),
    }  # fmt: skip
    return {name: one for name, one in spoilt.items() if name not in sample.exempt}


def read(sample: Sample) -> dict[str, str | bytes]:
    """What can be read in one way only, and so must raise what the good file raises."""
    good, cells = sample.file(), sample.cells()
    files: dict[str, str | bytes] = {
        "1 BOM": good.encode("utf-8-sig"),
        "2 UTF-16 with its mark": good.encode("utf-16"),
        "5 semicolons": written(cells, ";"),
        "5 tabs": written(cells, "\t"),
        "6 CR only": written(cells, end="\r"),
        "6 mixed, and blank lines": written(cells[:2], end="\r\n") + "\n" + written(cells[2:]),
        "20 HTML": sample.file({sample.text: "<script>alert(1)</script>"}),
        "20 right to left, zero width": sample.file({sample.text: "\u202eecilA\u200b"}),
        "20 a formula in words": sample.file({sample.text: "=HYPERLINK(1)"}),
        "19 an equal row": sample.file({}, {}),
    }
    return {name: one for name, one in files.items() if name not in sample.exempt}


def _cell(sample: Sample, column: str, cell: str) -> Spoilt:
    return Spoilt(sample.file({column: cell}), ("line 3", column))


def _line(cells: Sequence[Sequence[str]], change: Callable[[str], str]) -> str:
    return written(cells[:2]) + change(written(cells[2:]).rstrip("\n")) + "\n"


NOTHING_MOVED = "a provider lists what it did not charge, too: such a row moved nothing and is passed over"
LEFT_OUT = "letters that nobody can read are left out of a name"
WITH_OFFSET = "its times have their offset, or are UTC"
ONE_CURRENCY = "it is all in dollars"

TABLE = ("Paid on", "Amount", "Currency", "For", "Id", "Refunds")
OPENCOLLECTIVE = {
    "Effective Date & Time": "2026-04-03T10:00:00", "Transaction ID": "t1", "Credit/Debit": "CREDIT",
    "Kind": "CONTRIBUTION", "Group ID": "g1", "Amount Single Column": "10.50", "Currency": "EUR",
    "Payment Processor Fee": "0", "Tax Amount": "0", "Is Reverse": "", "Reverse Transaction ID": "",
    "Account Handle": "castle", "Opposite Account Handle": "giver-1",
}  # fmt: skip
GIVEWP = {
    "Donation ID": "1001", "Donation Total": "10.50", "Currency Code": "EUR", "Donation Status": "Complete",
    "Payment Gateway": "stripe", "Payment Mode": "live", "Form Title": "Castle",
    "Donation Date": "April 3, 2026", "Donation Time": "10:00",
}  # fmt: skip
KOFI = {
    "DateTime (UTC)": "2026-04-03 10:00:00", "From": "Sandbox Giver 1", "Received": "10.50", "Currency": "EUR",
    "TransactionType": "Donation", "TransactionId": "k1",
}  # fmt: skip
GITHUB = {
    "Sponsor Handle": "sandbox-giver-1", "Sponsor Profile Name": "Sandbox Giver 1", "Is Public?": "false",
    "Is Yearly?": "false", "Transaction ID": "ch_1", "Tier Name": "$10 a month", "Processed Amount": "$10.50",
    "Status": "settled", "Transaction Date": "2026-04-03 10:00:00 +0000",
}  # fmt: skip
GRANT = {
    "Identifier": "360G-Example-1", "Title": "Upkeep", "Description": "Of a library", "Currency": "EUR",
    "Amount Awarded": "100", "Amount Disbursed": "10.50", "Award Date": "2026-04-03",
    "Funding Org:Identifier": "GB-CHC-1", "Funding Org:Name": "Example Trust",
    "Recipient Org:Identifier": "GB-COH-1", "Recipient Org:Name": "Library CIC",
}  # fmt: skip
PATRON = {
    "pledge_date": "2026-04-03", "patron_id": "1900001", "patron_username": "sandbox-giver-1",
    "patron_public_name": "Sandbox Giver 1", "donation_currency": "EUR", "weekly_amount": "10.50",
}  # fmt: skip

SAMPLES = {
    sample.kind: sample
    for sample in (
        Sample(
            "table",
            (
                dict(zip(TABLE, ("2026-04-03", "10.50", "EUR", "Castle", "a1", ""), strict=True)),
                dict(zip(TABLE, ("2026-04-04", "7", "EUR", "Castle", "a2", ""), strict=True)),
            ),
            1750, "Id", "Amount", "Paid on", "For", "Currency",
            lambda when: {"Paid on": f"{when:%Y-%m-%d %H:%M}"},
            refund=dict(zip(TABLE, ("2026-04-05", "10.50", "EUR", "Castle", "b1", "a1"), strict=True)),
            options={"columns": {"date": "Paid on", "amount": "Amount", "currency": "Currency",
                                 "designation": "For", "id": "Id", "refunds": "Refunds"}},
        ),
        Sample(
            "opencollective_csv",
            (OPENCOLLECTIVE, OPENCOLLECTIVE | {"Transaction ID": "t2", "Group ID": "g2", "Amount Single Column": "7"}),
            1750, "Transaction ID", "Amount Single Column", "Effective Date & Time", "Account Handle", "Currency",
            lambda when: {"Effective Date & Time": f"{when:%Y-%m-%dT%H:%M:%S}"},
            refund=OPENCOLLECTIVE | {"Transaction ID": "t3", "Credit/Debit": "DEBIT", "Is Reverse": "REVERSE",
                                     "Reverse Transaction ID": "t1", "Amount Single Column": "-10.50"},
            exempt={"15 zero": NOTHING_MOVED},
        ),
        Sample(
            "givewp",
            (GIVEWP, GIVEWP | {"Donation ID": "1004", "Donation Total": "7"}),
            1750, "Donation ID", "Donation Total", "Donation Date", "Form Title", "Currency Code",
            lambda when: {"Donation Date": f"{when:%B %d, %Y}", "Donation Time": f"{when:%H:%M}"},
            exempt={"15 zero": NOTHING_MOVED,
                    "18 a time that came twice": "its day is sure, and is what counts",
                    "22 a refund before its gift": "a refund is the status of the gift's own row"},
        ),
        Sample(
            "kofi_csv",
            (KOFI, KOFI | {"TransactionId": "k2", "Received": "7"}),
            1750, "TransactionId", "Received", "DateTime (UTC)", "From", "Currency",
            lambda when: {"DateTime (UTC)": f"{when:%Y-%m-%d %H:%M:%S}"},
            exempt={"15 zero": NOTHING_MOVED, "20 a control character": LEFT_OUT,
                    "18 a time that never came": WITH_OFFSET,
                    "18 a time that came twice": WITH_OFFSET,
                    "22 a refund before its gift": "Ko-fi's export has no refunds"},
        ),
        Sample(
            "github_export",
            (GITHUB, GITHUB | {"Sponsor Handle": "sandbox-giver-2", "Transaction ID": "ch_2", "Processed Amount": "$7.00"}),
            1750, "Transaction ID", "Processed Amount", "Transaction Date", "Sponsor Profile Name", "",
            lambda when: {"Transaction Date": f"{when:%Y-%m-%d %H:%M:%S} +0000"},
            exempt={"20 a control character": LEFT_OUT, "18 a time that never came": WITH_OFFSET,
                    "18 a time that came twice": WITH_OFFSET,
                    "16 decimals that yen do not have": ONE_CURRENCY,
                    "22 a refund before its gift": "a refund is the status of the payment's own row"},
        ),
        Sample(
            "360giving",
            (GRANT, GRANT | {"Identifier": "360G-Example-2", "Amount Disbursed": "7"}),
            1750, "Identifier", "Amount Disbursed", "Award Date", "Funding Org:Name", "Currency",
            lambda when: {"Award Date": f"{when:%Y-%m-%d}"},
            exempt={"15 zero": "an award of which nothing was paid yet is a promise",
                    "18 a time that never came": "its dates have no time",
                    "18 a time that came twice": "its dates have no time",
                    "22 a refund before its gift": "the standard has no refunds"},
        ),
        Sample(
            "liberapay_csv",
            (PATRON, PATRON | {"patron_id": "1900002", "weekly_amount": "7"}),
            4550 + 3033, "patron_id", "weekly_amount", "pledge_date", "patron_public_name", "donation_currency",
            lambda when: {"pledge_date": f"{when:%Y-%m-%d}"},
            exempt={"15 zero": "a pledge of nothing is one that has ended", "20 a control character": LEFT_OUT,
                    "18 a time that never came": "its dates have no time",
                    "18 a time that came twice": "its dates have no time",
                    "22 a refund before its gift": "it lists promises, and no money"},
            promises=True,
        ),
    )
}  # fmt: skip
# What reads files that are no tables, and where its bad files are tested.
NO_TABLES = {"camt053": "tests/funders/connectors/test_camt053.py"}

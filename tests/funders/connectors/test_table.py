from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from funders.connectors import table
from funders.connectors.base import Frequency, GiverRef, Kind, Purpose, Receipt, Rejected
from fundtracker.money import Money
from tests.funders.connectors.uploads import COLUMNS, HEAD, NOW, Read, account, receipts, row, workbook

DATA = Path(__file__).parent / "data" / "table"
NOT_A_NUMBER = (
    "is not a number: write it like 1234.50, without a currency, "
    "or set “decimal” to the sign before the cents."
)


def test_more_decimals_than_the_currency_has_are_refused(read: Read) -> None:
    with pytest.raises(
        Rejected, match=r"^line 2: Column “Amount”: 1.5 has more decimals than JPY has \(0\): correct it\.$"
    ):
        read(HEAD + row(amount="1.5"), currency="JPY")


def test_latin_1_is_read_where_the_settings_say_so(read: Read) -> None:
    columns = COLUMNS | {"public": "Public"}
    content = "Paid on,Amount,Name,Id,Public\n2026-04-03,1,Zoë,a1,yes\n".encode("latin-1")

    [receipt] = read(content, encoding="latin-1", columns=columns)

    assert receipt.giver == GiverRef("Zoë", "Zoë", public=True)


@pytest.mark.parametrize(
    ("text", "decimal", "minor"),
    [
        ("1.234,50", ",", 123450),
        ("1,234.50", ".", 123450),
        ("1 234 567,5", ",", 123456750),
        ("12'345.00", ".", 1234500),
        ("1234,5", ",", 123450),
        ("1.234", ",", 123400),
        ("+10", None, 1000),
    ],
)
def test_thousands_and_decimal_commas_follow_the_setting(
    read: Read, text: str, decimal: str | None, minor: int
) -> None:
    [receipt] = read(HEAD + row(amount=f'"{text}"'), decimal=decimal)

    assert receipt.amount == Money(minor, "EUR")


@pytest.mark.parametrize(("text", "decimal"), [("1.23", ","), ("1,23", "."), ("1.234.56", ","), ("١٢", ".")])
def test_a_number_in_another_notation_than_the_setting_is_refused(
    read: Read, text: str, decimal: str
) -> None:
    with pytest.raises(Rejected, match=f"^line 2: Column “Amount”: “{text}” is not a number"):
        read(HEAD + row(amount=f'"{text}"'), decimal=decimal)


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("03/04/2026", "%d/%m/%Y", date(2026, 4, 3)),
        ("04/03/2026", "%m/%d/%Y", date(2026, 4, 3)),
        ("2026-04-03", "%d/%m/%Y", date(2026, 4, 3)),
        ("3.4.2026 10:00", "%d.%m.%Y %H:%M", datetime(2026, 4, 3, 9, tzinfo=UTC)),
        ("2026-04-03T10:00:00Z", None, datetime(2026, 4, 3, 10, tzinfo=UTC)),
        ("2026-04-03 10:00:00 +0200", None, datetime(2026, 4, 3, 8, tzinfo=UTC)),
        ("2026-04-03 10:00", None, datetime(2026, 4, 3, 9, tzinfo=UTC)),
        ("2026-11-23", None, date(2026, 11, 23)),
    ],
)
def test_a_date_is_a_day_as_written_or_an_instant_in_the_sources_zone(
    read: Read, text: str, date_format: str | None, expected: date
) -> None:
    [receipt] = read(HEAD + row(text), date_format=date_format)

    assert receipt.occurred_at == expected


def test_a_date_in_another_form_than_the_setting_is_refused(read: Read) -> None:
    message = "“03/04/26” is not a date of the form %d/%m/%Y: correct it, or “date_format”."
    with pytest.raises(Rejected) as refusal:
        read(HEAD + row("03/04/26"), date_format="%d/%m/%Y")

    assert str(refusal.value) == f"line 2: Column “Paid on”: {message}"


def test_names_keep_every_sign_that_is_not_a_control_character(read: Read) -> None:
    columns = COLUMNS | {"public": "Public"}
    names = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202eecilA", "Al\u200bice", "NA", "nan"]
    lines = "".join(f'2026-04-03,1,"{name}",a{n},yes\n' for n, name in enumerate(names))

    found = read("Paid on,Amount,Name,Id,Public\n" + lines, columns=columns)

    assert [receipt.giver and receipt.giver.name for receipt in found] == names


@pytest.mark.parametrize(
    ("flag", "public"),
    [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("", False), ("maybe", False), ("ja", True)],
)
def test_a_gift_is_named_only_where_its_row_says_so(read: Read, flag: str, public: bool) -> None:
    content = f"Paid on,Amount,Name,Id,Public\n2026-04-03,1,Alice,a1,{flag}\n"

    [receipt] = read(content, columns=COLUMNS | {"public": "Public"}, words={"ja": "yes"})

    assert receipt.giver == GiverRef("Alice", "Alice" if public else "", public)


def test_without_a_column_for_it_every_gift_is_anonymous(read: Read) -> None:
    [receipt] = read(HEAD + row())

    assert receipt.giver == GiverRef("Alice", "", public=False)


@pytest.fixture
def everything() -> list[Receipt]:
    columns = {field: field for field in table.FIELDS}
    words = {"Spende": "donation", "monatlich": "monthly", "Pflege": "maintenance"}
    return receipts(account(DATA / "everything.csv", columns=columns, currency="", words=words))


def test_a_row_can_say_all_that_a_receipt_holds(everything: list[Receipt]) -> None:
    assert everything[0] == Receipt(
        external_id="g-1",
        kind=Kind.DONATION,
        amount=Money(1000, "JPY"),
        occurred_at=date(2026, 4, 3),
        seen=NOW,
        giver=GiverRef("donor-7", "Alice", public=True),
        fee=Money(-36, "JPY"),
        frequency=Frequency.MONTHLY,
        designation="docs",
        purpose=Purpose.MAINTENANCE,
        payment_ref="stripe:ch_1",
    )


def test_a_row_that_names_what_it_refunds_is_a_refund(everything: list[Receipt]) -> None:
    refund = everything[1]

    assert (refund.kind, refund.amount, refund.refunds_external_id) == (
        Kind.REFUND,
        Money(-1000, "JPY"),
        "g-1",
    )


def test_a_refund_may_stand_before_its_donation_and_be_written_either_way(read: Read) -> None:
    columns = {"date": "d", "amount": "a", "id": "i", "refunds": "r"}

    found = read("d,a,i,r\n2026-04-04,-5,r1,g1\n2026-04-04,5,r2,g1\n2026-04-03,10,g1,\n", columns=columns)

    assert [(one.kind, one.amount.minor) for one in found] == [
        (Kind.REFUND, -500),
        (Kind.REFUND, -500),
        (Kind.DONATION, 1000),
    ]


def test_a_negative_gift_is_refused(read: Read) -> None:
    with pytest.raises(Rejected) as refusal:
        read(HEAD + row(amount="-5"))

    assert str(refusal.value) == (
        "line 2: Column “Amount”: -5.00 EUR is less than 0, so its kind cannot be donation: "
        "make it refund or chargeback."
    )


def test_a_word_that_nobody_translated_is_refused(read: Read) -> None:
    columns = COLUMNS | {"frequency": "Name"}
    with pytest.raises(Rejected) as refusal:
        read(HEAD + row(name="weekly"), columns=columns)

    assert str(refusal.value) == (
        "line 2: Column “Name”: “weekly” is none of once, monthly, quarterly, yearly: "
        "correct it, or translate it in “words”."
    )


def ids(found: list[Receipt]) -> list[str]:
    return sorted(receipt.external_id for receipt in found)


def test_two_equal_gifts_without_ids_count_twice_and_the_same_file_again_adds_nothing(read: Read) -> None:
    columns = {"date": "Paid on", "amount": "Amount", "giver_name": "Name"}
    lines = [row(), row(name="Bob"), row(), row(amount="10.51"), row()]

    once, again = (read(HEAD + "".join(lines), columns=columns) for _ in range(2))
    shuffled = read(HEAD + "".join(reversed(lines)), columns=columns)

    assert len(set(ids(once))) == 5
    assert ids(once) == ids(again) == ids(shuffled)


def test_a_column_that_is_not_read_changes_no_id(read: Read) -> None:
    columns = {"date": "Paid on", "amount": "Amount"}

    assert ids(read(HEAD + row(name="Alice"), columns=columns)) == ids(
        read(HEAD + row(name="Bob"), columns=columns)
    )


def test_a_gap_in_the_ids_is_filled_row_by_row(read: Read) -> None:
    with_id, without = read(HEAD + row() + row(external_id=""))

    assert with_id.external_id == "a1"
    assert without.external_id.endswith("-0")


def test_a_workbook_gives_its_numbers_and_dates_exactly(read: Read) -> None:
    content = workbook(
        [date(2026, 4, 3), 10.1, "Alice", 17],
        [datetime(2026, 4, 3, 10, 5), 1234567.89, "Bob", "b"],  # noqa: DTZ001
        ["2026-04-04", "7.20", "Charlie", 3.0],
    )

    found = read(content, "gifts.xlsx")

    assert [(one.external_id, one.occurred_at, one.amount.minor) for one in found] == [
        ("17", date(2026, 4, 3), 1010),
        ("b", datetime(2026, 4, 3, 9, 5, tzinfo=UTC), 123456789),
        ("3", date(2026, 4, 4), 720),
    ]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (1 / 3, "0.3333333333333333 has more decimals than EUR has (2): correct it."),
        (1e20, "the amount is too large to be right: correct it."),
        (True, f"“True” {NOT_A_NUMBER}"),
        (None, f"“” {NOT_A_NUMBER}"),
    ],
)
def test_a_cell_of_a_workbook_that_is_no_exact_amount_is_refused(
    read: Read, cell: object, message: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        read(workbook(["2026-04-03", 1, "Alice", "a"], ["2026-04-03", cell, "Bob", "b"]), "gifts.xlsx")

    assert str(refusal.value) == f"row 3: Column “Amount”: {message}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"amount": "A"}}, "The setting “columns” does not say which column is the date."),
        (
            {"columns": COLUMNS | {"colour": "C"}},
            f"The setting “columns” names colour: use {', '.join(table.FIELDS)}.",
        ),
        (
            {"currency": ""},
            "No column is the currency: name it in “columns”, or set “currency” for all rows.",
        ),
        ({"decimal": ";"}, "The setting “decimal” must be “.” or “,”."),
        ({"encoding": "klingon"}, "The setting “encoding” is “klingon”, which is none: use latin-1."),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(
    read: Read, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        read(HEAD + row(), **options)

    assert str(refusal.value) == message


def test_a_file_is_one_page_that_knows_its_length(tmp_path: Path) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text(HEAD + "\n" + row() * 3)

    [page] = table.fetch(account(path), {}, full=False)

    assert (page.total, page.last, page.whole) == (3, True, False)
    assert [where for where, _ in page.items] == ["line 3", "line 4", "line 5"]


FEES = {"columns": COLUMNS | {"fee": "Fee", "kind": "Kind"}}


@pytest.mark.parametrize(
    ("kind", "fee", "sign", "minor"),
    [
        ("donation", "2", None, -200),
        ("donation", "-2", "-", -200),
        ("donation", "0", "-", None),
        ("refund", "-2", None, 200),
        ("refund", "2", "-", 200),
    ],
)
def test_a_fee_is_money_gone_and_comes_back_only_with_a_refund(
    read: Read, kind: str, fee: str, sign: str | None, minor: int | None
) -> None:
    content = f"Paid on,Amount,Name,Id,Fee,Kind\n2026-04-03,10,Alice,a1,{fee},{kind}\n"

    [receipt] = read(content, fee_sign=sign, **FEES)

    assert receipt.fee == (Money(minor, "EUR") if minor else None)


@pytest.mark.parametrize(
    ("fee", "sign", "remedy"),
    [
        ("-2", None, "write it without a sign, or set “fee_sign” to “-”"),
        ("2", "-", "leave “fee_sign” unset"),
    ],
)
def test_a_fee_that_a_gift_would_give_back_is_refused(
    read: Read, fee: str, sign: str | None, remedy: str
) -> None:
    content = f"Paid on,Amount,Name,Id,Fee,Kind\n2026-04-03,10,Alice,a1,{fee},donation\n"

    with pytest.raises(Rejected, match=f"Column “Fee”: .* would be given back with a donation: {remedy}"):
        read(content, fee_sign=sign, **FEES)


def test_another_sign_of_fees_than_minus_is_refused(read: Read) -> None:
    with pytest.raises(Rejected, match="The setting “fee_sign” can only be “-”"):
        read(HEAD + row(), fee_sign="+")

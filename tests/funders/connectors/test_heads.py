"""What a file is, by what is in it and never by its name; and what its columns may mean."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from funders import connectors
from funders.connectors import guesses, heads
from funders.connectors.base import Rejected
from funders.models.sources import file_kinds
from tests.funders.connectors.samples import SAMPLES
from tests.funders.connectors.uploads import workbook, zipped

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 6, 30, tzinfo=UTC)
FOLDERS = {"360giving": "threesixty"}


def look(tmp_path, content, **options):
    path = tmp_path / "nameless"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return heads.look(path, **options)


@pytest.mark.parametrize("kind", [kind for kind in file_kinds() if kind != "table"])
def test_each_kind_knows_its_own_files_and_nobody_elses(kind, tmp_path):
    files = [path for path in (DATA / FOLDERS.get(kind, kind)).iterdir() if path.suffix != ".md"]
    assert files
    for path in files:
        assert connectors.recognise(look(tmp_path, path.read_bytes())) == [kind]


def test_the_table_of_somebody_is_nobodys_export(tmp_path):
    assert connectors.recognise(look(tmp_path, SAMPLES["table"].file())) == []


def test_a_workbook_is_one_whatever_it_is_called(tmp_path):
    head = look(tmp_path, workbook(["2026-04-03", 10, "Alice", "a1"]))
    assert (head.suffix, head.columns, head.rows) == (
        ".xlsx", ("Paid on", "Amount", "Name", "Id"), (("2026-04-03", "10.0", "Alice", "a1"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [(b" \n", "empty"), (zipped(), "zip archive"), (b"PK\x03\x04", "cannot be opened"), (b"\xd0\xcf\x11\xe0", "old Excel"),
     (b"\x1f\x8b", "gzip"), ("a,b\n".encode("utf-16-le"), "UTF-16 without its mark")],
)  # fmt: skip
def test_what_is_no_text_and_no_workbook_is_refused_in_words(tmp_path, content, words):
    with pytest.raises(Rejected, match=words):
        look(tmp_path, content)


@pytest.mark.parametrize(
    ("encoding", "setting"), [("utf-8-sig", ""), ("utf-16", ""), ("cp1252", "cp1252"), ("utf-8", "")]
)
def test_letters_and_signs_are_found_out(tmp_path, encoding, setting):
    head = look(tmp_path, "Währung;Betrag\rEUR;1\r".encode(encoding))
    assert (head.columns, head.rows, head.delimiter) == (("Währung", "Betrag"), (("EUR", "1"),), ";")
    assert head.encoding == setting


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("Buchungstag;Betrag;Währung;Spender\n1.4.2026;1,50;EUR;Zoë\n",
         {"date": "Buchungstag", "amount": "Betrag", "currency": "Währung", "giver_name": "Spender"}),
        ("Date,Montant,Donateur,Devise\n01/04/2026,5,Zoë,EUR\n",
         {"date": "Date", "amount": "Montant", "currency": "Devise", "giver_name": "Donateur"}),
        ("fecha,importe,tipo\n2026-04-01,5,socio\n", {"date": "fecha", "amount": "importe"}),
        ("when,how much,note\n2026-04-01,5.00,hello\n", {"date": "when", "amount": "how much"}),
        ("Date,Amount,Id\n2026-04-01,5,same\n2026-04-02,5,same\n", {"date": "Date", "amount": "Amount"}),
        ("Date,Amount\nsoon,much\n", {}),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name_and_by_what_is_in_them(tmp_path, table, found):
    assert guesses.columns(look(tmp_path, table), NOW) == found


@pytest.mark.parametrize(
    ("samples", "forms"),
    [
        (["2026-04-03"], {"": date(2026, 4, 3)}),
        (["03/04/2026", "13/04/2026"], {"%d/%m/%Y": date(2026, 4, 3)}),
        (["03/04/2026"], {"%d/%m/%Y": date(2026, 4, 3), "%m/%d/%Y": date(2026, 3, 4)}),
        (["03/04/26"], {"%d/%m/%y": date(2026, 4, 3), "%m/%d/%y": date(2026, 3, 4), "%y/%m/%d": date(2003, 4, 26)}),
        (["12/07/2026", "01/02/2026"], {}),  # the day of one reading has not come yet, and July neither
        (["30.2.2026"], {}),
    ],
)  # fmt: skip
def test_every_way_to_read_the_days_is_found(samples, forms):
    assert guesses.date_forms(samples, NOW) == forms


@pytest.mark.parametrize(
    ("samples", "signs"),
    [(["1234.50", "-3"], ["", "."]), (["1,234.50"], ["."]), (["1.234,50"], [","]), (["7,5"], [","]),
     (["1,234"], ["."]), (["ten"], []), (["1,234.50", "1.234,50"], [])],
)  # fmt: skip
def test_the_sign_before_the_cents_is_found(samples, signs):
    assert guesses.signs(samples) == signs

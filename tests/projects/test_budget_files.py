"""A budget as a file: every bad one says what to do, and what is downloaded reads back unchanged."""

import io
from datetime import date

import openpyxl  # type: ignore[import-untyped]
import pytest

from funders.connectors.base import Rejected
from projects import budget_files
from projects.models import Cost
from tests.factories import CostFactory

HEAD = "label,purpose,amount,currency,per\n"
ROW = "Hosting,infrastructure,100,GBP,month\n"
CELLS = {"where": "line 2", "label": "Hosting", "purpose": "infrastructure", "amount": "100", "currency": "GBP", "per": "monthly"}  # fmt: skip


def read(body):
    return budget_files.read(io.BytesIO(body if isinstance(body, bytes) else body.encode()))


@pytest.mark.parametrize(
    "body",
    [
        HEAD + ROW,
        (HEAD + ROW).replace(",", ";"),
        (HEAD + ROW).replace(",", "\t"),
        (HEAD + ROW).replace("\n", "\r\n"),
        HEAD.upper() + ROW.replace("infrastructure", "Infrastructure").replace("month", "Monthly"),
        b"\xef\xbb\xbf" + (HEAD + ROW).encode(),
        (HEAD + ROW).encode("utf-16"),
        HEAD + '"  Hosting ",infrastructure,100,GBP,month\n\n , , , ,\n',
    ],
)
def test_a_table_is_read_however_it_was_saved(body):
    assert read(body) == ([CELLS], [])


def test_a_workbook_is_read():
    book, file = openpyxl.Workbook(), io.BytesIO()
    for line in (HEAD + ROW).splitlines():
        book.active.append(line.split(","))
    book.save(file)
    assert read(file.getvalue()) == ([{**CELLS, "where": "row 2"}], [])


def test_old_windows_letters_are_read():
    [cells], _ = read((HEAD + ROW.replace("Hosting", "Gebäude")).encode("cp1252"))
    assert cells["label"] == "Gebäude"


def test_columns_that_are_none_of_ours_are_named():
    assert read("label,amount,Notes\nHosting,100,by hand\n")[1] == ["Notes"]


def test_words_that_are_none_of_ours_stay_for_the_form_to_ask_about():
    [cells], _ = read("label,amount,per,person,purpose\nHosting,ten,week,maybe,fun\n")
    assert cells == {"where": "line 2", "label": "Hosting", "amount": "ten", "per": "week", "pays": "maybe", "purpose": "fun"}  # fmt: skip


def test_more_cells_than_headings_are_counted():
    assert read(HEAD + ROW.replace("100", "1,000"))[0][0]["too_many"] == "6"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "The file is empty"),
        (" \n\n", "The file is empty"),
        (HEAD, "There is a line of headings, and no row below it."),
        (ROW + ROW, "No column is called “label”. The first line names the columns: id, label, purpose,"),
        ("label,label,amount\nA,B,1\n", "Two columns are called “label”: rename one."),
        ("label\nHosting\n", "No column is called “amount”."),
        ('{"label": 1}', "This is no table"),
        (HEAD + ROW * 501, "These are more than 500 rows: take them in parts."),
        (HEAD + "x" * 1024 * 1024, "This is larger than a budget can be (1 MB)."),
        (b"PK\x03\x04 no workbook", "The workbook cannot be opened"),
        (b"%PDF-1.7", "The file is a PDF"),
        (b"a\0b\n", "The file is no text"),
    ],
)
def test_what_is_no_budget_says_what_to_do(body, words):
    with pytest.raises(Rejected, match=r".") as problem:
        read(body)
    assert str(problem.value).startswith(words)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "|", "%", "'=", "\t="])
def test_no_cell_is_a_formula_and_each_reads_back(start):
    label = f"{start}1+1"
    [_, line] = budget_files.lines([Cost(pk=7, label=label, currency="GBP", amount_minor=1)])
    assert not line.split(",")[1].startswith(("=", "+", "-", "@", "|", "%", "\t"))
    assert budget_files.bare(line.split(",")[1]) == budget_files.bare(label)


@pytest.mark.django_db
def test_what_is_downloaded_is_what_is_there():
    hosting = CostFactory(label="Hosting", starts_on=date(2026, 1, 1), is_person=True)
    CostFactory(label="Help", amount_minor=None, frequency="once", in_kind=True, ends_on=date(2026, 9, 30))
    text = "".join(budget_files.lines(Cost.objects.order_by("pk")))
    assert text.splitlines() == [
        "id,label,purpose,amount,currency,per,from,until,person,in kind",
        f"{hosting.pk},Hosting,unrestricted,100.00,GBP,month,2026-01-01,,yes,no",
        f"{hosting.pk + 1},Help,unrestricted,any,GBP,once,,2026-09-30,no,yes",
    ]

"""Uploaded files for the tests of the connectors that read them."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl  # type: ignore[import-untyped]

from funders.connectors import table
from funders.connectors.base import Account, Receipt, Rejected

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COLUMNS = {"date": "Paid on", "amount": "Amount", "giver_name": "Name", "id": "Id"}
HEAD = "Paid on,Amount,Name,Id\n"
Read = Callable[..., list[Receipt]]


def account(path: Path, **options: Any) -> Account:
    options = {"columns": COLUMNS, "currency": "EUR"} | options
    return Account("gifts", options=options, time_zone=ZoneInfo("Europe/London"), file=path)


def receipts(source: Account) -> list[Receipt]:
    """As a run reads them; the first error ends it and says where."""
    result: list[Receipt] = []
    for page in table.fetch(source, {}, full=False):
        for where, item in page.items:
            try:
                result += table.parse(item, source, NOW)
            except Rejected as error:
                raise Rejected(f"{where}: {error}") from None
    return result


def row(day: str = "2026-04-03", amount: str = "10.50", name: str = "Alice", external_id: str = "a1") -> str:
    return f"{day},{amount},{name},{external_id}\n"


def workbook(*lines: list[Any], sheets: tuple[str, ...] = ("Gifts",)) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheets[0]
    for title in sheets[1:]:
        book.create_sheet(title)
    for line in [["Paid on", "Amount", "Name", "Id"], *lines]:
        book[sheets[0]].append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("gifts.csv", HEAD)
    return content.getvalue()

"""How a file begins, whatever it is called: enough to recognise its kind and to ask what its columns mean. Pure."""

import codecs
import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from funders.connectors.base import Rejected
from funders.connectors.rows import DELIMITERS, MARKS, NO_TABLES, ZIP, as_seen

START = 256 * 1024
CHUNK = 1024 * 1024
# A workbook is unpacked to be looked at, while somebody waits.
MOST_UNPACKED = 256 * 1024 * 1024
# What old programs on Windows write; in it every byte is a letter, so people must look whether they are the right ones.
FALLBACK = "cp1252"
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """`text` is how it begins; of a table, `columns` and the first `rows`. `suffix` is what it should be called.

    encoding, delimiter and sheet are settings of rows.py, empty where it needs none.
    """

    suffix: str
    text: str = ""
    columns: Row = ()
    rows: tuple[Row, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    sheets: Row = ()

    @property
    def is_json(self) -> bool:
        return self.text.startswith(("{", "["))

    @property
    def is_xml(self) -> bool:
        return self.text.startswith("<")

    def has(self, columns: Collection[str]) -> bool:
        return set(columns) <= set(self.columns)

    def is_json_of(self, *names: str) -> bool:
        return self.is_json and all(f'"{name}"' in self.text for name in names)


def look(path: Path, *, rows: int = 1000, sheet: str = "") -> Head:
    """The file's beginning, with at most `rows` rows. Rejected where no connector could read it, whatever its kind."""
    with path.open("rb") as file:
        start = file.read(START)
    if not start.strip():
        raise Rejected("The file is empty: export it again.")
    for magic, what in NO_TABLES.items():
        if start.startswith(magic):
            raise Rejected(f"The file is {what}: save it as CSV or XLSX.")
    if start.startswith(ZIP):
        return _workbook(path, rows, sheet)
    encoding = _encoding(path, start)
    text = codecs.getincrementaldecoder(encoding or "utf-8")().decode(start).lstrip("\ufeff \t\r\n")
    head = Head(".csv", text, encoding=encoding if encoding == FALLBACK else "")
    if head.is_json or head.is_xml:
        return Head(".json" if head.is_json else ".xml", text)
    if "\0" in text:
        raise Rejected("The file is no text, or UTF-16 without its mark: save it as UTF-8.")
    delimiter, (columns, *found) = _table(text, rows, whole=len(start) < START)
    return Head(".csv", text, columns, tuple(found), head.encoding, delimiter)


def _encoding(path: Path, start: bytes) -> str:
    """Empty for UTF-8."""
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return FALLBACK
    return ""


def _table(text: str, rows: int, *, whole: bool) -> tuple[str, list[Row]]:
    """The sign that makes the most columns of the first line, and the rows."""
    found = {sign: list(islice(_read(text, sign), rows + 2)) for sign in DELIMITERS}
    sign, table = max(found.items(), key=lambda pair: len(pair[1][0]) if pair[1] else 0)
    # The last row may be cut where we stopped reading.
    return sign, table[: rows + 1] if whole or len(table) > rows + 1 else table[:-1] or table


def _read(text: str, sign: str) -> Iterator[Row]:
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            if any(map(str.strip, cells)):
                yield tuple(map(str.strip, cells))
    except csv.Error:
        return  # the reading says where, and what to do


def _workbook(path: Path, rows: int, sheet: str) -> Head:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
        if not any(part.filename.startswith("xl/") for part in parts):
            raise Rejected("The file is a zip archive: upload the files that are in it, one after the other.")
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Rejected(f"The workbook unpacks to more than {MOST_UNPACKED:,} bytes: save it as CSV.")
        book = CalamineWorkbook.from_path(str(path))
        names = tuple(book.sheet_names)
        cells = book.get_sheet_by_name(sheet if sheet in names else names[0]).to_python(nrows=rows + 1)
    except (BadZipFile, CalamineError):
        raise Rejected("The workbook cannot be opened: save it again as XLSX, or as CSV.") from None
    shown = [tuple(as_seen(cell) for cell in line) for line in cells]
    if not shown:
        raise Rejected("The sheet is empty: export it again.")
    return Head(".xlsx", "", shown[0], tuple(shown[1:]), sheets=names)


def lines(path: Path, options: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    """Every line of a table with its place, as rows.py names it; the headings first. Nothing where it is no table."""
    head = look(path, rows=1, sheet=options.get("sheet", ""))
    if head.sheets:
        name = options.get("sheet") or head.sheets[0]
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python()
        yield from ((f"row {n}", tuple(as_seen(cell) for cell in line)) for n, line in enumerate(sheet, 1))
    elif head.suffix == ".csv":
        with path.open("rb") as file:
            mark = next((name for mark, name in MARKS.items() if file.peek().startswith(mark)), "utf-8-sig")
        encoding = options.get("encoding") or head.encoding or mark
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            reader, line = csv.reader(text, delimiter=options.get("delimiter") or head.delimiter), 1
            for cells in reader:
                yield f"line {line}", tuple(cells)
                line = reader.line_num + 1

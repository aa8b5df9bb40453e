"""The rows of a CSV or XLSX file as text, each with the place where people find it.

A file is read twice. The first reading asks whether it is a table at all and at which line each row begins;
the second gives it to pandas in chunks, so that memory stays small. Nothing is guessed: where a file could
be read in two ways, the error names the setting that decides.
"""

import codecs
import csv
import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from funders.connectors.base import Rejected

# It takes seconds and 70 MB to import, so only a process that reads a file does.
if TYPE_CHECKING:
    import pandas as pd

LARGEST = 512 * 1024 * 1024
MOST_ROWS = 5_000_000
LONGEST_LINE = 1_000_000
LONGEST_CELL = 10_000
CHUNK = 10_000
ZIP = b"PK\x03\x04"
NO_TABLES = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
}
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
DELIMITERS = (",", ";", "\t", "|")
# A byte that is not of the file's encoding arrives as a lone surrogate.
NOT_TEXT = re.compile("[\0\udc80-\udcff]")


class Row(NamedTuple):
    """`cells` by column, without the blanks around them; `ordinal` counts the equal rows before this one."""

    where: str
    cells: Mapping[str, str]
    ordinal: int


@dataclass(slots=True)
class Table:
    """A file after its first reading. `lines` says where each record begins, 0 for a blank one."""

    path: Path
    columns: Collection[str]
    key: str = ""
    header: Sequence[str] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: "pd.DataFrame | None" = None
    lines: "array[int]" = field(default_factory=lambda: array("Q"))
    ordinals: Sequence[int] = ()

    @property
    def unit(self) -> str:
        return "line" if self.sheet is None else "row"

    @property
    def places(self) -> list[int]:
        return [place for place, name in enumerate(self.header) if name in self.columns]

    @property
    def total(self) -> int:
        return len(self.lines) - self.lines.count(0)

    def chunks(self) -> Iterator[list[Row]]:
        """The second reading: all rows, a few thousand at a time."""
        names, unit, start = [self.header[place] for place in self.places], self.unit, 0
        for frame in self._frames():
            end = start + len(frame)
            texts = zip(*[map(str.strip, frame[place].tolist()) for place in self.places], strict=True)
            records = zip(self.lines[start:end], self.ordinals[start:end], texts, strict=True)
            yield [
                Row(f"{unit} {line}", dict(zip(names, cells, strict=True)), ordinal)
                for line, ordinal, cells in records
                if line
            ]
            start = end

    def _frames(self) -> Iterator["pd.DataFrame"]:
        import pandas as pd

        if self.sheet is not None:
            yield self.sheet.iloc[1:]
            return
        with self.path.open(encoding=self.encoding, newline="") as text:
            next(csv.reader(text, delimiter=self.delimiter))
            yield from pd.read_csv(
                text,
                delimiter=self.delimiter,
                header=None,
                names=range(len(self.header)),
                usecols=self.places,
                index_col=False,
                dtype=str,
                na_filter=False,
                skip_blank_lines=False,
                chunksize=CHUNK,
            )


def open_table(
    path: Path, needed: Collection[str], optional: Collection[str], options: Mapping[str, Any], key: str = ""
) -> Table:
    """The first reading. Rejected says what is wrong with the file, on which line, and how to mend it.

    Two rows with the same `key` must be equal.
    """
    size = path.stat().st_size
    if not size:
        raise Rejected("The file is empty: export it again.")
    if size > LARGEST:
        raise Rejected(f"The file has {size:,} bytes, more than {LARGEST:,}: split it by year.")
    table = Table(path, frozenset((*needed, *optional)), key)
    if _is_workbook(path):
        table.sheet = _sheet(path, options.get("sheet"))
        table.header = table.sheet.iloc[0].tolist()
        _check_header(table, needed)
        _survey(table, enumerate(table.sheet.iloc[1:].itertuples(index=False, name=None), 2))
        return table
    table.encoding = _encoding(path, options.get("encoding"))
    with path.open(encoding=table.encoding, errors="surrogateescape", newline="") as text:
        table.delimiter, table.header = _delimiter(text, table, needed, options.get("delimiter"))
        _check_header(table, needed)
        text.seek(0)
        _survey(table, islice(_records(text, table), 1, None))
    return table


def _is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(8)
    named = path.suffix.lower()
    for magic, what in NO_TABLES.items():
        if start.startswith(magic):
            raise Rejected(f"The file is {what}: save it as CSV or XLSX.")
    if start.startswith(ZIP) and named != ".xlsx":
        raise Rejected(
            f"The file is a workbook or a zip archive under the name of a {named or 'nameless'} file: "
            "upload a workbook as .xlsx, or save it as CSV."
        )
    if named == ".xlsx" and not start.startswith(ZIP):
        raise Rejected("The file is named .xlsx but is no workbook: save it as XLSX, or name it .csv.")
    return named == ".xlsx"


def _encoding(path: Path, asked: str | None) -> str:
    with path.open("rb") as file:
        start = file.read(3)
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return name
    try:
        return codecs.lookup(asked or "utf-8").name
    except LookupError:
        raise Rejected(f"The setting “encoding” is “{asked}”, which is none: use latin-1.") from None


def _lines(text: TextIO, encoding: str) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE:
            raise Rejected(
                f"Line {number} has {LONGEST_LINE:,} characters or more: shorten it, or save the file as CSV."
            )
        found = None if line.isascii() and "\0" not in line else NOT_TEXT.search(line)
        if found and found[0] == "\0":
            raise Rejected(f"Line {number} has a NUL: the file is damaged, or UTF-16: save it as UTF-8.")
        if found:
            raise Rejected(
                f"Line {number} is not {encoding.upper()} (byte {ord(found[0]) - 0xDC00:02X}): "
                "save the file as UTF-8, or set “encoding”, for instance to latin-1."
            )
        yield line


def _records(text: TextIO, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it begins."""
    reader = csv.reader(_lines(text, table.encoding), delimiter=table.delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        endless = "unexpected end" in str(error) or "field limit" in str(error)
        what = "opens a quote that is never closed" if endless else "has text after a closing quote"
        raise Rejected(f"Line {line} {what}: write a quote inside a cell twice.") from None
    except UnicodeError:
        raise Rejected(f"Line {line} is not {table.encoding.upper()}: save the file as UTF-8.") from None


def _delimiter(
    text: TextIO, table: Table, needed: Collection[str], asked: str | None
) -> tuple[str, list[str]]:
    """The sign that finds the most of the needed columns: no other one finds them all."""
    headers = {}
    for sign in (asked,) if asked else DELIMITERS:
        text.seek(0)
        header = next(csv.reader(_lines(text, table.encoding), delimiter=sign), [])
        headers[sign] = [name.strip() for name in header]
    return max(headers.items(), key=lambda pair: (len(set(needed).intersection(pair[1])), len(pair[1])))


def _check_header(table: Table, needed: Collection[str]) -> None:
    for name in needed:
        if name not in table.header:
            there = ", ".join(f"“{one}”" for one in table.header)
            raise Rejected(
                f"There is no column “{name}”, only {there}: "
                "correct the file, or the columns in the source's settings."
            )
    for name in table.columns:
        if table.header.count(name) > 1:
            raise Rejected(f"Two columns are named “{name}”: rename one of them.")


def _survey(table: Table, records: Iterable[tuple[int, Sequence[str]]]) -> None:
    import pandas as pd

    read, width, prints, keys = itemgetter(*table.places, -1), len(table.header), array("q"), array("q")
    key = table.header.index(table.key) if table.key else None
    for line, cells in records:
        if not any(map(str.strip, cells)):
            line = 0
        elif len(cells) != width or len(max(cells, key=len)) > LONGEST_CELL:
            _refuse(table, line, cells)
        table.lines.append(line)
        # Told apart within this process only, so that Python's own hash will do.
        prints.append(hash(tuple(map(str.strip, read(cells)[:-1]))) if line else 0)
        keys.append(hash(cells[key].strip()) if line and key is not None else 0)
    if len(prints) > MOST_ROWS:
        raise Rejected(f"The file has more than {MOST_ROWS:,} rows: split it by year.")
    if not table.total:
        raise Rejected("The file has a header and no rows: export it again.")
    equal = pd.Series(prints)
    table.ordinals = array("Q", equal.groupby(equal).cumcount().to_numpy(dtype="uint64").tobytes())
    keyed = pd.DataFrame({"key": keys, "print": prints, "line": table.lines}).query("key != 0")
    twice = keyed.drop_duplicates(["key", "print"]).query("key.duplicated()")
    if len(twice):
        place = f"{table.unit.capitalize()} {twice.line.iloc[0]}, column “{table.key}”"
        raise Rejected(f"{place}: a row above has the same id and says something else: correct one of them.")


def _refuse(table: Table, line: int, cells: Sequence[str]) -> None:
    place = f"{table.unit.capitalize()} {line}"
    if len(cells) != len(table.header):
        raise Rejected(
            f"{place} has {len(cells)} cells where the header has {len(table.header)}: "
            f"put a cell that holds a “{table.delimiter}” in quotes."
        )
    long, name = max((len(cell), name) for cell, name in zip(cells, table.header, strict=True))
    raise Rejected(
        f"{place}, column “{name}”: a cell of {long:,} characters, more than {LONGEST_CELL:,}: shorten it."
    )


def _sheet(path: Path, asked: str | None) -> "pd.DataFrame":
    import pandas as pd

    try:
        with ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST:
                raise Rejected(f"The workbook unpacks to more than {LARGEST:,} bytes: save it as CSV.")
        names = CalamineWorkbook.from_path(path).sheet_names
        if asked not in names and (asked or len(names) > 1):
            raise Rejected(f"The workbook has the sheets {', '.join(names)}: set “sheet” to one of them.")
        sheet = pd.read_excel(path, asked or 0, engine="calamine", header=None, dtype=object, na_filter=False)
    except (BadZipFile, CalamineError):
        raise Rejected("The workbook cannot be opened: save it again as XLSX, or as CSV.") from None
    if sheet.empty:
        raise Rejected("The sheet is empty: export it again.")
    return sheet.map(as_seen)


def as_seen(cell: Any) -> str:
    """What people see. A workbook keeps 10.1 as the nearest binary number, whose shortest decimal is 10.1."""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    return str(cell).strip()

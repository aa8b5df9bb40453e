"""CSV that a spreadsheet may open: no cell of it is a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# What spreadsheets, or programs behind them, take for the beginning of a formula or of a command.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\0", "|", "%")


def safe(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


class _Line:
    """csv.writer hands back what this returns."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """One line of text for each row, to be streamed."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([safe(value) for value in row])

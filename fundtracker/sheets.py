"""CSV that people will open in a spreadsheet program: no cell of it is a formula. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

# What spreadsheet programs, or programs behind them, take for the beginning of a formula or of a command.
_FORMULA = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,' ]*")


def safe(value: Any) -> str:
    """What no spreadsheet program takes for a formula: an apostrophe goes before it. A number stays one."""
    bare = str(value).replace("\0", "")
    return f"'{bare}" if bare.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(bare) else bare


class _Line:
    """csv.writer hands back what this returns."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """One line of text for each row, to be streamed."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([safe(value) for value in row])

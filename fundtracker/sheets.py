"""Cells of a CSV file that people will open in a spreadsheet program. Pure."""

import re

_FORMULA = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,' ]*")


def safe(cell: str) -> str:
    """What no spreadsheet program takes for a formula: an apostrophe goes before it. A number stays one."""
    bare = cell.replace("\0", "")
    return f"'{bare}" if bare.lstrip(" ").startswith(_FORMULA) and not _NUMBER.fullmatch(bare) else bare

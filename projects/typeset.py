"""The only module that makes a PDF: one of our templates (typst/*.typ), and data that is never read as markup.

A template imports nothing from outside its folder, and opens nothing there but what our own code names. What it says
is given to it in the reader's language, so that all texts are translated in one place.
"""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).parent / "typst"
MOST_BYTES = 128 * 1024
SECONDS = 10
# Controls have no glyph; typst would refuse the whole text for one of them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
# A typesetter that does not end holds one of two threads, and never a page's own.
_desks = ThreadPoolExecutor(2, "typeset")


def pdf(template: str, data: Mapping[str, Any], *, on: date) -> bytes:
    """The document of a day, tagged for screen readers (PDF/UA-1). The same for the same data, byte for byte.

    `data` is whatever JSON holds; the template asks for title, author, language and its own. ValueError if it is too
    large, TimeoutError if it takes too long.
    """
    text = json.dumps(_printable(data), ensure_ascii=False)
    if len(text.encode()) > MOST_BYTES:
        raise ValueError("the data is too large for a document")
    return _desks.submit(_compiled, TEMPLATES / f"{template}.typ", text, on).result(SECONDS)


def _printable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    # What is lazily translated becomes text here.
    return value if value is None or isinstance(value, bool | int) else UNPRINTABLE.sub("", str(value))


def _compiled(source: Path, text: str, on: date) -> bytes:
    asked: dict[str, Any] = {
        "root": TEMPLATES,
        "sys_inputs": {"data": text},
        "timestamp": datetime.combine(on, time(), UTC),
    }
    try:
        document: bytes = typst.compile(source, ignore_system_fonts=True, pdf_standards="ua-1", **asked)
    except typst.TypstError as problem:
        if "could not be displayed" not in problem.message:
            raise
        # A name in a script that our font lacks: this machine's fonts may have it, and no standard vouches for that.
        document = typst.compile(source, **asked)
    return document

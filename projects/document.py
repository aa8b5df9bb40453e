"""The parts of a document that is a page and a PDF at once. Pure: texts in the reader's language, and no markup."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`numbers` says of each column whether it holds numbers."""

    head: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def columns(self) -> tuple[tuple[str, bool], ...]:
        return tuple(zip(self.head, self.numbers, strict=True))

    @property
    def labelled(self) -> Iterator[Iterator[tuple[str, bool, Cell]]]:
        """Each row's cells, with what their columns are called: for narrow screens."""
        return (zip(self.head, self.numbers, row, strict=True) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    author: str
    language: str
    lead: str
    facts: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

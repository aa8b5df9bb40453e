"""A budget as a file or a table from a spreadsheet: read into cells, and written so that it reads back unchanged."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from funders.connectors import heads
from funders.connectors.base import Rejected
from funders.models.promises import PURPOSES
from fundtracker import sheets
from fundtracker.forms import as_typed
from projects.models import Cost

MOST_ROWS = 500
MOST_BYTES = 1024 * 1024
ANY = "any"
Cells = dict[str, str]
# By the name of the field that holds it, in the order of the file. Both these and the English headings are read.
COLUMNS: dict[str, Any] = {
    "ref": gettext_lazy("id"),
    "label": gettext_lazy("label"),
    "purpose": gettext_lazy("purpose"),
    "amount": gettext_lazy("amount"),
    "currency": gettext_lazy("currency"),
    "per": pgettext_lazy("how often", "per"),
    "starts_on": gettext_lazy("from"),
    "ends_on": gettext_lazy("until"),
    "pays": gettext_lazy("person"),
    "in_kind": gettext_lazy("in kind"),
}
ENGLISH = dict(zip(COLUMNS, ("id", "label", "purpose", "amount", "currency", "per", "from", "until", "person", "in kind"), strict=True))  # fmt: skip
NEEDED = ("label", "amount")
PER: dict[str, Any] = {
    Cost.Frequency.MONTHLY.value: gettext_lazy("month"),
    Cost.Frequency.YEARLY.value: gettext_lazy("year"),
    Cost.Frequency.ONCE.value: gettext_lazy("once"),
    Cost.Frequency.OTHER.value: gettext_lazy("otherwise"),
}
YES_NO: dict[str, Any] = {"no": gettext_lazy("no"), "yes": gettext_lazy("yes")}
# What people write for a word of ours, in English always.
ALSO = {"month": "monthly", "year": "yearly", "annual": "yearly", "y": "yes", "n": "no", "x": "yes", "true": "yes", "false": "no"}  # fmt: skip


def bare(cell: str) -> str:
    """Without the apostrophe that guards a formula, and with single blanks."""
    plain = cell[1:] if cell.startswith("'") and sheets.safe(cell[1:]) == cell else cell
    return " ".join(plain.split())


def read(file: IO[bytes] | str) -> tuple[list[Cells], list[str]]:
    """Each row's cells in our words with `where` it stands; and the headings that are not read.

    A word that is none of ours stays as it is. Rejected says what is wrong with the whole.
    """
    body = file.encode() if isinstance(file, str) else file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Rejected(_("This is larger than a budget can be (1 MB)."))
    with TemporaryDirectory() as folder:
        path = Path(folder, "budget.csv")
        path.write_bytes(body)
        lines = [(where, cells) for where, cells in heads.lines(path, {}) if any(map(str.strip, cells))]
    if not lines:
        raise Rejected(_("This is no table: it takes a line of headings, and rows below it."))
    columns, ignored = _columns(lines[0][1])
    if len(lines) > MOST_ROWS + 1:
        raise Rejected(_("These are more than %(most)d rows: take them in parts.") % {"most": MOST_ROWS})
    if len(lines) == 1:
        raise Rejected(_("There is a line of headings, and no row below it."))
    return [_cells(where, columns, cells) for where, cells in lines[1:]], ignored


def _columns(headings: Iterable[str]) -> tuple[list[str], list[str]]:
    """Which field each column is, empty where it is none of ours."""
    known = {str(word).casefold(): name for words in (COLUMNS, ENGLISH) for name, word in words.items()}
    found = [(heading.strip("\ufeff \t"), known.get(heading.strip("\ufeff \t").casefold(), "")) for heading in headings]  # fmt: skip
    names = [name for _heading, name in found]
    for name in NEEDED:
        if name not in names:
            words = {"column": COLUMNS[name], "all": ", ".join(map(str, COLUMNS.values()))}
            raise Rejected(
                _("No column is called “%(column)s”. The first line names the columns: %(all)s.") % words
            )
    for name in COLUMNS:
        if names.count(name) > 1:
            raise Rejected(_("Two columns are called “%(column)s”: rename one.") % {"column": COLUMNS[name]})
    return names, [heading for heading, name in found if heading and not name]


def _cells(where: str, columns: list[str], cells: Iterable[str]) -> Cells:
    texts = [bare(cell) for cell in cells]
    said = {name: text for name, text in zip(columns, texts, strict=False) if name}
    found = {"where": where, **{name: _ours(name, text) for name, text in said.items()}}
    if any(texts[len(columns) :]):
        found["too_many"] = str(len(texts))
    return found


def _ours(name: str, text: str) -> str:
    words: Mapping[str, Any] = {"purpose": dict(PURPOSES), "per": PER, "pays": YES_NO, "in_kind": YES_NO}.get(
        name, {}
    )
    wanted = text.casefold()
    ours = next((key for key, word in words.items() if wanted in (key, str(word).casefold())), "")
    also = ALSO.get(wanted, "")
    return ours or (also if also in words else text)


def lines(costs: Iterable[Cost]) -> Iterator[str]:
    """The needs as CSV, in the reader's language."""
    return sheets.lines(_rows(costs))


def _rows(costs: Iterable[Cost]) -> Iterator[tuple[str, ...]]:
    yield tuple(map(str, COLUMNS.values()))
    words = dict(PURPOSES)
    for cost in costs:
        yield (
            str(cost.pk), cost.label, str(words[cost.purpose]), as_typed(cost.amount) if cost.amount else ANY,
            cost.currency, str(PER[cost.frequency]), _day(cost.starts_on), _day(cost.ends_on),
            str(YES_NO["yes" if cost.is_person else "no"]), str(YES_NO["yes" if cost.in_kind else "no"]),
        )  # fmt: skip


def _day(day: Any) -> str:
    return day.isoformat() if day else ""

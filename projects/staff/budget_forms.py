"""The rows of a budget as they are typed, pasted or uploaded; a bad one stays to be mended, a sound one goes along."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from funders.connectors.base import Rejected
from funders.models.promises import PURPOSES
from funders.staff.forms import day_input, today
from fundtracker.money import Money
from projects import budget_files, budgets, costs
from projects.budget_files import ANY, COLUMNS, PER, YES_NO, Cells
from projects.models import Cost, Project
from projects.staff.need_forms import currency_code
from projects.staff.needs import reader

TYPED = "new-"
SPARE, MORE = 3, 1
MOST_SHOWN = 40
KEPT = (*COLUMNS, "where", "too_many")


class RowForm(forms.Form):
    use_required_attribute = False  # a row that stays empty is none

    where = forms.CharField(max_length=20, widget=forms.HiddenInput)
    too_many = forms.CharField(required=False, widget=forms.HiddenInput)
    ref = forms.IntegerField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(label=gettext_lazy("What is needed"), max_length=250)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=PURPOSES, initial="maintenance")
    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=40)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    per = forms.ChoiceField(label=gettext_lazy("Per"), choices=PER.items(), initial="yearly")
    starts_on = forms.DateField(label=gettext_lazy("From"), required=False, widget=day_input())
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=day_input())
    # Not called a person: what is so called is not kept where a session ends, and a yes must not be lost.
    pays = forms.ChoiceField(label=gettext_lazy("Person"), choices=YES_NO.items(), initial="no")
    in_kind = forms.ChoiceField(label=gettext_lazy("In kind"), choices=YES_NO.items(), initial="no")

    def __init__(self, data: Any, *, people: bool, number: int, currency: str = "") -> None:
        super().__init__(data, prefix=f"rows-{number}", initial={"where": f"{TYPED}{number}", "currency": currency})  # fmt: skip
        self.people = people

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean_pays(self) -> bool:
        if self.cleaned_data["pays"] == "yes" and not self.people:
            raise forms.ValidationError(_("only a treasurer may enter what a person costs: ask one, or take the row out"))  # fmt: skip
        return bool(self.cleaned_data["pays"] == "yes")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("too_many"):
            self.add_error(None, _("it has %(count)s cells, more than there are columns: put a cell with a comma in quotes") % {"count": cleaned["too_many"]})  # fmt: skip
        if cleaned.get("amount") and cleaned.get("currency"):
            cleaned["amount_minor"] = self._minor(cleaned["amount"], cleaned["currency"])
        return cleaned

    def _minor(self, typed: str, currency: str) -> int | None:
        if typed.casefold() in (ANY, _("any").casefold()):
            return None
        try:
            minor = Money.parse(typed, currency, get_language() or "en").minor
        except ValueError as problem:
            self.add_error("amount", str(problem))
            return None
        if minor <= 0:
            self.add_error("amount", _("the amount must be more than 0"))
        return minor

    @property
    def row(self) -> budgets.Row:
        said = self.cleaned_data
        return budgets.Row(
            said["where"], said["label"], said["purpose"], said["amount_minor"], said["currency"], said["per"],
            said["starts_on"], said["ends_on"], said["pays"], said["in_kind"] == "yes", said["ref"],
        )  # fmt: skip

    @property
    def title(self) -> str:
        where = str(self["where"].value())
        if where.startswith(TYPED):
            return _("New row")
        return _("Line %(number)s") % {"number": where.rpartition(" ")[2]}

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, by column."""
        return [
            f"{self.title}{f', {self[name].label}' if name in self.fields else ''}: {words}"
            for name, every in self.errors.items() for words in every
        ]  # fmt: skip


class BudgetForm(forms.Form):
    """`carried` are the sound rows of a table that was read; `shown` is the fingerprint of what its sender saw."""

    day = forms.DateField(
        label=gettext_lazy("Changes hold from"), widget=day_input(),
        help_text=gettext_lazy("The first day of the budget. Until the day before, everything stays as it was."),
    )  # fmt: skip
    table = forms.CharField(
        label=gettext_lazy("Paste a table"), required=False, strip=False, widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Copied from a spreadsheet, its line of headings too."),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or choose a file"), required=False, help_text=gettext_lazy("CSV or XLSX, at most 1 MB.")
    )  # fmt: skip
    carried = forms.CharField(required=False, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, widget=forms.HiddenInput)


class Sheet:
    """The form and its rows: those typed, and those of a table. A new table takes the place of the one before."""

    def __init__(self, request: HttpRequest, project: Project) -> None:
        data = request.POST or None
        self.people = costs.may_see_people(reader(request))
        self.form = BudgetForm(data, request.FILES or None, initial={"day": _next_year(today())})
        self.ignored: list[str] = []
        cells = [*_carried(data), *_typed(data)] if data else []
        if data and self.form.is_valid():
            cells = self._read(cells)
        self.currency = project.costs.order_by("-pk").values_list("currency", flat=True).first() or ""
        self.rows = [self._row(number, one) for number, one in enumerate(cells)]
        spare = range(len(cells), len(cells) + (MORE if cells else SPARE))
        self.spare = [RowForm(None, people=self.people, number=at, currency=self.currency) for at in spare]

    def _row(self, number: int, cells: Cells) -> RowForm:
        said = {"purpose": "unrestricted", "per": "yearly", "pays": "no", "in_kind": "no"}
        said |= {name: text for name, text in cells.items() if text}
        data = {f"rows-{number}-{name}": text for name, text in said.items()}
        return RowForm(data, people=self.people, number=number)

    def _read(self, cells: list[Cells]) -> list[Cells]:
        for name in ("table", "file"):
            if given := self.form.cleaned_data[name]:
                try:
                    read, self.ignored = budget_files.read(given)
                except Rejected as problem:
                    self.form.add_error(name, str(problem))
                    continue
                cells = [*read, *(one for one in cells if one["where"].startswith(TYPED))]
                self._again(table="")
        return cells

    def _again(self, **values: str) -> None:
        """What the form says when it is shown again."""
        typed: Any = self.form.data.copy()  # type: ignore[attr-defined]
        for name, value in values.items():
            typed[name] = value
        self.form.data = typed

    def is_valid(self) -> bool:
        if not self.form.is_valid():
            return False
        if not self.rows:
            self.form.add_error(None, _("Type a row, paste a table, or choose a file."))
        return not self.form.errors and all(row.is_valid() for row in self.rows)

    def plan(self, known: list[Cost]) -> budgets.Plan:
        """What the rows do; what is wrong with them is said beside them."""
        made = budgets.plan(known, [row.row for row in self.rows], day=self.day, today=today())
        by_place = {row["where"].value(): row for row in self.rows}
        for problem in made.problems:
            row = by_place[problem.where]
            row.add_error(None if problem.field == "ref" else problem.field, problem.words)
        self._again(shown=budgets.fingerprint(made))
        return made

    @property
    def day(self) -> date:
        day: date = self.form.cleaned_data["day"]
        return day

    @property
    def faults(self) -> list[str]:
        return [words for row in self.rows for words in row.faults]

    @property
    def inputs(self) -> list[RowForm]:
        """What can be typed in: rows to be mended, and rows that were typed."""
        found = [row for row in self.rows if row.errors or row["where"].value().startswith(TYPED)]
        return found[:MOST_SHOWN]

    def carry(self) -> None:
        """The others go along unseen, so that nothing is lost."""
        inputs = set(map(id, self.inputs))
        rest = [row for row in self.rows if id(row) not in inputs]
        if self.form.is_bound:
            cells = [{name: row[name].value() or "" for name in row.fields} for row in rest]
            self._again(carried=json.dumps(cells))
        self.others = rest


def _next_year(day: date) -> date:
    return date(day.year + 1, 1, 1)


def _carried(data: Any) -> Iterator[Cells]:
    try:
        every = json.loads(data.get("carried") or "[]")
        for one in every[: budget_files.MOST_ROWS]:
            yield {name: str(one.get(name, "")) for name in KEPT}
    except (ValueError, TypeError, AttributeError):
        return


def _typed(data: Any) -> Iterator[Cells]:
    """The rows of the form in which something is typed."""
    found: dict[int, Cells] = {}
    for name in data:
        if part := re.fullmatch(r"rows-(\d{1,5})-(\w+)", name):
            found.setdefault(int(part[1]), {})[part[2]] = data[name]
    for number, cells in sorted(found.items()):
        if any(cells.get(name, "").strip() for name in ("label", "amount")) or not cells.get("where", TYPED).startswith(TYPED):  # fmt: skip
            yield {**cells, "where": cells.get("where") or f"{TYPED}{number}"}

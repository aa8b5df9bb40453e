"""What the columns of somebody's own table mean: a form that guesses, and says where the rows leave it open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders.connectors import guesses, table
from funders.connectors.base import INCOMING, Frequency, Kind, Purpose
from funders.connectors.heads import FALLBACK, Head
from funders.models.ledger import KINDS
from fundtracker.money import exponent

LABELS = {
    "date": gettext_lazy("Day of the payment"),
    "amount": gettext_lazy("Amount"),
    "currency": gettext_lazy("Currency"),
    "id": gettext_lazy("Id of the payment"),
    "giver_id": gettext_lazy("Id of the giver"),
    "giver_name": gettext_lazy("Name of the giver"),
    "public": gettext_lazy("May the giver be named?"),
    "kind": gettext_lazy("Kind: donation, membership, refund …"),
    "frequency": gettext_lazy("How often: once, monthly …"),
    "designation": gettext_lazy("What it was given for"),
    "purpose": gettext_lazy("Purpose: maintenance, security …"),
    "payment_ref": gettext_lazy("Payment, such as stripe:ch_…"),
    "refunds": gettext_lazy("Id of the payment it takes back"),
    "fee": gettext_lazy("Fee"),
}
SIGNS = [("", "1234.50"), (".", "1,234.50"), (",", "1.234,50")]
ISO = "iso"
OURS = {*Kind, *Frequency, *Purpose, "public"}
# How a form of strptime reads to people.
PARTS = {
    "%d": gettext_lazy("day"), "%m": gettext_lazy("month"), "%Y": gettext_lazy("year"), "%y": gettext_lazy("short year"),
    "%B": gettext_lazy("month’s name"), "%b": gettext_lazy("month’s name"), "%H:%M:%S": gettext_lazy("time"), "%H:%M": gettext_lazy("time"),
}  # fmt: skip


class ColumnsForm(forms.Form):
    """Its result, `options`, is settings of connectors/table.py."""

    date_format = forms.ChoiceField(label=gettext_lazy("How days are written"))
    decimal = forms.ChoiceField(label=gettext_lazy("How amounts are written"), choices=SIGNS, required=False)
    all_currency = forms.CharField(
        label=gettext_lazy("Currency of every row"), max_length=3, required=False,
        help_text=gettext_lazy("Such as EUR. Only where no column says it."),
    )  # fmt: skip
    all_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of every row"),
        choices=[(kind, label) for kind, label in KINDS if kind in INCOMING],
        required=False,
        help_text=gettext_lazy("Where no column says it."),
    )
    below_zero = forms.BooleanField(label=gettext_lazy("Fees are written below 0"), required=False)
    windows = forms.BooleanField(
        label=gettext_lazy("The letters above look right"), required=False,
        help_text=gettext_lazy("The file is not UTF-8. It is read as Windows files are: check its names above."),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("The file’s own words"), required=False, widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("One a line, such as: Spende = donation. For kind, how often, purpose, and: may be named = public."),
    )  # fmt: skip

    def __init__(
        self, data: Any, *, head: Head, before: Mapping[str, Any], currency: str, now: datetime
    ) -> None:
        super().__init__(data)
        self.head, self.now = head, now
        guessed = before.get("columns") or guesses.columns(head, now)
        headings = [("", _("no column")), *((name, name) for name in head.columns if name)]
        for field in table.FIELDS:
            needed = field in table.NEEDED
            self.fields[f"column_{field}"] = forms.ChoiceField(
                label=LABELS[field], choices=headings, required=needed, initial=guessed.get(field, "")
            )
        self.forms = guesses.date_forms(self._samples("date"), now)
        self.fields["date_format"].choices = self._form_choices()  # type: ignore[attr-defined]
        self.fields["date_format"].help_text = self._ambiguity()
        self.initial = self._start(before, "" if "currency" in guessed else currency)
        if head.encoding != FALLBACK:
            del self.fields["windows"]

    def _start(self, before: Mapping[str, Any], currency: str) -> dict[str, Any]:
        signs = guesses.signs(self._samples("amount")) or [""]
        return {
            "date_format": before.get("date_format", ISO) if before else self._only_form(),
            "decimal": before.get("decimal", "") if before else signs[0],
            "all_currency": before.get("currency", "") if before else currency,
            "all_kind": before.get("kind", "donation"),
            "below_zero": before.get("fee_sign") == "-",
            "words": "\n".join(f"{word} = {ours}" for word, ours in before.get("words", {}).items()),
        }

    def columns(self) -> list[forms.BoundField]:
        return [self[f"column_{field}"] for field in table.FIELDS]

    def needed(self) -> list[forms.BoundField]:
        return self.columns()[: len(table.NEEDED) + 1]

    def more(self) -> list[forms.BoundField]:
        return self.columns()[len(table.NEEDED) + 1 :]

    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in ("date_format", "decimal", "all_currency", "all_kind")]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = [name for field in table.FIELDS if (name := cleaned.get(f"column_{field}"))]
        if len(chosen) > len(set(chosen)):
            self.add_error(None, _("One column has two meanings: choose another for one of them."))
        if not cleaned.get("column_currency") and not cleaned.get("all_currency"):
            self.add_error("all_currency", _("Say the currency, or which column has it."))
        if "windows" in self.fields and not cleaned.get("windows"):
            self.add_error("windows", _("If they look wrong, save the file as UTF-8 and upload it again."))
        return cleaned

    def clean_all_currency(self) -> str:
        currency: str = self.cleaned_data["all_currency"].upper()
        try:
            if currency:
                exponent(currency)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        return currency

    def clean_words(self) -> dict[str, str]:
        words = {}
        for line in filter(None, map(str.strip, self.cleaned_data["words"].splitlines())):
            word, equals, ours = (part.strip() for part in line.rpartition("="))
            if not equals or not word or ours not in OURS:
                raise forms.ValidationError(
                    _("“%(line)s”: write it like Spende = donation, with one of: %(ours)s.")
                    % {"line": line, "ours": ", ".join(sorted(OURS))}
                )
            words[word] = ours
        return words

    def options(self) -> dict[str, Any]:
        said = self.cleaned_data
        named = {field: said[f"column_{field}"] for field in table.FIELDS if said[f"column_{field}"]}
        found = {
            "columns": named, "date_format": said["date_format"].removeprefix(ISO), "decimal": said["decimal"],
            "currency": said["all_currency"], "kind": said["all_kind"], "words": said["words"],
            "fee_sign": "-" if said["below_zero"] else "", "delimiter": self.head.delimiter, "encoding": self.head.encoding,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    def _samples(self, field: str) -> Sequence[str]:
        name = self[f"column_{field}"].value()
        return guesses.column(self.head, name) if name in self.head.columns else ()

    def _form_choices(self) -> list[tuple[str, str]]:
        choices = [
            (form or ISO, f"{date_format(day)} ({_in_words(form)})") for form, day in self.forms.items()
        ]
        if not choices:
            return [(ISO, _("as in 2026-04-03"))]
        return choices if len(choices) == 1 else [("", _("choose")), *choices]

    def _only_form(self) -> str:
        return "" if len(self.forms) > 1 else next(iter(self.forms), "") or ISO

    def _ambiguity(self) -> str:
        """What the rows leave open about their days."""
        samples, days = self._samples("date"), sorted(set(self.forms.values()))
        if len(self.forms) < 2 or len(days) < 2:
            return ""
        said = _(" or ").join(date_format(day) for day in days)
        return _("“%(sample)s” may be %(days)s: say which.") % {"sample": samples[0], "days": said}


def _in_words(form: str) -> str:
    for part, word in PARTS.items():
        form = form.replace(part, str(word))
    return form or _("year-month-day")


def shown_rows(head: Head, most: int) -> list[tuple[str, ...]]:
    width = len(head.columns)
    return [(*row, *("",) * (width - len(row)))[:width] for row in head.rows[:most]]

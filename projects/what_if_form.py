"""The question of a “what if”, as it is asked by an address: each part is whole or left out."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from fundtracker.money import Money
from projects import what_if
from projects.gathering import Gathered
from projects.what_if import Change, End, Grant, Rise

PARTS = {
    "ends": ("ends", "ends_on"),
    "grant": ("grant_amount", "grant_from", "grant_months"),
    "cost": ("cost", "cost_amount", "cost_from"),
}


# Beyond these nothing can be worked out: a month of all that is known must be an amount, and a calendar ends.
OLDEST, NEWEST = date(2000, 1, 1), date(2100, 1, 1)
MOST_MINOR = 10**13


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[MinValueValidator(OLDEST), MaxValueValidator(NEWEST)],
    )


class WhatIfForm(forms.Form):
    ends = forms.ChoiceField(label=_("What ends"), required=False)
    ends_on = _day(_("Paid until the day before"))
    grant_amount = forms.CharField(label=_("A new grant of"), required=False)
    grant_from = _day(_("Grant from"))
    grant_months = forms.IntegerField(
        label=_("For how many months"), min_value=1, max_value=120, required=False
    )
    cost = forms.ChoiceField(label=_("Which cost changes"), required=False)
    cost_amount = forms.CharField(label=_("It then costs a month"), required=False)
    cost_from = _day(_("Cost from"))

    def __init__(self, data: Any, *, gathered: Gathered) -> None:
        super().__init__(data)
        self.currency = gathered.currency
        for name, known in (("ends", what_if.promises(gathered)), ("cost", what_if.costs(gathered))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("nothing")), *((label, label) for label in known)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("grant_amount", "cost_amount"):
            if cleaned.get(name):
                self._read_amount(name)
        for names in PARTS.values():
            if any(self.data.get(name) for name in names):
                for name in names:
                    if not self.data.get(name):
                        self.add_error(name, gettext("Say this too, or leave the others empty."))
        return cleaned

    def _read_amount(self, name: str) -> None:
        try:
            amount = Money.parse(self.cleaned_data[name], self.currency, get_language() or "en")
            if amount.minor < 0:
                raise ValueError(gettext("Write an amount of 0 or more."))
            if amount.minor > MOST_MINOR:
                raise ValueError(gettext("The amount is too large to be right."))
            self.cleaned_data[name] = amount.minor
        except ValueError as problem:
            self.add_error(name, str(problem))

    def changes(self) -> list[Change]:
        """Once it is valid."""
        said = self.cleaned_data
        found: list[Change] = []
        if said["ends"]:
            found.append(End(said["ends"], said["ends_on"]))
        if said["grant_amount"] != "":
            found.append(Grant(said["grant_amount"], said["grant_from"], said["grant_months"]))
        if said["cost"]:
            found.append(Rise(said["cost"], said["cost_amount"], said["cost_from"]))
        return found

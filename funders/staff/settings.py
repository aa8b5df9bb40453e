"""What a kind lets one choose, as fields that people fill in; a source keeps it in `options`, by the connector's names.

What a connector takes and has no field here stays as it is, and is typed as JSON under “More”.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders.connectors.base import INCOMING, Kind, State
from funders.models.ledger import KINDS
from funders.models.people import FREQUENCIES


class Lines(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea({"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class Pairs(Lines):
    """A table {theirs: ours}, one “theirs = ours” a line. `words`: ours, where only some will do."""

    def __init__(self, *args: Any, words: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words

    def prepare_value(self, value: Any) -> Any:
        return (
            "\n".join(f"{one} = {other}" for one, other in value.items())
            if isinstance(value, dict)
            else value
        )

    def to_python(self, value: Any) -> Any:
        pairs = {}
        for line in super().to_python(value):
            theirs, sign, ours = (part.strip() for part in line.rpartition("="))
            if not (sign and theirs and ours):
                raise forms.ValidationError(_("“%(line)s”: write it as “theirs = ours”.") % {"line": line})
            if self.words is not None and ours not in self.words:
                known = {"word": ours, "words": ", ".join(self.words)}
                raise forms.ValidationError(_("“%(word)s” is not one of: %(words)s.") % known)
            pairs[theirs] = ours
        return pairs

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "").strip() != str(data or "").strip()


def _choice(label: Any, choices: Any, empty: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", empty), *choices], required=False)


def _text(label: Any, help_text: Any = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, **more)


def _tick(label: Any, help_text: Any = "", **more: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False, **more)


def _lines(label: Any, help_text: Any) -> Lines:
    return Lines(label=label, help_text=help_text, required=False)


def _pairs(label: Any, help_text: Any, words: Sequence[str] | None = None) -> Pairs:
    return Pairs(label=label, help_text=help_text, required=False, words=words)


_l = gettext_lazy
_INCOME = [str(kind) for kind in Kind if kind in INCOMING]
_CURRENCY = _text(_l("Currency"), _l("Three letters, such as EUR."), max_length=3)
_NAMES = _tick(
    _l("Everybody in it may be named"), _l("Tick it only if you have made sure: the file does not say who.")
)
_DATES = _text(_l("How it writes dates"), _l("Such as %d/%m/%Y. Empty: 2026-06-03."))
_DECIMAL = _choice(
    _l("Sign before the cents"),
    [(",", _l("comma: 1.000,50")), (".", _l("point: 1,000.50"))],
    _l("as in 1000.50"),
)
FIELDS: dict[str, dict[str, forms.Field]] = {
    "civicrm": {
        "currency": _text(_l("Currency of membership fees"), _l("Three letters, such as EUR."), max_length=3),
        "financial_types": _pairs(
            _l("The site's own financial types"),
            _l("One a line, such as “Sponsoring = sponsorship”, or “Shop = none” for what is no support."),
            [*_INCOME, "none"],
        ),
        "statuses": _pairs(
            _l("The site's own membership statuses"),
            _l("One a line, such as “Honorary = active”; also paused, overdue and ended."),
            list(State),
        ),
    },
    "donorbox": {
        "memberships": _lines(
            _l("Campaigns whose money is membership dues"), _l("Their names or numbers, one a line.")
        ),
    },
    "github": {
        "book_observed": _tick(
            _l("Count what sponsors' totals rise"),
            _l("Until the export replaces it. The source of the export must have the same account."),
        ),
    },
    "patreon": {
        "currency": _text(
            _l("Currency of the campaign"), _l("Needed where Patreon does not tell it."), max_length=3
        ),
        "given_back": _pairs(
            _l("How much was given back"),
            _l("Of payments that Patreon calls “partially refunded” without an amount: “subscription:1001 = 1.50”."),
        ),
    },
    "stripe": {
        "designation": _text(
            _l("Field that says what a gift is for"), _l("The name of a field of the charges' metadata, such as project.")
        ),
        "subscriptions": _tick(
            _l("Read subscriptions as promises"),
            _l("Untick it where another source, such as Donorbox, reports the same plans."),
            initial=True,
        ),
    },
    "kofi_csv": {"names_are_public": _NAMES, "date_format": _DATES},
    "opencollective_csv": {"names_are_public": _NAMES, "date_format": _DATES},
    "givewp": {
        "names_are_public": _NAMES,
        "renewals": _choice(_l("Recurring gifts come"), FREQUENCIES[1:], _l("not known")),
        "decimal": _DECIMAL,
        "date_format": _DATES,
        "columns": _pairs(
            _l("The site's own column names"), _l("One a line: “Donation Date = Spendendatum”.")
        ),
        "words": _pairs(_l("The site's own statuses"), _l("One a line: “Abgeschlossen = Complete”.")),
    },
    "camt053": {
        "donations": _lines(
            _l("What is a gift"), _l("IBANs, names or words of the reference, one a line. * is all that is no payout.")
        ),
        "payouts": _lines(
            _l("What is none"), _l("Further payers, own accounts among them. Known providers are left out already.")
        ),
        "originals": _pairs(_l("Which gift was given back"), _l("One a line: “the bank's reference = the gift's id”.")),
    },
    "360giving": {
        "recipients": _lines(_l("Recipients"), _l("Identifiers of the organisations that count, one a line. Empty: all.")),
        "awards_are_paid": _tick(_l("What is awarded has been paid"), _l("For publishers that list payments only.")),
        "decimal": _DECIMAL,
    },
    "table": {
        "columns": _pairs(
            _l("Columns"),
            _l(
                "One a line: “date = Paid on”. Fields: date, amount, currency, id, giver_id, giver_name, public, kind, frequency, designation, purpose, payment_ref, refunds, fee."
            ),
        ),
        "currency": _CURRENCY,
        "kind": _choice(_l("What the rows are"), [one for one in KINDS if one[0] in _INCOME], _l("donations")),
        "decimal": _DECIMAL,
        "date_format": _DATES,
        "words": _pairs(_l("The file's own words"), _l("One a line: “Spende = donation”, “ja = yes”.")),
    },
}  # fmt: skip


def fields(kind: str) -> dict[str, forms.Field]:
    """Of this kind, to be put into a form."""
    return deepcopy(FIELDS.get(kind, {}))


def chosen(kind: str, cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What a connector is told of what was filled in: nothing of what says nothing."""
    told = {}
    for name, field in FIELDS.get(kind, {}).items():
        value, plain = cleaned.get(name), field.initial or False
        if isinstance(value, bool) and value != plain:
            told[name] = value
        elif value and not isinstance(value, bool):
            told[name] = value.upper() if name == "currency" else value
    return told


def written(value: Any) -> str:
    """For people: “yes”, a list with commas, a table with equals signs."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{theirs} = {ours}" for theirs, ours in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

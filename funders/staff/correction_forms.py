"""What staff type of a record, or of money that no source reports, and what is wrong with it."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders import connectors, ledger
from funders.models import Correction, Entry, Source
from funders.models.corrections import TYPED_KINDS
from funders.models.ledger import INCOMING
from fundtracker.forms import AmountsForm
from fundtracker.models import Site

Says = Correction.Says
TAKEN_BACK = ("refund", "chargeback")
LONGEST_REFERENCE = 140
PURPOSE = gettext_lazy("Empty: that of its stream.")


class RecordForm(AmountsForm):
    """What a record must be. `seen` is the last entry that its author knew of, `key` makes a double click one."""

    amount_minor = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Such as 415,000 or 415k."),
    )
    evidence_url = forms.URLField(
        label=gettext_lazy("Where the evidence is"), required=False, assume_scheme="https"
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.says(cleaned) in (Says.NEW, Says.CHANGED):
            for name in ("kind", "amount_minor", "day"):
                if name not in self.errors and cleaned.get(name) in (None, ""):
                    self.add_error(
                        name, _("0 is no amount.") if cleaned.get(name) == 0 else _("This field is required.")
                    )
            self._check(cleaned)
        return cleaned

    def says(self, cleaned: dict[str, Any]) -> str:
        return str(cleaned.get("says") or self.instance.says)

    def _check(self, cleaned: dict[str, Any]) -> None:
        minor, kind, day = cleaned.get("amount_minor"), cleaned.get("kind"), cleaned.get("day")
        if minor == 0:
            self.add_error(
                "amount_minor", _("A record is never 0. One that must not count has its own choice.")
            )
        elif minor and kind in INCOMING and minor < 0:
            self.add_error(
                "amount_minor", _("Money that came in has no minus: what was given back is a refund.")
            )
        elif minor and kind == "refund" and minor > 0:
            self.add_error("amount_minor", _("A refund takes money back: its amount begins with a minus."))
        if day and not ledger.OLDEST <= day <= today():
            self.add_error("day", _("This day has not come yet, or is too long ago."))
        for name in ("designation", "reference", "giver_name"):
            if not ledger.printable(cleaned.get(name) or ""):
                self.add_error(name, _("It contains characters that nobody can read: type it anew."))


class CorrectionForm(RecordForm):
    class Meta:
        model = Correction
        fields = (
            "says",
            "amount_minor",
            "kind",
            "day",
            "designation",
            "purpose",
            "why",
            "evidence",
            "evidence_url",
        )
        widgets = {"says": forms.RadioSelect, "day": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "purpose": PURPOSE,
            "evidence": gettext_lazy("Such as the bank statement of 3 May, line 12."),
        }

    def __init__(self, *args: Any, entry: Entry, corrected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entry = entry
        kinds: list[Any] = [
            one for one in TYPED_KINDS if (one[0] in TAKEN_BACK) == bool(entry.refunds_external_id)
        ]
        if entry.kind not in dict(kinds):
            kinds.append((entry.kind, entry.get_kind_display()))
        unsaid = {Says.NEW} if corrected else {Says.NEW, Says.SOURCE}
        self.fields["says"].choices = [one for one in Says.choices if one[0] not in unsaid]  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and cleaned["says"] == Says.CHANGED and self._is_already(cleaned):
            raise forms.ValidationError(_("This is what it is already: change what is wrong."))
        return cleaned

    def _is_already(self, cleaned: dict[str, Any]) -> bool:
        """Not by this very form: the other click of a double click is no mistake."""
        same = all((cleaned[name] or None) == (now or None) for name, now in as_it_is(self.entry).items())
        return (
            same
            and not self.entry.is_taken_back
            and not Correction.objects.filter(key=cleaned["key"]).exists()
        )


class NewEntryForm(RecordForm):
    consent = forms.BooleanField(
        label=gettext_lazy("They agree to be named in public"), required=False,
        help_text=gettext_lazy("Without it the name is not kept."),
    )  # fmt: skip

    class Meta:
        model = Correction
        fields = (
            "amount_minor", "currency", "day", "kind", "source", "giver_name", "consent", "designation", "purpose",
            "why", "reference", "evidence", "evidence_url",
        )  # fmt: skip
        labels = {"why": gettext_lazy("How it came")}
        widgets = {"day": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "why": gettext_lazy("Such as bank transfer, or cheque."), "purpose": PURPOSE,
            "reference": gettext_lazy("Such as the number of the cheque."),
            "source": gettext_lazy("Where it was paid in."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed_in = Source.objects.filter(kind=connectors.MANUAL, active=True)
        self.fields["source"].queryset = typed_in  # type: ignore[attr-defined]
        self.initial["source"] = self.initial.get("source") or typed_in.values_list("pk", flat=True).first()
        self.fields["source"].empty_label = None  # type: ignore[attr-defined]
        self.fields["currency"].required = True
        self.fields["kind"].choices = [one for one in TYPED_KINDS if one[0] in INCOMING]  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_reference(self) -> str:
        """The ledger knows it with its source's short name behind it: see corrections.receipt."""
        reference = str(self.cleaned_data["reference"])
        if len(reference) > LONGEST_REFERENCE:
            raise forms.ValidationError(_("At most %(most)d characters.") % {"most": LONGEST_REFERENCE})
        return reference

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("giver_name") and not cleaned.get("consent"):
            cleaned["giver_name"] = ""
        return cleaned


def as_it_is(entry: Entry) -> dict[str, Any]:
    return {
        "amount_minor": entry.amount_minor, "kind": entry.kind, "designation": entry.designation,
        "purpose": entry.purpose, "day": entry.occurred_at.astimezone(Site.current().zone).date(),
    }  # fmt: skip


def today() -> date:
    """In the books' time zone."""
    return timezone.now().astimezone(Site.current().zone).date()

"""A need as it is typed: an amount, or a post given by somebody; from a day on, corrected, or ended."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders.models import Funder
from funders.staff.forms import Keyed, Seen, day_input
from fundtracker.forms import AmountsForm
from fundtracker.money import Money, exponent
from fundtracker.templatetags.text import day as day_words
from projects import posts
from projects.models import Cost

SAID = (
    "label", "purpose", "amount_minor", "currency", "frequency", "starts_on", "ends_on", "in_kind", "given_by",
    "fte_percent", "day_rate_minor", "days_per_year", "description",
)  # fmt: skip
POST = ("fte_percent", "day_rate_minor", "days_per_year")


class NeedForm(AmountsForm, Seen):
    """With a post the amount is worked out. Only who may see what a person costs may enter it."""

    amount_minor = forms.CharField(
        label=gettext_lazy("Amount"), max_length=40, required=False,
        help_text=gettext_lazy("Such as 1,200 or 12k. Empty: any amount helps."),
    )  # fmt: skip
    day_rate_minor = forms.CharField(label=gettext_lazy("Day rate"), max_length=40, required=False)
    # Not called a person: what is so called is not kept where a session ends, and a tick must not be lost.
    pays_somebody = forms.BooleanField(
        label=gettext_lazy("It pays one person"), required=False,
        help_text=gettext_lazy("What one person costs is shown to that person, treasurers and administrators only."),
    )  # fmt: skip
    given_by = forms.ModelChoiceField(
        Funder.objects.order_by("name"), label=gettext_lazy("Given by"), required=False, empty_label=gettext_lazy("nobody in particular")
    )  # fmt: skip

    class Meta:
        model = Cost
        fields = SAID
        widgets = {
            "starts_on": day_input(),
            "ends_on": day_input(),
            "description": forms.Textarea({"rows": 3}),
        }
        labels = {"fte_percent": gettext_lazy("Percent of a full-time post")}

    def __init__(self, *args: Any, people: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["pays_somebody"] = bool(self.instance.is_person)
        self.initial.setdefault("days_per_year", None)
        self.initial["days_per_year"] = self.initial["days_per_year"] or posts.DAYS_A_YEAR
        if not people:
            for name in (*POST, "pays_somebody"):
                del self.fields[name]
        elif hasattr(self.instance, "role"):
            del self.fields["pays_somebody"]  # somebody's work pays them: only they make it public

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor, start, end = (cleaned.get(name) for name in ("amount_minor", "starts_on", "ends_on"))
        if isinstance(minor, int) and minor <= 0:
            self.add_error("amount_minor", _("The amount must be more than 0."))
        if start and end and end < start:
            self.add_error("ends_on", _("The last day is before the first."))
        if cleaned.get("given_by") and not cleaned.get("in_kind"):
            self.add_error("given_by", _("Only what is given in kind is given by somebody."))
        if "fte_percent" in self.fields:
            self._post(cleaned)
        return cleaned

    def _post(self, cleaned: dict[str, Any]) -> None:
        percent, rate, days = (cleaned.get(name) for name in POST)
        if not percent and not rate:
            cleaned |= dict.fromkeys(POST)
            return
        wanted = {"fte_percent": percent, "day_rate_minor": rate, "days_per_year": days}
        for name in (name for name, value in wanted.items() if not value and name not in self.errors):
            self.add_error(name, _("A post takes all three: its percent, a day rate, and days a year."))
        if days and days > 366:
            self.add_error("days_per_year", _("A year has no more than 366 days."))
        if rate and rate < 0:
            self.add_error("day_rate_minor", _("The amount must be more than 0."))
        if percent and rate and days and not self.errors:
            cleaned["amount_minor"] = posts.worth(percent, Money(rate, cleaned["currency"]), days).minor
            cleaned |= {"frequency": Cost.Frequency.YEARLY, "pays_somebody": True}

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if "pays_somebody" in self.fields:
            self.instance.is_person = self.cleaned_data.get("pays_somebody", False)


class NewForm(NeedForm, Keyed):
    pass


class ChangeForm(NeedForm):
    """The need as it is from `starts_on` on: between the first and the last day of what it was."""

    def __init__(self, *args: Any, was: Cost, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = was
        first: Any = self.fields["starts_on"]
        first.required, first.label = True, _("From")
        first.help_text = _("The first day on which it is so. Until the day before, it stays as it was.")

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if self.was.starts_on and day <= self.was.starts_on:
            said = _("It began on %(day)s: choose a later day, or correct it.")
            raise forms.ValidationError(said % {"day": day_words(self.was.starts_on)})
        if self.was.ends_on and day > self.was.ends_on:
            said = _("It ends on %(day)s: choose that day or an earlier one, or enter a new need.")
            raise forms.ValidationError(said % {"day": day_words(self.was.ends_on)})
        return day


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, help_text=gettext_lazy("It stays in the history.")
    )


class CorrectForm(NeedForm, WhyForm):
    """It was wrong: the row itself changes. What follows or is followed touches it without a gap."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hasattr(self.instance, "followed_by"):
            del self.fields["ends_on"]
        if self.instance.follows:
            first: Any = self.fields["starts_on"]
            first.required = True
            first.help_text = _("What it follows ends the day before.")

    def clean_starts_on(self) -> date | None:
        day: date | None = self.cleaned_data["starts_on"]
        before, after = self.instance.follows, getattr(self.instance, "followed_by", None)
        if before and day and before.starts_on and day <= before.starts_on:
            said = _("What it follows began on %(day)s: choose a later day.")
            raise forms.ValidationError(said % {"day": day_words(before.starts_on)})
        if after and day and day >= after.starts_on:
            said = _("What follows it begins on %(day)s: choose an earlier day.")
            raise forms.ValidationError(said % {"day": day_words(after.starts_on)})
        return day


class EndForm(Seen):
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), widget=day_input(),
        help_text=gettext_lazy("This day is included. Empty it to let the need go on."), required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, was: Cost, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was = was

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day and self.was.starts_on and day < self.was.starts_on:
            said = _("It begins on %(day)s: choose that day or a later one, or take it out as a mistake.")
            raise forms.ValidationError(said % {"day": day_words(self.was.starts_on)})
        return day


def currency_code(typed: str) -> str:
    code = typed.upper()
    try:
        exponent(code)
    except ValueError as problem:
        raise forms.ValidationError(str(problem)) from None
    return code

"""What is typed of a person's work. Fields named `person…` are not kept where a session ends."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders.staff.forms import Seen, day_input
from fundtracker.models import User
from fundtracker.templatetags.text import day as day_words
from projects.models import Maintainer, Role
from projects.staff.need_forms import NewForm, WhyForm


def hours_field(**options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Hours a month"), min_value=0.25, max_value=744, max_digits=5, decimal_places=2, **options
    )  # fmt: skip


class MaintainerForm(NewForm):
    """A person, known or new, with the cost of their work. The cost has no name in it: sums show its label."""

    maintainer = forms.ModelChoiceField(
        Maintainer.objects.all(), label=gettext_lazy("Who"), required=False, empty_label=gettext_lazy("somebody new")
    )  # fmt: skip
    person_name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, required=False,
        help_text=gettext_lazy("Of somebody new. It is not public unless they say so themselves."),
    )  # fmt: skip
    hours = hours_field(help_text=gettext_lazy("What the work takes, paid or not. Full time is about 160."))
    field_order = ("maintainer", "person_name", "purpose", "hours", "amount_minor", "currency", "frequency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, people=True, **kwargs)
        for name in ("label", "description", "pays_somebody"):
            del self.fields[name]
        self.instance.label, self.instance.is_person = _("Maintainer"), True
        self.fields["purpose"].initial = self.initial["purpose"] = "maintenance"
        self.fields["amount_minor"].help_text = _("Such as 4,000 or 4k. Empty if they work for nothing.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("maintainer") and not cleaned.get("person_name"):
            self.add_error("person_name", _("Choose somebody, or say who it is."))
        elif cleaned.get("maintainer") and cleaned.get("person_name"):
            self.add_error("person_name", _("Choose somebody or name somebody new, not both."))
        return cleaned

    def make(self) -> Role:
        said = self.cleaned_data
        self.instance.key = said["key"]
        who = said["maintainer"] or Maintainer.objects.create(name=said["person_name"])
        return Role.objects.create(maintainer=who, cost=self.save(), hours=said["hours"])


class HoursForm(Seen, WhyForm):
    hours = hours_field()
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=day_input(),
        help_text=gettext_lazy("The first day on which it is so. Empty: the hours were wrong all along."),
    )  # fmt: skip
    field_order = ("hours", "since", "why")

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cost = role.cost
        if hasattr(self.cost, "followed_by"):
            del self.fields["since"]

    def clean_since(self) -> Any:
        day = self.cleaned_data["since"]
        if day and self.cost.starts_on and day <= self.cost.starts_on:
            said = _("It began on %(day)s: choose a later day, or leave this empty.")
            raise forms.ValidationError(said % {"day": day_words(self.cost.starts_on)})
        if day and self.cost.ends_on and day > self.cost.ends_on:
            said = _("It ends on %(day)s: choose that day or an earlier one.")
            raise forms.ValidationError(said % {"day": day_words(self.cost.ends_on)})
        return day


class InvitationForm(forms.Form):
    person_email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)

    def __init__(self, *args: Any, maintainer: Maintainer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.maintainer = maintainer

    def clean_person_email(self) -> str:
        email: str = self.cleaned_data["person_email"].lower()
        user = User.objects.filter(email=email).select_related("maintainer").first()
        if user and not user.is_active:
            raise forms.ValidationError(_("This account is no longer let in: see People."))
        if user and getattr(user, "maintainer", self.maintainer) != self.maintainer:
            raise forms.ValidationError(_("Somebody else signs in with this address already."))
        return email


class EraseForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Such as “asked by letter on 3 May”. It is kept: do not name the person."),
    )  # fmt: skip
    confirm = forms.CharField(max_length=20, widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, maintainer: Maintainer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.maintainer = maintainer
        self.fields["confirm"].label = _("Type “%(word)s” to erase") % {"word": _("erase")}

    def clean_why(self) -> str:
        why: str = self.cleaned_data["why"]
        if self.maintainer.name.casefold() in why.casefold():
            raise forms.ValidationError(_("This names the person. It is kept, so leave the name out."))
        return why

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed.strip().casefold() != _("erase").casefold():
            raise forms.ValidationError(_("Type the word as it is shown, to show that you mean it."))
        return typed

"""A pledge's form, and its schedule as a table with spare rows: a row that stays empty is none."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders import members, pledges
from funders.connectors import MANUAL
from funders.models import Commitment, Funder, Instalment, Source
from funders.staff.forms import Keyed, Seen, day_input
from fundtracker.forms import AmountsForm
from fundtracker.money import Money, total

SPARE = 4


class PledgeForm(AmountsForm, Keyed, Seen):
    funder = forms.ModelChoiceField(Funder.objects.order_by("name"), label=gettext_lazy("Who promises"))
    amount_minor = forms.CharField(
        label=gettext_lazy("The whole"), max_length=40, help_text=gettext_lazy("Such as 60,000 or 60k.")
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3)
    url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), required=False, max_length=500, assume_scheme="https"
    )
    field_order = (
        "funder",
        "title",
        "amount_minor",
        "currency",
        "certainty",
        "state",
        "starts_on",
        "ends_on",
    )

    class Meta:
        model = Commitment
        fields = (
            "source", "title", "amount_minor", "currency", "certainty", "state", "starts_on", "ends_on", "purpose",
            "designation", "url",
        )  # fmt: skip
        widgets = {"starts_on": day_input(), "ends_on": day_input()}
        labels = {"source": gettext_lazy("Kept in")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source: Any = self.fields["source"]
        source.queryset = Source.objects.filter(kind=MANUAL, active=True)
        source.initial = source.queryset.first()
        giver = self.instance.giver if self.instance.pk else None
        if giver:
            self.initial["funder"] = giver.funder_id
        if self.instance.pk:
            del self.fields["source"]
            self.fields["key"].required = False

    def currency_in_data(self) -> str:
        """For the schedule beside it, which has the same currency; empty where none is typed yet."""
        typed = self.data.get("currency", "") if self.is_bound else self.instance.currency
        return str(typed).upper()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor, start, end = (cleaned.get(name) for name in ("amount_minor", "starts_on", "ends_on"))
        if isinstance(minor, int) and minor <= 0:
            self.add_error("amount_minor", _("The amount must be more than 0."))
        if start and end and end < start:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned

    def make(self) -> tuple[Commitment, bool]:
        self.instance.giver = members.giver_of(self.instance.source, self.cleaned_data["funder"])
        return pledges.make(self.instance, self.cleaned_data["key"])

    def save(self, commit: bool = True) -> Any:
        self.instance.giver = members.giver_of(self.instance.source, self.cleaned_data["funder"])
        return super().save(commit)


class PartForm(AmountsForm):
    amount_minor = forms.CharField(label=gettext_lazy("Amount"), max_length=40)

    class Meta:
        model = Instalment
        fields = ("due_on", "amount_minor")
        widgets = {"due_on": day_input()}

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(*args, **kwargs)
        if self.instance.paid:
            for field in self.fields.values():
                field.disabled = True

    def currency_of_instance(self) -> str:
        return self.instance.commitment.currency if self.instance.commitment_id else ""

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        return self.currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor = cleaned.get("amount_minor")
        if isinstance(minor, int) and minor <= 0:
            self.add_error("amount_minor", _("The amount must be more than 0."))
        return cleaned


_PARTS: Any = forms.modelformset_factory(Instalment, form=PartForm, extra=SPARE, can_delete=True)


class Schedule(_PARTS):  # type: ignore[misc]
    """The parts of one pledge, all in its currency."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, prefix="parts", form_kwargs={"currency": currency}, **kwargs)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")
        if form.instance.paid:
            form.fields["DELETE"].disabled = True

    def wanted(self) -> list[Any]:
        return [form for form in self.forms if form.has_changed() or form.instance.pk]

    def fits(self, whole: PledgeForm) -> bool:
        """Whether the parts are right and do not exceed the whole; says so beside it where they do."""
        if not self.is_valid():
            return False
        currency = whole.cleaned_data["currency"]
        kept = [form for form in self.wanted() if not form.cleaned_data.get("DELETE")]
        parts = total((Money(form.cleaned_data["amount_minor"], currency) for form in kept), currency)
        if parts <= Money(whole.cleaned_data["amount_minor"], currency):
            return True
        whole.add_error(
            "amount_minor", _("The parts come to %(sum)s, which is more.") % {"sum": parts.format()}
        )
        return False

    def keep(self, commitment: Commitment) -> None:
        for form in self.wanted():
            part = form.instance
            if part.paid:
                continue
            if form.cleaned_data.get("DELETE"):
                if part.pk:
                    part.delete()
            elif part.pk:
                form.save()
            else:
                part.amount_minor, part.due_on = (
                    form.cleaned_data["amount_minor"],
                    form.cleaned_data["due_on"],
                )
                pledges.add(commitment, part)

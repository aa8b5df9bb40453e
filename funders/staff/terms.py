"""Forms of a membership's term: whose, which tier, from when until when, how much."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funders import members
from funders.connectors import MANUAL
from funders.models import Commitment, Funder, Membership, Tier
from funders.models.memberships import DAY
from funders.models.people import FREQUENCIES
from funders.staff.forms import Keyed, Seen, day_input, today
from fundtracker.forms import AmountsForm

AS_TIER = [("", gettext_lazy("as the tier says")), *FREQUENCIES]
STARTS_AS = [
    ("applied", gettext_lazy("applied: said, not signed")),
    ("invoiced", gettext_lazy("invoiced: signed, not paid")),
    ("paid", gettext_lazy("paid")),
]


class TierField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A tier of our own, with what it costs today."""

    def label_from_instance(self, tier: Any) -> str:
        price = tier.price_on(today())
        return f"{tier.name} · {price.amount.format()}" if price else str(tier.name)


class _TermForm(AmountsForm):
    """Amount, currency and frequency may be left to the tier's price on the first day."""

    tier = TierField(Tier.objects.none(), label=gettext_lazy("Tier"))
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=day_input())
    ends_on = forms.DateField(
        label=gettext_lazy("Until, that day included"), widget=day_input(), required=False, help_text=gettext_lazy("Empty: for a year.")
    )  # fmt: skip
    amount_minor = forms.CharField(
        label=gettext_lazy("Amount"), max_length=40, required=False, help_text=gettext_lazy("Empty: the tier's price on the first day.")
    )  # fmt: skip
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, min_length=3, required=False)
    frequency = forms.ChoiceField(label=gettext_lazy("How often"), choices=AS_TIER, required=False)

    class Meta:
        model = Commitment
        fields = (
            "tier",
            "starts_on",
            "ends_on",
            "amount_minor",
            "currency",
            "frequency",
            "purpose",
            "designation",
        )
        help_texts = {"designation": gettext_lazy("Only if the money is meant for one project: its designation there.")}  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["tier"]
        field.queryset = Tier.objects.filter(source__kind=MANUAL, source__active=True).prefetch_related(
            "prices"
        )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def _price(self, cleaned: dict[str, Any]) -> Any:
        tier, day = cleaned.get("tier"), cleaned.get("starts_on")
        return tier.price_on(day) if tier and day else None

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        price = self._price(cleaned)
        return str(cleaned.get("currency") or (price.currency if price else ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and not end and "ends_on" not in self.errors:
            cleaned["ends_on"] = members.months_later(start, 12) - DAY
        if start and end and end < start:
            self.add_error("ends_on", _("The last day is before the first."))
        price = self._price(cleaned)
        if "amount_minor" not in self.errors:
            self._from_tier(cleaned, price)
        return cleaned

    def _from_tier(self, cleaned: dict[str, Any], price: Any) -> None:
        minor = cleaned.get("amount_minor")
        if minor is None and price and cleaned.get("currency") in ("", price.currency):
            cleaned["amount_minor"], cleaned["currency"] = price.amount_minor, price.currency
            cleaned["frequency"] = price.frequency
        elif minor is None:
            self.add_error("amount_minor", _("Say the amount: the tier has no price on that day."))
        elif minor <= 0:
            self.add_error("amount_minor", _("The amount must be more than 0."))
        cleaned["currency"] = cleaned.get("currency") or self.currency_typed(cleaned)
        cleaned["frequency"] = cleaned.get("frequency") or (price.frequency if price else "yearly")


class TermForm(_TermForm, Seen):
    """A term that is there already."""

    field_order = (
        "tier",
        "starts_on",
        "ends_on",
        "amount_minor",
        "currency",
        "frequency",
        "purpose",
        "designation",
    )


class MemberForm(_TermForm, Keyed):
    funder = forms.ModelChoiceField(Funder.objects.order_by("name"), label=gettext_lazy("Member"))
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=STARTS_AS, initial="invoiced")
    field_order = ("funder", *TermForm.field_order, "state")

    def make(self, *, day: date, renews: Membership | None = None) -> Membership:
        draft, cleaned = self.instance, self.cleaned_data
        draft.source = cleaned["tier"].source
        draft.giver = members.giver_of(draft.source, cleaned["funder"])
        return members.make(draft, cleaned["key"], state=cleaned["state"], day=day, renews=renews)


class RenewalForm(MemberForm):
    """The term after `old`, for the same member, at today's price."""

    def __init__(self, *args: Any, old: Membership, **kwargs: Any) -> None:
        one = old.commitment
        again = {
            "tier": one.tier_id, "purpose": one.purpose, "designation": one.designation, "starts_on": old.ends_on + DAY
        }  # fmt: skip
        super().__init__(*args, initial=again, **kwargs)
        self.old = old
        del self.fields["funder"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["funder"] = self.old.commitment.giver.funder if self.old.commitment.giver else None
        start = cleaned.get("starts_on")
        if start and start <= self.old.ends_on and self.old.state == Membership.State.PAID:
            self.add_error("starts_on", _("The old term has not ended by then."))
        return cleaned

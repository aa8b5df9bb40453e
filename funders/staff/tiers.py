"""Tiers and what they cost from which day on. A provider names its own; prices and notes are ours to add."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders.connectors import MANUAL
from funders.models import Source, Tier, TierPrice
from funders.staff.forms import Seen, day_input, overtaken, today, version
from fundtracker.forms import AmountsForm


class TierForm(Seen, forms.ModelForm):  # type: ignore[type-arg]
    """A provider's tier keeps its provider's name, or the next sync would make another one."""

    class Meta:
        model = Tier
        fields = ("source", "name", "note", "days_of_grace", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["source"]
        else:
            source: Any = self.fields["source"]
            source.queryset = Source.objects.filter(kind=MANUAL, active=True)
            source.initial = source.queryset.first()
        if self.instance.pk and self.instance.source.kind != MANUAL:
            del self.fields["name"]


class PriceForm(AmountsForm):
    amount_minor = forms.CharField(
        label=gettext_lazy("Price"), max_length=40, help_text=gettext_lazy("Such as 1,000 or 1k.")
    )

    class Meta:
        model = TierPrice
        fields = ("starts_on", "amount_minor", "currency", "frequency")
        widgets = {"starts_on": day_input()}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if self.instance.tier.prices.filter(starts_on=day).exists():
            raise forms.ValidationError(_("This tier has a price from that day on already."))
        return day

    def clean_amount_minor(self) -> str:
        typed = str(self.cleaned_data["amount_minor"])
        if typed.lstrip().startswith(("-", "\u2212")) or not typed.strip("0., "):
            raise forms.ValidationError(_("The price must be more than 0."))
        return typed


@require_safe
def tiers(request: HttpRequest) -> HttpResponse:
    listed = Tier.objects.select_related("source").prefetch_related("prices")
    shown = [(tier, tier.price_on(today())) for tier in listed]
    return render(request, "staff/tiers.html", {"tiers": shown})


@require_http_methods(["GET", "POST"])
def new_tier(request: HttpRequest) -> HttpResponse:
    form = TierForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(request, _("%(tier)s is there. Now say what it costs.") % {"tier": made})
        return redirect("staff:tier", made.pk)
    return render(request, "staff/tier.html", {"form": form})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def tier(request: HttpRequest, pk: int) -> HttpResponse:
    """Its note and days of grace; and its prices, of which a new one leaves the old ones as they are."""
    one = get_object_or_404(Tier.objects.select_related("source"), pk=pk)
    pricing, now = "price" in request.POST, version(one)
    latest = one.prices.first()
    usual = {
        "starts_on": today(),
        **({"currency": latest.currency, "frequency": latest.frequency} if latest else {}),
    }
    form = TierForm(None if pricing else request.POST or None, instance=one, initial={"seen": now})
    price = PriceForm(request.POST if pricing else None, instance=TierPrice(tier=one), initial=usual)
    page: dict[str, Any] = {"tier": one, "form": form, "price_form": price}
    if request.method == "POST":
        asked = price if pricing else form
        if asked.is_valid():
            page["change"] = None if pricing else overtaken(form, one, now)
            if not page["change"]:
                asked.save()
                messages.success(request, _("Saved."))
                return redirect("staff:tier", pk)
    page["prices"], page["present"] = one.prices.all(), one.price_on(today())
    return render(request, "staff/tier.html", page)

"""Amounts as people type them: 415,000 or 415k, kept as whole minor units."""

from typing import Any, ClassVar

from babel.numbers import format_decimal
from django import forms
from django.contrib import admin
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from fundtracker.money import Money, exponent

MINOR = "_minor"


class AmountsForm(forms.ModelForm):  # type: ignore[type-arg]
    """For every model with amounts: each field whose name ends in _minor becomes one to type an amount in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._amounts():
            minor = getattr(self.instance, name, None)
            currency = self.currency_of_instance()
            if minor is not None and currency:
                self.initial[name] = as_typed(Money(minor, currency))

    def currency_of_instance(self) -> str:
        return str(getattr(self.instance, "currency", ""))

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        return str(cleaned.get("currency") or self.currency_of_instance())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        currency = self.currency_typed(cleaned)
        for name in self._amounts():
            typed = cleaned.get(name)
            if name not in self.errors:
                cleaned[name] = self._minor(name, typed, currency) if typed else None
        return cleaned

    def _amounts(self) -> list[str]:
        return [name for name in self.fields if name.endswith(MINOR)]

    def _minor(self, name: str, typed: str, currency: str) -> int | None:
        if not currency:
            self.add_error(name, gettext("Say the currency too."))
            return None
        try:
            return Money.parse(typed, currency, get_language() or "en").minor
        except ValueError as problem:
            self.add_error(name, str(problem))
            return None


def as_typed(money: Money) -> str:
    """With all decimals and no grouping, in the language that reads it again: 415000,00 in German."""
    pattern = f"0.{'0' * exponent(money.currency)}".rstrip(".")
    locale = (get_language() or "en").replace("-", "_")
    return format_decimal(money.decimal, format=pattern, locale=locale, group_separator=False)


class OfCampaignForm(AmountsForm):
    """For a row of a campaign, whose currency it has."""

    def currency_of_instance(self) -> str:
        return self.instance.campaign.currency if self.instance.campaign_id else ""

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        campaign = cleaned.get("campaign")
        return campaign.currency if campaign else self.currency_of_instance()


class Typed(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """For admin classes and inlines: amounts are typed as people write them, addresses may leave out https://."""

    form: Any = AmountsForm
    formfield_overrides: ClassVar[Any] = {models.URLField: {"assume_scheme": "https"}}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> forms.Field | None:
        if not db_field.name.endswith(MINOR):
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        label = str(db_field.verbose_name).split(",")[0]
        return forms.CharField(
            label=capfirst(label), required=not db_field.blank, help_text=gettext("Such as 415,000 or 415k.")
        )

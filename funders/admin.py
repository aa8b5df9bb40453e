"""Where money comes from: sources and people can be changed, the ledger only looked at."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funders import connections, connectors
from funders.connections import SECRETS, SecretsForm
from funders.models import (
    Commitment,
    DailyTotal,
    Delivery,
    Entry,
    Funder,
    Giver,
    Instalment,
    Programme,
    Rate,
    Source,
    Standing,
    SyncRun,
    Tier,
    Upload,
)
from fundtracker.admin import ReadOnly
from fundtracker.forms import AmountsForm, Typed
from fundtracker.money import Money


class TierInline(Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Tier
    extra = 0


@admin.register(Source)
class SourceAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    form = SecretsForm
    list_display = ("name", "kind", "account", "active", "health_now", "synced_at", "due_at", "is_sandbox")
    list_filter = ("kind", "active", "is_sandbox")
    search_fields = ("name", "slug", "account")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = (
        "health_now",
        "has_token",
        "has_hook_secret",
        "hook_address",
        "synced_at",
        "failures",
        "error",
    )
    fieldsets = (
        (None, {"fields": ("name", "slug", "kind", "account", "base_url", "evidence_url", "is_sandbox")}),
        (_("Token"), {"fields": ("has_token", "new_token", "forget_token")}),
        (
            _("Webhook"),
            {"fields": ("hook_address", "has_hook_secret", "new_hook_secret", "forget_hook_secret")},
        ),
        (_("How it is read"), {"fields": ("active", "every_minutes", "due_at", "time_zone", "options")}),
        (_("What counts twice"), {"fields": ("rank", "aggregators")}),
        (_("Health"), {"fields": ("health_now", "synced_at", "failures", "error")}),
    )
    inlines = (TierInline,)

    def save_model(self, request: HttpRequest, source: Source, form: SecretsForm, change: bool) -> None:
        if not change:
            return super().save_model(request, source, form, change)
        connections.store(form)
        for secret in form.left_behind:
            messages.warning(request, SECRETS[secret])

    @admin.display(description=_("health"))
    def health_now(self, source: Source) -> str:
        return source.health(timezone.now())

    @admin.display(description=_("has a token"), boolean=True)
    def has_token(self, source: Source) -> bool:
        return bool(source.token_sealed)

    @admin.display(description=_("has a webhook secret"), boolean=True)
    def has_hook_secret(self, source: Source) -> bool:
        return bool(source.hook_secret_sealed)

    @admin.display(description=_("address to give to the provider"))
    def hook_address(self, source: Source) -> str:
        if source.pk is None or connectors.receiver(source.kind) is None:
            return gettext("This kind of source has none.") if source.pk else "–"
        return f"{settings.SITE_URL}{reverse('hook', args=[source.slug])}"


@admin.register(Upload)
class UploadAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "source", "uploaded_at", "booked_at")
    list_filter = ("source",)
    list_select_related = ("source",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """What it says stays sealed: what was booked of it is among the entries."""

    list_display = ("external_id", "source", "received_at", "handled_at", "error")
    list_filter = ("source", ("handled_at", admin.EmptyFieldListFilter))
    list_select_related = ("source",)
    search_fields = ("=external_id",)
    ordering = ("-received_at", "-pk")


@admin.register(Funder)
class FunderAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "kind", "is_public")
    list_filter = ("kind", "is_public")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Giver)
class GiverAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "source", "kind", "funder", "erased_at")
    list_filter = ("source", "kind", ("erased_at", admin.EmptyFieldListFilter))
    list_select_related = ("source", "funder")
    search_fields = ("name",)
    autocomplete_fields = ("funder", "source")
    readonly_fields = ("erased_at",)
    show_full_result_count = False


@admin.register(Programme)
class ProgrammeAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "funder", "pays_maintenance", "recurring", "region", "closes_on", "checked_on")
    list_filter = ("pays_maintenance", "pays_features", "recurring", "region")
    list_select_related = ("funder",)
    search_fields = ("name", "funder__name", "notes")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("funder",)


@admin.register(Tier)
class TierAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "source", "currency", "frequency", "position")
    list_filter = ("source",)
    list_select_related = ("source",)
    search_fields = ("name", "source__name")
    autocomplete_fields = ("source",)


class InstalmentForm(AmountsForm):
    def currency_of_instance(self) -> str:
        return self.instance.commitment.currency if self.instance.commitment_id else ""

    def currency_typed(self, cleaned: dict[str, Any]) -> str:
        commitment = cleaned.get("commitment")
        return commitment.currency if commitment else self.currency_of_instance()


class InstalmentInline(Typed, admin.TabularInline):  # type: ignore[type-arg]
    model = Instalment
    form = InstalmentForm
    extra = 0


@admin.register(Commitment)
class CommitmentAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("__str__", "source", "giver", "tier", "amount_written", "certainty", "state", "ends_on")
    list_filter = ("state", "certainty", "frequency", "source", "tier")
    list_select_related = ("source", "giver", "tier")
    search_fields = ("title", "external_id", "giver__name")
    autocomplete_fields = ("source", "giver", "tier")
    inlines = (InstalmentInline,)
    show_full_result_count = False

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount_written(self, commitment: Commitment) -> str:
        return _written(commitment.amount_minor, commitment.currency)


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("external_id", "source", "part", "revision", "kind", "amount_written", "occurred_at")
    list_filter = ("source", "kind", "part", "currency")
    list_select_related = ("source",)
    search_fields = ("=external_id", "=payment_ref")
    ordering = ("-pk",)

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount_written(self, entry: Entry) -> str:
        return _written(entry.amount_minor, entry.currency)


@admin.register(Standing)
class StandingAdmin(ReadOnly):
    list_display = ("entry", "counted_as", "value_date", "twin_of", "waits_for")
    list_filter = ("counted_as",)
    list_select_related = ("entry", "twin_of")
    ordering = ("-pk",)


@admin.register(DailyTotal)
class DailyTotalAdmin(ReadOnly):
    list_display = ("value_date", "source", "designation", "counted_as", "amount_written", "entries")
    list_filter = ("source", "counted_as", "currency")
    list_select_related = ("source",)
    ordering = ("-value_date", "pk")

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount_written(self, total: DailyTotal) -> str:
        return _written(total.amount_minor, total.currency)


@admin.register(Rate)
class RateAdmin(ReadOnly):
    list_display = ("day", "currency", "per_euro", "publisher")
    list_filter = ("publisher", "currency")
    ordering = ("-day", "currency")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnly):
    list_display = ("source", "state", "started_at", "ended_at", "how_far", "new", "changed", "rejected")
    list_filter = ("state", "full", "source")
    list_select_related = ("source",)
    readonly_fields = ("how_far",)

    @admin.display(description=_("progress"))
    def how_far(self, run: SyncRun) -> str:
        return run.progress()


def _written(minor: int | None, currency: str) -> str:
    return "–" if minor is None else Money(minor, currency).format()

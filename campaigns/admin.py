"""Campaigns, what staff state about them, and notes to the public."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Level, Statement, Update
from funders.models.promises import PURPOSES
from fundtracker.forms import OfCampaignForm, Typed


class LevelInline(Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Level
    form = OfCampaignForm
    extra = 0


class UpdateInline(Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Update
    extra = 0


@admin.register(Campaign)
class CampaignAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "project", "target_written", "starts_on", "ends_on", "is_public")
    list_filter = ("is_public", "mode", "currency", "project")
    list_select_related = ("project",)
    search_fields = ("name", "slug", "summary")
    date_hierarchy = "starts_on"
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("project",)
    filter_horizontal = ("streams",)
    inlines = (LevelInline, UpdateInline)
    view_on_site = True

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> forms.Field | None:
        if db_field.name != "purposes":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.MultipleChoiceField(
            choices=PURPOSES,
            required=False,
            label=_("Purposes that count"),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None ticked: all of them."),
        )

    @admin.display(description=_("target"), ordering="target_minor")
    def target_written(self, campaign: Campaign) -> str:
        return campaign.target.format() if campaign.target else "–"


class StatementForm(OfCampaignForm):
    """A new statement, or the withdrawal of one: nothing else of it ever changes."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and not cleaned.get("withdrawn_why"):
            raise forms.ValidationError(_("Say why it is withdrawn; the page shows the reason."))
        return cleaned


@admin.register(Statement)
class StatementAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    form = StatementForm
    list_display = ("campaign", "as_of", "amount_written", "recorded_at", "recorded_by", "withdrawn_at")
    list_filter = ("campaign", ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("campaign", "recorded_by")
    search_fields = ("campaign__name", "note", "evidence")
    date_hierarchy = "as_of"
    autocomplete_fields = ("campaign",)
    new_fields = ("campaign", "as_of", "amount_minor", "note", "evidence_url", "evidence")
    kept_fields = (
        *("campaign", "as_of", "amount_written", "note", "evidence_url", "evidence"),
        *("recorded_at", "recorded_by", "withdrawn_at"),
    )

    def get_fields(self, request: HttpRequest, obj: Statement | None = None) -> tuple[str, ...]:
        return (*self.kept_fields, "withdrawn_why") if obj else self.new_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Statement | None = None) -> tuple[str, ...]:
        return self.kept_fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Statement | None = None) -> bool:
        """To withdraw it, once."""
        return super().has_change_permission(request, obj) and (obj is None or obj.withdrawn_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Statement | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Statement, form: Any, change: bool) -> None:
        if change:
            obj.withdrawn_at = timezone.now()
            obj.save(update_fields=["withdrawn_at", "withdrawn_why"])
        else:
            obj.recorded_by = request.user  # type: ignore[assignment]
            obj.save()

    @admin.display(description=_("total"), ordering="amount_minor")
    def amount_written(self, statement: Statement) -> str:
        return statement.amount.format()


@admin.register(Update)
class UpdateAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "campaign", "published_on")
    list_filter = ("campaign",)
    list_select_related = ("campaign",)
    search_fields = ("title", "body")
    date_hierarchy = "published_on"
    autocomplete_fields = ("campaign",)

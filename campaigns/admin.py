"""Campaigns, what staff state about them, and notes to the public."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Level, Statement, Update
from campaigns.staff.sheet import FIXED
from funders.agreement import limit
from funders.models.promises import PURPOSES
from fundtracker.admin import ReadOnly
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

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        """Frozen figures are of these. While a limit holds, those of a public one are changed where a second person can
        be asked: on the campaign's own page among the staff pages.
        """
        if obj and hasattr(obj, "frozen"):
            return FIXED
        return FIXED[1:] if obj and limit() and obj.was_public else ()

    def render_change_form(self, request: HttpRequest, context: Any, *arguments: Any, **more: Any) -> Any:
        campaign = more.get("obj")
        if campaign and self.get_readonly_fields(request, campaign):
            url = reverse("staff:campaign_edit", args=[campaign.slug])
            words = _("What counts, the days and the currency are changed on the campaign’s own page: {url}")
            messages.info(request, str(words).format(url=url))
        return super().render_change_form(request, context, *arguments, **more)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Campaign | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if "slug" in self.get_readonly_fields(request, obj) else {"slug": ("name",)}

    @admin.display(description=_("target"), ordering="target_minor")
    def target_written(self, campaign: Campaign) -> str:
        return campaign.target.format() if campaign.target else "–"


@admin.register(Statement)
class StatementAdmin(Typed, ReadOnly):
    """To look at: stating and withdrawing have pages of their own, which ask a second person where it takes one."""

    list_display = ("campaign", "as_of", "amount_written", "recorded_at", "recorded_by", "withdrawn_at")
    list_filter = ("campaign", ("withdrawn_at", admin.EmptyFieldListFilter))
    list_select_related = ("campaign", "recorded_by")
    search_fields = ("campaign__name", "note", "evidence")
    date_hierarchy = "as_of"

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

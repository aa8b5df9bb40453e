"""Projects, the streams that reach them, what they need, and what their own manifests say."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _

from funders.agreement import limit
from fundtracker.admin import ReadOnly
from fundtracker.forms import Typed
from fundtracker.money import Money
from projects.models import Cost, Manifest, Project, Stream, Year
from projects.staff.manifest import manifest


class ByTwo(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """While a limit holds, streams are changed where a second person can be asked: Say where money goes."""

    def has_add_permission(self, request: HttpRequest, *arguments: Any) -> bool:
        return limit() is None and super().has_add_permission(request, *arguments)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return limit() is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return limit() is None and super().has_delete_permission(request, obj)


class StreamInline(ByTwo, Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Stream
    extra = 0
    autocomplete_fields = ("source",)


class CostInline(Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Cost
    extra = 0


@admin.register(Project)
class ProjectAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "parent", "is_public")
    list_filter = ("is_public",)
    list_select_related = ("parent",)
    search_fields = ("name", "slug", "summary")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("parent",)
    inlines = (StreamInline, CostInline)

    def get_urls(self) -> list[Any]:
        page = path(
            "<int:pk>/manifest/", self.admin_site.admin_view(self.manifest), name="projects_project_manifest"
        )
        return [page, *super().get_urls()]

    def manifest(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the project's own funding manifest, see what it would change, and change it."""
        project = get_object_or_404(Project, pk=pk)
        return manifest(request, project, self)


@admin.register(Stream)
class StreamAdmin(ByTwo, Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("project", "source", "designation", "share", "purpose", "starts_on", "ends_on")
    list_filter = ("purpose", "project", "source")
    list_select_related = ("project", "source")
    search_fields = ("project__name", "source__name", "designation")
    autocomplete_fields = ("project", "source")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if limit():
            words = _(
                "Large changes take two people here. Streams are changed under “Say where money goes” among the staff pages."
            )
            messages.info(request, words)
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("share"), ordering="share_bp")
    def share(self, stream: Stream) -> str:
        return f"{(Decimal(stream.share_bp) / 100).normalize():f} %"


@admin.register(Cost)
class CostAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("label", "project", "purpose", "amount_written", "frequency", "starts_on", "ends_on")
    list_filter = ("project", "purpose", "frequency", "in_kind")
    list_select_related = ("project",)
    search_fields = ("label", "project__name")
    autocomplete_fields = ("project",)

    @admin.display(description=_("amount"), ordering="amount_minor")
    def amount_written(self, cost: Cost) -> str:
        return cost.amount.format() if cost.amount else str(_("any amount"))


@admin.register(Manifest)
class ManifestAdmin(Typed, ReadOnly):
    list_display = ("project", "kind", "url", "read_at", "unverified", "error")
    list_filter = ("kind",)
    list_select_related = ("project",)
    search_fields = ("project__name", "url")


@admin.register(Year)
class YearAdmin(ReadOnly):
    list_display = ("project", "year", "income", "expenses", "taxes", "description")
    list_filter = ("project", "currency")
    list_select_related = ("project",)

    @admin.display(description=_("income"))
    def income(self, year: Year) -> str:
        return _written(year.income_minor, year.currency)

    @admin.display(description=_("expenses"))
    def expenses(self, year: Year) -> str:
        return _written(year.expenses_minor, year.currency)

    @admin.display(description=_("taxes"))
    def taxes(self, year: Year) -> str:
        return _written(year.taxes_minor, year.currency)


def _written(minor: int | None, currency: str) -> str:
    return "–" if minor is None else Money(minor, currency).format()

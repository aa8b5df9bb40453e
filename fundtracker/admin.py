"""Who signs in, the one site, and read-only lists."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fundtracker.forms import Typed
from fundtracker.models import Site, User


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at. What is written here is written by code, or not at all."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnly):
    """To look at: People, among the staff pages, keeps one administrator and invites by e-mail."""

    ordering = ("email",)
    list_display = ("email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email",)
    fields = ("email", "role", "is_active", "last_login", "date_joined")


@admin.register(Site)
class SiteAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "time_zone", "tagline")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Site.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        return False


admin.site.site_header = admin.site.site_title = "fundtracker"
admin.site.index_title = _("Figures, and where they come from")

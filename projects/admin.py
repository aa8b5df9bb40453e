"""Projects and the streams that reach them."""

from decimal import Decimal

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fundtracker.forms import Typed
from projects.models import Project, Stream


class StreamInline(Typed, admin.StackedInline):  # type: ignore[type-arg]
    model = Stream
    extra = 0
    autocomplete_fields = ("source",)


@admin.register(Project)
class ProjectAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "parent", "is_public")
    list_filter = ("is_public",)
    list_select_related = ("parent",)
    search_fields = ("name", "slug", "summary")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("parent",)
    inlines = (StreamInline,)


@admin.register(Stream)
class StreamAdmin(Typed, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("project", "source", "designation", "share", "purpose", "starts_on", "ends_on")
    list_filter = ("purpose", "project", "source")
    list_select_related = ("project", "source")
    search_fields = ("project__name", "source__name", "designation")
    autocomplete_fields = ("project", "source")

    @admin.display(description=_("share"), ordering="share_bp")
    def share(self, stream: Stream) -> str:
        return f"{(Decimal(stream.share_bp) / 100).normalize():f} %"

"""Notes to the public, and when what staff write is public."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked


def published() -> Q:
    """Public at this moment: asked of the clock with each query, so that nothing has to run when it is time."""
    return Q(is_public=True) & (Q(publish_at=None) | Q(publish_at__lte=timezone.now()))


class UpdateQuerySet(models.QuerySet["Update"]):
    def public(self) -> "UpdateQuerySet":
        return self.filter(published())


@tracked(exclude=["key"])
class Update(models.Model):
    """A dated note to the public. What is changed after it was public says so."""

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="updates")
    published_on = models.DateField(_("published"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    source_url = models.URLField(_("where this was said"), blank=True)
    is_public = models.BooleanField(_("is public"), default=True)
    publish_at = models.DateTimeField(_("public from"), null=True, blank=True, help_text=_("Empty: at once."))
    changed_on = models.DateField(_("changed"), null=True, editable=False)
    key = models.UUIDField(unique=True, null=True, editable=False, help_text=_("Of the form that made it."))

    objects = UpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["campaign", "-published_on", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_shown(self) -> bool:
        return self.is_public and (self.publish_at is None or self.publish_at <= timezone.now())

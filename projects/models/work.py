"""Pieces of work, and how they fare."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from fundtracker.money import Money


@tracked()
class WorkItem(models.Model):
    """A piece of work: how it stands, since when and why, who used to pay for it, what starting it again costs."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        REDUCED = "reduced", _("reduced")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")
        RESUMED = "resumed", _("resumed")

    LOST = (State.REDUCED, State.PAUSED, State.ENDED)

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="work")
    name = models.CharField(_("what it is"), max_length=200)
    state = models.CharField(_("how it stands"), max_length=8, choices=State.choices)
    since = models.DateField(_("since"), null=True, blank=True, help_text=_("Empty: not published."))
    why = models.CharField(_("why"), max_length=500, blank=True)
    formerly_funded_by = models.CharField(_("who used to pay for it"), max_length=200, blank=True)
    restart_minor = models.BigIntegerField(
        _("cost of starting again, in minor units"), null=True, blank=True, help_text=_("Empty: not known.")
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    source_url = models.URLField(_("where this was read"), max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)

    class Meta:
        verbose_name = _("piece of work")
        verbose_name_plural = _("pieces of work")
        ordering = ["project", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="work_once"),
            models.CheckConstraint(
                condition=models.Q(restart_minor=None)
                | models.Q(restart_minor__gte=0, currency__regex="^[A-Z]{3}$"),
                name="work_restart_has_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def restart(self) -> Money | None:
        return None if self.restart_minor is None else Money(self.restart_minor, self.currency)

    @property
    def is_lost(self) -> bool:
        return self.state in self.LOST

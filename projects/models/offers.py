"""What a project offers to whom it would send an invoice."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from projects.models.projects import Project


def _words(label: Any, most: int, help_text: Any) -> Any:
    """Staff's own words. `most` keeps the brief within four pages."""
    return models.TextField(label, max_length=most, blank=True, help_text=help_text)


@tracked()
class Offer(models.Model):
    """Maintenance as a service, in staff's words: what the brief for a buyer says. Empty: not stated."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="offer")
    legal_name = models.CharField(
        _("legal name"), max_length=200, blank=True,
        help_text=_("Who would sign and send the invoice, with its registered number where it has one."),
    )  # fmt: skip
    scope = _words(_("scope"), 1_000, _("What is maintained, and what is not."))
    security = _words(
        _("security response"), 600, _("How reports are taken, and how soon they are answered.")
    )
    releases = _words(_("releases"), 500, _("How often there is one, and what comes with it."))
    support = _words(_("support window"), 400, _("How long a version is supported, and at what hours."))
    deliverables = _words(_("deliverables"), 1_200, _("What the buyer receives, one on each line."))
    acceptance = _words(
        _("terms of acceptance"), 1_000, _("What is delivered when, and how it is accepted, such as a report each quarter.")
    )  # fmt: skip
    tax = models.CharField(
        _("taxes"), max_length=200, blank=True, help_text=_("Such as: prices are net of value added tax.")
    )
    contact = _words(_("whom to contact"), 300, _("Public: name only who has agreed to it."))

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["project"]

    def __str__(self) -> str:
        return str(self.project)

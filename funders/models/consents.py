"""Who agreed to be named in public, when, and how we know."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from funders.models.people import Funder
from fundtracker.history import tracked


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self) -> "ConsentQuerySet":
        return self.filter(withdrawn_on=None)


# The words may name people, and history outlives what is erased.
@tracked(exclude=["evidence", "withdrawn_why"])
class Consent(models.Model):
    """A funder agreed to be named. It holds until it is withdrawn, and stays as the record that it did."""

    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, related_name="consents")
    agreed_on = models.DateField(_("agreed on"))
    evidence = models.TextField(
        _("how we know"), help_text=_("Such as: e-mail from their director, filed under 2026-014.")
    )
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("by")
    )  # fmt: skip
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False,
        verbose_name=_("withdrawn by"),
    )  # fmt: skip
    withdrawn_why = models.TextField(_("why it was withdrawn"), blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-agreed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["funder"], condition=Q(withdrawn_on=None), name="one_consent_in_force"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None, withdrawn_by=None)
                | Q(withdrawn_on__isnull=False, withdrawn_by__isnull=False),
                name="consent_withdrawn_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.funder} {self.agreed_on}"

"""Who depends on a project."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from funders.models import Funder
from fundtracker.history import tracked

# Without letters and digits that are read as one another.
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_reference() -> str:
    return get_random_string(8, LETTERS)


class RelianceQuerySet(models.QuerySet["Reliance"]):
    def public(self) -> "RelianceQuerySet":
        return self.filter(state=Reliance.State.PUBLIC)

    def reported(self) -> "RelianceQuerySet":
        """What waits for staff to look at it."""
        return self.filter(state=Reliance.State.REPORTED)


@tracked(exclude=["reporter_name", "reporter_email"])
class Reliance(models.Model):
    """An organisation that depends on a project. Public only with evidence, and only after staff have looked at it."""

    class State(models.TextChoices):
        REPORTED = "reported", _("reported, not looked at yet")
        PUBLIC = "public", _("public")
        DECLINED = "declined", _("not taken up")
        REMOVED = "removed", _("taken down")

    class Sector(models.TextChoices):
        GOVERNMENT = "government", _("government")
        DEFENCE = "defence", _("defence")
        HEALTH = "health", _("health")
        EDUCATION = "education", _("education and research")
        COMPANY = "company", _("company")
        NON_PROFIT = "non_profit", _("non-profit organisation")
        OTHER = "other", _("other")

    reference = models.CharField(
        _("reference"), max_length=8, unique=True, default=new_reference, editable=False
    )
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="reliances")
    organisation = models.CharField(_("organisation"), max_length=200)
    funder = models.ForeignKey(
        Funder, on_delete=models.PROTECT, null=True, blank=True, related_name="reliances",
        verbose_name=_("the funder that it is"),
    )  # fmt: skip
    sector = models.CharField(_("sector"), max_length=10, choices=Sector.choices, default=Sector.OTHER)
    deployment = models.CharField(_("what it runs"), max_length=200, blank=True)
    seats = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, help_text=_("People who use it. Empty: not known.")
    )
    evidence = models.CharField(_("evidence, in words"), max_length=500, blank=True)
    evidence_url = models.URLField(_("where anyone can check it"), max_length=500, blank=True)
    as_of = models.DateField(_("true on"), null=True, blank=True, help_text=_("Empty: not published."))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.REPORTED)
    reporter_name = models.CharField(_("reported by"), max_length=120, blank=True)
    reporter_email = models.EmailField(_("their e-mail address"), blank=True)
    reported_at = models.DateTimeField(_("reported"), db_default=Now(), editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    note = models.CharField(_("why"), max_length=500, blank=True, help_text=_("Only staff see it."))

    objects = RelianceQuerySet.as_manager()

    class Meta:
        verbose_name = _("reliance")
        verbose_name_plural = _("reliances")
        ordering = ["project", "organisation", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="public") | ~Q(evidence="") | ~Q(evidence_url=""),
                name="reliance_public_has_evidence",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation

"""Who depends on a project."""

from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from funders.models import Funder
from fundtracker.history import tracked
from fundtracker.unsigned import new_reference

# After a report is decided nobody needs to know who sent it.
KEPT = timedelta(days=30)


class RelianceQuerySet(models.QuerySet["Reliance"]):
    def public(self) -> "RelianceQuerySet":
        return self.filter(state=Reliance.State.PUBLIC)

    def reported(self) -> "RelianceQuerySet":
        """What waits for staff to look at it."""
        return self.filter(state=Reliance.State.REPORTED)

    def of(self, email: str) -> "RelianceQuerySet":
        """What somebody with this address has reported, as long as that is kept."""
        return self.filter(reporter_email__iexact=email).exclude(reporter_email="")

    def decided_long_ago(self) -> "RelianceQuerySet":
        return self.filter(decided_at__lt=Now() - KEPT)

    def forget(self) -> int:
        """Take out who reported it and what they wrote to staff; how many that were."""
        said = ~Q(reporter_name="") | ~Q(reporter_email="") | ~Q(remark="")
        return self.filter(said).update(reporter_name="", reporter_email="", remark="", digest=None)


@tracked(exclude=["reporter_name", "reporter_email", "remark", "digest"])
class Reliance(models.Model):
    """An organisation that depends on a project. Public only with evidence, and only after staff have looked at it.

    One that `corrects` another is what somebody would have the other say, or that it should go.
    """

    class State(models.TextChoices):
        REPORTED = "reported", _("reported, not looked at yet")
        PUBLIC = "public", _("public")
        DECLINED = "declined", _("not taken up")
        REMOVED = "removed", _("taken down")
        FOLLOWED = "followed", _("followed")

    class Sector(models.TextChoices):
        GOVERNMENT = "government", _("government")
        DEFENCE = "defence", _("defence")
        HEALTH = "health", pgettext_lazy("sector", "health")
        EDUCATION = "education", _("education and research")
        COMPANY = "company", _("company")
        NON_PROFIT = "non_profit", _("non-profit organisation")
        OTHER = "other", _("other")

    reference = models.CharField(
        _("reference"), max_length=8, unique=True, default=new_reference, editable=False
    )
    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="reliances")
    corrects = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, editable=False, related_name="corrections"
    )
    asks_removal = models.BooleanField(_("take it down"), default=False)
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
    remark = models.TextField(_("anything else that we should know"), max_length=1000, blank=True)
    digest = models.CharField(max_length=64, null=True, editable=False)
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
            models.UniqueConstraint(
                fields=["digest"], condition=Q(state="reported"), name="reliance_reported_once"
            ),
        ]

    def __str__(self) -> str:
        return self.organisation

    def digested(self) -> str:
        """Of what is said and not of who says it: reported by two, it is one report."""
        said = (
            self.project_id, self.corrects_id, self.asks_removal, self.organisation, self.sector,
            self.deployment, self.seats, self.evidence, self.evidence_url, self.as_of, self.remark,
        )  # fmt: skip
        return sha256(repr(said).encode()).hexdigest()

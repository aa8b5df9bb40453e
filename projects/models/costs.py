"""What projects need, and what they have set aside."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from funders.models import Funder
from funders.models.promises import PURPOSES
from fundtracker.history import tracked
from fundtracker.money import Money


class CostQuerySet(models.QuerySet["Cost"]):
    def open(self) -> "CostQuerySet":
        """What every reader of the staff pages may see: without what one person costs."""
        return self.exclude(_PRIVATE)

    def private(self) -> "CostQuerySet":
        return self.filter(_PRIVATE)


# Of a person who has not published it; what a manifest says is public anyway.
_PRIVATE = models.Q(is_person=True, manifest_guid="") & ~models.Q(role__publishes_cost=True)


@tracked(exclude=["key"])
class Cost(models.Model):
    """What a project needs. Without an amount any amount helps; one with a `manifest_guid` is a plan of its manifest."""

    class Frequency(models.TextChoices):
        MONTHLY = "monthly", _("monthly")
        YEARLY = "yearly", _("yearly")
        ONCE = "once", _("once")
        OTHER = "other", _("otherwise")

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="costs")
    label = models.CharField(_("what is needed"), max_length=250)
    description = models.TextField(_("in a few sentences"), blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=PURPOSES, default="unrestricted")
    amount_minor = models.BigIntegerField(_("amount, in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    frequency = models.CharField(
        _("how often"), max_length=8, choices=Frequency.choices, default=Frequency.MONTHLY
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until, this day included"), null=True, blank=True)
    is_person = models.BooleanField(_("pays a person"), null=True, blank=True)
    in_kind = models.BooleanField(_("given in kind, not paid"), default=False)
    # A person's work has an amount of its own: post × day rate × days a year.
    fte_percent = models.PositiveSmallIntegerField(
        _("percent of a full-time post"), null=True, blank=True, help_text=_("100 is full time.")
    )
    day_rate_minor = models.BigIntegerField(_("day rate, in minor units"), null=True, blank=True)
    days_per_year = models.PositiveSmallIntegerField(
        _("days worked in a year"), null=True, blank=True, help_text=_("Of a full-time post.")
    )
    given_by = models.ForeignKey(
        Funder, on_delete=models.PROTECT, null=True, blank=True, related_name="gives_in_kind",
        verbose_name=_("given by"),
    )  # fmt: skip
    # A cost that changes ends, and another follows it: what was true last year stays as it was.
    follows = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="followed_by"
    )
    manifest_guid = models.CharField(_("plan of the manifest"), max_length=32, blank=True, editable=False)
    key = models.UUIDField(unique=True, null=True, editable=False, help_text=_("Of the form that made it."))

    objects = CostQuerySet.as_manager()

    class Meta:
        verbose_name = _("cost")
        verbose_name_plural = _("costs")
        ordering = ["project", "label", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor=None) | models.Q(amount_minor__gt=0),
                name="cost_amount_is_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="cost_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=models.Q(fte_percent=None, day_rate_minor=None, days_per_year=None)
                | models.Q(
                    fte_percent__gt=0, day_rate_minor__gt=0, days_per_year__range=(1, 366), frequency="yearly"
                ),
                name="cost_of_a_post_is_whole",
            ),
            models.UniqueConstraint(
                fields=["project", "manifest_guid"],
                condition=~models.Q(manifest_guid=""),
                name="cost_one_of_a_plan",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def day_rate(self) -> Money | None:
        return None if self.day_rate_minor is None else Money(self.day_rate_minor, self.currency)


@tracked()
class Reserve(models.Model):
    """What a project had set aside at the end of a day, as its staff say. The latest one counts."""

    project = models.ForeignKey("projects.Project", on_delete=models.PROTECT, related_name="reserves")
    as_of = models.DateField(_("as of"))
    amount_minor = models.BigIntegerField(_("amount, in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    note = models.CharField(_("note"), max_length=300, blank=True)
    evidence_url = models.URLField(_("where anyone can check it"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("reserve")
        verbose_name_plural = _("reserves")
        ordering = ["project", "-as_of", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0, currency__regex="^[A-Z]{3}$"),
                name="reserve_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of}: {self.amount.format()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@tracked()
class Scenario(models.Model):
    """A “what if” that somebody asked to keep: its question, never its answer, which is worked out anew."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="scenarios")
    name = models.CharField(_("name"), max_length=120)
    query = models.CharField(_("what is changed"), max_length=1000)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(_("saved"), db_default=Now())

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        ordering = ["project", "name", "pk"]

    def __str__(self) -> str:
        return self.name

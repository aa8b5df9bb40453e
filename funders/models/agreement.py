"""What one person may do alone, and what takes a second one."""

from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from fundtracker.money import Money

Row = TypeVar("Row", bound="TwoPersons")


class TwoPersonsQuerySet(models.QuerySet[Row]):
    def in_force(self) -> "TwoPersonsQuerySet[Row]":
        """What counts: made alone, or agreed to."""
        return self.filter(Q(needs_second=False) | ~Q(agreed_at=None))

    def waiting(self) -> "TwoPersonsQuerySet[Row]":
        """What a second person has to decide."""
        return self.filter(needs_second=True, agreed_at=None, refused_at=None)


def _person(label: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+", verbose_name=label
    )  # fmt: skip


class TwoPersons(models.Model):
    """A change that counts at once, or, if it is large, once somebody else agrees: see funders/agreement.py."""

    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    recorded_by = _person(_("by"))
    needs_second = models.BooleanField(_("takes a second person"), default=False, editable=False)
    agreed_at = models.DateTimeField(_("agreed"), null=True, editable=False)
    agreed_by = _person(_("agreed by"))
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)
    refused_by = _person(_("refused by"))
    refused_why = models.TextField(_("why it was refused"), blank=True, editable=False)

    objects = TwoPersonsQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_at=None, agreed_by=None)
                | Q(agreed_at__isnull=False, agreed_by__isnull=False, needs_second=True, refused_at=None),
                name="%(class)s_agreed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | (Q(recorded_by__isnull=False) & ~Q(agreed_by=F("recorded_by"))),
                name="%(class)s_agreed_by_another",
            ),
        ]

    @property
    def waits(self) -> bool:
        return self.needs_second and self.agreed_at is None and self.refused_at is None


@tracked()
class Limit(TwoPersons):
    """Up to this amount a day each person changes figures alone; without an amount everyone does. The last in force holds."""

    amount_minor = models.BigIntegerField(_("amount, in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TwoPersons.Meta):
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            *TwoPersons.Meta.constraints,
            models.CheckConstraint(
                condition=Q(amount_minor=None) | Q(amount_minor__gte=0), name="limit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.amount.format() if self.amount else gettext("none")

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)


class Alone(models.Model):
    """What somebody changed without a second person: many small changes in a day are a large one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())
    amount_minor = models.BigIntegerField(help_text=_("Without its sign."))
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = _("change made alone")
        verbose_name_plural = _("changes made alone")
        indexes = [models.Index(fields=["user", "recorded_at"], name="alone_of_a_day")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.amount_minor} {self.currency}"

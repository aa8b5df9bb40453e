"""Who does the work. Private unless the person says otherwise."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from projects.models.costs import Cost


@tracked(exclude=["invited_to"])
class Maintainer(models.Model):
    """A person on one project or several. `user` is who signs in as them, once they took up their invitation."""

    name = models.CharField(_("name"), max_length=200)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="maintainer"
    )
    publishes_name = models.BooleanField(_("is named in public"), default=False)
    # Of the last invitation: the only one whose link still leads to this record.
    invited_to = models.EmailField(_("invited at"), blank=True, editable=False)
    invited_at = models.DateTimeField(_("invited"), null=True, editable=False)

    class Meta:
        verbose_name = _("maintainer")
        verbose_name_plural = _("maintainers")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class RoleQuerySet(models.QuerySet["Role"]):
    def on(self, day: date) -> "RoleQuerySet":
        """In force on a day."""
        return self.filter(
            Q(cost__starts_on=None) | Q(cost__starts_on__lte=day),
            Q(cost__ends_on=None) | Q(cost__ends_on__gte=day),
        )

    def between(self, first: date, last: date) -> "RoleQuerySet":
        return self.filter(
            Q(cost__starts_on=None) | Q(cost__starts_on__lte=last),
            Q(cost__ends_on=None) | Q(cost__ends_on__gte=first),
        )

    def published(self) -> "RoleQuerySet":
        """Those of which anyone may read something."""
        return self.filter(
            Q(maintainer__publishes_name=True) | Q(publishes_hours=True) | Q(publishes_cost=True)
        )

    def with_cost(self) -> "RoleQuerySet":
        return self.select_related("maintainer", "cost__project", "cost__given_by").order_by(
            "cost__project__name", "cost__purpose", F("cost__starts_on").asc(nulls_first=True), "pk"
        )


@tracked()
class Role(models.Model):
    """The hours that a maintainer's work on a project takes. Its cost says which project, purpose, money and time.

    What the person publishes, anyone may read; all else is theirs and the treasurers' alone.
    """

    # What goes from the history, beside texts, when the person is erased.
    ERASABLE: ClassVar = ("hours",)

    maintainer = models.ForeignKey(Maintainer, on_delete=models.PROTECT, related_name="roles")
    cost = models.OneToOneField(Cost, on_delete=models.CASCADE, related_name="role")
    hours = models.DecimalField(_("hours a month"), max_digits=5, decimal_places=2)
    publishes_hours = models.BooleanField(_("hours are public"), default=False)
    publishes_cost = models.BooleanField(_("cost is public"), default=False)

    objects = RoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["maintainer", "cost"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hours__gt=0, hours__lte=744), name="role_hours_fit_a_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.maintainer} · {self.cost}"

    @property
    def is_published(self) -> bool:
        """Whether anyone may read anything of it."""
        return self.maintainer.publishes_name or self.publishes_hours or self.publishes_cost

    def has_ended(self, day: date) -> bool:
        return bool(self.cost.ends_on and self.cost.ends_on < day)

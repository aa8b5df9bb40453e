"""Who does the work. Private unless the person says otherwise."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from projects.models.costs import Cost


@tracked()
class Maintainer(models.Model):
    """A person on one project or several. `user` is who signs in as them, once they took up their invitation."""

    name = models.CharField(_("name"), max_length=200)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="maintainer"
    )
    publishes_name = models.BooleanField(_("is named in public"), default=False)

    class Meta:
        verbose_name = _("maintainer")
        verbose_name_plural = _("maintainers")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Role(models.Model):
    """The hours that a maintainer's work on a project takes. Its cost says which project, purpose, money and time.

    What the person publishes, anyone may read; all else is theirs and the treasurers' alone.
    """

    maintainer = models.ForeignKey(Maintainer, on_delete=models.PROTECT, related_name="roles")
    cost = models.OneToOneField(Cost, on_delete=models.CASCADE, related_name="role")
    hours = models.DecimalField(_("hours a month"), max_digits=5, decimal_places=2)
    publishes_hours = models.BooleanField(_("hours are public"), default=False)
    publishes_cost = models.BooleanField(_("cost is public"), default=False)

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

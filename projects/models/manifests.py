"""What projects say of their own funding: manifests, the channels and the years in them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from projects.accounts import Suggestion, suggested


@tracked(exclude=["document"])
class Manifest(models.Model):
    """What a project says of its own funding, as it was last read and applied: at most one of each kind.

    `document` holds what is public of it and known to us: no e-mail address, no telephone number.
    """

    class Kind(models.TextChoices):
        FUNDING_JSON = "funding.json", "funding.json"
        FUNDING_YML = "FUNDING.yml", "FUNDING.yml"

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="manifests")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    url = models.URLField(_("address"), max_length=250)
    guid = models.CharField(_("its name for the project"), max_length=32, blank=True)
    read_at = models.DateTimeField(_("read"))
    applied_at = models.DateTimeField(_("applied"))
    document = models.JSONField(_("what it says"))
    unverified = models.JSONField(
        _("not verified"),
        default=list,
        help_text=_("Addresses that do not confirm that this manifest speaks for them."),
    )
    error = models.TextField(_("why it could not be read since"), blank=True)

    class Meta:
        verbose_name = _("funding manifest")
        verbose_name_plural = _("funding manifests")
        ordering = ["project", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["project", "kind"], name="manifest_one_of_a_kind"),
        ]

    def __str__(self) -> str:
        return self.url


class Channel(models.Model):
    """Where a project takes money, as its manifest says. `address` is kept only where it can lead to a source."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="channels")
    listed_in = models.CharField(_("listed in"), max_length=12, choices=Manifest.Kind.choices)
    guid = models.CharField(_("its name in the manifest"), max_length=150)
    type = models.CharField(_("type"), max_length=20)
    address = models.CharField(_("address"), max_length=250, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["project", "listed_in", "guid"]
        constraints = [
            models.UniqueConstraint(fields=["project", "listed_in", "guid"], name="channel_once"),
        ]

    def __str__(self) -> str:
        return self.guid

    @property
    def suggestion(self) -> Suggestion | None:
        """The source that would read this channel; None where we cannot."""
        return suggested(self.address)


class Year(models.Model):
    """A year's income and expenses as the project's manifest states them; null where it does not say."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="years")
    year = models.PositiveSmallIntegerField(_("year"))
    currency = models.CharField(_("currency"), max_length=3)
    income_minor = models.BigIntegerField(_("income, in minor units"), null=True, blank=True)
    expenses_minor = models.BigIntegerField(_("expenses, in minor units"), null=True, blank=True)
    taxes_minor = models.BigIntegerField(_("taxes, in minor units"), null=True, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("year")
        verbose_name_plural = _("years")
        ordering = ["project", "year", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["project", "year", "currency"], name="year_once"),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.currency}"

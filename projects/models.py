"""Where the money goes: projects, the streams that reach them, what they cost, and what they say themselves."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from funders.models import Source
from funders.models.promises import PURPOSES
from fundtracker.history import tracked
from fundtracker.money import Money
from projects.accounts import Suggestion, suggested


class ProjectQuerySet(models.QuerySet["Project"]):
    def public(self) -> "ProjectQuerySet":
        return self.filter(is_public=True)

    def for_page(self) -> "ProjectQuerySet":
        streams = Stream.objects.select_related("source")
        manifests = Manifest.objects.defer("document")  # half a megabyte that no page shows
        return (
            self.public()
            .select_related("parent")
            .prefetch_related(
                "campaigns",
                "children",
                models.Prefetch("manifests", manifests),
                models.Prefetch("streams", streams),
            )
        )


@tracked()
class Project(models.Model):
    """What is funded. Projects nest: a foundation, its specification, its server."""

    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    summary = models.TextField(_("in a few sentences"), blank=True)
    url = models.URLField(_("web page"), max_length=250, blank=True)
    repository_url = models.URLField(_("source code"), max_length=250, blank=True)
    country = models.CharField(
        _("country where it is based"),
        max_length=2,
        blank=True,
        validators=[RegexValidator("^[A-Z]{2}$", _("Write the code of a country, such as DE."))],
        help_text=_("A code such as DE. Some programmes pay in some countries only. Empty: not known."),
    )
    is_public = models.BooleanField(_("has a public page"), default=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Stream(models.Model):
    """Which money reaches a project: a source, or one designation of it, at a share, from and until a day.

    A designation's stream wins over its source's. The shares of one sum never exceed 100 % on any day (trigger);
    the rest is without a stream.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="streams")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="streams")
    designation = models.CharField(
        _("designation"),
        max_length=200,
        null=True,
        blank=True,
        help_text=_("Empty: all of the source's money that has no stream of its own."),
    )
    share_bp = models.PositiveIntegerField(
        _("share, in hundredths of a percent"),
        default=10_000,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=PURPOSES, default="unrestricted")
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until, this day included"), null=True, blank=True)

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        ordering = ["project", "source", "designation"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(share_bp__gte=1, share_bp__lte=10_000), name="stream_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on=None)
                | models.Q(ends_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="stream_ends_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} · {self.designation}" if self.designation is not None else str(self.source)


@tracked(exclude=["document"])
class Manifest(models.Model):
    """What a project says of its own funding, as it was last read and applied: at most one of each kind.

    `document` holds what is public of it and known to us: no e-mail address, no telephone number.
    """

    class Kind(models.TextChoices):
        FUNDING_JSON = "funding.json", "funding.json"
        FUNDING_YML = "FUNDING.yml", "FUNDING.yml"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="manifests")
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


@tracked()
class Cost(models.Model):
    """What a project needs. Without an amount any amount helps; one with a `manifest_guid` is a plan of its manifest."""

    class Frequency(models.TextChoices):
        MONTHLY = "monthly", _("monthly")
        YEARLY = "yearly", _("yearly")
        ONCE = "once", _("once")
        OTHER = "other", _("otherwise")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="costs")
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
    manifest_guid = models.CharField(_("plan of the manifest"), max_length=32, blank=True, editable=False)

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


class Channel(models.Model):
    """Where a project takes money, as its manifest says. `address` is kept only where it can lead to a source."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="channels")
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

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="years")
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

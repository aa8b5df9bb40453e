"""Where the money goes: projects, and the streams that reach them."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from funders.models import Source
from funders.models.promises import PURPOSES
from fundtracker.history import tracked
from projects.models.manifests import Manifest


class ProjectQuerySet(models.QuerySet["Project"]):
    def public(self) -> "ProjectQuerySet":
        return self.filter(is_public=True)

    def for_page(self) -> "ProjectQuerySet":
        from projects.models.reliance import Reliance  # it names this module's model

        streams = Stream.objects.select_related("source")
        manifests = Manifest.objects.defer("document")  # half a megabyte that no page shows
        return (
            self.public()
            .select_related("parent")
            .prefetch_related(
                "campaigns__levels",
                "children",
                "costs__role",
                "reserves",
                "work",
                models.Prefetch("reliances", Reliance.objects.public().select_related("funder")),
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

"""Who gives: funders, the identities that sources know them by, and their membership levels."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from funders.connectors.base import Frequency
from funders.models.sources import Source
from fundtracker.history import tracked

FREQUENCIES = [
    (Frequency.ONCE.value, _("once")),
    (Frequency.MONTHLY.value, _("monthly")),
    (Frequency.QUARTERLY.value, _("quarterly")),
    (Frequency.YEARLY.value, _("yearly")),
]
# Why nobody names an erased person again by the way.
STAYS_UNNAMED = _(
    "This person was erased and stays unnamed. If they agreed anew, say so on their page first."
)


class FunderQuerySet(models.QuerySet["Funder"]):
    def public(self) -> "FunderQuerySet":
        return self.filter(is_public=True)

    def for_page(self) -> "FunderQuerySet":
        return self.public().prefetch_related("programmes")


@tracked()
class Funder(models.Model):
    """A person, company, foundation, public body or EU body that gives; may be unnamed."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        COMPANY = "company", _("company")
        FOUNDATION = "foundation", _("foundation")
        PUBLIC_BODY = "public_body", _("public body")
        EU_BODY = "eu_body", _("EU body")
        UNKNOWN = "unknown", _("not known")

    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.UNKNOWN)
    url = models.URLField(_("web page"), blank=True)
    summary = models.TextField(_("in a few sentences"), blank=True)
    is_public = models.BooleanField(
        _("may be named"),
        default=False,
        help_text=_("Only with its consent, or where its gifts are public already."),
    )

    objects = FunderQuerySet.as_manager()

    class Meta:
        verbose_name = _("funder")
        verbose_name_plural = _("funders")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def erased_slug(self) -> str:
        """The short name of a person who was erased."""
        return f"erased-{self.pk}"

    def clean(self) -> None:
        erased = Funder.objects.filter(pk=self.pk, slug=self.erased_slug)
        if erased.exclude(name=self.name, slug=self.slug, url=self.url, summary=self.summary).exists():
            raise ValidationError(STAYS_UNNAMED)


@tracked(exclude=["digest", "external_id", "name", "kind", "url", "named_at"], inserts=False)
class Giver(models.Model):
    """An identity at one source. Without a public gift there is no id and no name here, only a keyed digest."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="givers")
    digest = models.CharField(max_length=64, editable=False)
    external_id = models.CharField(_("id at the provider"), max_length=200, blank=True)
    name = models.CharField(_("public name"), max_length=200, blank=True)
    kind = models.CharField(
        _("kind"), max_length=12, choices=Funder.Kind.choices, default=Funder.Kind.UNKNOWN
    )
    url = models.URLField(_("web page"), max_length=500, blank=True)
    funder = models.ForeignKey(
        Funder, on_delete=models.SET_NULL, null=True, blank=True, related_name="givers"
    )
    named_at = models.DateTimeField(_("version of the name"), null=True, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("giver")
        verbose_name_plural = _("givers")
        constraints = [
            models.UniqueConstraint(fields=["source", "digest"], name="giver_once"),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(name="", external_id="", url=""),
                name="erased_giver_has_no_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("an unnamed giver"))

    def clean(self) -> None:
        named = self.name or self.external_id or self.url or (self.funder and self.funder.is_public)
        if self.erased_at and named:
            raise ValidationError(STAYS_UNNAMED)


@tracked()
class Tier(models.Model):
    """A membership level at one source; its price where one is published."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="tiers")
    name = models.CharField(_("name"), max_length=120)
    amount_minor = models.BigIntegerField(_("price, in minor units"), null=True, blank=True)
    amount_max_minor = models.BigIntegerField(_("highest price, in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    frequency = models.CharField(_("how often"), max_length=10, choices=FREQUENCIES, default="yearly")
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["source", "position", "name"]
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="tier_once")]

    def __str__(self) -> str:
        return self.name

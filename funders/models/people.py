"""Who gives: funders, the identities that sources know them by, and their membership levels."""

from datetime import date
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funders.connectors import MANUAL
from funders.connectors.base import Frequency
from funders.models.sources import Source
from fundtracker.history import tracked
from fundtracker.money import Money

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
        """With what the floor above has of it in public: costs it gives in kind, projects it relies on."""
        relations = {one.name: one.related_model._default_manager for one in Funder._meta.related_objects}
        costs = relations["gives_in_kind"].filter(project__is_public=True).select_related("project")
        reliances = relations["reliances"].filter(project__is_public=True, state="public")
        return self.public().prefetch_related(
            "programmes",
            models.Prefetch("gives_in_kind", costs),
            models.Prefetch("reliances", reliances.select_related("project")),
        )


@tracked(exclude=["contact"])
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
    contact = models.TextField(
        _("contact"), blank=True, help_text=_("Whom to write to. Only staff see it; it is never published.")
    )
    logo = models.CharField(_("logo"), max_length=64, blank=True, editable=False)

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
        """Whoever is not named yet is named only with consent, or where a provider calls its gifts public."""
        erased = Funder.objects.filter(pk=self.pk, slug=self.erased_slug)
        if erased.exclude(name=self.name, slug=self.slug, url=self.url, summary=self.summary).exists():
            raise ValidationError(STAYS_UNNAMED)
        before = Funder.objects.filter(pk=self.pk).values_list("is_public", flat=True).first()
        if self.is_public and not before and not self.may_be_named():
            raise ValidationError(
                {"is_public": _("It has not agreed to be named, and no gift of it is public: record its consent first.")}
            )  # fmt: skip

    def may_be_named(self) -> bool:
        if self._state.adding:
            return False
        return self.gifts_are_public() or self.consents.filter(withdrawn_on=None).exists()

    def gifts_are_public(self) -> bool:
        """Whether a provider names one of its identities. A name that staff typed says nothing."""
        return self.givers.exclude(source__kind=MANUAL).exclude(name="").exists()


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

    DAYS_OF_GRACE: ClassVar = 30

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="tiers")
    name = models.CharField(_("name"), max_length=120)
    amount_minor = models.BigIntegerField(_("price, in minor units"), null=True, blank=True)
    amount_max_minor = models.BigIntegerField(_("highest price, in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    frequency = models.CharField(_("how often"), max_length=10, choices=FREQUENCIES, default="yearly")
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    days_of_grace = models.PositiveSmallIntegerField(
        _("days of grace"), default=DAYS_OF_GRACE, help_text=_("After a term that nobody renewed.")
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["source", "position", "name"]
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="tier_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def published(self) -> Money | None:
        """What its provider asks for it, or the least of that."""
        return Money(self.amount_minor, self.currency) if self.amount_minor and self.currency else None

    def price_on(self, day: date) -> "TierPrice | None":
        """What staff say it costs on a day; a published price stands beside it, for a tier without any."""
        return next((price for price in self.prices.all() if price.starts_on <= day), None)


@tracked()
class TierPrice(models.Model):
    """What staff say a tier costs from a day on. Memberships keep the amount that they were made with."""

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="prices")
    starts_on = models.DateField(_("from"))
    amount_minor = models.BigIntegerField(_("price, in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    frequency = models.CharField(_("how often"), max_length=10, choices=FREQUENCIES, default="yearly")

    class Meta:
        verbose_name = _("price of a tier")
        verbose_name_plural = _("prices of tiers")
        ordering = ["tier", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "starts_on"],
                name="tierprice_once",
                violation_error_message=_("This tier has a price from that day on already."),
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, currency__regex="^[A-Z]{3}$"), name="tierprice_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.amount.format()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

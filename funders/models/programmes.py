"""What funders offer: standing programmes, as far as their terms are known."""

from datetime import date, timedelta

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funders.models.people import Funder
from fundtracker.history import tracked
from fundtracker.money import Money

# A record that nobody has checked for so long may no longer be true.
CHECK_AFTER = timedelta(days=180)
ANYWHERE = "any"
_COUNTRIES = RegexValidator(
    r"^(any|[A-Z]{2}( [A-Z]{2})*)?$", _("Write “any”, or codes of countries such as DE AT.")
)


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def public(self) -> "ProgrammeQuerySet":
        """Whose funder may be named."""
        return self.filter(funder__is_public=True).select_related("funder")

    def stale(self, on: date) -> "ProgrammeQuerySet":
        return self.filter(checked_on__lte=on - CHECK_AFTER)


@tracked()
class Programme(models.Model):
    """A funder's standing offer. What is not known stays empty and is shown as not known."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        PARTLY = "partly", _("partly")
        UNKNOWN = "unknown", _("not known")

    class Applicant(models.TextChoices):
        INDIVIDUAL = "individual", _("individuals")
        TEAM = "team", _("teams")
        ORGANISATION = "organisation", _("organisations")
        CONSORTIUM = "consortium", _("consortia")

    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    funder = models.ForeignKey(Funder, on_delete=models.PROTECT, related_name="programmes")
    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    grant_min_minor = models.BigIntegerField(
        _("smallest grant, in minor units"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    grant_max_minor = models.BigIntegerField(
        _("largest grant, in minor units"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    awards_allowed = models.PositiveSmallIntegerField(
        _("awards to one applicant"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    recurring = models.CharField(_("recurring"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN)
    pays_maintenance = models.CharField(
        _("pays maintenance"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN
    )
    pays_features = models.CharField(
        _("pays features"), max_length=7, choices=Answer.choices, default=Answer.UNKNOWN
    )
    research_only = models.CharField(
        _("pays research and development only"),
        max_length=7,
        choices=Answer.choices,
        default=Answer.UNKNOWN,
        help_text=_("Partly: research and development must come first."),
    )
    eligible = models.JSONField(_("who may apply"), default=list, blank=True)
    conditions = models.CharField(
        _("on what condition"),
        max_length=300,
        blank=True,
        help_text=_("What else an applicant must be or have, in a few words."),
    )
    region = models.CharField(_("region"), max_length=200, blank=True)
    countries = models.CharField(
        _("countries whose applicants it takes"),
        max_length=200,
        blank=True,
        validators=[_COUNTRIES],
        help_text=_("“any”, or codes of countries such as DE AT. Empty: not known."),
    )
    opens_on = models.DateField(_("opens"), null=True, blank=True)
    closes_on = models.DateField(_("closes"), null=True, blank=True)
    yearly_budget_minor = models.BigIntegerField(
        _("yearly budget, in minor units"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    notes = models.TextField(_("notes"), blank=True)
    source_url = models.CharField(_("where this was read"), max_length=300)
    checked_on = models.DateField(_("checked on"))

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["funder__name", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on=None) | Q(closes_on=None) | Q(closes_on__gte=F("opens_on")),
                name="programme_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=(Q(grant_min_minor=None) | Q(grant_min_minor__gt=0))
                & (Q(grant_max_minor=None) | Q(grant_max_minor__gt=0))
                & (Q(awards_allowed=None) | Q(awards_allowed__gt=0))
                & (
                    Q(grant_min_minor=None)
                    | Q(grant_max_minor=None)
                    | Q(grant_max_minor__gte=F("grant_min_minor"))
                ),
                name="programme_grants_are_a_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def smallest(self) -> Money | None:
        return self._money(self.grant_min_minor)

    @property
    def largest(self) -> Money | None:
        return self._money(self.grant_max_minor)

    @property
    def yearly_budget(self) -> Money | None:
        return self._money(self.yearly_budget_minor)

    @property
    def who_may_apply(self) -> str:
        """In words: individuals, organisations; in Germany. Empty where it is not known."""
        labels = dict(self.Applicant.choices)
        kinds = ", ".join(str(labels.get(one, one)) for one in self.eligible)
        return "; ".join(part for part in (kinds, self.conditions) if part)

    @property
    def is_link(self) -> bool:
        """Whether it was read at an address that can be opened."""
        return self.source_url.startswith("https://") and " " not in self.source_url

    def is_stale(self, on: date) -> bool:
        return self.checked_on <= on - CHECK_AFTER

    def _money(self, minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, self.currency)

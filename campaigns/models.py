"""What is asked for, and what staff state about it."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked
from fundtracker.money import Money
from projects.models import Project, Stream


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def public(self) -> "CampaignQuerySet":
        return self.filter(is_public=True)

    def for_list(self) -> "CampaignQuerySet":
        return self.public().select_related("project")

    def for_page(self) -> "CampaignQuerySet":
        return self.for_list().prefetch_related("updates", "statements", "streams__source")


@tracked(exclude=["supporters", "supporters_at"])
class Campaign(models.Model):
    """A target in one currency, a window, and what counts towards it."""

    class Mode(models.TextChoices):
        TOTAL = "total", _("raises a total by a day")
        MONTHLY = "monthly", _("reaches a sum per month")

    slug = models.SlugField(_("short name"), max_length=80, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(_("name"), max_length=200)
    summary = models.TextField(_("in a few sentences"), blank=True)
    about = models.TextField(_("what the money is for"), blank=True, help_text=_("Markdown."))
    mode = models.CharField(_("kind of target"), max_length=7, choices=Mode.choices, default=Mode.TOTAL)
    currency = models.CharField(_("currency"), max_length=3)
    target_minor = models.BigIntegerField(_("target, in minor units"), null=True, blank=True)
    starts_on = models.DateField(_("starts"))
    ends_on = models.DateField(_("ends, this day included"), null=True, blank=True)
    streams = models.ManyToManyField(
        Stream, verbose_name=_("what counts"), blank=True, related_name="campaigns"
    )
    purposes = models.JSONField(
        _("purposes that count"), default=list, blank=True, help_text=_("Empty: all of them.")
    )
    counts_earlier = models.BooleanField(_("money before the start counts too"), default=False)
    give_links = models.JSONField(
        _("where to give"), default=list, blank=True, help_text=_('A list of {"name": …, "url": …}.')
    )
    source_url = models.URLField(_("where this was announced"), blank=True)
    restated_every_days = models.PositiveSmallIntegerField(
        _("days between two stated figures"),
        null=True,
        blank=True,
        help_text=_("What was promised: staff are reminded when the last one is older. Empty: nothing was."),
    )
    is_public = models.BooleanField(_("has a public page"), default=True)
    supporters = models.PositiveIntegerField(_("supporters"), null=True, editable=False)
    supporters_at = models.DateTimeField(_("supporters counted"), null=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-starts_on", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"), name="campaign_currency_code"
            ),
            models.CheckConstraint(
                condition=models.Q(target_minor=None) | models.Q(target_minor__gte=0),
                name="campaign_target_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_its_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:campaign", args=[self.slug])

    @property
    def target(self) -> Money | None:
        return None if self.target_minor is None else Money(self.target_minor, self.currency)

    def is_over(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today


@tracked()
class Level(models.Model):
    """Stay-alive, full, ambition: an amount, a day, and what happens if it is missed."""

    class Kind(models.TextChoices):
        STAY_ALIVE = "stay_alive", _("to stay alive")
        FULL = "full", _("full")
        AMBITION = "ambition", _("ambition")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="levels")
    kind = models.CharField(_("level"), max_length=10, choices=Kind.choices)
    amount_minor = models.BigIntegerField(_("amount, in minor units"))
    due_on = models.DateField(_("by"), null=True, blank=True)
    if_missed = models.TextField(_("what happens if it is missed"))
    source_url = models.URLField(_("where this was said"), blank=True)

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ["campaign", "amount_minor"]
        constraints = [models.UniqueConstraint(fields=["campaign", "kind"], name="level_once")]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.campaign.currency)


@tracked()
class Statement(models.Model):
    """Staff say what the total was at the end of a day. Never changed; withdrawn in sight of everyone."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="statements")
    as_of = models.DateField(_("as of the end of"))
    amount_minor = models.BigIntegerField(_("total, in minor units"))
    note = models.TextField(_("note to the public"), blank=True)
    evidence_url = models.URLField(_("evidence"), blank=True)
    evidence = models.CharField(_("evidence, in words"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now(), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    key = models.UUIDField(unique=True, null=True, editable=False, help_text=_("Of the form that made it."))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_why = models.TextField(_("why it was withdrawn"), blank=True)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["campaign", "-as_of", "-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="statement_not_negative"),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | ~models.Q(withdrawn_why=""),
                name="statement_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.as_of}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.campaign.currency)


@tracked()
class Update(models.Model):
    """A dated note to the public."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="updates")
    published_on = models.DateField(_("published"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), help_text=_("Markdown."))
    source_url = models.URLField(_("where this was said"), blank=True)

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["campaign", "-published_on", "-pk"]

    def __str__(self) -> str:
        return self.title


from campaigns import outbox, questions  # noqa: E402, F401  # models too, which point to the ones above

"""What is asked for, and the levels of it."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.updates import Update, published
from fundtracker.history import tracked
from fundtracker.money import Money
from projects.models import Project, Stream


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def public(self) -> "CampaignQuerySet":
        """What has a public page at this moment: a planned one appears by itself."""
        return self.filter(published())

    def for_list(self) -> "CampaignQuerySet":
        return self.public().select_related("project", "frozen")

    def for_staff(self) -> "CampaignQuerySet":
        """All of them, drafts too."""
        return self.select_related("project", "frozen")

    def for_page(self) -> "CampaignQuerySet":
        updates = Prefetch("updates", Update.objects.public())
        return self.for_list().prefetch_related(updates, "statements", "streams__source")


@tracked(exclude=["supporters", "supporters_at", "key"])
class Campaign(models.Model):
    """A target in one currency, a window, and what counts towards it."""

    class Mode(models.TextChoices):
        TOTAL = "total", _("raises a total by a day")
        MONTHLY = "monthly", _("reaches a sum per month")

    class State(models.TextChoices):
        """Where it is in its life."""

        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        COMING = "coming", _("not begun")
        RUNNING = "running", _("running")
        OVER = "over", _("over")
        FROZEN = "frozen", _("over, figures frozen")

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
    publish_at = models.DateTimeField(_("public from"), null=True, blank=True, help_text=_("Empty: at once."))
    key = models.UUIDField(unique=True, null=True, editable=False, help_text=_("Of the form that made it."))
    supporters = models.PositiveIntegerField(_("supporters"), null=True, editable=False)
    supporters_at = models.DateTimeField(_("supporters counted"), null=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-starts_on", "slug"]
        constraints = [
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="campaign_currency_code"),
            models.CheckConstraint(
                condition=Q(target_minor=None) | Q(target_minor__gte=0),
                name="campaign_target_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
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

    @property
    def is_shown(self) -> bool:
        """Whether it has a public page at this moment."""
        return self.is_public and (self.publish_at is None or self.publish_at <= timezone.now())

    @property
    def was_public(self) -> bool:
        """Ever: then it has a figure that somebody may have seen."""
        return bool(self.events.filter(is_public=True).exists())  # type: ignore[attr-defined]

    @property
    def stated(self) -> "list[Any]":
        """What the public sees of what was stated, withdrawn or not, newest first."""
        return [statement for statement in self.statements.all() if statement.in_force]

    def is_over(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today

    def state(self, *, now: datetime, today: date) -> State:
        if not self.is_public:
            return self.State.DRAFT
        if self.publish_at and self.publish_at > now:
            return self.State.PLANNED
        if hasattr(self, "frozen"):
            return self.State.FROZEN
        if self.is_over(today):
            return self.State.OVER
        return self.State.RUNNING if self.starts_on <= today else self.State.COMING


@tracked()
class Counted(Campaign.streams.through):  # type: ignore[name-defined,misc]
    """One stream that counts towards one campaign: here so that history has it."""

    class Meta:
        proxy = True


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

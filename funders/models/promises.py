"""Money promised. It never counts as raised."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, F, Q, Sum, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils.translation import gettext_lazy as _

from funders.connectors import MANUAL
from funders.connectors.base import Certainty, Purpose, State
from funders.models.people import FREQUENCIES, Funder, Giver, Tier
from funders.models.sources import Source
from fundtracker.history import tracked
from fundtracker.money import Money

# How the ids of what staff type begin.
TYPED = "typed:"
PURPOSES = [
    (Purpose.MAINTENANCE.value, _("maintenance")),
    (Purpose.SECURITY.value, _("security")),
    (Purpose.INFRASTRUCTURE.value, _("infrastructure")),
    (Purpose.FEATURES.value, _("features")),
    (Purpose.COMMUNITY.value, _("community")),
    (Purpose.ADMINISTRATION.value, _("administration")),
    (Purpose.UNRESTRICTED.value, _("unrestricted")),
]

# A name the provider calls public, of nobody whom staff keep unnamed.
NAMED = (
    Q(show_name=True, giver__isnull=False)
    & ~Q(giver__name="")
    & (Q(giver__funder=None) | Q(giver__funder__is_public=True))
)


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def running(self, on: date) -> "CommitmentQuerySet":
        """Active on a day. A membership that staff keep runs once it is paid: until then it is only awaited."""
        return self.filter(
            Q(starts_on=None) | Q(starts_on__lte=on),
            Q(ends_on=None) | Q(ends_on__gte=on),
            state=State.ACTIVE.value,
        ).exclude(membership__state__in=["applied", "invoiced"])

    def typed(self) -> "CommitmentQuerySet":
        """What staff keep themselves; all else is its provider's to change."""
        return self.filter(external_id__startswith=TYPED, source__kind=MANUAL)

    def with_parts(self, on: date) -> "CommitmentQuerySet":
        """With the sums of its instalments, in minor units: paid, pending, overdue on a day."""
        late = Q(instalments__paid=False, instalments__due_on__lt=on)
        sums = {
            "paid_minor": Q(instalments__paid=True),
            "overdue_minor": late,
            "pending_minor": Q(instalments__paid=False) & ~late,
        }
        return self.annotate(
            **{
                name: Coalesce(Sum("instalments__amount_minor", filter=which), 0)
                for name, which in sums.items()
            }
        )

    def public(self) -> "CommitmentQuerySet":
        """Whose giver may be named."""
        return self.filter(NAMED)

    def for_funder(self, funder: Funder) -> "CommitmentQuerySet":
        """What a funder is known to have promised, what it was for, and whom its money reaches."""
        return (
            self.public()
            .filter(giver__funder=funder)
            .select_related("source", "tier")
            .prefetch_related("source__streams__project")
            .order_by(F("starts_on").desc(nulls_last=True), "pk")
        )

    def counted_by_tier(self) -> "models.QuerySet[Commitment, Any]":
        """Givers of each tier, and those of them who may be named. One without a giver counts as its own."""
        return (
            self.order_by()
            .values("tier")
            .annotate(
                givers=Count("giver", distinct=True) + Count("pk", filter=Q(giver=None)),
                public=Count("giver", distinct=True, filter=NAMED),
            )
        )

    def named(self, most: int) -> "CommitmentQuerySet":
        """Up to `most` public ones of each tier, the largest first, each giver once."""
        once = self.public().order_by("tier_id", "giver_id", F("amount_minor").desc(nulls_last=True), "pk")
        return (
            self.model._default_manager.filter(pk__in=once.distinct("tier_id", "giver_id").values("pk"))
            .annotate(
                place=Window(
                    RowNumber(),
                    partition_by="tier_id",
                    order_by=[F("amount_minor").desc(nulls_last=True), "giver__name", "pk"],
                )
            )
            .filter(place__lte=most)
            .select_related("giver__funder")
            .order_by("tier_id", "place")
        )


@tracked(exclude=["seen"])
class Commitment(models.Model):
    """A pledge, an awarded grant, a membership or an active subscription, as one source reports it."""

    CERTAINTIES = [(Certainty.PLEDGED.value, _("said")), (Certainty.COMMITTED.value, _("signed"))]
    STATES = [
        (State.ACTIVE.value, _("active")),
        (State.PAUSED.value, _("paused")),
        (State.OVERDUE.value, _("overdue")),
        (State.ENDED.value, _("ended")),
    ]

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="commitments")
    external_id = models.CharField(_("id at the source"), max_length=200)
    giver = models.ForeignKey(
        Giver, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    show_name = models.BooleanField(_("may be named"), default=False)
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    title = models.CharField(_("what for"), max_length=300, blank=True)
    amount_minor = models.BigIntegerField(
        _("amount, in minor units"),
        null=True,
        blank=True,
        help_text=_("Empty where no amount was published."),
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    frequency = models.CharField(_("how often"), max_length=10, choices=FREQUENCIES, default="once")
    certainty = models.CharField(_("said or signed"), max_length=10, choices=CERTAINTIES, default="committed")
    state = models.CharField(_("state"), max_length=10, choices=STATES, default="active")
    purpose = models.CharField(_("purpose"), max_length=20, choices=PURPOSES, null=True, blank=True)
    designation = models.CharField(_("designation"), max_length=200, blank=True)
    starts_on = models.DateField(_("starts"), null=True, blank=True)
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    url = models.URLField(_("where this was read"), max_length=500, blank=True)
    seen = models.DateTimeField(_("last changed at the source"))

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["source", "external_id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="commitment_once"),
            models.CheckConstraint(
                condition=models.Q(amount_minor=None)
                | models.Q(amount_minor__gt=0, currency__regex="^[A-Z]{3}$"),
                name="commitment_amount_has_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def is_typed(self) -> bool:
        return self.source.kind == MANUAL and self.external_id.startswith(TYPED)

    @property
    def who(self) -> str:
        """For staff: the funder that the giver is known to be, or the name that its provider makes public."""
        if self.giver is None:
            return str(_("somebody unknown"))
        return str(self.giver.funder or self.giver)


@tracked()
class Instalment(models.Model):
    """One part of a commitment; no day where none was published."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="instalments")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    amount_minor = models.BigIntegerField(_("amount, in minor units"))
    due_on = models.DateField(_("due"), null=True, blank=True)
    paid = models.BooleanField(_("paid"), default=False)
    # Beside the ledger: what counts is the entry. It names a record, whose corrections are later revisions of it.
    settled_by = models.ForeignKey(
        "Entry", on_delete=models.PROTECT, null=True, blank=True, related_name="settles", verbose_name=_("settled by")
    )  # fmt: skip

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["commitment", "position"]
        constraints = [
            models.UniqueConstraint(fields=["commitment", "position"], name="instalment_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="instalment_is_positive"),
            models.CheckConstraint(
                condition=Q(settled_by=None) | Q(paid=True), name="instalment_settled_is_paid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} {self.position + 1}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.commitment.currency)

    def state_on(self, day: date) -> str:
        """paid, pending or overdue."""
        if self.paid:
            return "paid"
        return "overdue" if self.due_on and self.due_on < day else "pending"

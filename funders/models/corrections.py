"""What a person says the books must hold: of a record that a source reported, or of money that none reports."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funders.models.agreement import TwoPersons
from funders.models.promises import PURPOSES
from funders.models.sources import Source
from fundtracker.history import tracked
from fundtracker.money import Money

# Fees and tax follow their record: nobody types them.
TYPED_KINDS = [
    ("donation", _("donation")),
    ("membership", _("membership")),
    ("sponsorship", _("sponsorship")),
    ("grant", _("grant")),
    ("in_kind", _("in kind")),
    ("transfer", _("transfer: never counts")),
    ("refund", _("refund")),
    ("chargeback", _("chargeback")),
]


@tracked(exclude=["giver_name"])
class Correction(TwoPersons):
    """Of one record's corrections the last in force holds, whatever its source says later.

    It says amount, kind, day, designation and purpose; all else (giver, fee, whether it is public) stays the source's.
    `known_entry` is the last entry of the record that its author knew of: a later one of the source is news.
    `giver_name` waits here for the second person only, and is then the giver's or nobody's.
    """

    class Says(models.TextChoices):
        NEW = "new", _("typed in: no source reports it")
        CHANGED = "changed", _("it is something else")
        NOTHING = "nothing", _("it must not count")
        SOURCE = "source", _("it is what its source says")

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("source"), db_index=False
    )
    external_id = models.CharField(_("id at the source"), max_length=200)
    says = models.CharField(_("what is right"), max_length=7, choices=Says.choices, default=Says.CHANGED)
    kind = models.CharField(_("kind"), max_length=12, choices=TYPED_KINDS, blank=True)
    amount_minor = models.BigIntegerField(_("amount, in minor units"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    day = models.DateField(_("day"), null=True, blank=True)
    designation = models.CharField(_("designation"), max_length=200, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=PURPOSES, null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    giver_name = models.CharField(_("giver"), max_length=200, blank=True)
    why = models.CharField(_("why"), max_length=500)
    evidence = models.CharField(_("evidence"), max_length=300, blank=True)
    evidence_url = models.URLField(_("where the evidence is"), blank=True)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    known_entry = models.BigIntegerField(default=0, editable=False)

    class Meta(TwoPersons.Meta):
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["-pk"]
        constraints = [
            *TwoPersons.Meta.constraints,
            models.CheckConstraint(
                condition=Q(says__in=["nothing", "source"])
                | Q(amount_minor__isnull=False, day__isnull=False, currency__regex="^[A-Z]{3}$")
                & ~Q(amount_minor=0)
                & ~Q(kind=""),
                name="correction_says_all",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(needs_second=True, agreed_at=None, refused_at=None),
                name="correction_waits_once",
            ),
        ]
        indexes = [models.Index(fields=["source", "external_id", "-id"], name="correction_of_a_record")]

    def __str__(self) -> str:
        return self.external_id

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

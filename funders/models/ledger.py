"""The ledger. funders/ledger.py is the only writer of Entry, Standing and DailyTotal; triggers guard the rest."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Now
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext_lazy as _

from funders.models.corrections import Correction
from funders.models.people import FREQUENCIES, Giver
from funders.models.promises import PURPOSES
from funders.models.sources import Source

KINDS = [
    ("donation", _("donation")),
    ("membership", _("membership")),
    ("sponsorship", _("sponsorship")),
    ("grant", _("grant")),
    ("in_kind", _("in kind")),
    ("refund", _("refund")),
    ("chargeback", _("chargeback")),
    ("fee", _("fee")),
    ("tax", _("tax")),
    ("transfer", _("transfer")),
]
INCOMING = ("donation", "membership", "sponsorship", "grant", "in_kind")
RAISED = ("donation", "membership", "sponsorship", "grant", "refund", "chargeback")
# What an entry may count as beside its own kind: a payment that another source already counts, and a
# refund whose original is not in, or not large enough, yet.
UNCOUNTED = [("twin", _("counted at another source")), ("waiting", _("waits for its original"))]
# One of each record: its fee and its tax stand beside it, and reversals behind it.
LISTED = Q(Exact(F("revision") % 2, Value(0)), part="gross")
# What takes an entry back: few of them, so that they have an index of their own.
REVERSALS = Q(Exact(F("revision") % 2, Value(1)))
PARTS = [("gross", _("gross")), ("fee", _("fee")), ("tax", _("tax"))]


class EntryQuerySet(models.QuerySet["Entry"]):
    def last_words(self) -> "EntryQuerySet":
        """Of each record what it was when it last counted: most count still, the others were taken back since."""
        later = Entry.objects.filter(_same_record(), revision=OuterRef("revision") + 2)
        return self.filter(LISTED).filter(~Exists(later))

    def live(self) -> "EntryQuerySet":
        """Each record as it counts."""
        return self.filter(LISTED).filter(~Exists(self.taken_back()))

    @staticmethod
    def taken_back() -> "models.QuerySet[Entry]":
        """The reversal of the entry outside."""
        return Entry.objects.filter(REVERSALS, _same_record(), revision=OuterRef("revision") + 1)

    def for_list(self) -> "EntryQuerySet":
        return self.select_related("source", "giver", "standing").annotate(
            **{"is_taken_back": Exists(self.taken_back())}
        )


def _same_record() -> Q:
    return Q(source=OuterRef("source"), external_id=OuterRef("external_id"), part=OuterRef("part"))


class Entry(models.Model):
    """Money that moved, as the provider said it. Never changed: revision 2n − 1 takes back, 2n replaces.

    What has no `correction` is the provider's word, and its last is remembered under every correction.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="entries", db_index=False)
    external_id = models.CharField(_("id at the source"), max_length=200)
    part = models.CharField(_("part"), max_length=5, choices=PARTS, default="gross")
    revision = models.PositiveIntegerField(_("revision"), default=0)
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    amount_minor = models.BigIntegerField(_("amount, in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    occurred_at = models.DateTimeField(_("when"))
    frequency = models.CharField(_("how often"), max_length=10, choices=FREQUENCIES)
    giver = models.ForeignKey(Giver, on_delete=models.PROTECT, null=True, related_name="entries")
    show_name = models.BooleanField(_("gift is public"))
    designation = models.CharField(_("designation"), max_length=200, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=PURPOSES, null=True)
    payment_ref = models.CharField(_("payment"), max_length=200, blank=True)
    refunds_external_id = models.CharField(_("takes back"), max_length=200, blank=True)
    seen = models.DateTimeField(_("version at the source"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=Now())
    correction = models.ForeignKey(
        Correction, on_delete=models.PROTECT, null=True, related_name="entries", db_index=False
    )

    is_taken_back: bool  # by for_list()

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id", "part", "revision"], name="entry_once"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="entry_is_not_zero"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="entry_currency_code"),
            models.CheckConstraint(
                condition=Q(~Q(kind__in=INCOMING))
                | Q(GreaterThan(F("amount_minor") * (1 - 2 * (F("revision") % 2)), Value(0))),
                name="entry_sign_fits_its_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["payment_ref"], condition=~Q(payment_ref=""), name="entry_payment_ref"),
            models.Index(
                fields=["source", "refunds_external_id"],
                condition=~Q(refunds_external_id=""),
                name="entry_refunds",
            ),
            models.Index(
                fields=["source", "occurred_at"],
                condition=Q(part="gross") & ~Q(frequency="once"),
                name="entry_recurring",
            ),
            # What the staff list asks for: the newest of all, of one source, and what somebody looks for.
            models.Index(fields=["-occurred_at", "-id"], condition=LISTED, name="entry_newest"),
            models.Index(fields=["source", "-occurred_at", "-id"], condition=LISTED, name="entry_of_source"),
            models.Index(fields=["currency", "amount_minor"], condition=LISTED, name="entry_amount"),
            models.Index(
                fields=["designation", "-occurred_at"],
                condition=LISTED & ~Q(designation=""),
                name="entry_designation",
            ),
            models.Index(
                fields=["external_id"],
                opclasses=["text_pattern_ops"],
                condition=LISTED,
                name="entry_id_begins",
            ),
            models.Index(
                fields=["source", "external_id", "part", "revision"],
                condition=REVERSALS,
                name="entry_reversal",
            ),
            models.Index(
                fields=["correction"], condition=Q(correction__isnull=False), name="entry_correction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external_id}/{self.part}/{self.revision}"


class Standing(models.Model):
    """How an entry counts where the answer is not the plain one: its own kind, on its own day."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="standing")
    counted_as = models.CharField(_("counted as"), max_length=12, choices=[*KINDS, *UNCOUNTED])
    value_date = models.DateField(_("counts on"))
    twin_of = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="twins")
    waits_for = models.CharField(_("waits for"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.counted_as}"


class DailyTotal(models.Model):
    """Entries as they stand, summed by day; moves in the same transaction as they do.

    `entries` counts live records: a reversal takes away what its original added.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="daily_totals", db_index=False)
    designation = models.CharField(max_length=200, blank=True)
    value_date = models.DateField()
    event_date = models.DateField()
    currency = models.CharField(max_length=3)
    counted_as = models.CharField(max_length=12)
    frequency = models.CharField(max_length=10)
    purpose = models.CharField(max_length=20, null=True)
    amount_minor = models.BigIntegerField()
    entries = models.BigIntegerField()

    class Meta:
        verbose_name = _("daily total")
        verbose_name_plural = _("daily totals")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "source", "value_date", "counted_as", "currency",
                    "designation", "event_date", "frequency", "purpose",
                ],
                nulls_distinct=False,
                name="daily_total_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.source_id} {self.value_date} {self.counted_as} {self.amount_minor} {self.currency}"


class Rate(models.Model):
    """Units of `currency` for one euro on one day, as published. Never changed (trigger)."""

    class Publisher(models.TextChoices):
        ECB = "ecb", _("European Central Bank")
        SANDBOX = "sandbox", _("sandbox")

    publisher = models.CharField(_("published by"), max_length=7, choices=Publisher.choices)
    currency = models.CharField(_("currency"), max_length=3)
    day = models.DateField(_("day"))
    per_euro = models.DecimalField(_("for one euro"), max_digits=20, decimal_places=8)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            models.UniqueConstraint(fields=["currency", "day", "publisher"], name="rate_once"),
            models.CheckConstraint(condition=Q(per_euro__gt=0), name="rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day} {self.per_euro}"

"""What staff state of a campaign's total, the files that prove it, and how a statement is withdrawn."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from funders.models.agreement import TwoPersons
from fundtracker.history import tracked
from fundtracker.money import Money


def random_name(file: "EvidenceFile", name: str) -> str:
    """Nothing of what its author called it, and no ending that a web server could go by."""
    return f"evidence/{file.token.hex}"


class EvidenceFile(models.Model):
    """What proves a statement, seen by staff alone. Without a statement it is a draft of `user`, swept after a day.

    It is never changed (trigger) and its statement keeps it, so it needs no history beside its own row.
    """

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(_("file"), upload_to=random_name)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=4)
    digest = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now())

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")

    def __str__(self) -> str:
        return self.name


@tracked()
class Statement(TwoPersons):
    """Staff say what the total was at the end of a day. Never changed; withdrawn in sight of everyone.

    One that changes the figure by much counts once a second person agrees.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="statements")
    as_of = models.DateField(_("as of the end of"))
    amount_minor = models.BigIntegerField(_("total, in minor units"))
    note = models.TextField(_("note to the public"), blank=True)
    evidence_url = models.URLField(_("evidence"), blank=True)
    evidence = models.CharField(_("evidence, in words"), max_length=300, blank=True)
    evidence_file = models.ForeignKey(
        EvidenceFile, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("evidence on file"), related_name="statements"
    )  # fmt: skip
    key = models.UUIDField(unique=True, null=True, editable=False, help_text=_("Of the form that made it."))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_why = models.TextField(_("why it was withdrawn"), blank=True)

    class Meta(TwoPersons.Meta):
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["campaign", "-as_of", "-recorded_at", "-pk"]
        constraints = [
            *TwoPersons.Meta.constraints,
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="statement_not_negative"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_why=""),
                name="statement_withdrawn_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.as_of}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.campaign.currency)

    @property
    def in_force(self) -> bool:
        """Made alone, or agreed to: the public may see it."""
        return not self.needs_second or self.agreed_at is not None

    @property
    def counts(self) -> bool:
        return self.in_force and self.withdrawn_at is None


@tracked()
class Withdrawal(TwoPersons):
    """Somebody withdraws a statement. In force it has marked the statement, whose page shows the reason."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="withdrawals")
    why = models.TextField(_("why"))

    class Meta(TwoPersons.Meta):
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        constraints = [
            *TwoPersons.Meta.constraints,
            models.CheckConstraint(condition=~Q(why=""), name="withdrawal_has_a_reason"),
            models.UniqueConstraint(
                fields=["statement"], condition=Q(refused_at=None), name="withdrawal_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.statement)

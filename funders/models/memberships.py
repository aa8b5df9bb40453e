"""Memberships that staff keep themselves: terms, and where each of them stands."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from funders.models.people import Tier
from funders.models.promises import Commitment
from fundtracker.history import tracked

DAY = timedelta(days=1)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def over(self, on: date) -> "MembershipQuerySet":
        """Whose term had ended before `on`."""
        return self.filter(commitment__ends_on__lt=on)

    def renewable(self, *, since: date, until: date) -> "MembershipQuerySet":
        """Terms that end within the two days, both included, and that nobody has renewed or let go."""
        return self.filter(
            commitment__ends_on__range=(since, until),
            state__in=[Membership.State.INVOICED, Membership.State.PAID, Membership.State.GRACE],
        )


@tracked()
class Membership(models.Model):
    """One term of a membership that staff keep; the money and the days are its commitment's.

    funders/members.py moves it from state to state, and its commitment with it.
    """

    class State(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("membership", "applied")
        INVOICED = "invoiced", _("invoiced")
        PAID = "paid", _("paid")
        GRACE = "grace", _("grace")
        LAPSED = "lapsed", _("lapsed")
        RENEWED = "renewed", _("renewed")

    commitment = models.OneToOneField(Commitment, on_delete=models.PROTECT, related_name="membership")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.APPLIED)
    since = models.DateField(_("since"))
    renews = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successor", verbose_name=_("renews")
    )  # fmt: skip

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("membership", "membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.CheckConstraint(
                condition=Q(renews=None) | ~Q(renews=F("pk")), name="membership_renews_another"
            ),
        ]

    def __str__(self) -> str:
        return str(self.commitment)

    @property
    def ends_on(self) -> date:
        ends = self.commitment.ends_on
        assert ends is not None, "a membership has a term"
        return ends

    @property
    def days_of_grace(self) -> int:
        tier = self.commitment.tier
        return tier.days_of_grace if tier else Tier.DAYS_OF_GRACE

    @property
    def grace_until(self) -> date | None:
        """The last day on which it has not lapsed yet."""
        late = timedelta(days=self.days_of_grace)
        return self.since + late - DAY if self.state == self.State.GRACE else None

    def offered(self, on: date) -> list["Membership.State"]:
        """The states that it may be moved to on a day. It is renewed on a page of its own."""
        is_over = self.ends_on < on
        states = self.State
        after: dict[str, list[Membership.State]] = {
            states.APPLIED: [states.INVOICED, states.PAID, states.LAPSED],
            states.INVOICED: [states.PAID, states.GRACE, states.LAPSED],
            states.PAID: [states.INVOICED, states.GRACE, states.LAPSED],
            states.GRACE: [states.PAID, states.LAPSED],
            states.LAPSED: [states.PAID],
            states.RENEWED: [],
        }
        # A term that is over cannot be paid any more into running: it is renewed.
        return [state for state in after[self.state] if not (is_over and state == states.PAID)]

    @property
    def may_be_renewed(self) -> bool:
        return self.state in (self.State.PAID, self.State.GRACE, self.State.LAPSED)

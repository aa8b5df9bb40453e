"""What somebody wants done with an import as a whole: booked where it is large, or taken back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funders.models.agreement import TwoPersons
from funders.models.sources import Upload
from fundtracker.history import tracked


@tracked()
class Booking(TwoPersons):
    """A large import is to be booked as its preview showed it. A small one needs no row: whoever confirms it is on it.

    It is of one preview, `shown` being its digest: of another nobody has agreed to anything.
    """

    # A file that is forgotten was never booked, and the history keeps who asked.
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="bookings")
    shown = models.CharField(_("digest of the preview"), max_length=64, editable=False)

    class Meta(TwoPersons.Meta):
        verbose_name = _("import to be booked")
        verbose_name_plural = _("imports to be booked")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            *TwoPersons.Meta.constraints,
            models.UniqueConstraint(
                fields=["upload"],
                condition=models.Q(needs_second=True, agreed_at=None, refused_at=None),
                name="booking_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.upload_id)


@tracked()
class TakeBack(TwoPersons):
    """Somebody takes an import back, and says why. A large one takes a second person, like every large correction."""

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="take_backs")
    why = models.CharField(_("why"), max_length=300)

    class Meta(TwoPersons.Meta):
        verbose_name = _("import taken back")
        verbose_name_plural = _("imports taken back")
        ordering = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.why}"

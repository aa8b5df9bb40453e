"""Somebody takes an import back as a whole, and says why."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from funders.models.agreement import TwoPersons
from funders.models.sources import Upload
from fundtracker.history import tracked


@tracked()
class TakeBack(TwoPersons):
    """A large one takes a second person, like every large correction."""

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="take_backs")
    why = models.CharField(_("why"), max_length=300)

    class Meta(TwoPersons.Meta):
        verbose_name = _("import taken back")
        verbose_name_plural = _("imports taken back")
        ordering = ["-recorded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.why}"

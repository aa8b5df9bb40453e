"""A staff form that does too much for one person: kept as it was sent, and carried out once a second person agrees."""

import json
from collections.abc import Mapping

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from funders.models.agreement import TwoPersons
from fundtracker.history import tracked


@tracked(exclude=["typed"])
class Asked(TwoPersons):
    """`seen` says what its author looked at: if that is something else by now, nobody can agree to it any more.

    Amounts and days in `typed` are read again in the `language` in which they were typed.
    """

    class Kind(models.TextChoices):
        MOVE = "move", _("money goes to another project")
        CAMPAIGN = "campaign", _("a campaign changes")

    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    thing = models.BigIntegerField(_("number of the source, or of the campaign"))
    about = models.CharField(_("about"), max_length=200)
    why = models.CharField(_("why"), max_length=500, blank=True)
    typed = models.TextField(editable=False)
    seen = models.CharField(max_length=64, editable=False)
    language = models.CharField(max_length=10, editable=False)

    class Meta(TwoPersons.Meta):
        verbose_name = _("change that takes two")
        verbose_name_plural = _("changes that take two")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            *TwoPersons.Meta.constraints,
            models.UniqueConstraint(
                fields=["kind", "thing"],
                condition=models.Q(needs_second=True, agreed_at=None, refused_at=None),
                name="asked_once",
            ),
        ]

    def __str__(self) -> str:
        return self.about

    @property
    def form(self) -> QueryDict:
        """As it was sent; empty where a person who was erased was named in it."""
        sent = QueryDict(mutable=True)
        try:
            said: Mapping[str, list[str]] = json.loads(self.typed)
        except ValueError:
            return sent
        for name, values in said.items():
            sent.setlist(name, values)
        return sent

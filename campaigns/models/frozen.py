"""A campaign's figures of its last day, kept for good."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from fundtracker.history import tracked
from fundtracker.money import Money


@tracked(exclude=["document"])
class Frozen(models.Model):
    """What the figures were at the end of `day`, as whoever froze them knew it. Append-only, one for a campaign.

    `document` is the exact text that `digest` is of; `signature` is of the digest's 32 bytes, by `public_key`.
    Digest, signature and key are in hexadecimal digits.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="frozen")
    day = models.DateField(_("at the end of"))
    document = models.TextField(_("figures"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    signature = models.CharField(_("signature"), max_length=128)
    public_key = models.CharField(_("public key"), max_length=64)
    recorded_at = models.DateTimeField(_("frozen"), db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("frozen figures")
        verbose_name_plural = _("frozen figures")
        ordering = ["-day", "campaign"]

    def __str__(self) -> str:
        return f"{self.campaign} {self.day}"

    @property
    def figures(self) -> dict[str, Any]:
        """The document, read: {"campaign": as in the API, "day", "frozen_at", "stated", "taken_back"}."""
        read: dict[str, Any] = json.loads(self.document)
        return read

    @property
    def headline(self) -> Money:
        """What had been raised, or came in a month where that was the target."""
        campaign = self.figures["campaign"]
        return Money.of(
            campaign["monthly" if campaign["mode"] == "monthly" else "raised"], campaign["currency"]
        )

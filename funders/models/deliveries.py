"""What providers told us unasked: each message once, booked by the next run of its source."""

import json
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from funders.models.sealing import sealed, unsealed

_DECIMAL = "$decimal"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        """Neither handled nor rejected: what was rejected is read again when somebody asks for it."""
        return self.filter(handled_at=None, error="")


class Delivery(models.Model):
    """One message of a provider's webhook. Its content lies sealed until it is booked, and then no longer.

    Content, not the provider's own bytes: those prove themselves once, when they come in, and say more of people
    than a ledger needs. A hint has no content: it says that there is something to ask.
    """

    source = models.ForeignKey("Source", on_delete=models.PROTECT, related_name="deliveries")
    external_id = models.CharField(_("id at the provider"), max_length=200)
    received_at = models.DateTimeField(_("received"), db_default=Now())
    item_sealed = models.TextField(blank=True, editable=False)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    error = models.TextField(_("why it was not booked"), blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["received_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["source", "received_at"],
                condition=models.Q(handled_at=None),
                name="delivery_unhandled",
            )
        ]

    def __str__(self) -> str:
        return self.external_id

    def settle(self, error: str = "") -> None:
        """Booked, and its content forgotten; or not, with the reason, and kept."""
        moves = {"error": error} if error else {"handled_at": Now(), "item_sealed": "", "error": ""}
        Delivery.objects.filter(pk=self.pk).update(**moves)

    @property
    def item(self) -> Any:
        """What parse takes, None of a hint. ValueError if none of TOKEN_KEYS opens it."""
        text = unsealed(self.item_sealed)
        return json.loads(text, parse_float=Decimal, object_hook=_with_decimal) if text else None


def sealed_item(item: Any) -> str:
    """As a message's content is kept; nothing of a hint."""
    return "" if item is None else sealed(json.dumps(item, default=_as_tagged))


def _as_tagged(value: Any) -> dict[str, str]:
    """A fraction keeps every digit: JSON's own number would be read by the nearest binary one here."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a message cannot be kept with a {type(value).__name__} in it")
    return {_DECIMAL: str(value)}


def _with_decimal(found: dict[str, Any]) -> Any:
    if found.keys() != {_DECIMAL}:
        return found
    try:
        return Decimal(found[_DECIMAL])
    except (TypeError, ValueError, ArithmeticError):  # the provider's own object, which only looks like ours
        return found

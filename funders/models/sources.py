"""A source is one account at one provider, or one series of uploaded files."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from funders import connectors
from funders.connectors.base import Account
from funders.models.deliveries import Delivery
from funders.models.sealing import Unopened, sealed, unsealed
from fundtracker.history import tracked
from fundtracker.models import check_time_zone


def file_kinds() -> list[str]:
    """Kinds whose sources are series of uploaded files."""
    return [kind for kind, connector in connectors.CONNECTORS.items() if connector.ATOMIC]


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self) -> "SourceQuerySet":
        """What a worker may take now, by the database's clock: due, active, and nobody else's.

        A source of files is due while it has one that nobody has read. One that its provider told something is due
        at once, unless it failed: then its rest holds, whatever comes in.
        """
        unread = models.Exists(Upload.objects.unread().filter(source=models.OuterRef("pk")))
        told = models.Exists(Delivery.objects.waiting().filter(source=models.OuterRef("pk")))
        return (
            self.filter(models.Q(due_at__lte=Now()) | models.Q(told, failures=0), active=True)
            .exclude(kind=connectors.MANUAL)
            .filter(models.Q(unread) | ~models.Q(kind__in=file_kinds()))
            .filter(models.Q(lease_until=None) | models.Q(lease_until__lt=Now()))
        )


@tracked(
    exclude=[
        "token_sealed",
        "hook_secret_sealed",
        "due_at",
        "reread",
        "key",
        "cursor",
        "lease",
        "lease_until",
        "synced_at",
        "failures",
        "error",
    ]
)
class Source(models.Model):
    """One account at one provider, with its cursor, lease and health."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=40, choices=connectors.choices)
    account = models.CharField(_("account at the provider"), max_length=200, blank=True)
    base_url = models.URLField(
        _("address"), blank=True, help_text=_("Only where it is not the provider's own.")
    )
    token_sealed = models.TextField(_("token"), blank=True, editable=False)
    token_set_at = models.DateTimeField(_("token put in"), null=True, editable=False)
    hook_secret_sealed = models.TextField(_("secret of its webhooks"), blank=True, editable=False)
    hook_secret_set_at = models.DateTimeField(_("webhook secret put in"), null=True, editable=False)
    options = models.JSONField(_("settings of this kind"), default=dict, blank=True)
    time_zone = models.CharField(
        _("time zone of its dates"), max_length=64, default="UTC", validators=[check_time_zone]
    )
    rank = models.SmallIntegerField(
        _("rank"),
        default=0,
        help_text=_("Of a payment that two sources report, the one of the higher rank counts."),
    )
    aggregators = models.JSONField(
        _("aggregators"),
        default=list,
        blank=True,
        help_text=_("Ids of givers here whose money another connected source reports: it is a transfer."),
    )
    is_sandbox = models.BooleanField(
        _("sandbox data"), default=False, help_text=_("Generated money: every page says so.")
    )
    evidence_url = models.URLField(_("where anyone can check it"), blank=True)

    active = models.BooleanField(_("active"), default=True)
    every_minutes = models.PositiveIntegerField(_("minutes between syncs"), default=60)
    due_at = models.DateTimeField(_("next sync"), db_default=Now())
    reread = models.BooleanField(_("read everything again"), default=False, editable=False)
    cursor = models.JSONField(_("where the next sync goes on"), default=dict, blank=True, editable=False)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    synced_at = models.DateTimeField(_("last complete sync"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    error = models.TextField(_("what is wrong"), blank=True, editable=False)
    # Of the form that made it: a double click makes one.
    key = models.UUIDField(null=True, unique=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_file(self) -> bool:
        """Whether its money comes in uploaded files, and is as old as the last one."""
        return self.kind in file_kinds()

    @property
    def token(self) -> str:
        """The provider's token. Unopened if none of TOKEN_KEYS opens it."""
        return unsealed(self.token_sealed)

    @token.setter
    def token(self, value: str) -> None:
        self.token_sealed = sealed(value)
        self.token_set_at = timezone.now() if value else None

    @property
    def hook_secret(self) -> str:
        """What the provider signs its webhooks with. Unopened if none of TOKEN_KEYS opens it."""
        return unsealed(self.hook_secret_sealed)

    @hook_secret.setter
    def hook_secret(self, value: str) -> None:
        self.hook_secret_sealed = sealed(value)
        self.hook_secret_set_at = timezone.now() if value else None

    def hushed(self, words: str) -> str:
        """What a provider said, without our own secrets, which a hostile one may repeat."""
        with suppress(Unopened):  # what nobody can open was sent to nobody
            for secret in filter(None, (self.token, self.hook_secret)):
                words = words.replace(secret, "…")
        return words

    def as_account(self, upload: "Upload | None" = None) -> Account:
        return Account(
            slug=self.account,
            base_url=self.base_url,
            token=self.token,
            options=self.options | (upload.options if upload else {}),
            time_zone=ZoneInfo(self.time_zone),
            file=Path(upload.file.path) if upload else None,
            hook_secret=self.hook_secret,
            sandbox=self.is_sandbox,
        )

    def health(self, now: datetime) -> str:
        """paused, never, failing, stale or fresh: what its figures may be trusted for.

        A file speaks for the day it was uploaded: it is fresh on that day, and longer only where `every_minutes`
        says that the next one is expected later.
        """
        if not self.active:
            return "paused"
        if self.kind == connectors.MANUAL:
            return "fresh"
        if self.failures:
            return "failing"
        if self.synced_at is None:
            return "never"
        least = timedelta(days=1) if self.kind in file_kinds() else timedelta(minutes=15)
        late = now - self.synced_at > max(timedelta(minutes=2 * self.every_minutes), least)
        return "stale" if late else "fresh"


class UploadQuerySet(models.QuerySet["Upload"]):
    def confirmed(self) -> "UploadQuerySet":
        """What may be booked, and booked again: what is still being looked at may not, nor what was taken back."""
        return self.filter(confirmed_at__isnull=False, taken_back_at=None)

    def unread(self) -> "UploadQuerySet":
        """Neither booked nor refused: what was refused is read again when somebody asks for it."""
        return self.confirmed().filter(booked_at=None, refused="")

    def to_preview(self) -> "UploadQuerySet":
        """What a worker should read without booking it."""
        return self.filter(ready_at__isnull=False, preview__isnull=True, confirmed_at=None, refused="")

    def seen(self) -> "UploadQuerySet":
        """What somebody has to confirm."""
        return self.filter(preview__isnull=False, confirmed_at=None, refused="")


def _person(label: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+", verbose_name=label
    )  # fmt: skip


@tracked(exclude=["rows", "expected", "read_at", "preview"])
class Upload(models.Model):
    """One file of a file source. It is booked whole, or not at all.

    One that came by the staff pages is booked only once somebody has seen what it does and confirmed it; `shown` is
    the digest of what was seen. One that came otherwise is confirmed from the start.
    """

    class State(models.TextChoices):
        SOURCE = "source", _("needs its source")
        COLUMNS = "columns", _("needs its columns")
        READING = "reading", _("being read")
        SEEN = "seen", _("waits for you")
        BOOKING = "booking", _("being booked")
        BOOKED = "booked", _("booked")
        REFUSED = "refused", _("refused")
        TAKEN_BACK = "taken_back", _("taken back")

    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="uploads")
    file = models.FileField(_("file"), upload_to="uploads/")
    name = models.CharField(_("name"), max_length=200, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("recognised as"), max_length=40, blank=True, editable=False)
    layout = models.CharField(_("digest of its headings"), max_length=64, blank=True, editable=False)
    options = models.JSONField(
        _("settings of this file"), default=dict, blank=True, editable=False, help_text=_("They go before the source's.")
    )  # fmt: skip
    uploaded_at = models.DateTimeField(_("uploaded"), db_default=Now(), editable=False)
    uploaded_by = _person(_("uploaded by"))
    ready_at = models.DateTimeField(_("known how to read it"), null=True, editable=False)
    rows = models.PositiveIntegerField(_("records read"), default=0, editable=False)
    expected = models.PositiveIntegerField(_("records in it"), null=True, editable=False)
    read_at = models.DateTimeField(_("last record read"), null=True, editable=False)
    preview = models.JSONField(_("what booking it does"), null=True, editable=False)
    shown = models.CharField(_("digest of the preview"), max_length=64, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, db_default=Now(), editable=False)
    confirmed_by = _person(_("confirmed by"))
    booked_at = models.DateTimeField(_("booked"), null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("instant of its entries"), null=True, editable=False)
    refused = models.TextField(_("why it was refused"), blank=True, editable=False)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, editable=False)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["uploaded_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "digest"], name="upload_once"),
            models.UniqueConstraint(fields=["digest"], condition=models.Q(source=None), name="upload_once_unplaced"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["digest"], name="upload_digest")]

    def __str__(self) -> str:
        return self.name or str(self.file)

    @property
    def is_settled(self) -> bool:
        """Being booked, or booked: nobody says otherwise what it is, unless it is taken back first."""
        return self.state in (self.State.BOOKING, self.State.BOOKED)

    @property
    def state(self) -> State:
        if self.taken_back_at:
            return self.State.TAKEN_BACK
        if self.booked_at:
            return self.State.BOOKED
        if self.refused:
            return self.State.REFUSED
        if self.confirmed_at:
            return self.State.BOOKING
        if self.source_id is None:
            return self.State.SOURCE
        if self.ready_at is None:
            return self.State.COLUMNS
        return self.State.READING if self.preview is None else self.State.SEEN

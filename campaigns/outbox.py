"""What is to be told, to whom, and what was told already. Each message is a row before anything is sent."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.questions import Question
from funders.models import Source
from funders.models.sealing import sealed, unsealed
from fundtracker.history import tracked
from fundtracker.models import User

KEPT = timedelta(days=30)


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self) -> "MessageQuerySet":
        """What a worker may send now, by the database's clock."""
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        return self.unsent().filter(free, failed_at=None, due_at__lte=Now()).order_by("due_at", "pk")

    def unsent(self) -> "MessageQuerySet":
        return self.filter(sent_at=None)

    def stuck(self) -> "MessageQuerySet":
        """Tried, and not sent."""
        return self.unsent().exclude(error="")

    def old(self) -> "MessageQuerySet":
        return self.filter(Q(sent_at__lt=Now() - KEPT) | Q(failed_at__lt=Now() - KEPT))

    def retry(self) -> int:
        return self.unsent().update(due_at=Now(), failed_at=None, lease_until=None, attempts=0)


class Message(models.Model):
    """One e-mail, or one call of the webhook. What happened once has one `key`, and so one message for each reader."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("webhook")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.EMAIL)
    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField(_("to"), blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    html = models.TextField(blank=True)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, null=True, related_name="answers")
    created_at = models.DateTimeField(_("written"), db_default=Now())
    due_at = models.DateTimeField(_("next try"), db_default=Now())
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True)
    failed_at = models.DateTimeField(_("given up"), null=True)
    error = models.TextField(_("what is wrong"), blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at=None), name="message_unsent")]

    def __str__(self) -> str:
        return self.subject

    @property
    def uid(self) -> str:
        """The same at every try, so that whoever gets it twice can tell."""
        return sha256(f"{settings.SITE_URL} {self.key}".encode()).hexdigest()[:32]

    @property
    def state(self) -> str:
        if self.sent_at:
            return "sent"
        return "given up" if self.failed_at else "failing" if self.error else "waiting"


@tracked(exclude=["secret_sealed"])
class Webhook(models.Model):
    """Where news goes besides e-mail, such as a bridge to a chat: one address, and the secret that signs for us."""

    url = models.URLField(_("address"), max_length=500)
    secret_sealed = models.TextField(editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhook")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="only_one_webhook")]

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        """whsec_ and base64. ValueError if none of TOKEN_KEYS opens it."""
        return unsealed(self.secret_sealed)

    @secret.setter
    def secret(self, value: str) -> None:
        self.secret_sealed = sealed(value)


class WishesQuerySet(models.QuerySet["Wishes"]):
    def readers(self) -> "models.QuerySet[User]":
        """Whoever works here; without a row the defaults hold."""
        return User.objects.filter(is_active=True).exclude(role="").order_by("pk")

    def alerted(self) -> "models.QuerySet[User]":
        return self.readers().exclude(wishes__alerts=False)

    def digested(self, *, weekly: bool) -> "models.QuerySet[User]":
        """Who gets today's digest; `weekly`: today is the day of those who want one a week."""
        others = [Wishes.Digest.NONE] if weekly else [Wishes.Digest.NONE, Wishes.Digest.WEEKLY]
        return self.readers().exclude(wishes__digest__in=others)


@tracked()
class Wishes(models.Model):
    """Which e-mail somebody wants."""

    class Digest(models.TextChoices):
        DAILY = "daily", _("each morning on which something needs a person")
        WEEKLY = "weekly", _("on Mondays")
        NONE = "none", _("never")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wishes")
    digest = models.CharField(
        _("What needs a person"), max_length=6, choices=Digest.choices, default=Digest.DAILY
    )
    alerts = models.BooleanField(
        _("At once: a source fails or works again, a campaign reaches a milestone"), default=True
    )

    objects = WishesQuerySet.as_manager()

    class Meta:
        verbose_name = _("wishes")
        verbose_name_plural = _("wishes")

    def __str__(self) -> str:
        return str(self.user_id)


class Morning(models.Model):
    """A day, by the calendar of the books, whose digest has been written."""

    day = models.DateField(primary_key=True)

    class Meta:
        verbose_name = _("morning")
        verbose_name_plural = _("mornings")

    def __str__(self) -> str:
        return self.day.isoformat()


class Alarm(models.Model):
    """A source is in trouble, and staff were told so. Over once it has been read again."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alarms")
    since = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(ended_at=None), name="alarm_once")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.since:%Y-%m-%d %H:%M}"


class Seen(models.Model):
    """A campaign's figure when milestones were last looked for: one is reached between two figures."""

    campaign = models.OneToOneField("Campaign", on_delete=models.CASCADE, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = _("figure seen")
        verbose_name_plural = _("figures seen")

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.amount_minor} {self.currency}"


class Milestone(models.Model):
    """A share of the target or a level that a campaign has reached, once and for all; `told` is False for history."""

    campaign = models.ForeignKey("Campaign", on_delete=models.CASCADE, related_name="milestones")
    mark = models.CharField(max_length=20, help_text=_("A percentage, or the kind of a level."))
    told = models.BooleanField()
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        constraints = [models.UniqueConstraint(fields=["campaign", "mark"], name="milestone_once")]

    def __str__(self) -> str:
        return self.mark


def farewell() -> str:
    """How every e-mail to staff ends."""
    where = settings.SITE_URL + reverse("staff:messages")
    return gettext("Which of these you get, you choose here: %(url)s") % {"url": where}


def post(key: str, users: "models.QuerySet[User]", *, subject: str, body: str) -> None:
    """The same e-mail to each of `users`; nothing where it was posted before."""
    add(
        [
            Message(key=f"{key} to {user.pk}", to=user.email, subject=subject[:200], body=body)
            for user in users
        ]
    )


def call(key: str, *, kind: str, text: str, url: str, at: datetime) -> None:
    """News for the webhook, where there is one: {type, text, url, at, site}."""
    if Webhook.objects.exists():
        said = {"type": kind, "text": text, "url": url, "at": at.isoformat(timespec="seconds")}
        add(
            [
                Message(
                    kind=Message.Kind.WEBHOOK, key=f"{key} webhook", subject=text[:200], body=json.dumps(said)
                )
            ]
        )


def add(messages: Iterable[Message]) -> None:
    """Those whose key is new."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)

"""The floor: who signs in, and whose books these are."""

from datetime import timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

import pgtrigger
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import connection, models
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from fundtracker.history import tracked


class Role(models.TextChoices):
    """Each may do what the ones before it may."""

    VIEWER = "viewer", _("viewer: sees the staff pages")
    EDITOR = "editor", _("editor: figures and updates")
    TREASURER = "treasurer", _("treasurer: sources, imports, corrections, personal data")
    ADMINISTRATOR = "administrator", _("administrator: people and settings")

    @property
    def noun(self) -> str:
        return str(self.label).partition(":")[0]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def administrators(self) -> "models.QuerySet[User]":
        return self.filter(role=Role.ADMINISTRATOR, is_active=True)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "role": Role.ADMINISTRATOR})


@tracked(exclude=["password", "last_login", "date_joined", "first_name", "last_name"])
class User(AbstractUser):
    """Somebody who signs in, by e-mail address. Without a role they see what is their own."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    role = models.CharField(_("role"), max_length=15, choices=Role.choices, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """For Django's admin: all records are for administrators."""
        return self.may(Role.ADMINISTRATOR)

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        return self.may(Role.ADMINISTRATOR)

    def may(self, role: Role) -> bool:
        ranks = list(Role)
        return bool(self.role) and ranks.index(Role(self.role)) >= ranks.index(role)


def check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone: use a name such as Europe/London"), params={"name": name}
        )


def check_contact(address: str) -> None:
    try:
        if address.startswith("mailto:"):
            validate_email(address.removeprefix("mailto:"))
        else:
            URLValidator(["https", "http"])(address)
    except ValidationError:
        raise ValidationError(_("Enter a web page (https://…) or a mailto: address.")) from None


@tracked()
class Site(models.Model):
    """Whose books these are: one row. The time zone cannot change once the ledger has an entry (trigger)."""

    name = models.CharField(_("name"), max_length=120, default="fundtracker")
    tagline = models.CharField(_("in one sentence"), max_length=200, blank=True)
    time_zone = models.CharField(
        _("time zone of the books"),
        max_length=64,
        default="UTC",
        validators=[check_time_zone],
        help_text=_("Decides on which day money counts. Fixed after the first entry."),
    )
    legal_url = models.URLField(_("legal notice"), blank=True)
    privacy_url = models.URLField(_("privacy page"), blank=True)
    contact_url = models.CharField(
        _("“something wrong with a figure?”"),
        max_length=300,
        blank=True,
        validators=[check_contact],
        help_text=_("A web page or a mailto: address."),
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("site")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="only_one_site"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def current(cls) -> "Site":
        """The one row, made on first use."""
        return cls.objects.get_or_create(pk=1)[0]


@tracked(exclude=["data", "created_at", "last_used_at"])
class SecondFactor(Authenticator):  # type: ignore[misc]
    """allauth's own row, for its history: added and removed, and never what is in it."""

    class Meta:
        proxy = True
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")


@tracked()
class SignInAddress(EmailAddress):  # type: ignore[misc]
    """allauth's own row, for its history: where somebody gets the letters that let them in."""

    class Meta:
        proxy = True
        verbose_name = _("e-mail address")
        verbose_name_plural = _("e-mail addresses")


class Seal(models.Model):
    """A stretch of one kind's events as it was, chained to the seal before it: see fundtracker/seals.py."""

    number = models.PositiveIntegerField(primary_key=True)
    sealed_at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=100)
    after = models.BigIntegerField()
    upto = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    columns = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["number"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


class Blanked(models.Model):
    """What an event's texts came to before a person was erased from them: keyed, so that nobody can guess them."""

    kind = models.CharField(max_length=100)
    event = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("blanked event")
        verbose_name_plural = _("blanked events")
        constraints = [models.UniqueConstraint(fields=["kind", "event"], name="blanked_once")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.event}"


class Asked(models.Model):
    """That somebody sent a form without signing in, for a day: `who` is a keyed hash of an internet address."""

    COUNTED = timedelta(days=1)
    MOST_OF_ONE: ClassVar = 10
    MOST_OF_ALL: ClassVar = 300
    _LOCK = 7_306_001

    who = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("asking")
        verbose_name_plural = _("askings")
        indexes = [models.Index(fields=["who", "at"], name="sent_by_one")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def admit(cls, who: str) -> bool:
        """Whether one more is taken from `who`, and counted. In a transaction: of many at once each is counted."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [cls._LOCK])
        recent = cls.objects.filter(at__gt=Now() - cls.COUNTED)
        if recent.filter(who=who).count() >= cls.MOST_OF_ONE or recent.count() >= cls.MOST_OF_ALL:
            return False
        cls.objects.create(who=who)
        return True

    @classmethod
    def forget(cls) -> int:
        """How many were older than a day."""
        gone, _ = cls.objects.filter(at__lt=Now() - cls.COUNTED).delete()
        return gone

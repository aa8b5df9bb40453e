"""The floor: who signs in, and whose books these are."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Somebody who signs in, by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc,assignment]

    def __str__(self) -> str:
        return self.email


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

"""How a person comes to their own record: by a link that is sent to their address, and that nobody else can take up.

An address without an account gets one, without a role. One that has an account already must follow its link and say
so: a slip of the keyboard must never show one person's pay to another.
"""

from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from fundtracker import accounts
from fundtracker.models import Site, User
from projects.models import Maintainer

GOOD_FOR = timedelta(days=3)
SALT = "projects.invitations"


@transaction.atomic
def invite(request: HttpRequest, maintainer: Maintainer, email: str) -> None:
    """A link goes to `email`; one sent earlier is void. OSError where it could not be sent, and then nothing is kept."""
    user = User.objects.filter(email=email.lower()).first()
    is_new = user is None or (user == maintainer.user and user.last_login is None)
    user = user or accounts.make(email)
    maintainer.user = user if is_new else None
    maintainer.invited_to, maintainer.invited_at = user.email, timezone.now()
    maintainer.save(update_fields=["user", "invited_to", "invited_at"])
    if is_new:
        # Only who reads their letters chooses the password.
        accounts.invite(request, user)
    else:
        _send(request, maintainer)


def _send(request: HttpRequest, maintainer: Maintainer) -> None:
    assert maintainer.invited_at
    said = {"maintainer": maintainer.pk, "at": maintainer.invited_at.isoformat()}
    link = reverse("me:take_up", args=[signing.dumps(said, salt=SALT)])
    words = {
        "site": Site.current(),
        "invited_by": request.user,
        "url": request.build_absolute_uri(link),
        "password_url": request.build_absolute_uri(reverse("account_reset_password")),
    }
    get_adapter(request).send_mail("me/email/record", maintainer.invited_to, words)


def found(token: str, user: User) -> Maintainer | None:
    """The record that a link leads `user` to; None where it is too old, void, taken up, or somebody else's."""
    try:
        said = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    at = datetime.fromisoformat(said["at"])
    waiting = Maintainer.objects.filter(pk=said["maintainer"], invited_at=at, user=None)
    return waiting.filter(invited_to__iexact=user.email).first()


def take_up(maintainer: Maintainer, user: User) -> bool:
    """Once: of two clicks, and of two links, the first."""
    free = Maintainer.objects.filter(pk=maintainer.pk, user=None, invited_at=maintainer.invited_at)
    return not Maintainer.objects.filter(user=user).exists() and free.update(user=user) == 1


def unlink(maintainer: Maintainer) -> None:
    """Whoever signed in as this person no longer does, and no link leads here."""
    maintainer.user, maintainer.invited_to, maintainer.invited_at = None, "", None
    maintainer.save(update_fields=["user", "invited_to", "invited_at"])

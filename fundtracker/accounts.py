"""How somebody comes to have an account: an administrator invites them by e-mail. Nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.signals import authenticator_added
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from fundtracker.models import Site, User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse | None:
        """An account made at the console is as good as an invited one: its address needs no confirmation either."""
        if not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        answer: HttpResponse | None = super().pre_login(request, user, **login)
        return answer

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Without a role there is nothing to do today: to their own record, or else to their account."""
        if getattr(request.user, "role", ""):
            return reverse("staff:today")
        return reverse("me:home" if hasattr(request.user, "maintainer") else "mfa_index")


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Your organisation's own sign-in opens an account that was invited under that address, and makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


@transaction.atomic
def make(email: str, **fields: Any) -> User:
    """An account whose address needs no confirmation: whoever makes it vouches for that."""
    user = User.objects.create_user(email, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def invite(request: HttpRequest, user: User) -> None:
    """A link, good for three days, with which `user` chooses a password. Sent again, the first one still works."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    words = {
        "url": get_adapter(request).get_reset_password_from_key_url(key),
        "site": Site.current(),
        "invited_by": request.user,
        "role": user.get_role_display(),
        "sign_in": request.build_absolute_uri(reverse("account_login")),
    }
    get_adapter(request).send_mail("staff/email/invitation", user.email, words)


def sign_out_everywhere(user: User) -> None:
    for session in UserSession.objects.filter(user=user):
        session.end()


@receiver(authenticator_added)
def second_factor_for_all(request: HttpRequest, user: User, **details: Any) -> None:
    """Wherever else they are signed in, that was without it."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key):
        session.end()

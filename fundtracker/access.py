"""Who may reach which address: one table. What is not in it, nobody reaches."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import ResolverMatch, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fundtracker import unsent
from fundtracker.models import Role, Site, User

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]

ANYONE = "anyone"  # no sign-in, no cookie
ENTRANCE = "entrance"  # how one signs in, and out
SIGNED_IN = "signed in"  # one's own account
CLOSED = "closed"  # a library has it and we do not
# By the name of a view, or of its namespace. The most exact entry counts.
ACCESS: dict[str, str | Role] = {
    "root": ANYONE,
    "healthz": ANYONE,
    "home": ANYONE,
    "campaigns:*": ANYONE,
    "projects:*": ANYONE,
    "funders:*": ANYONE,
    "api:*": ANYONE,
    "hook": ANYONE,  # it checks who speaks by itself
    "admin:*": Role.ADMINISTRATOR,
    "staff:people": Role.ADMINISTRATOR,
    "staff:person": Role.ADMINISTRATOR,
    "staff:today": Role.VIEWER,
    "staff:campaigns": Role.VIEWER,
    "staff:figure": Role.EDITOR,
    "staff:entries": Role.VIEWER,
    "staff:entry": Role.VIEWER,
    "staff:new_entry": Role.TREASURER,
    "staff:correct": Role.TREASURER,
    "staff:waiting": Role.TREASURER,
    "staff:decide": Role.TREASURER,
    "staff:limit": Role.ADMINISTRATOR,
    "staff:decide_limit": Role.ADMINISTRATOR,
    "staff:move": Role.TREASURER,
    "account_login": ENTRANCE,
    "account_logout": ENTRANCE,
    "account_inactive": ENTRANCE,
    "account_reset_password": ENTRANCE,
    "account_reset_password_done": ENTRANCE,
    "account_reset_password_from_key": ENTRANCE,
    "account_reset_password_from_key_done": ENTRANCE,
    "account_confirm_email": ENTRANCE,
    "account_email_verification_sent": ENTRANCE,
    "mfa_authenticate": ENTRANCE,
    "mfa_login_webauthn": ENTRANCE,
    "socialaccount_login_cancelled": ENTRANCE,
    "socialaccount_login_error": ENTRANCE,
    "socialaccount_signup": ENTRANCE,
    "openid_connect_login": ENTRANCE,
    "openid_connect_callback": ENTRANCE,
    "account_email": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "account_set_password": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_list_webauthn": SIGNED_IN,
    "mfa_add_webauthn": SIGNED_IN,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    "account_signup": CLOSED,
    "account_confirm_login_code": CLOSED,
    "socialaccount_connections": SIGNED_IN,
}


def needed(match: ResolverMatch) -> str | Role | None:
    """What the table says of an address; None if it says nothing."""
    name = match.view_name
    return ACCESS.get(name) or ACCESS.get(f"{name.partition(':')[0]}:*")


def lacking(user: Any, url: str) -> Role | None:
    """The role that `url` takes, if `user` may not do as much."""
    need = needed(resolve(url.partition("?")[0]))
    return need if isinstance(need, Role) and not user.may(need) else None


class DefaultDeny:
    """Asks the table before any view. Whoever can change money signs in with a second factor."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *arguments: Any) -> HttpResponse | None:
        assert request.resolver_match
        need = needed(request.resolver_match)
        if need is None:
            log.error(
                "%s is in no row of access.ACCESS, so nobody reaches it", request.resolver_match.view_name
            )
        if need in (None, CLOSED):
            raise Http404
        if need in (ANYONE, ENTRANCE):
            return None
        user = request.user
        if not isinstance(user, User):
            unsent.keep(request)
            return redirect_to_login(request.get_full_path())
        if need == SIGNED_IN:
            return None
        if not user.may(Role(need)):
            words = {"needed": Role(need).label, "site": Site.current()}
            return TemplateResponse(request, "staff/refused.html", words, status=403)
        if settings.MFA_REQUIRED and user.may(Role.EDITOR) and not is_mfa_enabled(user):
            messages.info(request, _("Set up a second factor first: your role can change money."))
            return redirect("mfa_index")
        unsent.bring_back(request)
        return None


# The staff pages' own menu, in its order.
LINKS = (
    ("staff:today", gettext_lazy("Today")),
    ("staff:campaigns", gettext_lazy("Campaigns")),
    ("staff:entries", gettext_lazy("Entries")),
    ("staff:people", gettext_lazy("People")),
    ("admin:index", gettext_lazy("All records")),
)


def roles(request: HttpRequest) -> dict[str, Any]:
    """For templates of the staff pages; a public page has no user and asks nothing."""
    if not request.path_info.startswith("/staff/"):
        return {}
    user, site = request.user, Site.current()
    may = user.may if isinstance(user, User) else lambda role: False
    return {
        "may_administer": may(Role.ADMINISTRATOR),
        "may_correct": may(Role.TREASURER),
        "may_edit": may(Role.EDITOR),
        "links": [
            (reverse(name), label) for name, label in LINKS if may(Role(ACCESS.get(name, ACCESS["admin:*"])))
        ],
        "site": site,
        "books": site,
    }

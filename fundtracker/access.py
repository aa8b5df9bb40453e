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
from django.urls import ResolverMatch, resolve
from django.utils.translation import gettext as _

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
    "question": ANYONE,
    "question_about": ANYONE,
    "question_thanks": ANYONE,
    "campaigns:*": ANYONE,
    "projects:*": ANYONE,
    "funders:*": ANYONE,
    "programmes:*": ANYONE,
    "api:*": ANYONE,
    "logo": ANYONE,  # of those who may be named, and of nobody else
    "hook": ANYONE,  # it checks who speaks by itself
    "admin:*": Role.ADMINISTRATOR,
    "staff:people": Role.ADMINISTRATOR,
    "staff:person": Role.ADMINISTRATOR,
    "staff:givers": Role.TREASURER,
    "staff:giver": Role.TREASURER,
    "staff:giver_letter": Role.TREASURER,
    "staff:giver_export": Role.TREASURER,
    "staff:giver_erase": Role.TREASURER,
    "staff:giver_readmit": Role.TREASURER,
    "staff:held": Role.TREASURER,
    "staff:held_letter": Role.TREASURER,
    "staff:held_export": Role.TREASURER,
    "staff:held_erase": Role.TREASURER,
    "staff:held_readmit": Role.TREASURER,
    "staff:history": Role.VIEWER,
    "staff:history_export": Role.VIEWER,
    "staff:history_seal": Role.VIEWER,
    "staff:today": Role.VIEWER,
    "staff:campaigns": Role.VIEWER,
    "staff:campaign_new": Role.EDITOR,
    "staff:campaign_edit": Role.EDITOR,
    "staff:campaign_end": Role.TREASURER,
    "staff:figure": Role.EDITOR,
    "staff:imports": Role.TREASURER,
    "staff:import_new": Role.TREASURER,
    "staff:import": Role.TREASURER,
    "staff:import_source": Role.TREASURER,
    "staff:import_columns": Role.TREASURER,
    "staff:import_again": Role.TREASURER,
    "staff:import_forget": Role.TREASURER,
    "staff:import_rejected": Role.TREASURER,
    "staff:import_take_back": Role.TREASURER,
    "staff:programmes": Role.EDITOR,
    "staff:programme_new": Role.EDITOR,
    "staff:programme": Role.EDITOR,
    "staff:programme_checked": Role.EDITOR,
    "staff:sources": Role.VIEWER,
    "staff:source": Role.VIEWER,
    "staff:source_now": Role.VIEWER,
    "staff:run": Role.VIEWER,
    "staff:connect": Role.TREASURER,
    "staff:source_edit": Role.TREASURER,
    "staff:source_test": Role.TREASURER,
    "staff:source_read": Role.TREASURER,
    "staff:source_pause": Role.TREASURER,
    "staff:source_resume": Role.TREASURER,
    "staff:source_hand_over": Role.TREASURER,
    "staff:statement": Role.EDITOR,
    "staff:evidence": Role.VIEWER,
    "staff:updates": Role.EDITOR,
    "staff:update_new": Role.EDITOR,
    "staff:update_edit": Role.EDITOR,
    "staff:projects": Role.VIEWER,
    "staff:project_new": Role.EDITOR,
    "staff:project": Role.VIEWER,
    "staff:project_edit": Role.EDITOR,
    "staff:project_needs": Role.VIEWER,
    "staff:need_new": Role.EDITOR,
    "staff:budget": Role.EDITOR,
    "staff:budget_file": Role.VIEWER,
    "staff:need_change": Role.EDITOR,
    "staff:need_correct": Role.EDITOR,
    "staff:need_end": Role.EDITOR,
    "staff:need_remove": Role.EDITOR,
    "staff:project_work": Role.EDITOR,
    "staff:work_new": Role.EDITOR,
    "staff:work_edit": Role.EDITOR,
    "staff:work_move": Role.EDITOR,
    "staff:work_remove": Role.EDITOR,
    "staff:project_reserve": Role.TREASURER,
    "staff:reserve_correct": Role.TREASURER,
    "staff:messages": Role.VIEWER,
    "staff:questions": Role.EDITOR,
    "staff:question": Role.EDITOR,
    "staff:webhook": Role.ADMINISTRATOR,
    "staff:webhook_test": Role.ADMINISTRATOR,
    "staff:sending": Role.ADMINISTRATOR,
    "staff:members": Role.VIEWER,
    "staff:member": Role.VIEWER,
    "staff:member_new": Role.TREASURER,
    "staff:member_edit": Role.TREASURER,
    "staff:member_move": Role.TREASURER,
    "staff:member_renew": Role.TREASURER,
    "staff:renewals": Role.VIEWER,
    "staff:renewals_file": Role.VIEWER,
    "staff:tiers": Role.VIEWER,
    "staff:tier": Role.TREASURER,
    "staff:tier_new": Role.TREASURER,
    "staff:pledges": Role.VIEWER,
    "staff:pledge": Role.VIEWER,
    "staff:pledge_new": Role.TREASURER,
    "staff:pledge_edit": Role.TREASURER,
    "staff:part": Role.TREASURER,
    "staff:funders": Role.VIEWER,
    "staff:funder": Role.VIEWER,
    "staff:funder_new": Role.TREASURER,
    "staff:funder_edit": Role.TREASURER,
    "staff:funder_listing": Role.TREASURER,
    "staff:funder_logo": Role.TREASURER,
    "staff:logo": Role.VIEWER,
    "staff:funder_givers": Role.TREASURER,
    "staff:funder_merge": Role.TREASURER,
    "staff:entries": Role.VIEWER,
    "staff:entry": Role.VIEWER,
    "staff:entry_new": Role.TREASURER,
    "staff:correct": Role.TREASURER,
    "staff:waiting": Role.TREASURER,
    "staff:decide": Role.TREASURER,
    "staff:decide_booking": Role.TREASURER,
    "staff:decide_move": Role.TREASURER,
    "staff:decide_campaign": Role.EDITOR,
    "staff:decide_take_back": Role.TREASURER,
    "staff:limit": Role.ADMINISTRATOR,
    "staff:decide_limit": Role.ADMINISTRATOR,
    "staff:move": Role.TREASURER,
    "staff:compare": Role.VIEWER,
    "staff:project_brief": Role.EDITOR,
    "staff:project_brief_pdf": Role.EDITOR,
    "staff:project_offer": Role.EDITOR,
    "staff:maintainers": Role.TREASURER,
    "staff:maintainer": Role.TREASURER,
    "staff:maintainer_invite": Role.TREASURER,
    "staff:maintainer_erase": Role.TREASURER,
    "staff:project_maintainers": Role.TREASURER,
    "staff:project_maintainer_new": Role.TREASURER,
    "staff:role": Role.TREASURER,
    "staff:reliance": Role.EDITOR,
    "staff:reliance_entry": Role.EDITOR,
    "staff:reliance_new": Role.EDITOR,
    "staff:project_reliance": Role.EDITOR,
    "staff:project_coverage": Role.TREASURER,
    "staff:project_what_if": Role.VIEWER,
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
    "me:*": SIGNED_IN,  # one's own record, and nobody else's
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
            if "HX-Request" in request.headers:
                # The whole page goes to sign in, and comes back; its part has no place for that.
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            return redirect_to_login(request.get_full_path())
        if need == SIGNED_IN:
            unsent.bring_back(request)
            return None
        if not user.may(Role(need)):
            words = {"needed": Role(need).label, "site": Site.current()}
            return TemplateResponse(request, "staff/refused.html", words, status=403)
        if settings.MFA_REQUIRED and user.may(Role.EDITOR) and not is_mfa_enabled(user):
            messages.info(request, _("Set up a second factor first: your role can change money."))
            return redirect("mfa_index")
        unsent.bring_back(request)
        return None

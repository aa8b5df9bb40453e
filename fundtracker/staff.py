"""Who works here: invitations, roles, and who is no longer let in."""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from fundtracker import accounts
from fundtracker.models import Role, User

log = logging.getLogger(__name__)


class InvitationForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", gettext_lazy("none: sees what is their own")), *Role.choices],
        required=False, initial=Role.EDITOR,
    )  # fmt: skip

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(
                _("%(email)s has an account already: see the list.") % {"email": email}
            )
        return email


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("role", "is_active")
        labels = {"is_active": gettext_lazy("May sign in")}

    def clean(self) -> dict[str, Any]:
        """Somebody must stay who can let others in."""
        cleaned: dict[str, Any] = super().clean() or {}
        stays = cleaned.get("is_active") and cleaned.get("role") == Role.ADMINISTRATOR
        others = User.objects.administrators().exclude(pk=self.instance.pk)
        if not stays and not others.exists():
            raise forms.ValidationError(_("This is the last administrator: name another one first."))
        return cleaned


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = accounts.make(form.cleaned_data["email"], role=form.cleaned_data["role"])
        _invite(request, user)
        return redirect("staff:people")
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    listed = User.objects.annotate(has_second_factor=Exists(factor)).order_by("-is_active", "email")
    return render(request, "staff/people.html", {"form": form, "people": listed})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def person(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        # One at a time: of two administrators who take each other's role away, one must stay.
        list(User.objects.administrators().order_by("pk").select_for_update())
    user = get_object_or_404(User, pk=pk)
    waits = user.is_active and user.last_login is None
    if "invite" in request.POST and waits:
        _invite(request, user)
        return redirect("staff:people")
    form = PersonForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        user.save(update_fields=form.changed_data)
        if not user.is_active:
            accounts.sign_out_everywhere(user)
        messages.success(request, _("%(email)s: saved.") % {"email": user.email})
        return redirect("staff:people")
    return render(request, "staff/person.html", {"form": form, "person": user, "waits": waits})


def _invite(request: HttpRequest, user: User) -> None:
    words = {"email": user.email}
    try:
        accounts.invite(request, user)
    except OSError as problem:
        log.warning("an invitation was not sent: %s", type(problem).__name__)
        said = _("%(email)s has an account, but the invitation could not be sent. Check how this site sends e-mail, then send it again.")  # fmt: skip
        messages.error(request, said % words)
    else:
        messages.success(request, _("%(email)s has been invited.") % words)

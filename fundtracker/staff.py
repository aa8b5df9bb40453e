"""Who works here: invitations, roles, and who is no longer let in; and what each of them changed."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fundtracker import accounts, changes, sheets
from fundtracker.models import Role, Seal, Site, User

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


class HistoryForm(forms.Form):
    """What of the history is asked for. `of` is one thing, as links from other pages name it: funders.Source:5."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    by = forms.ModelChoiceField(
        User.objects.order_by("email"), label=gettext_lazy("By whom"), required=False, empty_label=gettext_lazy("anybody")
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("Until"), required=False)
    of = forms.RegexField(r"^[\w.]+:\d{1,18}$", required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], reader: User) -> None:
        super().__init__(data)
        self.reader = reader
        kinds = {label: capfirst(str(model.pgh_tracked_model._meta.verbose_name_plural))
                 for label, model in changes.tracked().items() if changes.may_read(reader, label)}  # fmt: skip
        by_name = sorted(kinds.items(), key=lambda kind: kind[1])
        self.fields["kind"].choices = [("", _("everything")), *by_name]  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def asked(self) -> changes.Asked | None:
        """None where something in it is wrong."""
        if not self.is_valid():
            return None
        typed = self.cleaned_data
        label, _colon, thing = typed["of"].partition(":")
        return changes.Asked(
            self.reader, Site.current().zone, kind=label or typed["kind"], thing=int(thing) if thing else None,
            by=typed["by"], since=typed["since"], until=typed["until"],
        )  # fmt: skip


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET, _reader(request))
    asked, most = form.asked(), 50
    before = changes.Position.read(request.GET.get("before", ""))
    found = changes.latest(asked, before=before, most=most + 1) if asked else []
    shown = found[:most]
    page = {
        "form": form,
        "groups": [list(group) for _key, group in groupby(shown, key=lambda change: change.together)],
        "older": str(shown[-1].position) if len(found) > most else "",
        "before": before,
        "of": shown[0] if shown and form.cleaned_data.get("of") else None,
    }
    return render(request, "staff/history.html", page)


@require_safe
def history_export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """All that is asked for, as CSV with a line for each field, or as JSON."""
    asked = HistoryForm(request.GET, _reader(request)).asked()
    if asked is None:
        return HttpResponse(
            _("Check what you asked for."), status=400, content_type="text/plain; charset=utf-8"
        )
    every = changes.everything(asked)
    text = sheets.lines(_as_rows(every)) if kind == "csv" else _as_json(every)
    types = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
    response = StreamingHttpResponse(text, content_type=types[kind])
    response["Content-Disposition"] = f'attachment; filename="history.{kind}"'
    return response


@require_safe
def history_seal(request: HttpRequest) -> HttpResponse:
    """The last seal, to be noted somewhere else: check_history --head then finds what was changed since."""
    last = Seal.objects.last()
    return JsonResponse({"head": str(last) if last else None, "sealed_at": last.sealed_at if last else None})


def _reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _as_rows(every: Iterator[changes.Change]) -> Iterator[tuple[str, ...]]:
    yield ("when", "who", "what", "kind", "name", "thing", "field", "before", "after", "why", "where")
    for change in every:
        for field in change.fields or (changes.Field("", "", ""),):
            yield (
                change.position.at.isoformat(), change.who, change.verb, change.kind, change.name, change.thing,
                field.label, field.before, field.after, change.why, change.where,
            )  # fmt: skip


def _as_json(every: Iterator[changes.Change]) -> Iterator[str]:
    yield "["
    for number, change in enumerate(every):
        said = {"when": change.position.at.isoformat(), **asdict(change)}
        del said["position"]
        yield ("," if number else "") + "\n" + json.dumps(said, ensure_ascii=False)
    yield "\n]\n"

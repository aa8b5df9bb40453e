"""Staff pages about messages: which ones you get, where else news goes, and what could not be sent."""

import base64
import binascii
import secrets
import uuid
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from urllib3.util import Url

from campaigns import outbox
from campaigns.outbox import Message, Webhook, Wishes
from fundtracker.asks import origin
from fundtracker.http import FetchError
from fundtracker.models import Site, User
from fundtracker.replies import target

SHOWN = 50
LEAST_BYTES, MOST_BYTES = 24, 64  # of a secret, as standardwebhooks.com has it


class WishesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Wishes
        fields = ("digest", "alerts")
        widgets = {"digest": forms.RadioSelect}


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    url = forms.URLField(
        label=gettext_lazy("Address"), assume_scheme="https", max_length=500,
        help_text=gettext_lazy("Where your chat bridge listens."),
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Secret"), max_length=120, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )  # fmt: skip

    class Meta:
        model = Webhook
        fields = ("url",)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        self._origin(url)
        return url

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"].strip()
        if not secret:
            return ""
        try:
            size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except binascii.Error:
            size = 0
        if not LEAST_BYTES <= size <= MOST_BYTES:
            raise forms.ValidationError(_("A secret is whsec_ and 24 to 64 random bytes in base64."))
        return secret

    def clean(self) -> dict[str, Any]:
        """A secret belongs to one server: it never goes to another."""
        cleaned: dict[str, Any] = super().clean() or {}
        kept = Webhook.objects.first()
        if cleaned.get("url") and "secret" not in self.errors and not cleaned.get("secret"):
            if kept is None:
                self.add_error("secret", _("Type the secret that the other side checks."))
            elif self._origin(kept.url) != self._origin(cleaned["url"]):
                self.add_error("secret", _("This is another server: type the secret for it."))
        return cleaned

    @staticmethod
    def _origin(url: str) -> tuple[str | None, str | None, int]:
        try:
            place: Url = target(url)
        except FetchError as problem:
            raise forms.ValidationError(str(problem)) from None
        return origin(place)


@require_http_methods(["GET", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    mine = Wishes.objects.filter(user=request.user).first() or Wishes(user=request.user)
    form = WishesForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        chosen = {field: form.cleaned_data[field] for field in form.Meta.fields}
        Wishes.objects.update_or_create(user=request.user, defaults=chosen)
        messages.success(request, _("Saved."))
        return redirect("staff:messages")
    page = {"form": form, "sender": settings.DEFAULT_FROM_EMAIL}
    return render(request, "staff/messages.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def webhook(request: HttpRequest) -> HttpResponse:
    """Its address and secret. A new secret is proposed where there is none, or where one is asked for."""
    if request.method == "POST":
        # One at a time, also where there is no row yet to hold.
        Site.objects.select_for_update(no_key=True).get(pk=1)
    kept = Webhook.objects.first()
    now = _seen(kept)
    wants = kept is None or "new" in request.GET
    form = WebhookForm(
        request.POST or None, instance=kept, initial={"secret": _new_secret()} if wants else {}
    )
    overtaken = request.method == "POST" and request.POST.get("seen", "") != now
    if request.method == "POST" and "remove" in request.POST and not overtaken:
        return _removed(request)
    if request.method == "POST" and form.is_valid() and not overtaken:
        row = form.save(commit=False)
        row.pk, row.secret = 1, form.cleaned_data["secret"] or row.secret
        row.save()
        messages.success(request, _("Saved. Send a test to see that it arrives."))
        return redirect("staff:webhook")
    calls = Message.objects.filter(kind=Message.Kind.WEBHOOK)[:10]
    waits = any(call.state == "waiting" for call in calls)
    page = {
        "form": form,
        "webhook": kept,
        "seen": now,
        "overtaken": Webhook.objects.first() if overtaken else None,
        "removed": overtaken and kept is None,
        "wants": wants,
        "calls": calls,
        "waits": waits,
        "key": uuid.uuid4(),
    }
    return render(request, "staff/webhook.html", page)


def _seen(kept: Webhook | None) -> str:
    """Of what is there: another after anybody changed address or secret, and nothing of either."""
    return sha256(f"{kept.url} {kept.secret_sealed}".encode()).hexdigest() if kept else ""


def _removed(request: HttpRequest) -> HttpResponse:
    Message.objects.unsent().filter(kind=Message.Kind.WEBHOOK).delete()
    Webhook.objects.all().delete()
    messages.success(request, _("Removed. News goes out by e-mail only."))
    return redirect("staff:webhook")


@require_http_methods(["POST"])
def test(request: HttpRequest) -> HttpResponse:
    """Through the outbox, as all messages go; its form's key makes a double click one."""
    key = forms.UUIDField().clean(request.POST.get("key"))
    text = _("This is a test message of %(site)s.") % {"site": Site.current()}
    outbox.call(f"test {key}", kind="test", text=text, url=settings.SITE_URL, at=timezone.now())
    return redirect("staff:webhook")


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


@require_http_methods(["GET", "POST"])
def sending(request: HttpRequest) -> HttpResponse:
    """What could not be sent, what waits, and the last of what was."""
    if request.method == "POST":
        chosen = Message.objects.unsent().filter(pk__in=request.POST.getlist("message"))
        if "again" in request.POST:
            chosen.retry()
        elif "drop" in request.POST:
            chosen.delete()
        return redirect("staff:sending")
    page = {
        "unsent": Message.objects.unsent().order_by("created_at", "pk")[:SHOWN],
        "sent": Message.objects.exclude(sent_at=None).order_by("-sent_at")[:SHOWN],
    }
    return render(request, "staff/sending.html", page)

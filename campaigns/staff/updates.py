"""Notes to the public: written, seen as they will be read, published now or at a set time, changed in sight."""

from datetime import date
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns import statements
from campaigns.models import Campaign, Update
from campaigns.staff import publishing
from campaigns.staff.sheet import MOMENT

SAID = ("title", "body", "source_url")


class UpdateForm(forms.ModelForm):  # type: ignore[type-arg]
    source_url = forms.URLField(
        label=gettext_lazy("Where this was said"), required=False, assume_scheme="https"
    )

    class Meta:
        model = Update
        fields = (*SAID, "publish_at")
        widgets = {"body": forms.Textarea({"rows": 12}), "publish_at": MOMENT}


@require_safe
@publishing.in_books_time
def updates(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    return render(request, "staff/updates.html", {"campaign": campaign, "updates": campaign.updates.all()})


@require_http_methods(["GET", "POST"])
@transaction.atomic
@publishing.in_books_time
def new(request: HttpRequest, slug: str) -> HttpResponse:
    every = Campaign.objects.select_for_update(no_key=True) if publishing.wants(request) else Campaign.objects
    campaign = get_object_or_404(every, slug=slug)
    key = publishing.key_of(request)
    made = campaign.updates.filter(key=key).first()
    if made and request.method == "POST":
        return redirect("staff:updates", slug)
    return _edit(request, Update(campaign=campaign, key=key, is_public=False))


@require_http_methods(["GET", "POST"])
@transaction.atomic
@publishing.in_books_time
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    every = Update.objects.select_related("campaign")
    if publishing.wants(request):
        every = every.select_for_update(of=("self",), no_key=True)
    return _edit(request, get_object_or_404(every, pk=pk, campaign__slug=slug))


def _edit(request: HttpRequest, update: Update) -> HttpResponse:
    wanted, there = publishing.wants(request), {name: getattr(update, name) for name in SAID}
    shown, seen = update.is_shown, sha256(repr(there).encode()).hexdigest()
    form = UpdateForm(request.POST or None, instance=update)
    page: dict[str, Any] = {"update": update, "campaign": update.campaign, "form": form, "seen": seen}
    valid = request.method == "POST" and form.is_valid()
    if valid and wanted:
        changed = any(getattr(update, name) != there[name] for name in SAID)
        page["overtaken"] = bool(update.pk and changed and request.POST.get("seen") != seen)
        if not page["overtaken"]:
            return _saved(request, update, wanted, shown=shown, changed=changed)
        page["there"] = Update(campaign=update.campaign, published_on=update.published_on, **there)
    if valid:
        page["preview"] = True
        update.published_on = update.published_on if shown else _day(update)
    page["was_shown"] = shown
    part = "#preview" if "live" in request.POST else ""
    return render(request, f"staff/update_edit.html{part}", page)


def _saved(request: HttpRequest, update: Update, wanted: str, *, shown: bool, changed: bool) -> HttpResponse:
    """Who has read it keeps its day, and sees that it was changed."""
    publishing.put_out(update, wanted)
    if not shown:
        update.published_on = _day(update)
    elif changed:
        update.changed_on = statements.today()
    update.save()
    messages.success(request, _("Published.") if update.is_shown else _("Saved: the public does not see it."))
    return redirect("staff:updates", update.campaign.slug)


def _day(update: Update) -> date:
    """The day that readers will see above it."""
    return timezone.localdate(update.publish_at) if update.publish_at else statements.today()

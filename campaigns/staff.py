"""Staff pages about what is asked for."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.figures import Figures, measured
from campaigns.models import Campaign, Statement
from fundtracker.forms import OfCampaignForm
from fundtracker.models import Site, User


@require_safe
def all_campaigns(request: HttpRequest) -> HttpResponse:
    every = measured(list(Campaign.objects.for_list()), site=Site.current(), now=timezone.now())
    return render(request, "staff/campaigns.html", {"every": every})


class FigureForm(OfCampaignForm):
    """A new total. `seen` is the latest statement that its author knew of, `key` makes a double click one."""

    amount_minor = forms.CharField(
        label=gettext_lazy("Total"), max_length=40, help_text=gettext_lazy("Such as 415,000 or 415k.")
    )
    evidence_url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), required=False, assume_scheme="https"
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    class Meta:
        model = Statement
        fields = ("amount_minor", "as_of", "evidence_url", "evidence", "note")
        widgets = {
            "as_of": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea({"rows": 3}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        amount, day = cleaned.get("amount_minor"), cleaned.get("as_of")
        if isinstance(amount, int) and amount < 0:
            self.add_error("amount_minor", _("A total cannot be less than 0."))
        if day and day > timezone.now().astimezone(Site.current().zone).date():
            self.add_error("as_of", _("This day has not come yet."))
        ends = self.instance.campaign.ends_on
        if day and ends and day > ends:
            words = _("The campaign ended on %(day)s: state the total of that day, or of an earlier one.")
            self.add_error("as_of", words % {"day": date_format(ends)})
        return cleaned


@require_http_methods(["GET", "POST"])
@transaction.atomic
def figure(request: HttpRequest, slug: str) -> HttpResponse:
    """State a new total: typed, seen before and after, published. One at a time for each campaign."""
    publishing = "publish" in request.POST
    one = Campaign.objects.select_for_update(no_key=True) if publishing else Campaign.objects.all()
    campaign = get_object_or_404(one, slug=slug)
    draft = Statement(campaign=campaign)
    page: dict[str, Any] = {"campaign": campaign, "latest": _latest(campaign)}
    start = _start(request, campaign, page["latest"])
    form = page["form"] = FigureForm(request.POST or None, instance=draft, initial=start)
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/figure.html", page)
    latest, key = page["latest"], form.cleaned_data["key"]
    twice = publishing and _is_stated(draft, key)
    page["overtaken"] = bool(latest and latest.pk != form.cleaned_data["seen"] and not twice)
    if publishing and not page["overtaken"]:
        if not twice:
            _publish(draft, key, request.user)
        messages.success(request, _("Published. To undo it, state another total."))
        return redirect("staff:figure", slug)
    if page["overtaken"]:
        # They now know that figure, and publish theirs after it, or leave it.
        typed = request.POST.copy()
        typed["seen"], typed["key"] = str(latest.pk), str(uuid.uuid4())
        form.data = typed
    page["before"], page["after"] = _figures(campaign), _previewed(draft)
    return render(request, "staff/figure.html", page)


def _start(request: HttpRequest, campaign: Campaign, latest: Statement | None) -> dict[str, Any]:
    """Today or the campaign's last day, unless the address says otherwise: undoing is stating the former total."""
    today = timezone.now().astimezone(Site.current().zone).date()
    day = min(today, campaign.ends_on or today)
    asked = {field: request.GET[field] for field in ("amount_minor", "as_of", "note") if field in request.GET}
    return {"as_of": day, "key": uuid.uuid4(), "seen": latest.pk if latest else None, **asked}


def _latest(campaign: Campaign) -> Statement | None:
    """The last that was recorded, by whomever and for whatever day."""
    made = campaign.statements.filter(withdrawn_at=None).select_related("recorded_by", "campaign")
    return made.order_by("-recorded_at", "-pk").first()


def _is_stated(draft: Statement, key: uuid.UUID) -> bool:
    """By the other click of a double click. The same form with another figure is another statement."""
    same = {field: getattr(draft, field) for field in FigureForm.Meta.fields}
    return draft.campaign.statements.filter(key=key, withdrawn_at=None, **same).exists()


def _publish(draft: Statement, key: uuid.UUID, user: Any) -> None:
    assert isinstance(user, User)
    used = Statement.objects.filter(key=key).exists()
    draft.key, draft.recorded_by = uuid.uuid4() if used else key, user
    draft.save()


def _figures(campaign: Campaign) -> Figures:
    fresh = Campaign.objects.get(pk=campaign.pk)
    [figures] = measured([fresh], site=Site.current(), now=timezone.now())
    return figures


def _previewed(draft: Statement) -> Figures:
    """As the page would be: with the statement in the database, and then without it again."""
    with transaction.atomic():
        Statement.objects.bulk_create([draft])
        figures = _figures(draft.campaign)
        transaction.set_rollback(True)
    draft.pk = None
    return figures

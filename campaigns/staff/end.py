"""The end of a campaign: its last day, then its figures frozen for good."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns import freezing, statements
from campaigns.figures import Figures
from campaigns.models import Campaign
from campaigns.staff import publishing
from campaigns.staff.sheet import DAY
from funders import agreement
from fundtracker.models import User


class EndForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Campaign
        fields = ("ends_on",)
        labels = {"ends_on": gettext_lazy("Last day")}
        help_texts = {"ends_on": gettext_lazy("What comes in after it no longer counts.")}
        widgets = {"ends_on": DAY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        day = cleaned.get("ends_on")
        if day and day < self.instance.starts_on:
            self.add_error("ends_on", _("The last day is before the first."))
        return cleaned


@require_http_methods(["GET", "POST"])
@transaction.atomic
def end(request: HttpRequest, slug: str) -> HttpResponse:
    """First the last day, seen before and after; once it is over, the figures of that day."""
    campaign = publishing.held(slug, hold=request.method == "POST")
    if hasattr(campaign, "frozen"):
        return render(request, "staff/campaign_end.html", {"campaign": campaign, "frozen": campaign.frozen})
    if request.method == "POST" and "freeze" in request.POST:
        return _freeze(request, campaign)
    before = campaign.ends_on
    form = EndForm(request.POST or None, instance=campaign)
    page: dict[str, Any] = {"campaign": campaign, "form": form}
    if request.method == "POST" and form.is_valid():
        if "publish" in request.POST and not _takes_second(request, form):
            form.save()
            messages.success(request, _("The last day is set."))
            return redirect("staff:campaign_end", slug)
        page |= {"before": statements.figures(campaign), "after": _figures_until(campaign)}
    else:
        campaign.ends_on = before
        page |= _to_freeze(campaign)
    return render(request, "staff/campaign_end.html", page)


def _takes_second(request: HttpRequest, form: EndForm) -> bool:
    """Above the limit of one person the campaign's own page asks a second one."""
    assert isinstance(request.user, User)
    campaign = form.instance
    if not campaign.was_public:
        return False
    moves = statements.moved_by(campaign, lambda: campaign.save(update_fields=["ends_on"]))
    second = agreement.takes_second(request.user, moves, on=statements.today())
    if second:
        words = _(
            "This moves the figure by more than one person may alone. Change the day on the campaign’s own page: a second person is asked there."
        )
        form.add_error("ends_on", words)
    return second


def _freeze(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """What was shown is what is frozen; if it has moved meanwhile it is shown again."""
    assert isinstance(request.user, User)
    page = _to_freeze(campaign)
    if not page["obstacle"] and page["shown"] == request.POST.get("shown"):
        freezing.freeze(campaign, request.user)
        messages.success(request, _("The figures are frozen."))
        return redirect("staff:campaign_end", campaign.slug)
    messages.warning(request, _("Nothing was frozen: the figures have moved meanwhile. Look again."))
    return render(
        request, "staff/campaign_end.html", {"campaign": campaign, "form": EndForm(instance=campaign), **page}
    )


def _to_freeze(campaign: Campaign) -> dict[str, Any]:
    page: dict[str, Any] = {"obstacle": freezing.obstacle(campaign, today=statements.today())}
    if not page["obstacle"] and campaign.ends_on:
        page["final"] = final = freezing.at_the_end(campaign, campaign.ends_on)
        page["shown"] = f"{campaign.ends_on} {final.received}"
    return page


def _figures_until(campaign: Campaign) -> Figures:
    with statements.as_if():
        campaign.save(update_fields=["ends_on"])
        return statements.figures(campaign)

"""The public pages. Each asks for its rows once, and for the figures once."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from campaigns import charts, givers
from campaigns.figures import Figures, measured
from campaigns.models import Campaign
from funders.models.promises import PURPOSES
from fundtracker.models import Site


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is being raised now, what ends first at the top; below it what is over."""
    site = Site.current()
    every = measured(list(Campaign.objects.for_list()), site=site, now=timezone.now())
    running = sorted((one for one in every if not one.is_over), key=_ends)
    ended = [one for one in every if one.is_over]
    return render(request, "campaigns/home.html", {"site": site, "running": running, "ended": ended})


@require_safe
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    page = _page(slug)
    made = page["figures"].progress
    page |= {
        "chart": charts.outline(made),
        "groups": givers.by_tier(made.campaign, on=made.on),
        "purposes": [label for value, label in PURPOSES if value in made.campaign.purposes],
        "links": [link for link in made.campaign.give_links if _is_web(link)],
    }
    return render(request, "campaigns/campaign.html", page)


@require_safe
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the campaign's page that renews itself, at an address of its own."""
    return render(request, "campaigns/campaign.html#figures", _page(slug))


@require_safe
def chart(request: HttpRequest, slug: str) -> HttpResponse:
    names = {"raised": gettext("Received"), "pace": gettext("An even pace")}
    return JsonResponse(charts.figure(_page(slug)["figures"].progress, names=names))


def _page(slug: str) -> dict[str, Any]:
    site = Site.current()
    found = get_object_or_404(Campaign.objects.for_page(), slug=slug)
    [measured_now] = measured([found], site=site, now=timezone.now())
    return {"site": site, "campaign": found, "figures": measured_now}


def _ends(one: Figures) -> tuple[bool, int]:
    return one.days_left is None, one.days_left or 0


def _is_web(link: Any) -> bool:
    """Typed by staff as JSON: only a web address with a name becomes a link."""
    return (
        isinstance(link, dict)
        and bool(link.get("name"))
        and str(link.get("url", "")).startswith(("https://", "http://"))
    )

"""The public pages. Each asks for its rows once, and for the figures once."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from campaigns import charts, freezing, givers
from campaigns.figures import Figures, measured
from campaigns.models import Campaign, Frozen
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
    return render(request, "campaigns/campaign.html", whole(_found(slug)))


def whole(found: Campaign) -> dict[str, Any]:
    """What the page of a campaign of for_page() says."""
    page = _page(found)
    made = page["figures"].progress
    return page | {
        "chart": charts.outline(made),
        "groups": givers.by_tier(made.campaign, on=made.on),
        "purposes": [label for value, label in PURPOSES if value in made.campaign.purposes],
        "links": [link for link in made.campaign.give_links if _is_web(link)],
    }


@require_safe
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of the campaign's page that renews itself, at an address of its own."""
    return render(request, "campaigns/campaign.html#figures", _page(_found(slug)))


@require_safe
def chart(request: HttpRequest, slug: str) -> HttpResponse:
    names = {"raised": gettext("Received"), "pace": gettext("An even pace")}
    return JsonResponse(charts.figure(_page(_found(slug))["figures"].progress, names=names))


@require_safe
def frozen(request: HttpRequest, slug: str) -> HttpResponse:
    """The figures that were frozen, and how anyone can check that nobody has touched them since."""
    row = _frozen(slug)
    page = {"site": Site.current(), "campaign": row.campaign, "frozen": row, "problem": freezing.problem(row)}
    return render(request, "campaigns/frozen.html", page)


@require_safe
def document(request: HttpRequest, slug: str) -> HttpResponse:
    """Byte for byte what was signed."""
    return HttpResponse(_frozen(slug).document, content_type="application/json")


@require_safe
def proof(request: HttpRequest, slug: str) -> HttpResponse:
    row = _frozen(slug)
    names = ("document", "digest", "signature", "public_key")
    return JsonResponse({name: getattr(row, name) for name in names} | {"day": row.day, "how": freezing.HOW})


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The public key that this site signs with now."""
    return HttpResponse(freezing.public_pem(), content_type="application/x-pem-file")


def _frozen(slug: str) -> Frozen:
    found = get_object_or_404(Campaign.objects.for_list().exclude(frozen=None), slug=slug)
    return found.frozen


def _found(slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.for_page(), slug=slug)


def _page(found: Campaign) -> dict[str, Any]:
    site = Site.current()
    [measured_now] = measured([found], site=site, now=timezone.now())
    page = {"site": site, "campaign": found, "figures": measured_now}
    return page | {"since": freezing.since(measured_now)}


def _ends(one: Figures) -> tuple[bool, int]:
    return one.days_left is None, one.days_left or 0


def _is_web(link: Any) -> bool:
    """Typed by staff as JSON: only a web address with a name becomes a link."""
    return (
        isinstance(link, dict)
        and bool(link.get("name"))
        and str(link.get("url", "")).startswith(("https://", "http://"))
    )

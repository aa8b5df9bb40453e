"""A funder's public page, in its first form: who it is, what it offers, what it has promised in public."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funders import logos
from funders.models import Commitment, Funder, Programme
from funders.reach import reached
from fundtracker.models import Site
from fundtracker.money import Money


@require_safe
def funder(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Funder.objects.for_page(), slug=slug)
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    page = {
        "site": site,
        "funder": found,
        "offers": [(one, *_amounts(one)) for one in found.programmes.all()],
        "promises": [
            (
                one,
                _money(one.amount_minor, one.currency),
                reached(one.source.streams.all(), one.designation, today),
            )
            for one in Commitment.objects.for_funder(found)
        ],
    }
    return render(request, "funders/funder.html", page)


# Its name is its content's. Browsers keep it; caches that many people share ask again soon, for who is named no more.
LOGO_CACHE = "public, max-age=31536000, s-maxage=60, immutable"


@require_safe
def logo(request: HttpRequest, name: str) -> HttpResponse:
    """A size of a public funder's logo: `name` is its content's, and the size."""
    content, _, box = name.rpartition("-")
    if box not in map(str, logos.SIZES) or not content:
        raise Http404
    if not Funder.objects.public().filter(logo=content).exists():
        raise Http404
    answer = drawn(content, int(box))
    answer["Cache-Control"] = LOGO_CACHE
    return answer


def drawn(content: str, box: int) -> HttpResponse:
    """What funders/logos.py made of an upload."""
    try:
        with default_storage.open(logos.file_name(content, box)) as file:
            answer = HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404 from None
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _amounts(programme: Programme) -> list[Money | None]:
    """The smallest grant, the largest, and what a year has; None where it is not known."""
    known = (programme.grant_min_minor, programme.grant_max_minor, programme.yearly_budget_minor)
    return [_money(minor, programme.currency) for minor in known]


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

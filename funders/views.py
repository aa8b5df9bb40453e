"""A funder's public page, in its first form: who it is, what it offers, what it has promised in public."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from funders.models import Commitment, Funder
from fundtracker.models import Site
from fundtracker.money import Money


@require_safe
def funder(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Funder.objects.for_page(), slug=slug)
    page = {
        "site": Site.current(),
        "funder": found,
        "offers": [
            (one, _money(one.grant_min_minor, one.currency), _money(one.grant_max_minor, one.currency))
            for one in found.programmes.all()
        ],
        "promises": [
            (one, _money(one.amount_minor, one.currency)) for one in Commitment.objects.for_funder(found)
        ],
    }
    return render(request, "funders/funder.html", page)


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

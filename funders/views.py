"""A funder's public page, in its first form: who it is, what it offers, what it has promised in public."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

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


def _amounts(programme: Programme) -> list[Money | None]:
    """The smallest grant, the largest, and what a year has; None where it is not known."""
    known = (programme.grant_min_minor, programme.grant_max_minor, programme.yearly_budget_minor)
    return [_money(minor, programme.currency) for minor in known]


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

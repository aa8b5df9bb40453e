"""A funder's public page, in its first form: who it is, what it offers, what it has promised in public."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funders.models import Commitment, Funder, Programme
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
            (one, _money(one.amount_minor, one.currency), _reached(one, today))
            for one in Commitment.objects.for_funder(found)
        ],
    }
    return render(request, "funders/funder.html", page)


def _reached(promise: Commitment, today: date) -> list[Any]:
    """The streams that its money takes: its designation's own, else those of the whole source."""
    active = [
        stream
        for stream in promise.source.streams.all()
        if (stream.starts_on is None or stream.starts_on <= today)
        and (stream.ends_on is None or today <= stream.ends_on)
    ]
    own = [stream for stream in active if stream.designation == promise.designation]
    return own or [stream for stream in active if stream.designation is None]


def _amounts(programme: Programme) -> list[Money | None]:
    """The smallest grant, the largest, and what a year has; None where it is not known."""
    known = (programme.grant_min_minor, programme.grant_max_minor, programme.yearly_budget_minor)
    return [_money(minor, programme.currency) for minor in known]


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)

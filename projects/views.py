"""A project's public pages, in their first form: what it is, what is raised for it, who else could pay."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funders import rates
from funders.models import Programme
from fundtracker.models import Site
from projects import charts, fit, needs, people
from projects.models import Project


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Project.objects.for_page(), slug=slug)
    site = Site.current()
    page = {
        "site": site,
        "project": found,
        "maintainers": people.published(found, on=timezone.now().astimezone(site.zone).date()),
        "campaigns": [one for one in found.campaigns.all() if one.is_shown],
        "children": [one for one in found.children.all() if one.is_public],
    }
    return render(request, "projects/project.html", page)


@require_safe
def programmes(request: HttpRequest, slug: str) -> HttpResponse:
    """What a year of it takes against what every programme gives, with each reason for and against."""
    found = get_object_or_404(Project.objects.public().prefetch_related("costs__role"), slug=slug)
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    costs, every = list(found.costs.all()), list(Programme.objects.public())
    day = needs.day_of(costs, today)
    currencies = {cost.currency for cost in costs} | {one.currency for one in every}
    known = rates.load(currencies, since=min(day, needs.RATE_DAY), until=day)
    need = needs.published(costs, day=day, rates=known)
    currency = need.amount.currency if need.amount else rates.EURO
    offers = [fit.offer(one, currency, on=day, rates=known) for one in every]
    fits = sorted((fit.fit(one, need, country=found.country, on=today) for one in offers), key=fit.rank)
    page = {
        "site": site,
        "project": found,
        "need": need,
        "is_past": day < today,
        "fits": [one for one in fits if not one.exclusions],
        "closed": [one for one in fits if one.exclusions],
        "fewest_awards": min((one.awards for one in fits if one.awards), default=None),
        "gap": charts.gap([one.offer for one in fits], need.amount),
        "rates": known,
    }
    return render(request, "projects/programmes.html", page)

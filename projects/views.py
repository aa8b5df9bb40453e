"""A project's public pages: what it needs and gets, what is raised for it, who else could pay."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funders import rates
from funders.models import Programme
from fundtracker.models import Site
from projects import charts, fit, gathering, needs, overview, people
from projects.models import Project
from projects.what_if import changed
from projects.what_if_form import WhatIfForm

MOST_FITS, MOST_RELIANCES = 3, 5


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Project.objects.for_page(), slug=slug)
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    children = [one for one in found.children.all() if one.is_public]
    told, parts = overview.of(found, today=today, others=children)
    page = {
        "site": site,
        "project": found,
        "told": told,
        "chart": chart_of(told),
        "maintainers": people.published(found, on=today),
        "campaigns": [one for one in found.campaigns.all() if one.is_shown],
        "children": [(one, overview.in_short(parts[one.pk], today)) for one in children],
        "lost": [one for one in found.work.all() if one.is_lost],
        "reliances": found.reliances.all()[:MOST_RELIANCES],
        "fits": [one for one in _fits(found, today).every if not one.exclusions][:MOST_FITS],
    }
    return render(request, "projects/project.html", page)


def chart_of(told: overview.Overview) -> charts.MonthsChart:
    one = told.gathered
    now, cliffs = told.day.replace(day=1), [cliff.first for cliff in one.cliffs]
    return charts.months(one.months, one.currency, now=now, cliffs=cliffs)


@require_safe
def what_if(request: HttpRequest, slug: str, template: str = "projects/what_if.html") -> HttpResponse:
    """One thing changed, beside what is known now. Nothing is kept: the question is in the address."""
    found = get_object_or_404(Project.objects.for_page(), slug=slug)
    site = Site.current()
    told, _parts = overview.of(found, today=timezone.now().astimezone(site.zone).date())
    page = {"site": site, "project": found, "told": told, **asked(request, told)}
    return render(request, template, page)


def asked(request: HttpRequest, told: overview.Overview) -> dict[str, Any]:
    """The form of a question, and the answer where one can be given."""
    form = WhatIfForm(request.GET or None, gathered=told.gathered)
    answer: dict[str, Any] = {"form": form, "chart": chart_of(told)}
    if form.is_valid() and (changes := form.changes()):
        after = replace(told, gathered=changed(told.gathered, changes))
        answer |= {"after": after, "after_chart": chart_of(after)}
    return answer


@dataclass(frozen=True, slots=True)
class Fits:
    """Every programme against a year's need, the best first."""

    need: needs.Need
    every: list[fit.Fit]
    rates: rates.Rates


def _fits(project: Project, today: date) -> Fits:
    costs, programmes = list(project.costs.all()), list(Programme.objects.public())
    need, known = gathering.need(costs, today, beside=[one.currency for one in programmes])
    currency = need.amount.currency if need.amount else rates.EURO
    offers = [fit.offer(one, currency, on=need.day, rates=known) for one in programmes]
    every = sorted((fit.fit(one, need, country=project.country, on=today) for one in offers), key=fit.rank)
    return Fits(need, every, known)


@require_safe
def programmes(request: HttpRequest, slug: str) -> HttpResponse:
    """What a year of it takes against what every programme gives, with each reason for and against."""
    found = get_object_or_404(Project.objects.public().prefetch_related("costs__role"), slug=slug)
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    fits = _fits(found, today)
    page = {
        "site": site,
        "project": found,
        "need": fits.need,
        "is_past": fits.need.day < today,
        "fits": [one for one in fits.every if not one.exclusions],
        "closed": [one for one in fits.every if one.exclusions],
        "fewest_awards": min((one.awards for one in fits.every if one.awards), default=None),
        "gap": charts.gap([one.offer for one in fits.every], fits.need.amount),
        "rates": fits.rates,
    }
    return render(request, "projects/programmes.html", page)

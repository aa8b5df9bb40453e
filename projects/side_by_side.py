"""Pages of several projects: all that are public, and those that somebody sets side by side."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from funders import rates
from funders.staff.forms import today as books_today
from fundtracker.models import Site
from projects import comparison
from projects.comparison import MOST, Column
from projects.coverage import add_months, end_of
from projects.gathering import Gathered, gather
from projects.models import Project

OLDEST, MOST_YEARS = 2000, 12
YEAR = re.compile("[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for, in its order; `unknown` are words of it that name nothing here."""

    projects: list[Project]
    years: list[int]
    unknown: list[str]


@require_safe
def all_projects(request: HttpRequest) -> HttpResponse:
    """What each needs this month, and how far its money reaches."""
    today = books_today()
    every = list(Project.objects.public().select_related("parent"))
    found = gather(every, on=today, first=add_months(today, -12), last=end_of(today))
    page = {
        "site": Site.current(),
        "rows": [(one, found[one.pk].month, found[one.pk].money(found[one.pk].month.paid)) for one in every],
    }
    return render(request, "projects/projects.html", page)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    every = list(Project.objects.public().prefetch_related("campaigns", "years"))
    page = _page(request.GET, every, comparison.public_links())
    return render(request, "projects/compare.html", page)


@require_safe
def staff_compare(request: HttpRequest) -> HttpResponse:
    """The same figures as in public; behind them the entries."""
    every = list(Project.objects.prefetch_related("campaigns", "years"))
    page = _page(request.GET, every, comparison.staff_links(request.user))
    return render(request, "staff/compare.html", page)


def _page(typed: QueryDict, every: Sequence[Project], behind: comparison.Behind) -> dict[str, Any]:
    today = books_today()
    asked = _asked(typed, every, today)
    columns = _columns(asked, today) if asked.projects else []
    known = rates.load(
        {one.gathered.currency for one in columns},
        since=min(today, *(one.last for one in columns)) if columns else today,
        until=today,
    )
    return {
        "site": Site.current(),
        "every": every,
        "asked": asked,
        "columns": columns,
        "rows": list(comparison.rows(columns, behind, known, today)) if columns else [],
        "rates": known,
        "left_out": max(0, len(asked.projects) * max(1, len(asked.years)) - MOST),
        "most": MOST,
        "years": " ".join(map(str, asked.years)),
        "slugs": {one.slug for one in asked.projects},
    }


def _asked(typed: QueryDict, every: Iterable[Project], today: date) -> Asked:
    by_slug = {one.slug: one for one in every}
    slugs = list(dict.fromkeys(_words(typed.getlist("projects"))))
    years = list(dict.fromkeys(_words(typed.getlist("years"))))
    good = [word for word in years if YEAR.fullmatch(word) and OLDEST <= int(word) <= today.year]
    return Asked(
        projects=[by_slug[slug] for slug in slugs if slug in by_slug],
        years=[int(word) for word in good][:MOST_YEARS],
        unknown=[slug for slug in slugs if slug not in by_slug]
        + [word for word in years if word not in good],
    )


def _words(values: Iterable[str]) -> list[str]:
    return [word for value in values for word in value.replace(",", " ").split()]


def _columns(asked: Asked, today: date) -> list[Column]:
    """Of each project each year, no more than MOST; read for all of them at once."""
    spans = [_span(year, today) for year in asked.years or (None,)]
    wanted = [(one, span) for one in asked.projects for span in spans][:MOST]
    projects = list(dict.fromkeys(one for one, _span in wanted))
    first, last = min(span[1] for span in spans), max(max(span[2] for span in spans), today)
    found = gather(projects, on=today, first=first, last=end_of(last))
    reserves, paying = comparison.reserves(projects), comparison.paying_of(projects, today)
    return [
        _column(one, span, found[one.pk], reserves.get(one.pk, ()), paying[one.pk]) for one, span in wanted
    ]


def _span(year: int | None, today: date) -> tuple[int | None, date, date]:
    if year:
        return year, date(year, 1, 1), date(year, 12, 31)
    return None, add_months(today.replace(day=1), -11), today


def _column(
    project: Project, span: tuple[int | None, date, date], gathered: Gathered, reserves: Any, paying: Any
) -> Column:
    year, first, last = span
    reserve = next((one for one in reserves if one.as_of <= last), None)
    stated = tuple(one for one in project.years.all() if one.year == year)
    return Column(project, year, first, last, gathered, reserve, stated, paying)

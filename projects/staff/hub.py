"""The projects, each with a page from which all of its own pages are reached; entered and edited here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import rates
from funders.staff.forms import Seen, overtaken, today, version
from fundtracker import access
from projects import costs, coverage, needs
from projects.gathering import Reader, gather
from projects.models import Cost, Project, Reserve
from projects.staff.needs import reader

SAID = ("name", "slug", "parent", "summary", "url", "repository_url", "country", "is_public")
# Addresses of staff's and of the public's pages, so no project's name.
TAKEN = {"new", "compare"}


class ProjectForm(Seen, forms.ModelForm):  # type: ignore[type-arg]
    slug = forms.SlugField(
        label=gettext_lazy("Short name"), max_length=80, required=False,
        help_text=gettext_lazy("Part of its address. Empty: made from the name."),
    )  # fmt: skip
    url = forms.URLField(
        label=gettext_lazy("Web page"), max_length=250, required=False, assume_scheme="https"
    )
    repository_url = forms.URLField(
        label=gettext_lazy("Source code"), max_length=250, required=False, assume_scheme="https"
    )

    class Meta:
        model = Project
        fields = SAID
        widgets = {"summary": forms.Textarea({"rows": 4})}
        labels = {"parent": gettext_lazy("Part of")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.empty_label = _("nothing: it stands by itself")
        if self.instance.pk:
            parent.queryset = Project.objects.exclude(pk__in=_below(self.instance))

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("slug") and "slug" not in self.errors:
            cleaned["slug"] = slugify(cleaned.get("name", ""))[:80]
        if cleaned.get("slug") in TAKEN or not cleaned.get("slug"):
            self.add_error("slug", _("Choose another short name."))
        return cleaned


def _below(project: Project) -> set[int]:
    """The project and all that is part of it: none of them can be what it is part of."""
    parents = dict(Project.objects.values_list("pk", "parent"))
    found = {project.pk}
    while more := {pk for pk, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A project in the list; `depth` says how far below another one it stands."""

    project: Project
    depth: int
    need: needs.Need
    month: coverage.Month


@require_safe
def all_projects(request: HttpRequest) -> HttpResponse:
    every = list(Project.objects.prefetch_related(Prefetch("costs", Cost.objects.select_related("role"))))
    day = today()
    known = _rates([cost for one in every for cost in one.costs.all()], day)
    people = costs.may_see_people(reader(request))
    found = gather(
        every,
        on=day,
        first=coverage.add_months(day, -12),
        last=day,
        reader=Reader.STAFF if people else Reader.PUBLIC,
    )
    worked_out = needs.yearly if people else needs.published
    rows = [
        Row(one, depth, worked_out(list(one.costs.all()), day=day, rates=known), found[one.pk].month)
        for one, depth in _nested(every)
    ]
    return render(request, "staff/projects.html", {"rows": rows})


def _rates(found: list[Cost], day: date) -> rates.Rates:
    """Those of the day, and those at which people's costs are put together."""
    return rates.load({cost.currency for cost in found}, since=min(day, needs.RATE_DAY), until=day)


def _nested(every: list[Project], parent: int | None = None, depth: int = 0) -> Iterator[tuple[Project, int]]:
    """What belongs to a project comes right after it."""
    for one in every:
        if one.parent_id == parent:
            yield one, depth
            yield from _nested(every, one.pk, depth + 1)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to look after, what there is of it, and where."""

    name: str
    about: str
    url: str


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    one = get_object_or_404(Project.objects.select_related("parent"), slug=slug)
    day, found = today(), list(one.costs.select_related("role"))
    known = _rates(found, day)
    worked_out = needs.yearly if costs.may_see_people(reader(request)) else needs.published
    page = {
        "project": one,
        "need": worked_out(found, day=day, rates=known),
        "rates": known,
        "reserve": Reserve.objects.filter(project=one).first(),
        "lost": [work for work in one.work.all() if work.is_lost],
        "streams": one.streams.select_related("source"),
        "children": one.children.all(),
        "jobs": [job for job in _jobs(one) if not access.lacking(request.user, job.url)],
    }
    return render(request, "staff/project.html", page)


def _jobs(one: Project) -> Iterator[Job]:
    every = (
        (
            "staff:project_coverage",
            _("Coverage"),
            _("How much of each month is paid for, with nothing left out."),
        ),
        (
            "staff:project_what_if",
            _("What if"),
            _("What changes if money ends, a grant comes, or costs rise."),
        ),
        ("staff:project_needs", _("Needs"), _("What it costs, by purpose, from when until when.")),
        ("staff:project_work", _("Work"), _("Pieces of work that run, were cut back, or stopped.")),
        ("staff:project_reserve", _("Reserve"), _("What it has set aside.")),
        ("staff:project_maintainers", _("Maintainers"), _("Who does the work, and how many hours it takes.")),
        ("staff:project_reliance", _("Reliance"), _("Who depends on it, and who of them pays.")),
        ("staff:project_brief", _("Brief"), _("What a public buyer takes away.")),
    )
    for view, name, about in every:
        yield Job(name, about, reverse(view, args=[one.slug]))


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None)
    if request.method == "POST":
        made = _made_by(request)
        if made or form.is_valid():
            saved = made or form.save()
            messages.success(request, _("%(project)s is there. Say what it needs.") % {"project": saved})
            return redirect("staff:project", saved.slug)
    return render(request, "staff/project_edit.html", {"form": form})


def _made_by(request: HttpRequest) -> Project | None:
    """What the first click of a double click has made: a project that says just this."""
    typed = ProjectForm(request.POST, instance=Project())
    typed.is_valid()
    twin = Project.objects.filter(slug=typed.cleaned_data.get("slug") or slugify(request.POST.get("name", ""))).first()  # fmt: skip
    if twin is None:
        return None
    return twin if all(typed.cleaned_data.get(name) == getattr(twin, name) for name in SAID if name != "slug") else None  # fmt: skip


@require_http_methods(["GET", "POST"])
@transaction.atomic
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    one = get_object_or_404(rows, slug=slug)
    name, now = one.name, version(one)
    form = ProjectForm(request.POST or None, instance=one, initial={"seen": now})
    page: dict[str, Any] = {"form": form, "project": one, "name": name, "slug": slug}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, one, now)
        if not page["change"]:
            form.save()
            messages.success(request, _("%(project)s: saved.") % {"project": one})
            return redirect("staff:project", one.slug)
    return render(request, "staff/project_edit.html", page)

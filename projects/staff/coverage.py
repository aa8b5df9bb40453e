"""For staff: coverage with nothing withheld, and what-ifs that may be kept by name."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fundtracker.models import Role, Site, User
from projects import overview
from projects.gathering import Reader
from projects.models import Project, Scenario
from projects.views import asked, chart_of

LONGEST_QUERY = 1000


def _told(slug: str, reader: Reader) -> overview.Overview:
    found = get_object_or_404(Project.objects.prefetch_related("costs__role", "reserves"), slug=slug)
    today = timezone.now().astimezone(Site.current().zone).date()
    return overview.of(found, today=today, reader=reader)[0]


def coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """Every cost of it by name, people's too."""
    told = _told(slug, Reader.STAFF)
    page = {"project": told.project, "told": told, "chart": chart_of(told)}
    return render(request, "staff/project_coverage.html", page)


def what_if(request: HttpRequest, slug: str) -> HttpResponse:
    """Who may not read what one person costs sees what the public does. Kept only where somebody asks for it."""
    assert isinstance(request.user, User)
    may_keep = request.user.may(Role.TREASURER)
    told = _told(slug, Reader.STAFF if may_keep else Reader.PUBLIC)
    if request.method == "POST" and may_keep:
        _keep(request, told.project)
        return redirect(f"{reverse('staff:project_what_if', args=[slug])}?{request.POST.get('query', '')}")
    page = {
        "project": told.project,
        "told": told,
        "may_keep": may_keep,
        "scenarios": told.project.scenarios.select_related("saved_by"),
        "query": request.GET.urlencode(),
        **asked(request, told),
    }
    return render(request, "staff/project_what_if.html", page)


@transaction.atomic
def _keep(request: HttpRequest, project: Project) -> None:
    """One of a name: keeping it again changes its question. Or one is let go."""
    Project.objects.select_for_update(no_key=True).get(
        pk=project.pk
    )  # a second click waits, and finds the first's
    name, query = request.POST.get("name", "").strip()[:120], request.POST.get("query", "")
    gone = request.POST.get("remove", "")
    if gone.isdecimal():
        project.scenarios.filter(pk=gone).delete()
        messages.success(request, _("It is kept no more."))
    elif not name or not query or len(query) > LONGEST_QUERY:
        messages.error(request, _("Ask something and give it a name, to keep it."))
    else:
        said = {"query": query, "saved_by": request.user}
        Scenario.objects.update_or_create(project=project, name=name, defaults=said)
        messages.success(request, _("Kept as “%(name)s”.") % {"name": name})

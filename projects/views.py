"""A project's public page, in its first form: what it is, what is raised for it, where its money comes from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fundtracker.models import Site
from projects.models import Project


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Project.objects.for_page(), slug=slug)
    page = {
        "site": Site.current(),
        "project": found,
        "campaigns": [one for one in found.campaigns.all() if one.is_shown],
        "children": [one for one in found.children.all() if one.is_public],
    }
    return render(request, "projects/project.html", page)

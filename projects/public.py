"""Public pages for those who may pay: the brief for a buyer, as a page and as a PDF."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from fundtracker.models import Site
from projects import brief, figures, gathering, typeset
from projects.coverage import add_months, end_of
from projects.models import Offer, Project


def known(project: Project, site: Site, today: date) -> brief.Known:
    """What a brief of `project` is made of, with all it asks the database."""
    need, _rates = gathering.need(list(project.costs.select_related("role")), today)
    first, last = add_months(today.replace(day=1), -11), end_of(add_months(today, 24))
    money = gathering.gather([project], on=today, first=first, last=last)[project.pk]
    return brief.Known(
        site=site,
        project=project,
        offer=Offer.objects.filter(project=project).first() or Offer(project=project),
        need=need,
        figures=list(figures.of(project, need, money)),
        reliances=list(project.reliances.public()),
        today=today,
    )


@require_safe
def brief_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = _known(slug)
    shown = {"site": page.site, "project": page.project, "document": brief.write(page, brief.Wanted())}
    return render(request, "projects/brief.html", shown)


@require_safe
def brief_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    page = _known(slug)
    return pdf(page, brief.Wanted())


def pdf(page: brief.Known, wanted: brief.Wanted) -> HttpResponse:
    document = brief.write(page, wanted)
    body = typeset.pdf("brief", document.as_data(), on=page.today)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{page.project.slug}-brief.pdf"'
    return answer


def _known(slug: str) -> brief.Known:
    site = Site.current()
    today = timezone.now().astimezone(site.zone).date()
    return known(get_object_or_404(Project.objects.public(), slug=slug), site, today)

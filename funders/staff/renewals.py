"""The renewals calendar: month by month who is up for renewal, and the same as a file for one's own calendar."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from funders import renewals
from funders.staff.forms import today
from fundtracker import calendar
from fundtracker.models import Site


@require_safe
def by_month(request: HttpRequest) -> HttpResponse:
    months = renewals.by_month(renewals.ending(today()))
    return render(request, "staff/renewals.html", {"months": months, "today": today()})


@require_safe
def calendar_file(request: HttpRequest) -> HttpResponse:
    name = _("Renewals · %(site)s") % {"site": Site.current().name}
    days = renewals.days(renewals.ending(today()), host=request.get_host(), stamp=today())
    body = calendar.write(name, days)
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="renewals.ics"'
    return answer

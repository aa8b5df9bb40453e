"""Staff pages about what is asked for; Today, which asks every floor below."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns import todo as campaigns
from funders import todo as funders
from fundtracker.models import Site
from projects import todo as projects


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    day = now.astimezone(Site.current().zone).date()
    groups = [
        (_("Where money comes from"), list(funders.todos(now=now, today=day))),
        (_("Where money goes"), list(projects.todos())),
        (_("What is asked for"), list(campaigns.todos(today=day))),
    ]
    return render(
        request, "staff/today.html", {"groups": [group for group in groups if group[1]], "day": day}
    )

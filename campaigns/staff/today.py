"""Today, which asks every floor; and the list of campaigns, each with what one can do about it."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns import todo as campaigns
from campaigns.figures import measured
from campaigns.models import Campaign, Statement, Withdrawal
from funders import todo as funders
from fundtracker import access
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
    shown = [
        (title, [(todo, access.lacking(request.user, todo.url)) for todo in todos])
        for title, todos in groups if todos
    ]  # fmt: skip
    return render(request, "staff/today.html", {"groups": shown})


@require_safe
def all_campaigns(request: HttpRequest) -> HttpResponse:
    site, now = Site.current(), timezone.now()
    waiting = [
        Statement.objects.waiting(),
        Statement.objects.filter(withdrawals__in=Withdrawal.objects.waiting()),
    ]
    waits = Q(statements__in=waiting[0]) | Q(statements__in=waiting[1])
    every = Campaign.objects.for_staff().annotate(waiting=Count("statements", filter=waits, distinct=True))
    day = now.astimezone(site.zone).date()
    rows = [
        (one, one.campaign.state(now=now, today=day)) for one in measured(list(every), site=site, now=now)
    ]
    return render(request, "staff/campaigns.html", {"rows": rows})

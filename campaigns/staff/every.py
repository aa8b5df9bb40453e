"""The list of campaigns, each with what one can do about it."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.figures import measured
from campaigns.models import Campaign, Statement, Withdrawal
from fundtracker.models import Site


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

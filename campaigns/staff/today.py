"""Today: what needs a person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.todo import groups
from fundtracker import access


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    shown = [
        (title, [(todo, access.lacking(request.user, todo.url)) for todo in todos])
        for title, todos in groups(timezone.now())
    ]
    return render(request, "staff/today.html", {"groups": shown})

"""Today: what needs a person. Every floor below says what there is; the digest tells the same by e-mail."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from campaigns import todo as campaigns
from campaigns.outbox import Message
from campaigns.questions import Question
from funders import todo as funders
from funders.todo import Todo
from fundtracker import access
from fundtracker.models import Site
from projects import todo as projects

Group = tuple[str, list[Todo]]


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    shown = [
        (title, [(todo, access.lacking(request.user, todo.url)) for todo in todos])
        for title, todos in groups(timezone.now())
    ]
    return render(request, "staff/today.html", {"groups": shown})


def groups(now: datetime) -> list[Group]:
    """By what they are about, those with something in them."""
    day = now.astimezone(Site.current().zone).date()
    every = [
        (_("Where money comes from"), list(funders.todos(now=now, today=day))),
        (_("Where money goes"), list(projects.todos())),
        (_("What is asked for"), list(campaigns.todos(today=day))),
        (_("Messages"), [*_questions(), *_unsent()]),
    ]
    return [(title, todos) for title, todos in every if todos]


def _questions() -> Iterator[Todo]:
    found = Question.objects.open().aggregate(count=Count("pk"), since=Min("asked_at"))
    if count := found["count"]:
        what = ngettext(
            "%(count)d question of the public is open", "%(count)d questions of the public are open", count
        )
        why = _("Somebody thinks that a figure is wrong.")
        yield Todo(what % {"count": count}, why, reverse("staff:questions"), found["since"])


def _unsent() -> Iterator[Todo]:
    found = Message.objects.stuck().aggregate(count=Count("pk"), since=Min("created_at"))
    if count := found["count"]:
        what = ngettext("%(count)d message could not be sent", "%(count)d messages could not be sent", count)
        why = _("Each is tried for a day and a half, and then given up.")
        yield Todo(what % {"count": count}, why, reverse("staff:sending"), found["since"])

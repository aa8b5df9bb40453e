"""What a project needs: listed by purpose, entered, changed from a day on, corrected, ended, taken out."""

import copy
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from funders import rates
from funders.models.promises import PURPOSES
from funders.staff.forms import overtaken, today, version
from fundtracker import history
from fundtracker.models import User
from projects import costs, needs
from projects.models import Cost, Project
from projects.staff.need_forms import ChangeForm, CorrectForm, EndForm, NewForm, WhyForm

ORDER = [purpose for purpose, _label in PURPOSES]
BY_PURPOSE = attrgetter("purpose")


def reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_safe
def all_needs(request: HttpRequest, slug: str) -> HttpResponse:
    project, day = get_object_or_404(Project, slug=slug), today()
    shown = costs.shown_to(reader(request), project)
    current = [cost for cost in shown if costs.when(cost, day) == costs.When.NOW]
    people = costs.may_see_people(reader(request))
    private: list[Cost] = [] if people else list(project.costs.private())
    known = rates.load({cost.currency for cost in current}, since=day, until=day)
    page = {
        "project": project,
        "groups": [
            (when, _by_purpose(cost for cost in shown if costs.when(cost, day) == when))
            for when in costs.When
        ],
        "sums": costs.sums(current),
        "need": needs.yearly(current, day=day, rates=known),
        "hidden": len([cost for cost in private if costs.when(cost, day) == costs.When.NOW]),
        "rates": known,
    }
    return render(request, "staff/project_needs.html", page)


def _by_purpose(found: Any) -> list[tuple[str, list[Cost]]]:
    """Each purpose in words with its costs, in the order in which purposes are told."""
    ordered = sorted(found, key=lambda cost: (ORDER.index(cost.purpose), cost.label.casefold()))
    words = dict(PURPOSES)
    return [(str(words[purpose]), list(group)) for purpose, group in groupby(ordered, BY_PURPOSE)]


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new(request: HttpRequest, slug: str) -> HttpResponse:
    rows = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    project = get_object_or_404(rows, slug=slug)
    people = costs.may_see_people(reader(request))
    start = {"starts_on": today(), "currency": _usual_currency(project)}
    form = NewForm(request.POST or None, instance=Cost(project=project), initial=start, people=people)
    if request.method == "POST" and form.is_valid():
        if not project.costs.filter(key=form.cleaned_data["key"]).exists():
            form.instance.key = form.cleaned_data["key"]
            form.save()
        messages.success(request, _("%(need)s is entered.") % {"need": form.instance})
        return redirect("staff:project_needs", slug)
    return render(request, "staff/project_need.html", {"project": project, "form": form, "job": "new"})


def _usual_currency(project: Project) -> str:
    last = project.costs.order_by("-pk").values_list("currency", flat=True).first()
    return last or ""


def _found(request: HttpRequest, slug: str, pk: int) -> Cost:
    """A cost that its reader may see; held where something is to be done to it."""
    rows = Cost.objects.select_related("project", "given_by", "follows", "followed_by")
    if request.method == "POST":
        get_object_or_404(Project.objects.select_for_update(no_key=True), slug=slug)
    if not costs.may_see_people(reader(request)):
        rows = rows.open()
    return get_object_or_404(rows, project__slug=slug, pk=pk)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """From a day on it is otherwise; what was true until then stays."""
    cost = _found(request, slug, pk)
    if hasattr(cost, "followed_by"):
        if request.method == "POST":  # the second click of a double click, or somebody was faster
            messages.info(request, _("This need has changed already: here is what follows it."))
        return redirect("staff:need_change", slug, cost.followed_by.pk)
    draft, now = copy.copy(cost), version(cost)
    people = costs.may_see_people(reader(request))
    start = {"starts_on": today(), "seen": now}
    form = ChangeForm(request.POST or None, instance=draft, initial=start, was=cost, people=people)
    page: dict[str, Any] = {"project": cost.project, "cost": cost, "form": form, "job": "change"}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, cost, now)
        if not page["change"]:
            costs.change(cost, draft, form.cleaned_data["starts_on"])
            messages.success(request, _("%(need)s changes on that day.") % {"need": draft})
            return redirect("staff:project_needs", slug)
    return render(request, "staff/project_need.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def correct(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """It was wrong all along: the row changes, and history keeps why."""
    cost = _found(request, slug, pk)
    draft, now = copy.copy(cost), version(cost)
    people = costs.may_see_people(reader(request))
    form = CorrectForm(request.POST or None, instance=draft, initial={"seen": now}, people=people)
    page: dict[str, Any] = {"project": cost.project, "cost": cost, "form": form, "job": "correct"}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, cost, now)
        if not page["change"]:
            history.because(form.cleaned_data["why"])
            costs.correct(draft)
            messages.success(request, _("%(need)s is corrected.") % {"need": draft})
            return redirect("staff:project_needs", slug)
    return render(request, "staff/project_need.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    cost = _found(request, slug, pk)
    if hasattr(cost, "followed_by"):
        raise Http404
    now = version(cost)
    start = {"ends_on": cost.ends_on or today(), "seen": now}
    form = EndForm(request.POST or None, initial=start, was=cost)
    page: dict[str, Any] = {"project": cost.project, "cost": cost, "form": form, "job": "end"}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, cost, now)
        if not page["change"]:
            cost.ends_on = form.cleaned_data["ends_on"]
            cost.save(update_fields=["ends_on"])
            messages.success(request, _("Saved."))
            return redirect("staff:project_needs", slug)
    return render(request, "staff/project_need.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A mistake that never was true; what was true once ends instead."""
    if request.method == "POST" and not Cost.objects.filter(pk=pk).exists():
        return redirect("staff:project_needs", slug)  # the second click of a double click
    cost = _found(request, slug, pk)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        costs.remove(cost)
        messages.success(request, _("%(need)s is taken out. History keeps it.") % {"need": cost})
        return redirect("staff:project_needs", slug)
    page = {"project": cost.project, "cost": cost, "form": form, "job": "remove"}
    return render(request, "staff/project_need.html", page)

"""Who maintains what: entered with their hours and what these cost, invited to their own page, erased."""

import copy
import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from funders.staff.forms import Seen, overtaken, today, version
from fundtracker import history
from projects import costs, invitations, people
from projects.models import Cost, Maintainer, Project, Role
from projects.staff.maintainer_forms import EraseForm, HoursForm, InvitationForm, MaintainerForm

log = logging.getLogger(__name__)


class NameForm(Seen, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Maintainer
        fields = ("name",)
        labels = {"name": gettext_lazy("Name")}


@require_safe
def all_maintainers(request: HttpRequest) -> HttpResponse:
    now = Prefetch("roles", Role.objects.on(today()).with_cost(), to_attr="now")
    every = Maintainer.objects.select_related("user").prefetch_related(now)
    return render(request, "staff/maintainers.html", {"maintainers": every})


@require_safe
def of_project(request: HttpRequest, slug: str) -> HttpResponse:
    project, day = get_object_or_404(Project, slug=slug), today()
    roles = (
        Role.objects.filter(cost__project=project).with_cost().order_by("maintainer__name", "cost__starts_on")
    )
    groups = [(when, [role for role in roles if costs.when(role.cost, day) == when]) for when in costs.When]
    return render(request, "staff/project_maintainers.html", {"project": project, "groups": groups})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A person's work on a project: who, what for, how many hours, and what these cost."""
    rows = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    project = get_object_or_404(rows, slug=slug)
    start = {"starts_on": today(), "maintainer": request.GET.get("maintainer")}
    form = MaintainerForm(request.POST or None, instance=Cost(project=project), initial=start)
    if request.method == "POST" and form.is_valid():
        if not Cost.objects.filter(key=form.cleaned_data["key"]).exists():
            form.make()
        messages.success(request, _("Entered. Nothing of it is public."))
        return redirect("staff:project_maintainers", slug)
    return render(request, "staff/project_maintainer_new.html", {"project": project, "form": form})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Its hours: other from a day on, or wrong all along. What it costs is changed where costs are."""
    if request.method == "POST":
        get_object_or_404(Project.objects.select_for_update(no_key=True), costs__role=pk)
    found = get_object_or_404(Role.objects.with_cost().select_related("cost__followed_by"), pk=pk)
    if request.POST.get("since") and hasattr(found.cost, "followed_by"):
        return redirect("staff:maintainer", found.maintainer_id)  # the other click of a double click
    now = version(found)
    form = HoursForm(request.POST or None, role=found, initial={"hours": found.hours, "seen": now})
    page: dict[str, Any] = {"role": found, "project": found.cost.project, "form": form}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, found, now)
        if not page["change"]:
            history.because(form.cleaned_data["why"])
            _say(found, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("staff:maintainer", found.maintainer_id)
    return render(request, "staff/role.html", page)


def _say(found: Role, said: dict[str, Any]) -> None:
    """The hours, from a day on or as they always should have been."""
    if since := said["since"]:
        after = costs.change(found.cost, copy.copy(found.cost), since)
        found = Role.objects.get(cost=after)
    found.hours = said["hours"]
    found.save(update_fields=["hours"])


@require_http_methods(["GET", "POST"])
@transaction.atomic
def maintainer(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: what they do, who signs in as them, what they have published."""
    rows = (
        Maintainer.objects.select_for_update(of=("self",)) if request.method == "POST" else Maintainer.objects
    )
    found = get_object_or_404(rows, pk=pk)
    now, name = version(found), found.name
    form = NameForm(request.POST or None, instance=found, initial={"seen": now})
    page = {"name": name, "form": form, **_record(found)}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, found, now)
        if not page["change"]:
            found.save(update_fields=["name"])
            messages.success(request, _("Saved."))
            return redirect("staff:maintainer", pk)
    return render(request, "staff/maintainer.html", page)


def _record(found: Maintainer) -> dict[str, Any]:
    return {
        "maintainer": found,
        "roles": found.roles.with_cost().select_related("cost__followed_by"),
        "invitation": InvitationForm(maintainer=found, initial={"person_email": found.invited_to}),
        "days": invitations.GOOD_FOR.days,
    }


@require_POST
@transaction.atomic
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """By e-mail, once or again; or nobody signs in as this person any more."""
    found = get_object_or_404(Maintainer.objects.select_for_update(of=("self",)), pk=pk)
    if "unlink" in request.POST:
        invitations.unlink(found)
        messages.success(request, _("Nobody signs in as %(name)s now.") % {"name": found})
        return redirect("staff:maintainer", pk)
    form = InvitationForm(request.POST, maintainer=found)
    if not form.is_valid():
        page = {"name": found.name, "form": NameForm(instance=found, initial={"seen": version(found)})}
        return render(request, "staff/maintainer.html", {**page, **_record(found), "invitation": form})
    try:
        with transaction.atomic():
            invitations.invite(request, found, form.cleaned_data["person_email"])
    except OSError as problem:
        log.warning("an invitation was not sent: %s", type(problem).__name__)
        messages.error(request, _("The invitation could not be sent. Check how this site sends e-mail, then send it again."))  # fmt: skip
    else:
        messages.success(request, _("%(email)s has been invited.") % {"email": found.invited_to})
    return redirect("staff:maintainer", pk)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes and what stays is shown first."""
    found = Maintainer.objects.select_related("user").filter(pk=pk).first()
    if found is None:
        return redirect("staff:maintainers")  # the other click of a double click
    form = EraseForm(request.POST or None, maintainer=found)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        people.erase(found)
        messages.success(request, _("Erased. What the work costs stays in the totals, without a name."))
        return redirect("staff:maintainers")
    return render(request, "staff/maintainer_erase.html", {"maintainer": found, "form": form})

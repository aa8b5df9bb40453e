"""Pieces of work, as they fare, in the order in which the public reads them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from funders.staff.forms import Seen, day_input, overtaken, version
from fundtracker import history
from fundtracker.forms import AmountsForm
from projects.models import Project, WorkItem
from projects.staff.need_forms import WhyForm, currency_code

SAID = ("name", "state", "since", "why", "formerly_funded_by", "restart_minor", "currency", "source_url")


class WorkForm(AmountsForm, Seen):
    restart_minor = forms.CharField(
        label=gettext_lazy("What starting again costs"), max_length=40, required=False,
        help_text=gettext_lazy("Such as 45,000 or 45k. Empty: not known."),
    )  # fmt: skip
    source_url = forms.URLField(
        label=gettext_lazy("Where this was read"), max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = WorkItem
        fields = SAID
        widgets = {"since": day_input(), "why": forms.Textarea({"rows": 3})}

    def clean_currency(self) -> str:
        typed = self.cleaned_data["currency"]
        return currency_code(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor = cleaned.get("restart_minor")
        if isinstance(minor, int) and minor < 0:
            self.add_error("restart_minor", _("The amount cannot be less than 0."))
        return cleaned

    def twin(self) -> WorkItem | None:
        """Of the same project and name; the first click of a double click made it."""
        named = self.instance.project.work.filter(name=self.cleaned_data.get("name", ""))
        found: WorkItem | None = named.exclude(pk=self.instance.pk).first()
        return found

    def says_the_same(self, other: WorkItem) -> bool:
        return all(self.cleaned_data.get(name) == getattr(other, name) for name in SAID)


@require_safe
def all_work(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_object_or_404(Project, slug=slug)
    return render(request, "staff/project_work.html", {"project": project, "work": project.work.all()})


def _held(request: HttpRequest, slug: str) -> Project:
    """One changes a project's work at a time."""
    rows = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    return get_object_or_404(rows, slug=slug)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new(request: HttpRequest, slug: str) -> HttpResponse:
    project = _held(request, slug)
    item = WorkItem(project=project, position=project.work.count())
    form = WorkForm(request.POST or None, instance=item, initial={"state": WorkItem.State.PAUSED})
    if request.method == "POST" and form.is_valid():
        twin = form.twin()
        if twin is None or form.says_the_same(twin):
            if twin is None:
                form.save()
            messages.success(request, _("%(work)s: saved.") % {"work": item})
            return redirect("staff:project_work", slug)
        form.add_error("name", _("There is a piece of work of this name already."))
    return render(request, "staff/project_work_edit.html", {"project": project, "form": form})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = _held(request, slug)
    item = get_object_or_404(project.work, pk=pk)
    name, now = item.name, version(item)
    form = WorkForm(request.POST or None, instance=item, initial={"seen": now})
    page: dict[str, Any] = {"project": project, "form": form, "item": item, "name": name}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, item, now)
        if form.twin():
            form.add_error("name", _("There is a piece of work of this name already."))
        elif not page["change"]:
            form.save()
            messages.success(request, _("%(work)s: saved.") % {"work": item})
            return redirect("staff:project_work", slug)
    return render(request, "staff/project_work_edit.html", page)


@require_POST
@transaction.atomic
def move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One place up, or down. `place` is where its sender saw it: a second click moves nothing."""
    project = _held(request, slug)
    every = list(project.work.all())
    at = next((place for place, one in enumerate(every) if one.pk == pk), None)
    to = (at or 0) + (-1 if "up" in request.POST else 1)
    if at is not None and request.POST.get("place") == str(at) and 0 <= to < len(every):
        every.insert(to, every.pop(at))
        for place, one in enumerate(every):
            if one.position != place:
                one.position = place
                one.save(update_fields=["position"])
    return redirect("staff:project_work", slug)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A mistake that never was true; what is over has ended instead."""
    project = _held(request, slug)
    item = project.work.filter(pk=pk).first()
    if request.method == "POST" and item is None:
        return redirect("staff:project_work", slug)  # the second click of a double click
    item = get_object_or_404(project.work, pk=pk)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        item.delete()
        messages.success(request, _("%(work)s is taken out. History keeps it.") % {"work": item})
        return redirect("staff:project_work", slug)
    return render(request, "staff/project_remove.html", {"project": project, "form": form, "item": item})

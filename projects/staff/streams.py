"""Which money reaches which project, from a day on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from funders.models import Source
from funders.models.promises import PURPOSES
from fundtracker.history import because
from projects import moving
from projects.models import Project


class MoveForm(forms.Form):
    """`seen` says which streams the source had when its author looked."""

    source = forms.ModelChoiceField(Source.objects.all(), label=_("Money of"))
    designation = forms.CharField(
        label=_("Designation"), max_length=200, required=False,
        help_text=_("Empty: all of the source's money that has no stream of its own."),
    )  # fmt: skip
    project = forms.ModelChoiceField(Project.objects.all(), label=_("Goes to"))
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}),
        help_text=_("The first day on which it does. Empty: since ever."),
    )  # fmt: skip
    purpose = forms.ChoiceField(label=_("Purpose"), choices=PURPOSES, initial="unrestricted")
    why = forms.CharField(label=_("Why"), max_length=500)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def plan(self) -> moving.Plan:
        typed = self.cleaned_data
        return moving.Plan(
            typed["source"], typed["designation"] or None, typed["project"], typed["since"], typed["purpose"]
        )


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest) -> HttpResponse:
    """From some day on money goes to another project: typed, its effect seen, done."""
    asked = {name: request.GET[name] for name in ("source", "designation") if name in request.GET}
    form = MoveForm(request.POST or None, initial=asked)
    page: dict[str, Any] = {"form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/move.html", page)
    plan = form.plan()
    seen = moving.fingerprint(plan.source)
    page["changed"] = bool(form.cleaned_data["seen"]) and form.cleaned_data["seen"] != seen
    try:
        if "publish" in request.POST and form.cleaned_data["seen"] == seen:
            because(form.cleaned_data["why"])
            moving.move(plan, seen=seen)
            messages.success(request, gettext("The money goes to %(project)s.") % {"project": plan.project})
            return redirect("staff:today")
        page |= {"plan": plan, "reaches": moving.preview(plan), "ending": moving.ending(plan)}
    except (IntegrityError, moving.Changed):
        page["changed"] = True
    typed_again = request.POST.copy()
    typed_again["seen"] = moving.fingerprint(plan.source)
    form.data = typed_again
    return render(request, "staff/move.html", page)

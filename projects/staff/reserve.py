"""What a project has set aside, as of a day. A new one leaves the earlier ones as they are."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from funders.staff.forms import Seen, day_input, overtaken, today, version
from fundtracker import history
from fundtracker.forms import AmountsForm
from projects.models import Project, Reserve
from projects.staff.need_forms import WhyForm, currency_code

SAID = ("as_of", "amount_minor", "currency", "note", "evidence_url")


class ReserveForm(AmountsForm):
    amount_minor = forms.CharField(
        label=gettext_lazy("Set aside"), max_length=40, help_text=gettext_lazy("Such as 120,000 or 120k.")
    )
    evidence_url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = Reserve
        fields = SAID
        widgets = {"as_of": day_input()}

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean_as_of(self) -> date:
        day: date = self.cleaned_data["as_of"]
        if day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor = cleaned.get("amount_minor")
        if isinstance(minor, int) and minor < 0:
            self.add_error("amount_minor", _("A reserve cannot be less than 0."))
        return cleaned


class CorrectForm(ReserveForm, Seen, WhyForm):
    pass


@require_http_methods(["GET", "POST"])
@transaction.atomic
def reserve(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest, the earlier ones, and a new one; sent twice, there is one."""
    rows = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    project = get_object_or_404(rows, slug=slug)
    made = list(project.reserves.all())
    start = {"as_of": today(), "currency": made[0].currency if made else ""}
    form = ReserveForm(request.POST or None, instance=Reserve(project=project), initial=start)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in SAID}
        if not project.reserves.filter(**said).exists():
            form.save()
        messages.success(request, _("The reserve is noted."))
        return redirect("staff:project_reserve", slug)
    page = {"project": project, "form": form, "latest": made[0] if made else None, "earlier": made[1:]}
    return render(request, "staff/project_reserve.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def correct(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What was noted wrongly; or taken out, with the same reason in its history."""
    rows = Reserve.objects.select_for_update(no_key=True) if request.method == "POST" else Reserve.objects
    found = get_object_or_404(rows.filter(project__slug=slug), pk=pk)
    now = version(found)
    form = CorrectForm(request.POST or None, instance=found, initial={"seen": now})
    page: dict[str, Any] = {"project": found.project, "form": form, "reserve": found}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, found, now)
        if not page["change"]:
            history.because(form.cleaned_data["why"])
            if "remove" in request.POST:
                found.delete()
            else:
                form.save()
            messages.success(request, _("Saved."))
            return redirect("staff:project_reserve", slug)
    return render(request, "staff/project_reserve_edit.html", page)

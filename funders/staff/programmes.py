"""Programmes and their terms: read again from time to time, corrected, or said to hold still."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from funders.models import Programme
from fundtracker import history
from fundtracker.forms import AmountsForm
from fundtracker.models import Site
from fundtracker.money import exponent

FIELDS = (
    "funder", "name", "pays_maintenance", "pays_features", "research_only", "recurring", "currency", "grant_min_minor",
    "grant_max_minor", "awards_allowed", "yearly_budget_minor", "eligible", "conditions", "region", "countries",
    "opens_on", "closes_on", "source_url", "notes",
)  # fmt: skip


def _amount(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=40,
        help_text=gettext_lazy("Such as 50,000 or 50k. Empty: not known."),
    )


class ProgrammeForm(AmountsForm):
    """`seen` is the version that its author had before them."""

    grant_min_minor = _amount(gettext_lazy("Smallest grant"))
    grant_max_minor = _amount(gettext_lazy("Largest grant"))
    yearly_budget_minor = _amount(gettext_lazy("What it has for a year"))
    eligible = forms.MultipleChoiceField(
        label=gettext_lazy("Who may apply"),
        choices=Programme.Applicant.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Programme
        fields = FIELDS
        widgets = {
            "opens_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "closes_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea({"rows": 4}),
        }

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        try:
            exponent(currency)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        return currency

    def clean_countries(self) -> str:
        codes = self.cleaned_data["countries"].replace(",", " ").upper().split()
        return "any" if codes == ["ANY"] else " ".join(codes)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        opens, closes = cleaned.get("opens_on"), cleaned.get("closes_on")
        if opens and closes and closes < opens:
            self.add_error("closes_on", _("It cannot close before it opens."))
        smallest, largest = cleaned.get("grant_min_minor"), cleaned.get("grant_max_minor")
        if isinstance(smallest, int) and isinstance(largest, int) and largest < smallest:
            self.add_error("grant_max_minor", _("This is less than the smallest grant."))
        return cleaned


@require_safe
def all_programmes(request: HttpRequest) -> HttpResponse:
    """Those that were checked longest ago come first."""
    today = _today()
    every = Programme.objects.select_related("funder").order_by("checked_on", "name")
    page = {"programmes": [(one, one.is_stale(today)) for one in every], "today": today}
    return render(request, "staff/programmes.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def programme(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Correct one, or add one. Of two people at once the second sees what the first changed, and chooses."""
    rows = Programme.objects.select_for_update(no_key=True) if request.method == "POST" else Programme.objects
    one = Programme(checked_on=_today()) if pk is None else get_object_or_404(rows, pk=pk)
    before = model_to_dict(one, FIELDS)
    form = ProgrammeForm(request.POST or None, instance=one, initial={"seen": _version(one)})
    page: dict[str, Any] = {"form": form, "programme": one, "name": before["name"]}
    if request.method == "POST" and form.is_valid():
        page["theirs"] = _theirs(before, form) if model_to_dict(one, FIELDS) != before else []
        if not page["theirs"] and _saved(one, form, checked="checked" in request.POST):
            messages.success(request, _("%(programme)s: saved.") % {"programme": one})
            return redirect("staff:programmes")
        if page["theirs"]:
            typed = request.POST.copy()
            typed["seen"] = str(_version(one))
            form.data = typed
    return render(request, "staff/programme.html", page)


@require_POST
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """Read again today, and nothing to correct."""
    one = get_object_or_404(Programme, pk=pk)
    history.because("read again, unchanged")
    Programme.objects.filter(pk=pk).update(checked_on=_today())
    messages.success(request, _("%(programme)s: checked today, unchanged.") % {"programme": one})
    return redirect("staff:programmes")


def _version(one: Programme) -> int | None:
    if one._state.adding:
        return None
    made = Programme.pgh_event_model.objects.filter(pgh_obj=one.pk)  # type: ignore[attr-defined]
    version: int | None = made.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return version


def _theirs(now: dict[str, Any], form: ProgrammeForm) -> list[tuple[str, str]]:
    """What somebody else changed since the form was opened: each field's name and what it says now."""
    versions = Programme.pgh_event_model.objects  # type: ignore[attr-defined]
    seen = versions.filter(pgh_id=form.cleaned_data["seen"], pgh_obj=form.instance.pk).first()
    if seen is None:
        return []
    then = model_to_dict(seen, FIELDS)
    stored = ProgrammeForm(instance=Programme.objects.get(pk=form.instance.pk))
    return [(str(stored[name].label), _said(stored[name])) for name in FIELDS if then[name] != now[name]]


def _said(field: forms.BoundField) -> str:
    """A field's value as its reader knows it; a dash where it is empty."""
    value = field.value()
    words = dict(getattr(field.field, "choices", ()))
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(words.get(one, one)) for one in values if one not in (None, "")) or "–"


def _saved(one: Programme, form: ProgrammeForm, *, checked: bool) -> bool:
    """Whether it is; another of the same name is said beside the name. A double click adds one."""
    if not one._state.adding:
        if checked:
            one.checked_on = _today()
        one.save()
        return True
    values = {name: getattr(one, name) for name in FIELDS}
    slug = slugify(one.name)[:80] or "programme"
    found, made = Programme.objects.get_or_create(
        slug=slug, defaults={**values, "checked_on": one.checked_on}
    )
    if not made and model_to_dict(found, FIELDS) != model_to_dict(one, FIELDS):
        form.add_error("name", _("There is a programme of this name already."))
        return False
    return True


def _today() -> date:
    return timezone.now().astimezone(Site.current().zone).date()

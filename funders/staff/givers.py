"""A person's own data: find them, see and hand over what is held, erase it.

What somebody types here of a person goes nowhere else: searches are posted, so that no address or log has them, and
fields named `person…` are not kept in a session.
"""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import erasure, subjects
from funders.models import Commitment, Entry, Funder, Giver, Upload
from funders.subjects import Subject
from fundtracker import history
from fundtracker.models import Site

log = logging.getLogger(__name__)
SHOWN = 20


class FindForm(forms.Form):
    person = forms.CharField(
        label=gettext_lazy("Name, e-mail address or id"),
        min_length=2,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("A part of a public name; or the whole id or address that the person tells you. Anonymous givers are found by that alone."),
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why, for the history. It stays when the person is gone, and so must not name them."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Such as “asked by letter on 3 May”. It is kept: do not name the person."),
    )

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject

    def clean_why(self) -> str:
        why: str = self.cleaned_data["why"]
        if erasure.names_the_person(self.subject, why):
            raise forms.ValidationError(_("This names the person. It is kept, so leave the name out."))
        return why


class EraseForm(ReasonForm):
    person_id = forms.CharField(
        label=gettext_lazy("The id that the person told you"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Only if they gave anonymously: then they stay unnamed also if their gifts are made public later."),
    )  # fmt: skip
    confirm = forms.CharField(max_length=20, widget=forms.TextInput({"autocomplete": "off"}))
    field_order = ("why", "person_id", "confirm")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].label = _("Type “%(word)s” to erase") % {"word": _("erase")}

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed.strip().casefold() != _("erase").casefold():
            raise forms.ValidationError(_("Type the word as it is shown, to show that you mean it."))
        return typed


@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.POST or None)
    page: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        page["givers"], page["funders"] = subjects.find(form.cleaned_data["person"].strip())
        page["most"] = subjects.MOST_FOUND
    return render(request, "staff/givers.html", page)


@require_safe
def giver(request: HttpRequest, pk: int = 0, funder: int = 0) -> HttpResponse:
    subject = _found(pk, funder)
    sections = subjects.held(subject, Site.current().zone, most=SHOWN)
    page = {"subject": subject, "sections": sections, "shown": SHOWN, "pages": _pages(pk, funder)}
    return render(request, "staff/giver.html", page)


@require_safe
def letter(request: HttpRequest, pk: int = 0, funder: int = 0) -> HttpResponse:
    """All of it, to be printed and handed over."""
    subject = _found(pk, funder)
    log.info("what is held of a person was written out for user %s", request.user.pk)
    sections = subjects.held(subject, Site.current().zone)
    return render(request, "staff/giver_letter.html", {"subject": subject, "sections": sections})


@require_safe
def export(request: HttpRequest, pk: int = 0, funder: int = 0) -> HttpResponse:
    subject = _found(pk, funder)
    log.info("what is held of a person was exported by user %s", request.user.pk)
    every = {section.title: section.rows for section in subjects.held(subject, Site.current().zone)}
    response = JsonResponse(every, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    return response


@require_http_methods(["GET", "POST"])
@transaction.atomic
def erase(request: HttpRequest, pk: int = 0, funder: int = 0) -> HttpResponse:
    """What goes and what stays is shown first. Erasing twice is erasing once."""
    subject = _found(pk, funder)
    if subject.is_erased or not subject.is_person:
        return redirect(_pages(pk, funder)["here"])
    form = EraseForm(request.POST or None, subject=subject)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        erasure.erase(subject, quoted=form.cleaned_data["person_id"].strip())
        messages.success(request, _("Erased. What was given stays in the totals, without a name."))
        return redirect(_pages(pk, funder)["here"])
    page = {"form": form, "subject": subject, "pages": _pages(pk, funder), **_stays_and_goes(subject)}
    return render(request, "staff/giver_erase.html", page)


@require_http_methods(["GET", "POST"])
def readmit(request: HttpRequest, pk: int = 0, funder: int = 0) -> HttpResponse:
    """The person agreed anew to be named."""
    subject = _found(pk, funder)
    form = ReasonForm(request.POST or None, subject=subject)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        erasure.readmit(subject)
        messages.success(request, _("They may be named again. Their source names them with its next change."))
        return redirect(_pages(pk, funder)["here"])
    page = {"form": form, "subject": subject, "pages": _pages(pk, funder)}
    return render(request, "staff/giver_readmit.html", page)


def _found(pk: int, funder: int) -> Subject:
    if funder:
        return subjects.of_funder(get_object_or_404(Funder, pk=funder))
    return subjects.of_giver(get_object_or_404(Giver.objects.select_related("source", "funder"), pk=pk))


def _pages(pk: int, funder: int) -> dict[str, str]:
    """Where this person's pages are, by an identity or by a funder."""
    kind, key = ("held", funder) if funder else ("giver", pk)
    rest = {
        name: reverse(f"staff:{kind}_{name}", args=[key]) for name in ("letter", "export", "erase", "readmit")
    }
    return {"here": reverse(f"staff:{kind}", args=[key]), **rest}


def _stays_and_goes(subject: Subject) -> dict[str, Any]:
    givers = [giver.pk for giver in subject.givers]
    promises: QuerySet[Commitment] = Commitment.objects.filter(giver__in=givers)
    files = Upload.objects.filter(source__in=subject.sources).exclude(file="")
    return {
        "gifts": Entry.objects.filter(giver__in=givers, part="gross", revision=0).count(),
        "promises": promises.count(),
        "titles": promises.exclude(title="", url="").count(),
        "files": files.exclude(booked_at=None),
        "unbooked": files.filter(booked_at=None),
        "sources": subject.sources,
    }

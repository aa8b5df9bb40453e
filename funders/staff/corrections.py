"""Staff pages that change what is in the ledger: correct a record, and type in money that no source reports."""

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from funders import corrections, ledger
from funders.models import Correction, Entry, Giver
from funders.staff.correction_forms import CorrectionForm, NewEntryForm, RecordForm, as_it_is, today
from funders.staff.entries import row
from fundtracker.history import because
from fundtracker.models import User
from fundtracker.money import Money

Says = Correction.Says


@require_http_methods(["GET", "POST"])
@transaction.atomic
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """What a record must be: typed, its effect seen, published. One at a time."""
    if "publish" in request.POST or "keep" in request.POST:
        ledger.hold()
    entry = _last_word(pk)
    of: dict[str, Any] = {"source": entry.source, "external_id": entry.external_id}
    last = corrections.last_entry(**of)
    holds = corrections.in_force().filter(**of).first()
    if request.method == "POST" and "keep" in request.POST and holds:
        return _keep(request, holds, entry)
    draft = Correction(**of, currency=entry.currency)
    start = {
        **as_it_is(entry),
        "says": request.GET.get("says", Says.CHANGED),
        "seen": last,
        "key": uuid.uuid4(),
    }
    corrected = bool(holds and holds.says != Says.NEW)
    form = CorrectionForm(
        request.POST or None, instance=draft, entry=entry, corrected=corrected, initial=start
    )
    form.initial["amount_minor"] = start["amount_minor"] and row(entry).amount.decimal
    page = {
        "form": form,
        "entry": entry,
        "head": row(entry),
        "waits": corrections.waiting(**of),
        "start": start,
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/correct.html", page)
    return _asked(
        request, form, page, "staff/correct.html", changed=last != form.cleaned_data["seen"], last=last
    )


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new_entry(request: HttpRequest) -> HttpResponse:
    """Money that no source reports: a bank transfer, a cheque."""
    if "publish" in request.POST:
        ledger.hold()
    draft = Correction(says=Says.NEW, **_asked_for(request))
    start = {"key": uuid.uuid4(), "day": today(), "why": _("Bank transfer"), "kind": "donation"}
    start |= _who_pays(request)
    form = NewEntryForm(request.POST or None, instance=draft, initial=start)
    page = {"form": form, "has_source": form.fields["source"].queryset.exists()}  # type: ignore[attr-defined]
    if request.method != "POST" or not form.is_valid():
        return render(request, "staff/new_entry.html", page)
    key = form.cleaned_data["key"]
    draft.external_id = f"hand-{key}"
    return _asked(request, form, page, "staff/new_entry.html", changed=False, last=0)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """The amount that a link fills in."""
    minor, currency = request.GET.get("minor", ""), request.GET.get("currency", "")
    try:
        return {"amount_minor": Money(int(minor), currency).minor, "currency": currency}
    except ValueError:
        return {}


def _who_pays(request: HttpRequest) -> dict[str, Any]:
    """The source and the giver that a link fills in."""
    asked: dict[str, Any] = {
        name: int(pk) for name in ("source", "giver") if (pk := request.GET.get(name, "")).isdecimal()
    }
    giver = Giver.objects.filter(pk=asked.pop("giver", None), erased_at=None).select_related("funder").first()
    if giver:
        asked["giver_name"] = giver.funder.name if giver.funder else giver.name
    return asked


def _asked(
    request: HttpRequest, form: RecordForm, page: dict[str, Any], template: str, *, changed: bool, last: int
) -> HttpResponse:
    """A valid form: published, or shown with its effect and, where the record changed meanwhile, said so."""
    draft, key = form.instance, form.cleaned_data["key"]
    assert isinstance(request.user, User)
    if "publish" in request.POST:
        if _is_made(form, key):
            return _done(request, Correction.objects.get(key=key))
        if not changed and not page.get("waits"):
            return _publish(request, draft, key)
    if changed:
        # They now know of it, and publish theirs over it, or leave it.
        typed = request.POST.copy()
        typed["seen"], typed["key"] = str(last), str(uuid.uuid4())
        form.data = typed
    moves = corrections.effect(draft)
    second = corrections.takes_second(draft, moves, request.user, on=today())
    return render(
        request, template, page | {"draft": draft, "changed": changed, "moves": moves, "second": second}
    )


def _is_made(form: RecordForm, key: uuid.UUID) -> bool:
    """By the other click of a double click. A giver's name is not kept here, so that it cannot tell them apart."""
    fields = [name for name in form.Meta.fields if name not in ("giver_name", "consent")]  # type: ignore[attr-defined]
    same = {name: getattr(form.instance, name) for name in [*fields, "source"]}
    return Correction.objects.filter(key=key, **same).exists()


def _publish(request: HttpRequest, draft: Correction, key: uuid.UUID) -> HttpResponse:
    assert isinstance(request.user, User)
    if Correction.objects.filter(key=key).exists():
        key = uuid.uuid4()
    draft.key = key
    if draft.says == Says.NEW:
        draft.external_id = f"hand-{key}"
    because(draft.why)
    return _done(request, corrections.make(draft, request.user, on=today()))


def _done(request: HttpRequest, correction: Correction) -> HttpResponse:
    if correction.waits:
        messages.success(
            request, _("It waits for a second person. Nothing has changed until somebody agrees.")
        )
        return redirect("staff:decide", correction.pk)
    messages.success(request, _("It is in the books."))
    return redirect("staff:entry", corrections.last_entry(correction.source, correction.external_id))


def _keep(request: HttpRequest, holds: Correction, entry: Entry) -> HttpResponse:
    because(_("Kept, though its source says something else now."))
    corrections.keep(holds)
    messages.success(request, _("The correction stands."))
    return redirect("staff:entry", entry.pk)


def _last_word(pk: int) -> Entry:
    """What the record of an entry was when it last counted."""
    one = get_object_or_404(Entry, pk=pk)
    of = Entry.objects.last_words().filter(source=one.source_id, external_id=one.external_id)
    return of.for_list().get()

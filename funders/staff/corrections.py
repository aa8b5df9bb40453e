"""Staff pages that change what is in the ledger: correct a record, and type in money that no source reports."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from funders import connectors, corrections, ledger
from funders.models import Correction, Entry, Giver, Source
from funders.models.corrections import TYPED_KINDS
from funders.models.ledger import INCOMING
from funders.staff.entries import row
from fundtracker.forms import AmountsForm
from fundtracker.history import because
from fundtracker.models import Site, User
from fundtracker.money import Money

Says = Correction.Says
TAKEN_BACK = ("refund", "chargeback")
LONGEST_REFERENCE = 140
PURPOSE = gettext_lazy("Empty: that of its stream.")


class RecordForm(AmountsForm):
    """What a record must be. `seen` is the last entry that its author knew of, `key` makes a double click one."""

    amount_minor = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Such as 415,000 or 415k."),
    )
    evidence_url = forms.URLField(
        label=gettext_lazy("Where the evidence is"), required=False, assume_scheme="https"
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.says(cleaned) in (Says.NEW, Says.CHANGED):
            for name in ("kind", "amount_minor", "day"):
                if name not in self.errors and cleaned.get(name) in (None, ""):
                    self.add_error(
                        name, _("0 is no amount.") if cleaned.get(name) == 0 else _("This field is required.")
                    )
            self._check(cleaned)
        return cleaned

    def says(self, cleaned: dict[str, Any]) -> str:
        return str(cleaned.get("says") or self.instance.says)

    def _check(self, cleaned: dict[str, Any]) -> None:
        minor, kind, day = cleaned.get("amount_minor"), cleaned.get("kind"), cleaned.get("day")
        if minor == 0:
            self.add_error(
                "amount_minor", _("A record is never 0. One that must not count has its own choice.")
            )
        elif minor and kind in INCOMING and minor < 0:
            self.add_error(
                "amount_minor", _("Money that came in has no minus: what was given back is a refund.")
            )
        elif minor and kind == "refund" and minor > 0:
            self.add_error("amount_minor", _("A refund takes money back: its amount begins with a minus."))
        if day and not ledger.OLDEST <= day <= today():
            self.add_error("day", _("This day has not come yet, or is too long ago."))
        for name in ("designation", "reference", "giver_name"):
            if not ledger.printable(cleaned.get(name) or ""):
                self.add_error(name, _("It contains characters that nobody can read: type it anew."))


class CorrectionForm(RecordForm):
    class Meta:
        model = Correction
        fields = (
            "says",
            "amount_minor",
            "kind",
            "day",
            "designation",
            "purpose",
            "why",
            "evidence",
            "evidence_url",
        )
        widgets = {"says": forms.RadioSelect, "day": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "purpose": PURPOSE,
            "evidence": gettext_lazy("Such as the bank statement of 3 May, line 12."),
        }

    def __init__(self, *args: Any, entry: Entry, corrected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entry = entry
        kinds: list[Any] = [
            one for one in TYPED_KINDS if (one[0] in TAKEN_BACK) == bool(entry.refunds_external_id)
        ]
        if entry.kind not in dict(kinds):
            kinds.append((entry.kind, entry.get_kind_display()))
        unsaid = {Says.NEW} if corrected else {Says.NEW, Says.SOURCE}
        self.fields["says"].choices = [one for one in Says.choices if one[0] not in unsaid]  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and cleaned["says"] == Says.CHANGED and self._is_already(cleaned):
            raise forms.ValidationError(_("This is what it is already: change what is wrong."))
        return cleaned

    def _is_already(self, cleaned: dict[str, Any]) -> bool:
        """Not by this very form: the other click of a double click is no mistake."""
        same = all((cleaned[name] or None) == (now or None) for name, now in _as_it_is(self.entry).items())
        return (
            same
            and not self.entry.is_taken_back
            and not Correction.objects.filter(key=cleaned["key"]).exists()
        )


class NewEntryForm(RecordForm):
    consent = forms.BooleanField(
        label=gettext_lazy("They agree to be named in public"), required=False,
        help_text=gettext_lazy("Without it the name is not kept."),
    )  # fmt: skip

    class Meta:
        model = Correction
        fields = (
            "amount_minor", "currency", "day", "kind", "source", "giver_name", "consent", "designation", "purpose",
            "why", "reference", "evidence", "evidence_url",
        )  # fmt: skip
        labels = {"why": gettext_lazy("How it came")}
        widgets = {"day": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "why": gettext_lazy("Such as bank transfer, or cheque."), "purpose": PURPOSE,
            "reference": gettext_lazy("Such as the number of the cheque."),
            "source": gettext_lazy("Where it was paid in."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed_in = Source.objects.filter(kind=connectors.MANUAL, active=True)
        self.fields["source"].queryset = typed_in  # type: ignore[attr-defined]
        self.initial["source"] = self.initial.get("source") or typed_in.values_list("pk", flat=True).first()
        self.fields["source"].empty_label = None  # type: ignore[attr-defined]
        self.fields["currency"].required = True
        self.fields["kind"].choices = [one for one in TYPED_KINDS if one[0] in INCOMING]  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_reference(self) -> str:
        """The ledger knows it with its source's short name behind it: see corrections.receipt."""
        reference = str(self.cleaned_data["reference"])
        if len(reference) > LONGEST_REFERENCE:
            raise forms.ValidationError(_("At most %(most)d characters.") % {"most": LONGEST_REFERENCE})
        return reference

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("giver_name") and not cleaned.get("consent"):
            cleaned["giver_name"] = ""
        return cleaned


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
        **_as_it_is(entry),
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


def _as_it_is(entry: Entry) -> dict[str, Any]:
    return {
        "amount_minor": entry.amount_minor, "kind": entry.kind, "designation": entry.designation,
        "purpose": entry.purpose, "day": entry.occurred_at.astimezone(Site.current().zone).date(),
    }  # fmt: skip


def today() -> date:
    """In the books' time zone."""
    return timezone.now().astimezone(Site.current().zone).date()

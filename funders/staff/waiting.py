"""Staff pages of the two-person rule: what waits for a second person, and above which amount it does."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import agreement, bookings, corrections, previews
from funders.models import Asked, Booking, Correction, Entry, Limit, TakeBack
from funders.models.agreement import TwoPersons
from funders.staff import imports
from funders.staff.entries import row
from fundtracker.forms import AmountsForm
from fundtracker.history import because
from fundtracker.models import Role, User


class DecisionForm(forms.Form):
    """Agreeing needs no reason; refusing does."""

    why = forms.CharField(
        label=gettext_lazy("Why not"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Only to refuse it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "agree" not in self.data and not cleaned.get("why"):
            self.add_error("why", _("Say why, for whoever asked."))
        return cleaned


class LimitForm(AmountsForm):
    amount_minor = forms.CharField(
        label=gettext_lazy("Largest change that one person makes alone"), max_length=40, required=False,
        help_text=gettext_lazy("Such as 5,000 or 5k; all of one person's changes within 24 hours together. Empty: no limit."),
    )  # fmt: skip

    class Meta:
        model = Limit
        fields = ("amount_minor", "currency")
        help_texts = {"currency": gettext_lazy("Changes in other currencies are converted.")}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        minor, holds = cleaned.get("amount_minor"), agreement.limit()
        if isinstance(minor, int) and minor < 0:
            self.add_error("amount_minor", _("A limit cannot be less than 0."))
        now = (holds.amount_minor, holds.currency) if holds else (None, cleaned.get("currency"))
        if not self.errors and (minor, cleaned.get("currency")) == now:
            raise forms.ValidationError(_("This is the limit already."))
        return cleaned


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    asked = Correction.objects.waiting().select_related("source", "recorded_by").order_by("recorded_at", "pk")
    limits = Limit.objects.waiting().select_related("recorded_by")
    forms = Asked.objects.waiting().select_related("recorded_by").order_by("recorded_at", "pk")
    page = {
        "corrections": asked,
        "limits": limits,
        "bookings": _of_imports(Booking),
        "backs": _of_imports(TakeBack),
        "forms": [(reverse(f"staff:decide_{one.kind}", args=[one.pk]), one) for one in forms],
    }
    return render(request, "staff/waiting.html", page)


def _of_imports(row: type[Booking] | type[TakeBack]) -> Any:
    return row.objects.waiting().select_related("upload__source", "recorded_by").order_by("recorded_at", "pk")


@require_http_methods(["GET", "POST"])
@transaction.atomic
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One correction, or money typed in, that waits: its effect as of now, and who says yes or no."""
    asked = Correction.objects.select_related("source", "recorded_by", "agreed_by", "refused_by")
    correction = get_object_or_404(asked, pk=pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                return _decided(request, correction, form, corrections.agree, corrections.refuse)
        except PermissionDenied:
            form.add_error(None, _("You cannot agree to it: a second person must, and be a treasurer."))
    of = Entry.objects.filter(source=correction.source, external_id=correction.external_id)
    entry = of.for_list().filter(part="gross").order_by("-revision").first()
    page = {
        "correction": correction, "form": form, "entry": entry, "head": row(entry) if entry else None,
        "moves": corrections.effect(correction) if correction.waits else [],
        "is_mine": correction.recorded_by == request.user,
    }  # fmt: skip
    return render(request, "staff/decide.html", page, status=403 if form.non_field_errors() else 200)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def decide_booking(request: HttpRequest, pk: int) -> HttpResponse:
    """A large import: what booking it does, and who says yes or no."""
    asked = _find_import(Booking, pk)
    seen = previews.Seen.from_json(asked.upload.preview or {})
    shows = asked.upload.shown == asked.shown
    return _decide_import(request, asked, {"seen": seen, **imports.words(seen)} if shows else {})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def decide_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """An import that is to be taken back: what goes, and who says yes or no."""
    asked = _find_import(TakeBack, pk)
    return _decide_import(request, asked, imports.goes(asked.upload) if asked.waits else {})


def decide_asked(
    request: HttpRequest, asked: Asked, role: Role, page: dict[str, Any], do: Callable[[], bool]
) -> HttpResponse:
    """A form that waits: `page` shows what it does, `do` does it if it is still what was looked at."""

    def agree(row: Asked, user: User) -> bool:
        because(row.why or _("Two people agreed to it."))
        return agreement.carry_out(row, user, role, do)

    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                return _decided(request, asked, form, agree, agreement.refuse)
        except PermissionDenied:
            form.add_error(None, _("You cannot agree to it: a second person must."))
    page |= {"asked": asked, "form": form, "is_mine": asked.recorded_by == request.user}
    template = f"staff/decide_{asked.kind}.html"
    return render(request, template, page, status=403 if form.non_field_errors() else 200)


def _find_import(row: type[Any], pk: int) -> Any:
    people = ("upload__source", "recorded_by", "agreed_by", "refused_by")
    return get_object_or_404(row.objects.select_related(*people), pk=pk)


def _decide_import(request: HttpRequest, asked: Booking | TakeBack, page: dict[str, Any]) -> HttpResponse:
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                return _decided(request, asked, form, bookings.agree, bookings.refuse)
        except PermissionDenied:
            form.add_error(None, _("You cannot agree to it: a second person must, and be a treasurer."))
    page |= {
        "asked": asked, "upload": asked.upload, "form": form, "is_mine": asked.recorded_by == request.user,
    }  # fmt: skip
    return render(request, "staff/decide_import.html", page, status=403 if form.non_field_errors() else 200)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def limit(request: HttpRequest) -> HttpResponse:
    holds = agreement.limit()
    start = {"currency": holds.currency} if holds else {}
    form = LimitForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        agreement.must_be(request.user, Role.ADMINISTRATOR)
        made = agreement.change_limit(request.user, form.instance.amount, form.cleaned_data["currency"])
        said = _("A second administrator must agree to a looser limit. Until then the old one holds.")
        messages.success(request, said if made.waits else _("The new limit holds."))
        return redirect("staff:limit")
    every = Limit.objects.select_related("recorded_by", "agreed_by", "refused_by")
    return render(request, "staff/limit.html", {"form": form, "holds": holds, "every": every})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def decide_limit(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = get_object_or_404(Limit.objects.select_related("recorded_by", "agreed_by", "refused_by"), pk=pk)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                assert isinstance(request.user, User)
                agreement.must_be(request.user, Role.ADMINISTRATOR)
                return _decided(request, wanted, form, agreement.agree, agreement.refuse)
        except PermissionDenied:
            form.add_error(None, _("You cannot agree to it: a second administrator must."))
    page = {
        "wanted": wanted,
        "form": form,
        "holds": agreement.limit(),
        "is_mine": wanted.recorded_by == request.user,
    }
    return render(request, "staff/decide_limit.html", page, status=403 if form.non_field_errors() else 200)


def _decided(
    request: HttpRequest, asked: TwoPersons, form: DecisionForm, agree: Any, refuse: Any
) -> HttpResponse:
    """Agreed or refused; where somebody was faster, that is said."""
    assert isinstance(request.user, User)
    if "agree" in request.POST:
        done, said = agree(asked, request.user), _("Agreed: it counts from now on.")
    else:
        because(form.cleaned_data["why"])
        done, said = refuse(asked, request.user, form.cleaned_data["why"]), _("Refused: nothing has changed.")
    if done:
        messages.success(request, said)
    elif asked.agreed_by:
        messages.warning(request, _("%(who)s agreed to it meanwhile.") % {"who": asked.agreed_by})
    elif asked.refused_by:
        messages.warning(request, _("%(who)s refused it meanwhile.") % {"who": asked.refused_by})
    else:
        messages.warning(request, _("Nothing was done: it has changed since it was asked for."))
    # Editors decide about campaigns, and the list of all that waits is not theirs.
    return redirect("staff:waiting" if request.user.may(Role.TREASURER) else "staff:today")

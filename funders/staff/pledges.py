"""Pledges and awarded grants: the whole, its schedule, and what came of it."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import pledges
from funders.models import Commitment, Entry, Instalment
from funders.staff.forms import Seen, overtaken, today, version
from funders.staff.schedules import PledgeForm, Schedule
from fundtracker.money import Money

PAGE = 50
SHOWN = [
    ("", gettext_lazy("all that have not ended")),
    ("overdue", gettext_lazy("something is overdue")),
    ("all", gettext_lazy("all, the ended ones too")),
]


class FilterForm(forms.Form):
    q = forms.CharField(label=gettext_lazy("Name or title"), required=False, max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=SHOWN, required=False)


def _listed(state: str, q: str) -> QuerySet[Commitment]:
    """Promises of a sum, not of a membership. Ours first, then providers', the next to end first."""
    found = Commitment.objects.filter(membership=None, frequency="once").with_parts(today())
    if state == "overdue":
        found = found.filter(Q(overdue_minor__gt=0) | Q(state="overdue")).exclude(
            state__in=["ended", "paused"]
        )
    elif state != "all":
        found = found.exclude(state="ended")
    if q:
        found = found.filter(
            Q(giver__funder__name__icontains=q) | Q(giver__name__icontains=q) | Q(title__icontains=q)
        )
    found = found.select_related("giver__funder", "source")
    return found.order_by(F("ends_on").asc(nulls_last=True), "-pk")


@require_safe
def all_pledges(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"state": "", "q": ""}
    page = Paginator(_listed(asked["state"], asked["q"]), PAGE).get_page(request.GET.get("page"))
    shown = [(one, _sums(one)) for one in page]
    return render(request, "staff/pledges.html", {"form": form, "page": page, "shown": shown, "query": asked})


def _sums(one: Any) -> dict[str, Money | None]:
    """What of it is paid, pending and overdue; None where there is nothing of the kind."""
    minor = {name: getattr(one, f"{name}_minor") for name in ("paid", "pending", "overdue")}
    return {name: Money(sum, one.currency) if sum and one.currency else None for name, sum in minor.items()}


@require_safe
def pledge(request: HttpRequest, pk: int) -> HttpResponse:
    found = Commitment.objects.with_parts(today()).select_related("giver__funder", "source", "tier")
    one: Any = get_object_or_404(found, pk=pk)
    if hasattr(one, "membership"):
        return redirect("staff:member", one.membership.pk)
    parts = one.instalments.select_related("settled_by").order_by(
        F("due_on").asc(nulls_last=True), "position"
    )
    planned = one.paid_minor + one.pending_minor + one.overdue_minor
    rest = one.amount_minor - planned if one.amount_minor else 0
    page = {
        "one": one,
        "sums": _sums(one),
        "rest": Money(rest, one.currency) if rest > 0 else None,
        "parts": [(part, part.state_on(today())) for part in parts],
    }
    return render(request, "staff/pledge.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new_pledge(request: HttpRequest) -> HttpResponse:
    form = PledgeForm(request.POST or None, initial={"funder": request.GET.get("funder")})
    parts = Schedule(
        request.POST or None, currency=form.currency_in_data(), queryset=Instalment.objects.none()
    )
    if request.method == "POST" and form.is_valid() and parts.fits(form):
        one, is_new = form.make()
        if is_new:
            parts.keep(one)
        messages.success(request, _("The pledge of %(who)s is entered.") % {"who": one.who})
        return redirect("staff:pledge", one.pk)
    return render(request, "staff/pledge_edit.html", {"form": form, "parts": parts})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The pledge and its schedule, in one form. What is paid is only shown."""
    rows = Commitment.objects.typed().filter(membership=None)
    one = get_object_or_404(rows.select_for_update(of=("self",)) if request.method == "POST" else rows, pk=pk)
    now = version(one)
    form = PledgeForm(request.POST or None, instance=one, initial={"seen": now})
    queryset = one.instalments.order_by(F("due_on").asc(nulls_last=True), "position")
    parts = Schedule(request.POST or None, currency=form.currency_in_data(), queryset=queryset)
    page: dict[str, Any] = {"form": form, "parts": parts, "one": one}
    if request.method == "POST" and form.is_valid() and parts.fits(form):
        page["change"] = overtaken(form, one, now)
        if not page["change"]:
            form.save()
            parts.keep(one)
            messages.success(request, _("Saved."))
            return redirect("staff:pledge", pk)
    return render(request, "staff/pledge_edit.html", page)


class EntryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, entry: Any) -> str:
        return f"{entry.occurred_at:%Y-%m-%d} · {Money(entry.amount_minor, entry.currency).format()} · {entry.source}"


class SettleForm(Seen):
    entry = EntryField(
        Entry.objects.none(), label=gettext_lazy("The payment"), required=False,
        empty_label=gettext_lazy("paid, without an entry in these books"),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@transaction.atomic
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that an instalment is paid, and by which entry; or that it is not."""
    rows = Instalment.objects.select_related("commitment__giver__funder", "commitment__source")
    rows = rows.select_for_update(of=("self",)) if request.method == "POST" else rows
    one = get_object_or_404(rows.filter(commitment__in=Commitment.objects.typed()), pk=pk)
    now = version(one)
    form = SettleForm(request.POST or None, initial={"entry": one.settled_by, "seen": now})
    choice: Any = form.fields["entry"]
    offered = pledges.offered(one, today())
    known = Entry.objects.filter(pk__in=[entry.pk for entry in offered]).select_related("source")
    choice.queryset = known.order_by("-occurred_at", "-pk")
    page: dict[str, Any] = {
        "part": one,
        "one": one.commitment,
        "form": form,
        "offered": offered,
        "entry_url": _entry_url(one),
    }
    if request.method == "POST" and form.is_valid():
        paid, by = "open" not in request.POST, form.cleaned_data["entry"]
        is_done = (one.paid, one.settled_by) == (paid, by if paid else None)
        page["change"] = None if is_done else overtaken(form, one, now)
        if not page["change"]:
            pledges.settle(one, paid=paid, by=by)
            messages.success(request, _("Saved."))
            return redirect("staff:pledge", one.commitment_id)
    return render(request, "staff/part.html", page)


def _entry_url(part: Instalment) -> str:
    """Where its payment is entered, filled in; ids and minor units, so that no name is in an address."""
    one = part.commitment
    asked = {"source": one.source_id, "giver": one.giver_id, "minor": part.amount_minor, "currency": one.currency}  # fmt: skip
    return f"{reverse('staff:entry_new')}?{urlencode({k: v for k, v in asked.items() if v})}"

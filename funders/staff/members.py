"""Members: who they are, where each term stands, and what is done about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders import members
from funders.models import Commitment, Membership, Source
from funders.staff.forms import Seen, day_input, overtaken, today, version
from funders.staff.terms import MemberForm, RenewalForm, TermForm
from fundtracker import history

PAGE = 50
# What can be asked for: ours by their state, all others by their provider's.
SHOWN = [
    ("", gettext_lazy("all that have not ended")),
    *Membership.State.choices,
    ("reported", gettext_lazy("reported by a provider")),
    ("all", gettext_lazy("all, the ended ones too")),
]
# How each step is asked for.
VERBS = {
    "invoiced": gettext_lazy("Invoiced"),
    "paid": gettext_lazy("Paid"),
    "grace": gettext_lazy("Late: days of grace begin"),
    "lapsed": gettext_lazy("Lapsed"),
}


class FilterForm(forms.Form):
    q = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=SHOWN, required=False)
    source = forms.ModelChoiceField(
        Source.objects.all(), label=gettext_lazy("Source"), required=False, empty_label=gettext_lazy("all")
    )


def _listed(state: str, q: str, source: Source | None) -> QuerySet[Commitment]:
    """Memberships and subscriptions, ours first; each with what its line says."""
    found = Commitment.objects.filter(~Q(membership=None) | ~Q(tier=None) | ~Q(frequency="once"))
    if state in Membership.State.values:
        found = found.filter(membership__state=state)
    elif state == "reported":
        found = found.filter(membership=None)
    if not state:
        ended = Q(membership__state__in=["lapsed", "renewed"]) | Q(membership=None, state="ended")
        found = found.exclude(pk__in=Commitment.objects.filter(ended).values("pk"))
    if source:
        found = found.filter(source=source)
    if q:
        found = found.filter(Q(giver__funder__name__icontains=q) | Q(giver__name__icontains=q))
    found = found.select_related("giver__funder", "tier", "source", "membership")
    return found.order_by(F("membership").asc(nulls_last=True), F("ends_on").asc(nulls_last=True), "pk")


@require_safe
def all_members(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    asked: dict[str, Any] = form.cleaned_data if form.is_valid() else {"state": "", "q": "", "source": None}
    page = Paginator(_listed(**asked), PAGE).get_page(request.GET.get("page"))
    query = {**asked, "source": asked["source"].pk if asked["source"] else ""}
    return render(request, "staff/members.html", {"form": form, "page": page, "query": query})


class MoveForm(Seen):
    """The next state, since when, and why. Only states that it may be moved to are offered."""

    state = forms.ChoiceField(label=gettext_lazy("Now"), widget=forms.RadioSelect)
    day = forms.DateField(label=gettext_lazy("Since"), widget=day_input())
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300,
        help_text=gettext_lazy("Such as: invoice 2026-17 sent. It is kept in the history."),
    )  # fmt: skip

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = membership.offered(today())
        self.fields["state"].choices = [(state, VERBS[state]) for state in self.offered]  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return day


@require_safe
def member(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(_ours(), pk=pk)
    return render(request, "staff/member.html", _page(one))


def _ours() -> QuerySet[Membership]:
    return Membership.objects.select_related(
        "commitment__giver__funder",
        "commitment__tier",
        "commitment__source",
        "renews__commitment",
        "successor",
    )


def _page(one: Membership) -> dict[str, Any]:
    """A term with its instalments and its history, newest first."""
    events: Any = Membership.pgh_event_model.objects.filter(pgh_obj=one.pk)  # type: ignore[attr-defined]
    return {
        "membership": one,
        "one": one.commitment,
        "parts": [
            (part, part.state_on(today())) for part in one.commitment.instalments.select_related("settled_by")
        ],
        "steps": events.select_related("pgh_context").order_by("-pgh_id"),
        "may_be_moved": bool(one.offered(today())),
    }


@require_http_methods(["GET", "POST"])
@transaction.atomic
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """To its next state. One at a time for each membership."""
    rows = _ours().select_for_update(of=("self",)) if request.method == "POST" else _ours()
    one = get_object_or_404(rows, pk=pk)
    now = version(one)
    start = {"day": today(), "seen": now, "state": request.GET.get("state", "")}
    form = MoveForm(request.POST or None, membership=one, initial=start)
    page = {**_page(one), "form": form}
    if request.method != "POST":
        return render(request, "staff/member_move.html", page)
    if one.state == request.POST.get("state") and str(one.since) == request.POST.get("day"):
        return redirect("staff:member", pk)  # the other click of a double click
    if not form.is_valid() or (change := overtaken(form, one, now)):
        page["change"] = change if form.is_valid() else None
        return render(request, "staff/member_move.html", page)
    history.because(form.cleaned_data["reason"])
    members.move(one, form.cleaned_data["state"], form.cleaned_data["day"])
    messages.success(
        request, _("%(who)s: %(state)s.") % {"who": one.commitment.who, "state": one.get_state_display()}
    )
    return redirect("staff:member", pk)


@require_http_methods(["GET", "POST"])
def new_member(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET[name] for name in ("funder", "tier") if name in request.GET}
    form = MemberForm(request.POST or None, initial={"starts_on": today(), **asked})
    if request.method == "POST" and form.is_valid():
        made = form.make(day=today())
        messages.success(request, _("%(who)s is entered.") % {"who": made.commitment.who})
        return redirect("staff:member", made.pk)
    return render(request, "staff/member_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """The next term. The old one points to it."""
    rows = _ours().select_for_update(of=("self",)) if request.method == "POST" else _ours()
    old = get_object_or_404(rows, pk=pk)
    successor = getattr(old, "successor", None)
    if successor or not old.may_be_renewed:
        messages.info(request, _("This membership is renewed already.") if successor else _("This membership cannot be renewed yet."))  # fmt: skip
        return redirect("staff:member", successor.pk if successor else pk)
    form = RenewalForm(request.POST or None, old=old)
    if request.method == "POST" and form.is_valid():
        made = form.make(day=today(), renews=old)
        messages.success(request, _("Renewed: this is the new term."))
        return redirect("staff:member", made.pk)
    return render(
        request, "staff/member_renew.html", {"form": form, "membership": old, "one": old.commitment}
    )


@require_http_methods(["GET", "POST"])
@transaction.atomic
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The term itself: its days, its amount, what it is for. What is paid stays paid."""
    rows = _ours().select_for_update(of=("self",)) if request.method == "POST" else _ours()
    membership = get_object_or_404(rows, pk=pk)
    one = membership.commitment
    now = version(one)
    form = TermForm(request.POST or None, instance=one, initial={"seen": now})
    page: dict[str, Any] = {"form": form, "membership": membership, "one": one}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, one, now)
        if not page["change"]:
            form.save()
            members.schedule(one)
            messages.success(request, _("Saved."))
            return redirect("staff:member", pk)
    return render(request, "staff/member_edit.html", page)

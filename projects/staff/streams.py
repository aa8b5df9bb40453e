"""Which money reaches which project, from a day on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from funders import agreement, ledger
from funders.models import Asked, Source
from funders.models.promises import PURPOSES
from funders.staff import waiting
from fundtracker.history import because
from fundtracker.models import Role, Site, User
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

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if since and since < ledger.OLDEST:
            raise forms.ValidationError(gettext("This day is too long ago. Leave it empty for: since ever."))
        return since

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and moving.undoes_frozen(self.plan()):
            words = gettext(
                "A campaign whose figures are frozen counts this money: choose a day after its end."
            )
            self.add_error("since", words)
        return cleaned

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
            return _moved(request, form, plan)
        page |= {"plan": plan, "reaches": moving.preview(plan), "ending": moving.ending(plan)}
    except (IntegrityError, moving.Changed):
        page["changed"] = True
    typed_again = request.POST.copy()
    typed_again["seen"] = moving.fingerprint(plan.source)
    form.data = typed_again
    return render(request, "staff/move.html", page)


@transaction.atomic
def _moved(request: HttpRequest, form: MoveForm, plan: moving.Plan) -> HttpResponse:
    """At once, or once a second person agrees."""
    assert isinstance(request.user, User)
    seen, why = form.cleaned_data["seen"], form.cleaned_data["why"]
    today = timezone.localdate(timezone=Site.current().zone)
    if agreement.takes_second(request.user, moving.size(moving.preview(plan)), on=today):
        about = f"{' · '.join(filter(None, (str(plan.source), plan.designation)))} → {plan.project}"
        kind = Asked.Kind.MOVE
        asked = agreement.ask(
            kind, plan.source.pk, request.user, request.POST, seen=seen, about=about, why=why
        )
        messages.success(
            request, gettext("It waits for a second person. Nothing has changed until somebody agrees.")
        )
        return redirect("staff:decide_move", asked.pk)
    because(why)
    moving.move(plan, seen=seen)
    messages.success(request, gettext("The money goes to %(project)s.") % {"project": plan.project})
    return redirect("staff:today")


@require_http_methods(["GET", "POST"])
@transaction.atomic
def decide_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Money that is to go to another project: what that moves, and who says yes or no."""
    every = Asked.objects.select_related("recorded_by", "agreed_by", "refused_by")
    asked = get_object_or_404(every, pk=pk, kind=Asked.Kind.MOVE)
    form = MoveForm(asked.form)
    with translation.override(asked.language):
        plan = form.plan() if form.is_valid() else None
    page: dict[str, Any] = {"plan": plan}
    if plan and asked.waits and asked.seen == moving.fingerprint(plan.source):
        page |= {"reaches": moving.preview(plan), "ending": moving.ending(plan)}

    def do() -> bool:
        try:
            return bool(plan and moving.move(plan, seen=asked.seen))
        except moving.Changed:
            return False

    return waiting.decide_asked(request, asked, Role.TREASURER, page, do)

"""Staff look at what was reported to the register of who relies on a project: publish, decline, correct, take down."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders.models import Funder
from funders.staff.forms import Seen, overtaken, version
from fundtracker import history
from fundtracker.middleware import forget_copies
from fundtracker.models import User
from projects.models import Project, Reliance
from projects.report import SAID, SaidForm

PAGE = 50
State = Reliance.State
# What each button makes of an entry; `save` leaves it as it is.
BECOMES = {
    "publish": State.PUBLIC,
    "decline": State.DECLINED,
    "remove": State.REMOVED,
    "follow": State.FOLLOWED,
}
DONE = {
    "publish": gettext_lazy("Published."),
    "decline": gettext_lazy("Not taken up."),
    "remove": gettext_lazy("Taken down."),
    "follow": gettext_lazy("Followed: the entry is as they say."),
    "save": gettext_lazy("Saved."),
}


class EntryForm(Seen, SaidForm):
    funder = forms.ModelChoiceField(
        Funder.objects.exclude(kind=Funder.Kind.PERSON).order_by("name"), required=False,
        label=gettext_lazy("The funder that it is"), empty_label=gettext_lazy("none that we know"),
        help_text=gettext_lazy("Only its public gifts are ever counted as paying."),
    )  # fmt: skip
    field_order = (*SAID, "funder", "note")

    class Meta(SaidForm.Meta):
        fields = (*SAID, "funder", "note")
        help_texts = SaidForm.Meta.help_texts | {
            "note": gettext_lazy("Only staff see it. Why, where you decline it or take it down.")
        }

    def __init__(self, *args: Any, verb: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb = verb
        self.fields["evidence_url"].required = False
        every: Any = self.fields["funder"]
        every.choices = _alike_first(self["organisation"].value() or "", every.queryset)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        shows = self.verb in ("publish", "save", "follow") and not self.instance.asks_removal
        if shows and not self.errors and not (cleaned.get("evidence") or cleaned.get("evidence_url")):
            self.add_error("evidence_url", _("Nothing is published without evidence: a page, or its words."))
        if self.verb in ("decline", "remove") and not cleaned.get("note"):
            self.add_error("note", _("Say why in a few words."))
        return cleaned


def _alike_first(organisation: str, funders: Iterable[Funder]) -> list[Any]:
    """Those first that share a longer word with the organisation's name."""
    words = {word for word in organisation.casefold().split() if len(word) > 3}
    every = list(funders)
    alike = [one for one in every if words & set(one.name.casefold().split())]
    others = [(one.pk, one.name) for one in every if one not in alike]
    groups = [(_("Names alike"), [(one.pk, one.name) for one in alike]), (_("All others"), others)]
    return [("", _("none that we know")), *(group for group in groups if group[1])]


@require_safe
def register(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Of one project, or of all: what waits first."""
    project = get_object_or_404(Project, slug=slug) if slug else None
    rows = Reliance.objects.select_related("project", "funder", "corrects")
    rows = rows.filter(project=project) if project else rows
    decided = rows.exclude(state__in=[State.REPORTED, State.FOLLOWED])
    page = {
        "project": project,
        "waiting": rows.reported().order_by("reported_at", "pk"),
        "page": Paginator(decided.order_by("organisation", "pk"), PAGE).get_page(request.GET.get("page")),
        "projects": [] if project else Project.objects.order_by("name"),
    }
    return render(request, "staff/reliance.html", page)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """By hand, and public at once: who enters it has looked at its evidence."""
    every = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    project = get_object_or_404(every, slug=slug)
    made = Reliance(project=project)
    form = EntryForm(request.POST or None, instance=made, verb="publish")
    if request.method == "POST" and form.is_valid():
        made.digest = made.digested()
        if not project.reliances.public().filter(digest=made.digest).exists():
            _put(made, State.PUBLIC, request)
            made.save()
        messages.success(request, DONE["publish"])
        return redirect("staff:project_reliance", slug)
    return render(request, "staff/reliance_entry.html", {"form": form, "project": project})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide on a report, or change an entry. One at a time, each knowing what the other did."""
    one = get_object_or_404(_for_change(request), pk=pk)
    was, now = one.state, version(one)
    verb = min({*BECOMES, "save"} & set(request.POST), default="")
    page: dict[str, Any] = {"entry": one, "project": one.project, "was": was, "differs": _differences(one)}
    form = page["form"] = EntryForm(request.POST or None, instance=one, initial={"seen": now}, verb=verb)
    page["buttons"] = _buttons(one)
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, one, now)
        if not page["change"] and verb in page["buttons"]:
            _decide(request, one, verb)
            messages.success(request, DONE[verb])
            return redirect("staff:project_reliance", one.project.slug)
    return render(request, "staff/reliance_entry.html", page)


def _buttons(one: Reliance) -> set[str]:
    """What may be done with it as it stands."""
    if one.state == State.REPORTED:
        return {"follow", "decline"} if one.corrects else {"publish", "decline"}
    if one.state == State.PUBLIC:
        return {"save", "remove"}
    return set() if one.corrects else {"publish"}


def _for_change(request: HttpRequest) -> Any:
    rows = Reliance.objects.select_related("project", "corrects")
    return rows.select_for_update(of=("self",), no_key=True) if request.method == "POST" else rows


def _differences(one: Reliance) -> list[tuple[str, Any, Any]]:
    """What it says otherwise than the entry that it corrects, before a form touches it."""
    if not one.corrects:
        return []
    both = [(name, _said(one.corrects, name), _said(one, name)) for name in SAID]
    return [(str(SaidForm.base_fields[name].label), was, now) for name, was, now in both if was != now]


def _said(one: Reliance, name: str) -> Any:
    return one.get_sector_display() if name == "sector" else getattr(one, name)


def _decide(request: HttpRequest, one: Reliance, verb: str) -> None:
    """What was public may stand in a copy that was kept of a page: that goes too."""
    history.because(one.note)
    one.digest = None
    if verb == "follow":
        _follow(one, request)
    if verb != "save":
        _put(one, BECOMES[verb], request)
    one.save()
    transaction.on_commit(forget_copies)


def _follow(one: Reliance, request: HttpRequest) -> None:
    """The entry becomes what its correction says, or goes. It is read anew: what was taken down meanwhile stays so."""
    assert one.corrects_id
    there = Reliance.objects.select_for_update(no_key=True).get(pk=one.corrects_id)
    if one.asks_removal:
        _put(there, State.REMOVED, request)
    else:
        for name in (*SAID, "funder"):
            setattr(there, name, getattr(one, name))
    there.save()


def _put(one: Reliance, state: str, request: HttpRequest) -> None:
    assert isinstance(request.user, User)
    one.state, one.decided_at, one.decided_by = state, timezone.now(), request.user

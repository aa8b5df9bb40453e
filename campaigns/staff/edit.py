"""A campaign, its levels and where to give: typed, seen as its public page would be, and only then published."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from pghistory.models import Events

from campaigns import statements, views
from campaigns.figures import Figures
from campaigns.models import Campaign
from campaigns.staff import publishing
from campaigns.staff.sheet import Sheet
from funders import agreement
from funders.models import Asked
from funders.staff import waiting
from fundtracker.models import Role, Site, User


@require_http_methods(["GET", "POST"])
@transaction.atomic
@publishing.in_books_time
def new(request: HttpRequest) -> HttpResponse:
    if publishing.wants(request):
        # One new campaign at a time: the second click of a double click waits, and finds what the first has made.
        Site.objects.select_for_update(no_key=True).get(pk=1)
        made = Campaign.objects.filter(key=publishing.key_of(request)).first()
        if made:
            return redirect("staff:campaign_edit", made.slug)
    campaign = Campaign(key=publishing.key_of(request), starts_on=statements.today(), is_public=False)
    return _edit(request, campaign)


@require_http_methods(["GET", "POST"])
@transaction.atomic
@publishing.in_books_time
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    return _edit(request, publishing.held(slug, hold=bool(publishing.wants(request))))


def _edit(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    wanted, name = publishing.wants(request), campaign.name
    was_public = campaign.is_public
    sheet = Sheet(request.POST or None, campaign)
    page: dict[str, Any] = {"campaign": campaign, "sheet": sheet, "seen": sheet.seen, "name": name}
    valid = request.method == "POST" and sheet.is_valid()
    if valid and wanted:
        changes = sheet.differences()
        page["overtaken"] = bool(campaign.pk and changes and request.POST.get("seen") != sheet.seen)
        if page["overtaken"]:
            page |= {"changes": changes, "who": _last_hand(campaign)}
        elif _takes_second(request, sheet):
            return _asked(request, sheet, name)
        else:
            return _saved(request, sheet, wanted)
    if valid and not sheet.form.errors:
        page["preview"] = _preview(request, sheet)
    campaign.is_public = was_public
    part = "#preview" if "live" in request.POST else ""
    return render(request, f"staff/campaign_edit.html{part}", page)


def _takes_second(request: HttpRequest, sheet: Sheet) -> bool:
    """What counts decides the figure: above the limit of one person a change of it takes a second one.

    A campaign that never was public has no figure to move. One that was, and is a draft now, still has.
    """
    campaign, user = sheet.form.instance, request.user
    assert isinstance(user, User)
    if campaign.pk is None or not campaign.was_public:
        return False
    moves = statements.moved_by(campaign, sheet.form.save)
    return agreement.takes_second(user, moves, on=statements.today())


def _asked(request: HttpRequest, sheet: Sheet, name: str) -> HttpResponse:
    assert isinstance(request.user, User)
    pk, seen = sheet.form.instance.pk, sheet.seen
    row = agreement.ask(Asked.Kind.CAMPAIGN, pk, request.user, request.POST, seen=seen, about=name)
    messages.success(request, _("It waits for a second person. Nothing has changed until somebody agrees."))
    return redirect("staff:decide_campaign", row.pk)


@require_http_methods(["GET", "POST"])
@transaction.atomic
@publishing.in_books_time
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """A campaign that is to count otherwise: every difference, the page before and after, and who says yes or no."""
    every = Asked.objects.select_related("recorded_by", "agreed_by", "refused_by")
    row = get_object_or_404(every, pk=pk, kind=Asked.Kind.CAMPAIGN)
    campaign = publishing.held(Campaign.objects.get(pk=row.thing).slug, hold=request.method == "POST")
    with translation.override(row.language):
        sheet = Sheet(row.form, campaign)
        holds = row.seen == sheet.seen and not hasattr(campaign, "frozen") and sheet.is_valid()
    page: dict[str, Any] = {"campaign": campaign}
    if holds and row.waits:
        page |= {"changes": sheet.differences(), **_before_and_after(sheet)}

    def do() -> bool:
        if holds:
            publishing.put_out(campaign, "publish" if "publish" in row.form else "draft")
            sheet.save()
        return holds

    return waiting.decide_asked(request, row, Role.EDITOR, page, do)


def _before_and_after(sheet: Sheet) -> dict[str, Figures]:
    before = statements.figures(sheet.form.instance)
    with statements.as_if():
        return {"before": before, "after": statements.figures(sheet.save())}


def _saved(request: HttpRequest, sheet: Sheet, wanted: str) -> HttpResponse:
    publishing.put_out(sheet.form.instance, wanted)
    campaign = sheet.save()
    if wanted == "draft":
        said = _("Saved as a draft: only staff see it.")
    elif publishing.waits_until(campaign):
        said = _("Saved. It becomes public by itself at the time you set.")
    else:
        said = _("Published.")
    messages.success(request, said)
    return redirect("staff:campaign_edit", campaign.slug)


def _preview(request: HttpRequest, sheet: Sheet) -> str:
    """The public page as it would be: with all of it in the database, and then without it again."""
    row = sheet.form.instance
    kept = row.pk, row.is_public, row.publish_at, row._state.adding
    with statements.as_if():
        row.is_public, row.publish_at = True, None
        made = sheet.save()
        page = views.whole(Campaign.objects.for_page().get(pk=made.pk))
        html = render_to_string("campaigns/campaign.html#page", {**page, "is_preview": True}, request)
    row.pk, row.is_public, row.publish_at, row._state.adding = kept
    return html


def _last_hand(campaign: Campaign) -> User | None:
    """Whoever changed it last, as history knows."""
    made = Events.objects.references(campaign)  # type: ignore[no-untyped-call]
    last = made.exclude(pgh_context_id=None).order_by("-pgh_created_at", "-pgh_id").first()
    context = last.pgh_context if last else None
    return User.objects.filter(pk=context["user"]).first() if context and context.get("user") else None

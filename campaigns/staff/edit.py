"""A campaign, its levels and where to give: typed, seen as its public page would be, and only then published."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from pghistory.models import Events

from campaigns import statements, views
from campaigns.models import Campaign
from campaigns.staff import publishing
from campaigns.staff.sheet import Sheet
from funders import agreement
from fundtracker import history
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
        elif _allowed(request, sheet):
            return _saved(request, sheet, wanted)
    if valid and not sheet.form.errors:
        page["preview"] = _preview(request, sheet)
    campaign.is_public = was_public
    part = "#preview" if "live" in request.POST else ""
    return render(request, f"staff/campaign_edit.html{part}", page)


def _allowed(request: HttpRequest, sheet: Sheet) -> bool:
    """What counts decides the figure: above the limit of one person a change of it takes a treasurer, and history says so.

    A campaign that never was public has no figure to move. One that was, and is a draft now, still has.
    """
    campaign, user = sheet.form.instance, request.user
    assert isinstance(user, User)
    if campaign.pk is None or not campaign.events.filter(is_public=True).exists():
        return True
    moves = statements.moved_by(campaign, sheet.form.save)
    if not agreement.takes_second(user, moves, on=statements.today()):
        return True
    if not user.may(Role.TREASURER):
        sheet.form.add_error(
            None,
            _(
                "This moves the campaign’s figure by more than one person may alone. Ask a treasurer to change what counts, the days or the currency."
            ),
        )
        return False
    said = _("The figure moved by more than the limit of one person: a treasurer changed what counts.")
    history.because(said)
    messages.warning(request, said)
    return True


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

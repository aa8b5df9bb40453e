"""A maintainer's own pages: what of their work is paid for, what anyone may read of it, a statement to take away."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders.staff.forms import today
from fundtracker.models import Site, User
from projects import coverage, hour_charts, hours, invitations, own, people, statements, typeset
from projects.models import Maintainer, Role

BACK, AHEAD = 12, 24


def reader(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _record(request: HttpRequest) -> Maintainer | None:
    return Maintainer.objects.filter(user=reader(request)).first()


def _must(request: HttpRequest) -> Maintainer:
    found = _record(request)
    if found is None:
        raise Http404
    return found


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """This month, the months ahead and those before; without a record, whom to ask."""
    maintainer, day = _record(request), today()
    page: dict[str, Any] = {"site": Site.current(), "maintainer": maintainer, "today": day}
    if maintainer is None:
        return render(request, "me/nobody.html", page)
    month = day.replace(day=1)
    first, last = coverage.add_months(month, -BACK), coverage.add_months(month, AHEAD)
    work = own.work(maintainer, on=day, first=first, last=last)
    together = hours.together(one.months for one in work)
    page |= {
        "month": next((one for one in together if one.first == month), None),
        "cards": [(one, one.on(day)) for one in work if not one.role.has_ended(day)],
        "falls": hours.falls(together, after=month),
        "ahead": [one for one in together if one.first >= month],
        "past": [one for one in together if one.first < month],
        "chart": hour_charts.bars(together, on=month),
        "gathered": _by_project(work),
        "years": own.years(maintainer, on=day),
        "reads": [people.as_published(one.role) for one in work if one.role.is_published and one.on(day)],
    }
    return render(request, "me/home.html", page)


def _by_project(work: list[own.Own]) -> list[tuple[Any, Any]]:
    """Each project of theirs once, with what is known of it."""
    return list({one.role.cost.project: one.gathered for one in work}.items())


class PublishForm(forms.Form):
    """One switch for the name, and two for each work that has not ended, or of which something is still public."""

    def __init__(self, *args: Any, maintainer: Maintainer, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = roles
        self.fields["name"] = forms.BooleanField(
            label=_("My name: %(name)s") % {"name": maintainer}, required=False, initial=maintainer.publishes_name
        )  # fmt: skip
        for role in roles:
            words = {"project": role.cost.project, "purpose": role.cost.get_purpose_display()}
            for what, label, initial in (
                ("hours", _("My hours for %(project)s, %(purpose)s"), role.publishes_hours),
                ("cost", _("My cost for %(project)s, %(purpose)s"), role.publishes_cost),
            ):
                self.fields[f"{what}-{role.pk}"] = forms.BooleanField(
                    label=label % words, required=False, initial=initial
                )

    def typed(self, what: str, role: Role) -> bool:
        return bool(self.cleaned_data[f"{what}-{role.pk}"])


@require_http_methods(["GET", "POST"])
@transaction.atomic
def publish(request: HttpRequest) -> HttpResponse:
    """Typed, read as the public would, and only then published."""
    maintainer, day = _must(request), today()
    every = people.latest(maintainer.roles.with_cost())
    roles = [role for role in every if role.publishes_hours or role.publishes_cost or not role.has_ended(day)]
    form = PublishForm(request.POST or None, maintainer=maintainer, roles=roles)
    page = {"site": Site.current(), "maintainer": maintainer, "today": day, "form": form}
    if request.method == "POST" and form.is_valid():
        if "publish" in request.POST:
            _publish(maintainer, form)
            messages.success(request, _("Saved. This is what anyone may read now."))
            return redirect("me:publish")
        page["is_preview"] = True
    page["reads"] = _reads(maintainer, form, day)
    return render(request, "me/publish.html", page)


def _publish(maintainer: Maintainer, form: PublishForm) -> None:
    maintainer.publishes_name = form.cleaned_data["name"]
    maintainer.save(update_fields=["publishes_name"])
    for role in form.roles:
        people.publish(role, hours=form.typed("hours", role), cost=form.typed("cost", role))


def _reads(maintainer: Maintainer, form: PublishForm, day: date) -> list[people.Published]:
    """What the public reads, or would read with what is typed, of work that has not ended."""
    if form.is_bound:
        maintainer.publishes_name = form.cleaned_data["name"]
    for role in form.roles:
        role.maintainer = maintainer
        if form.is_bound:
            role.publishes_hours, role.publishes_cost = form.typed("hours", role), form.typed("cost", role)
    return [people.as_published(role) for role in form.roles if role.is_published and not role.has_ended(day)]


@require_safe
def statement(request: HttpRequest, year: int) -> HttpResponse:
    site, page = Site.current(), _statement(request, year)
    words = statements.as_data(page["statement"], site=site)
    page |= {"site": site, "today": page["statement"].on, "words": words}
    for part in ("work", "months"):
        page[part] = _cells(words[f"{part}_columns"], words[part])
    return render(request, "me/statement.html", page)


def _cells(columns: list[dict[str, Any]], rows: list[list[str]]) -> list[list[tuple[str, bool, str]]]:
    """Each cell with its column's title, which it wears where a row is a card."""
    return [
        [(column["title"], column["is_number"], said) for column, said in zip(columns, row, strict=True)]
        for row in rows
    ]


@require_safe
def statement_pdf(request: HttpRequest, year: int) -> HttpResponse:
    said = _statement(request, year)["statement"]
    paper = typeset.pdf("statement", statements.as_data(said, site=Site.current()), on=said.on)
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="statement-{year}.pdf"'
    return response


def _statement(request: HttpRequest, year: int) -> dict[str, Any]:
    maintainer, day = _must(request), today()
    years = own.years(maintainer, on=day)
    if year not in years:
        raise Http404
    last = min(date(year, 12, 31), coverage.end_of(day))
    work = own.work(maintainer, on=day, first=date(year, 1, 1), last=last)
    return {
        "maintainer": maintainer,
        "years": years,
        "statement": statements.Statement(maintainer, year, day, work),
    }


class TakeUpForm(forms.Form):
    agreed = forms.BooleanField(label=gettext_lazy("This is me"))


@require_http_methods(["GET", "POST"])
def take_up(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation: whose record it is, and whether that is the reader."""
    maintainer = invitations.found(token, reader(request))
    form = TakeUpForm(request.POST or None)
    page = {"site": Site.current(), "invited": maintainer, "form": form}
    if maintainer is None:
        return render(request, "me/take_up.html", page, status=404)
    if request.method == "POST" and form.is_valid():
        if invitations.take_up(maintainer, reader(request)):
            messages.success(request, _("From now on this is your page."))
        else:
            messages.error(request, _("Your account has a record already. Ask whoever sent you the link."))
        return redirect("me:home")
    return render(request, "me/take_up.html", page)

"""A whole budget at once: typed, pasted or uploaded, mended row by row, its effect seen, and then booked."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from funders.staff.forms import today
from projects import budget_files, budgets, costs
from projects.budget_files import COLUMNS, YES_NO
from projects.budgets import Kind
from projects.models import Cost, Project
from projects.staff.budget_forms import Sheet
from projects.staff.needs import reader


@require_http_methods(["GET", "POST"])
def budget(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing is booked before it was seen, and only what was seen."""
    project = get_object_or_404(Project, slug=slug)
    sheet = Sheet(request, project)
    page: dict[str, Any] = {"project": project, "sheet": sheet, "form": sheet.form}
    if request.method == "POST" and sheet.is_valid():
        if "apply" in request.POST:
            if said := _applied(request, project, sheet):
                messages.success(request, said)
                return redirect("staff:project_needs", slug)
            page["overtaken"] = True
        known = costs.shown_to(reader(request), project)
        page |= _preview(sheet, known)
    sheet.carry()
    return render(request, "staff/project_budget.html", page)


def _applied(request: HttpRequest, project: Project, sheet: Sheet) -> str:
    """What was done, in words; nothing where something else would be done than was shown."""
    rows, day = [row.row for row in sheet.rows], sheet.day
    ending = {int(pk) for pk in request.POST.getlist("end") if pk.isdecimal()}
    shown = sheet.form.cleaned_data["shown"]
    try:
        made = budgets.apply(
            project, rows, day=day, today=today(), reader=reader(request), shown=shown, ending=ending
        )
    except budgets.Changed:
        known = costs.shown_to(reader(request), project)
        done = budgets.plan(known, rows, day=day, today=today()).is_done
        return _("All of this budget is entered already.") if done else ""
    count = len(made.steps) - len(made.of(Kind.SAME))
    said = ngettext("The budget is entered: %(count)d need changed.", "The budget is entered: %(count)d needs changed.", count)  # fmt: skip
    return said % {"count": count}


def _preview(sheet: Sheet, known: list[Cost]) -> dict[str, Any]:
    made = sheet.plan(known)
    if made.problems:
        return {}
    return {
        "plan": made,
        "new": [Cost(**step.wanted) for step in made.of(Kind.NEW)],
        "changed": [(step, _differences(step)) for step in made.of(Kind.CHANGED, Kind.MENDED, Kind.ENDED)],
        "same": len(made.of(Kind.SAME)),
        "missing": [(cost, budgets.ends_before(cost, made.day)) for cost in made.missing],
        "last_day": made.day - costs.DAY,
    }


def _differences(step: budgets.Step) -> list[tuple[Any, str, str]]:
    """What of it becomes what, as the columns call it."""
    assert step.cost
    then = Cost(**step.wanted)
    before, after = dict(_words(step.cost)), dict(_words(then))
    skipped = {"starts_on"} if step.kind == Kind.CHANGED else set()
    return [
        (COLUMNS[name], before[name], after[name])
        for name in before
        if before[name] != after[name] and name not in skipped
    ]


def _words(cost: Cost) -> Iterator[tuple[str, str]]:
    yield "label", budget_files.bare(cost.label)
    yield "purpose", str(cost.get_purpose_display())
    yield "amount", amount_words(cost)
    yield "starts_on", cost.starts_on.isoformat() if cost.starts_on else "–"
    yield "ends_on", cost.ends_on.isoformat() if cost.ends_on else "–"
    yield "pays", str(YES_NO["yes" if cost.is_person else "no"])
    yield "in_kind", str(YES_NO["yes" if cost.in_kind else "no"])


def amount_words(cost: Cost) -> str:
    amount = cost.amount.format(get_language() or "en") if cost.amount else _("any amount")
    return f"{amount} {cost.get_frequency_display()}"


@require_safe
def budget_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The budget as it stands, to be changed in a spreadsheet and read again: what is over is not in it."""
    project, day = get_object_or_404(Project, slug=slug), today()
    shown = costs.shown_to(reader(request), project)
    current = [cost for cost in shown if costs.when(cost, day) != costs.When.PAST]
    # Not streamed: what is streamed is written after the reader's language is gone.
    text = "".join(budget_files.lines(current))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="budget-{project.slug}.csv"'
    return response

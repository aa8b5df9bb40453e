"""The register's public pages: who relies on a project, as a page and as data, and the form that adds to it or corrects it."""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from funders.staff.forms import today
from fundtracker import sheets
from fundtracker.models import Asked, Site
from fundtracker.unsigned import TOO_MANY, Trap, new_reference, who
from projects.models import Project, Reliance
from projects.register import Line, register

# What a report says of an organisation; the rest of its fields is about the report.
SAID: tuple[str, ...] = ("organisation", "sector", "deployment", "seats", "evidence_url", "evidence", "as_of")


class SaidForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is said of an organisation, by the public or by staff."""

    seats = forms.IntegerField(
        label=gettext_lazy("Seats"), min_value=1, max_value=2_000_000_000, required=False,
        help_text=gettext_lazy("How many people use it. Leave it empty if that is not published."),
    )  # fmt: skip
    evidence_url = forms.URLField(
        label=gettext_lazy("Where anyone can check it"), assume_scheme="https", max_length=500,
        help_text=gettext_lazy("A public web page that says so. Nothing is published without one."),
    )  # fmt: skip

    class Meta:
        model = Reliance
        fields: tuple[str, ...] = SAID
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "as_of": forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        }
        labels = {
            "organisation": gettext_lazy("Organisation"),
            "sector": gettext_lazy("Sector"),
            "deployment": gettext_lazy("What it runs"),
            "evidence": gettext_lazy("What the page says, in a sentence"),
            "as_of": gettext_lazy("True on"),
        }
        help_texts = {"as_of": gettext_lazy("The day of the page, where it has one.")}

    def clean_evidence_url(self) -> str:
        url: str = self.cleaned_data["evidence_url"]
        if url and not url.startswith(("http://", "https://")):
            raise forms.ValidationError(forms.URLField.default_error_messages["invalid"])
        return url

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day and day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return day


class ReportForm(Trap, SaidForm):
    class Meta(SaidForm.Meta):
        fields = (*SAID, "asks_removal", "remark", "reporter_name", "reporter_email")
        labels = SaidForm.Meta.labels | {
            "asks_removal": gettext_lazy("It should not be in the register at all"),
            "remark": gettext_lazy("Anything else that we should know"),
            "reporter_name": gettext_lazy("Your name"),
            "reporter_email": gettext_lazy("Your e-mail address"),
        }
        widgets = SaidForm.Meta.widgets | {
            "remark": forms.Textarea({"rows": 3}),
            "reporter_name": forms.TextInput({"autocomplete": "name"}),
            "reporter_email": forms.EmailInput({"autocomplete": "email"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.corrects:
            del self.fields["asks_removal"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("asks_removal") and not cleaned.get("remark"):
            self.add_error("remark", _("Say why it should go."))
        if self.instance.corrects and not cleaned.get("remark") and not set(self.changed_data) & set(SAID):
            self.add_error(None, _("This is what the register says already. Change what is wrong."))
        return cleaned


@require_safe
def reliance(request: HttpRequest, slug: str) -> HttpResponse:
    site, project = Site.current(), get_object_or_404(Project.objects.public(), slug=slug)
    day = timezone.now().astimezone(site.zone).date()
    page = {"site": site, "project": project, "register": register(project, today=day)}
    return render(request, "projects/reliance.html", page)


@require_safe
def data(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """What the page shows, as CSV or JSON."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    rows = list(_rows(register(project, today=today()).lines))
    if kind == "json":
        return JsonResponse({"project": project.slug, "organisations": rows})
    table = [list(COLUMNS), *([_cell(value) for value in row.values()] for row in rows)]
    answer = HttpResponse("".join(sheets.lines(table)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-reliance.csv"'
    return answer


COLUMNS = (
    "reference", "organisation", "sector", "deployment", "seats", "known_to_pay", "fair_share_estimate", "currency",
    "evidence", "evidence_url", "as_of",
)  # fmt: skip


def _rows(lines: list[Line]) -> Iterator[dict[str, Any]]:
    for line in lines:
        one, fair = line.entry, line.fair
        values = (
            one.reference, one.organisation, one.sector, one.deployment, one.seats, line.pays,
            str(fair.decimal) if fair else None, fair.currency if fair else None,
            one.evidence, one.evidence_url, one.as_of.isoformat() if one.as_of else None,
        )  # fmt: skip
        yield dict(zip(COLUMNS, values, strict=True))


def _cell(value: Any) -> Any:
    """Empty where it is not known."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


# Without a token: whoever sends this signs in nowhere, so there is no authority to borrow.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, slug: str, reference: str = "") -> HttpResponse:
    project = get_object_or_404(Project.objects.public(), slug=slug)
    public = project.reliances.public().select_related("funder")
    about = get_object_or_404(public, reference=reference) if reference else None
    made = Reliance(project=project, corrects=about, funder=about.funder if about else None)
    there = {name: getattr(about, name) for name in SAID} if about else {}
    form = ReportForm(request.POST or None, instance=made, initial=there)
    page = {"site": Site.current(), "project": project, "about": about, "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "projects/reliance_report.html", page)
    if form.cleaned_data["website"]:
        return redirect("projects:reliance_thanks", slug, new_reference())
    kept = _kept(made, who(request))
    if kept is None:
        form.add_error(None, TOO_MANY)
        return render(request, "projects/reliance_report.html", page, status=429)
    return redirect("projects:reliance_thanks", slug, kept.reference)


@transaction.atomic
def _kept(made: Reliance, sender: str) -> Reliance | None:
    """None where too many have come. What waits already, word for word, is not taken twice."""
    if not Asked.admit(sender):
        return None
    made.digest = made.digested()
    same = Reliance.objects.reported().filter(digest=made.digest).first()
    if same is None:
        made.save()
    return same or made


@require_safe
def thanks(request: HttpRequest, slug: str, reference: str) -> HttpResponse:
    """Shows what its address says, and asks nothing of it: nobody learns here which references there are."""
    project = get_object_or_404(Project.objects.public(), slug=slug)
    page = {"site": Site.current(), "project": project, "reference": reference}
    return render(request, "projects/reliance_thanks.html", page)

"""A brief for one buyer, made from what is public; and the words of the offer that stand in every brief."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from funders.staff.forms import Seen, overtaken, today, version
from fundtracker.models import Site
from projects import brief, public
from projects.models import Offer, Project
from projects.prices import YEARS, Share

FIELDS = (
    "legal_name", "scope", "security", "releases", "support", "deliverables", "acceptance", "tax", "contact",
)  # fmt: skip
TERMS = [(years, ngettext_lazy("%d year", "%d years", years) % years) for years in YEARS]
SHARES = [
    (Share.WHOLE.value, gettext_lazy("the whole of a year’s need")),
    (Share.HALF.value, gettext_lazy("a half of it")),
    (Share.FAIR.value, gettext_lazy("its implied fair share, by seats")),
]


class BriefForm(forms.Form):
    """Asked by GET: nothing is kept of whom a brief was made for."""

    organisation = forms.CharField(
        label=gettext_lazy("Organisation"), max_length=200,
        help_text=gettext_lazy("Written as in the register where it is there: its row then comes first."),
        widget=forms.TextInput({"list": "organisations", "autocomplete": "off"}),
    )  # fmt: skip
    reference = forms.CharField(
        label=gettext_lazy("Reference or order number"), max_length=60, required=False
    )
    years = forms.TypedChoiceField(label=gettext_lazy("Term"), choices=TERMS, coerce=int)
    share = forms.TypedChoiceField(label=gettext_lazy("Price"), choices=SHARES, coerce=Share)
    contact = forms.CharField(
        label=gettext_lazy("Contact for this buyer"), max_length=200, required=False,
        help_text=gettext_lazy("Empty: the contact of the offer."),
    )  # fmt: skip

    def __init__(self, data: Any, known: brief.Known) -> None:
        super().__init__(data)
        self.known = known

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seats = self.known.seats(cleaned.get("organisation", ""))
        if cleaned.get("share") == Share.FAIR and not seats.part:
            self.add_error(
                "share",
                _("How many seats it has is not on public record: a fair share cannot be worked out."),
            )
        return cleaned

    def wanted(self) -> brief.Wanted:
        return brief.Wanted(**self.cleaned_data)


class OfferForm(Seen, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Offer
        fields = FIELDS


@require_safe
def project_brief(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom it is for, and below it what it says."""
    known = _known(slug)
    form = BriefForm(request.GET or None, known)
    document = brief.write(known, form.wanted()) if form.is_valid() else None
    page = {"project": known.project, "offer": known.offer, "form": form, "document": document}
    page["organisations"] = sorted({one.organisation for one in known.reliances})
    return render(request, "staff/project_brief.html", page)


@require_safe
def project_brief_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a file; what is missing is asked for on the page."""
    known = _known(slug)
    form = BriefForm(request.GET, known)
    if not form.is_valid():
        address = redirect("staff:project_brief", slug)
        address["Location"] += f"?{request.GET.urlencode()}"
        return address
    return public.pdf(known, form.wanted())


@require_http_methods(["GET", "POST"])
@transaction.atomic
def project_offer(request: HttpRequest, slug: str) -> HttpResponse:
    """The offer's words. Of two people at once the second sees what the first changed, and chooses."""
    projects = Project.objects.select_for_update(no_key=True) if request.method == "POST" else Project.objects
    project = get_object_or_404(projects, slug=slug)
    offer = Offer.objects.filter(project=project).first() or Offer(project=project)
    now = version(offer)
    form = OfferForm(request.POST or None, instance=offer, initial={"seen": now})
    page: dict[str, Any] = {"project": project, "form": form}
    if request.method == "POST" and form.is_valid():
        page["change"] = overtaken(form, offer, now)
        if not page["change"]:
            form.save()
            messages.success(request, _("Saved. Every brief says so from now on."))
            return redirect("staff:project_brief", slug)
    return render(request, "staff/project_offer.html", page)


def _known(slug: str) -> brief.Known:
    return public.known(get_object_or_404(Project, slug=slug), Site.current(), today())

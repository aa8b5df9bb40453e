"""Staff pages about what is in the ledger: the list of entries, and one record's whole history."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from funders import corrections, entries
from funders.models import Correction, Entry, Source
from funders.models.ledger import KINDS, RAISED
from funders.reach import reached
from fundtracker.models import Site
from fundtracker.money import Money

STATES = [
    ("", gettext_lazy("in the books")),
    ("counted", gettext_lazy("counted")),
    ("corrected", gettext_lazy("corrected")),
    ("waiting", gettext_lazy("waits for its gift")),
    ("twin", gettext_lazy("counted at another source")),
    ("gone", gettext_lazy("taken back")),
]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}))


class FilterForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Id, payment or designation"), required=False, max_length=200)
    giver = forms.CharField(label=gettext_lazy("Giver"), required=False, max_length=200)
    source = forms.ModelChoiceField(
        Source.objects.all(), label=gettext_lazy("Source"), required=False, empty_label=gettext_lazy("all")
    )
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("Until"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False,
        choices=[("", gettext_lazy("all")), *(one for one in KINDS if one[0] not in ("fee", "tax"))],
    )  # fmt: skip
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=STATES)
    least = forms.CharField(label=gettext_lazy("Amount from"), required=False, max_length=40)
    most = forms.CharField(label=gettext_lazy("Amount to"), required=False, max_length=40)
    currency = forms.CharField(label=gettext_lazy("Currency"), required=False, max_length=3)
    designation = forms.CharField(label=gettext_lazy("Designation"), required=False, max_length=200)
    stream = forms.ChoiceField(label=gettext_lazy("Stream"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streams = {
            str(stream.pk): stream
            for source in Source.objects.prefetch_related("streams__project")
            for stream in source.streams.all()
        }
        named = [(pk, f"{stream.project} ← {stream}") for pk, stream in self.streams.items()]
        self.fields["stream"].choices = [("", _("all")), *sorted(named, key=lambda one: one[1])]  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_stream(self) -> Any:
        return self.streams.get(self.cleaned_data["stream"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        currency = cleaned.get("currency", "")
        for name in ("least", "most"):
            if typed := cleaned.get(name):
                cleaned[name] = self._amount(name, typed, currency)
        return cleaned

    def _amount(self, name: str, typed: str, currency: str) -> Money | None:
        if not currency:
            self.add_error("currency", _("Say the currency too."))
            return None
        try:
            return Money.parse(typed, currency, get_language() or "en")
        except ValueError as problem:
            self.add_error(name, str(problem))
            return None

    @property
    def asks(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def asks_more(self) -> bool:
        return any(self.data.get(field.name) for field in self.more_fields)

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return list(self)[:5]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return list(self)[5:]


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    amount: Money
    state: str
    tone: str


@require_safe
def all_entries(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    page: dict[str, Any] = {"form": form}
    if form.is_valid():
        found = entries.page(
            entries.search(form.cleaned_data),
            before=request.GET.get("before", ""), after=request.GET.get("after", ""),
        )  # fmt: skip
        page |= {"rows": [row(entry) for entry in found.entries], "found": found, "asked": _asked(request)}
    htmx = HtmxDetails(request)
    part = "#list" if htmx and not htmx.history_restore_request else ""
    return render(request, f"staff/entries.html{part}", page)


def _asked(request: HttpRequest) -> str:
    """The filters alone, for the addresses of the pages beside this one."""
    asked = request.GET.copy()
    for name in [name for name, value in asked.items() if name in ("before", "after") or not value]:
        del asked[name]
    return f"{asked.urlencode()}&" if asked else ""


def row(entry: Entry) -> Row:
    words, tone = _state(entry)
    return Row(entry, Money(entry.amount_minor, entry.currency), words, tone)


def _state(entry: Entry) -> tuple[str, str]:
    """How an entry stands, in words, and the look of its badge."""
    standing = getattr(entry, "standing", None)
    if entry.revision % 2 or entry.is_taken_back:
        return _("taken back"), "off"
    if standing and standing.counted_as == "twin":
        return _("counted at another source"), "off"
    if standing and standing.counted_as == "waiting":
        return _("waits for its gift"), "warning"
    counts = standing.counted_as if standing else entry.kind
    if counts == "in_kind":
        return _("beside the cash"), "off"
    if counts not in RAISED:
        return _("never counts"), "off"
    return (_("corrected"), "good") if entry.correction_id else (_("counted"), "good")


@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Whatever was ever said of the record of one entry."""
    asked = get_object_or_404(Entry.objects.select_related("source"), pk=pk)
    every = list(
        Entry.objects.filter(source=asked.source, external_id=asked.external_id)
        .for_list()
        .select_related("correction__recorded_by", "correction__agreed_by", "standing__twin_of__source")
        .order_by("part", "revision")
    )
    shown = [one for one in every if one.part == "gross" and one.revision % 2 == 0][-1]
    said = Correction.objects.filter(source=asked.source, external_id=asked.external_id)
    related = Entry.objects.live().for_list()
    page = {
        "entry": shown, "head": row(shown), "zone": Site.current().zone,
        "revisions": [row(one) for one in sorted(every, key=_in_order)],
        "corrections": said.select_related("recorded_by", "agreed_by", "refused_by"),
        "overtaken": corrections.overtaken().filter(source=asked.source, external_id=asked.external_id).first(),
        "original": related.filter(source=asked.source, external_id=shown.refunds_external_id).first()
        if shown.refunds_external_id else None,
        "refunds": [
            row(one) for one in related.filter(source=asked.source, refunds_external_id=asked.external_id)
        ],
        "streams": list(_reached(shown)),
    }  # fmt: skip
    return render(request, "staff/entry.html", page)


def _in_order(entry: Entry) -> tuple[bool, str, int]:
    return (entry.part != "gross", entry.part, entry.revision)


def _reached(entry: Entry) -> Iterator[Any]:
    """The streams that take it on the day on which it counts, each with its project and its campaigns."""
    source = Source.objects.prefetch_related("streams__project", "streams__campaigns").get(pk=entry.source_id)
    yield from reached(source.streams.all(), entry.designation, value_date(entry))


def value_date(entry: Entry) -> date:
    standing = getattr(entry, "standing", None)
    return standing.value_date if standing else entry.occurred_at.astimezone(Site.current().zone).date()

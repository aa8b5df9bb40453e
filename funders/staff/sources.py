"""Where money comes from: how each source is doing, what its runs read, and what one can have it do."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings as site
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from funders import connections, connectors
from funders.models import Commitment, DailyTotal, Source, SyncRun
from funders.probing import SECONDS, Found, Unreachable, probe
from funders.staff import settings
from funders.staff.instructions import GUIDES, is_file
from funders.staff.source_forms import PauseForm, is_tested
from fundtracker.history import because

RUNS = 20
# A worker looks for what is due every twenty seconds.
PATIENCE = timedelta(minutes=1)
HEALTH = {
    "fresh": (gettext_lazy("up to date"), "good"),
    "stale": (gettext_lazy("not read for too long"), "warning"),
    "failing": (gettext_lazy("failing"), "warning"),
    "never": (gettext_lazy("not read yet"), "warning"),
    "paused": (gettext_lazy("paused"), "off"),
    "new": (gettext_lazy("not started"), "off"),
    "manual": (gettext_lazy("typed in"), "off"),
}


class Line(NamedTuple):
    """A source in the list; `records` and `promises` are counts."""

    source: Source
    badge: tuple[Any, str]
    records: int
    promises: int
    is_next: bool


class Work(NamedTuple):
    """What happens at a source now. `unheard`: it has been due for a while and no worker has come."""

    run: SyncRun | None
    running: bool
    waiting: bool
    unheard: bool

    @property
    def moves(self) -> bool:
        return self.running or self.waiting


@require_safe
def all_sources(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    promised = Commitment.objects.order_by().values_list("source").annotate(count=Count("pk"))
    records, promises = _records(), dict(promised)
    lines = [
        Line(one, _badge(one, now), records.get(one.pk, 0), promises.get(one.pk, 0), _is_next(one))
        for one in Source.objects.all()
    ]
    return render(request, "staff/sources.html", {"lines": lines, "now": now})


def _records(**which: Source) -> dict[int, int]:
    """By source, from the sums by day: nothing counts the entries themselves."""
    totals = DailyTotal.objects.filter(**which).exclude(counted_as__in=("fee", "tax")).order_by()
    return dict(totals.values_list("source").annotate(count=Sum("entries")))


def _badge(source: Source, now: datetime) -> tuple[Any, str]:
    if source.kind == connectors.MANUAL and source.active:
        return HEALTH["manual"]
    if not source.active and source.synced_at is None and not source.failures:
        return HEALTH["new"]
    return HEALTH[source.health(now)]


def _is_next(source: Source) -> bool:
    """Whether the clock will have it read."""
    return source.active and source.kind != connectors.MANUAL and not is_file(source.kind)


@require_safe
def source(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Source, pk=pk)
    runs, older = _runs(found, request.GET.get("before", ""))
    page = _page(found)
    page |= {
        "is_new": not found.active and found.synced_at is None and page["work"].run is None,
        "guide": GUIDES[found.kind],
        "settings": _settings(found),
        "records": _records(source=found).get(found.pk, 0),
        "hook": _hook(found),
        "paused": connections.paused(found),
        "runs": runs,
        "older": older,
        "is_tested": is_tested(found.kind),
        "is_manual": found.kind == connectors.MANUAL,
    }
    return render(request, "staff/source.html", page)


@require_safe
def now(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "staff/source.html#now", _page(get_object_or_404(Source, pk=pk)))


def _page(source: Source) -> dict[str, Any]:
    now = timezone.now()
    return {
        "source": source,
        "badge": _badge(source, now),
        "work": _work(source, now),
        "is_next": _is_next(source),
    }


def _work(source: Source, now: datetime) -> Work:
    run = source.runs.first()
    leased = source.lease_until is not None and source.lease_until > now
    running = leased and run is not None and run.state == SyncRun.State.RUNNING
    waiting = not leased and Source.objects.due().filter(pk=source.pk).exists()
    # A file makes its source due when it comes, whatever the clock says.
    unheard = waiting and not source.is_file and now - source.due_at > PATIENCE
    return Work(run, running, waiting, unheard)


def _runs(source: Source, before: str) -> tuple[list[SyncRun], int | None]:
    """A page of them, newest first, and the run after which the next page begins."""
    runs = source.runs.all()
    if before:
        last = runs.filter(pk=int(before)).first() if before.isdecimal() else None
        if last is None:
            raise Http404
        runs = runs.filter(Q(started_at__lt=last.started_at) | Q(started_at=last.started_at, pk__lt=last.pk))
    page = list(runs[: RUNS + 1])
    return page[:RUNS], page[RUNS - 1].pk if len(page) > RUNS else None


def _settings(source: Source) -> list[tuple[Any, Any]]:
    fields = settings.fields(source.kind)
    return [
        (fields[name].label if name in fields else name, settings.written(value))
        for name, value in source.options.items()
    ]


def _hook(source: Source) -> dict[str, Any] | None:
    """Where its provider sends messages, and what became of them; None where it sends none."""
    if connectors.receiver(source.kind) is None:
        return None
    address = f"{site.SITE_URL}{reverse('hook', args=[source.slug])}"
    refused = source.deliveries.exclude(error="").filter(handled_at=None)
    return {
        "address": address,
        "last": source.deliveries.last(),
        "refused": refused.count(),
    }


@require_safe
def run(request: HttpRequest, pk: int, run: int) -> HttpResponse:
    found = get_object_or_404(SyncRun.objects.select_related("source"), pk=run, source=pk)
    return render(request, "staff/run.html", {"run": found, "source": found.source})


@require_http_methods(["GET", "POST"])
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Like the other verbs: to look at it is to look at its source."""
    source = get_object_or_404(Source, pk=pk)
    if request.method == "POST" and is_tested(source.kind):
        tell_test(request, source)
    return redirect("staff:source", pk)


def tell_test(request: HttpRequest, source: Source) -> None:
    try:
        found = probe(source)
    except Unreachable as problem:
        messages.error(request, _("It cannot be read: %(problem)s") % {"problem": problem})
    else:
        say = messages.warning if found.rejected else messages.success
        say(request, _in_words(found))


def _in_words(found: Found) -> str:
    if found.hurried:
        return _("It answers, and lists more than fits into %(seconds)d seconds. Nothing was booked.") % {"seconds": SECONDS}  # fmt: skip
    if not (found.read or found.total):
        return _("It answers, and lists nothing yet.")
    said = [_("It answers.")]
    if found.total is not None:
        count = ngettext("It answers: %(count)s record.", "It answers: %(count)s records.", found.total)
        said = [count % {"count": number_format(found.total, force_grouping=True)}]
    words = {"read": found.read, "first": date_format(found.first) if found.first else ""}
    words |= {"latest": date_format(found.latest) if found.latest else ""}
    if found.latest:
        said += [_("Looked at as a test: %(read)d, of %(first)s to %(latest)s; nothing was booked.") % words]
    else:
        said += [_("Looked at as a test: %(read)d; nothing was booked.") % words]
    if found.rejected:
        words = {"count": found.rejected, "why": found.why}
        said += [_("%(count)d of them could not be booked. %(why)s") % words]
    return " ".join(said)


@require_http_methods(["GET", "POST"])
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it read at once: what is new, or everything again."""
    source = get_object_or_404(Source, pk=pk)
    if request.method == "POST" and source.active and source.kind != connectors.MANUAL:
        connections.ask(source, full="full" in request.POST)
    return redirect("staff:source", pk)


@require_http_methods(["GET", "POST"])
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        because(form.cleaned_data["why"])
        connections.pause(source)
        messages.success(request, _("%(source)s is paused. What was booked stays.") % {"source": source})
        return redirect("staff:source", pk)
    return render(request, "staff/source_pause.html", {"source": source, "form": form})


@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk)
    if request.method == "POST" and not source.active:
        connections.resume(source)
    return redirect("staff:source", pk)

"""Staff pages of imports: upload a file, say what it is, see what booking it does, book it, take it back."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from funders import bookings, connectors, imports, previews
from funders.connectors import heads
from funders.connectors.base import Rejected
from funders.models import Booking, SyncRun, Upload
from funders.models.ledger import KINDS
from funders.models.people import FREQUENCIES
from funders.staff.columns import ColumnsForm, shown_rows
from funders.staff.import_forms import FileForm, SourceForm, WhyForm
from fundtracker import history, sheets
from fundtracker.models import Site, User

PAGE = 50
NO_WORKER_SECONDS = 60
ASKED = Exists(Booking.objects.waiting().filter(upload=OuterRef("pk"), shown=OuterRef("shown")))


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Newest first; `before` is where the next page begins, `source` leaves only its files."""
    uploads = Upload.objects.select_related("source", "uploaded_by").annotate(is_asked=ASKED).order_by("-pk")
    asked = {name: request.GET.get(name, "") for name in ("before", "source")}
    if asked["before"].isdecimal():
        uploads = uploads.filter(pk__lt=asked["before"])
    source = imports.sources().filter(slug=asked["source"]).first() if asked["source"] else None
    if source:
        uploads = uploads.filter(source=source)
    found = list(uploads[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    page = {"uploads": found[:PAGE], "more": more, "source": source, "first": not asked["before"]}
    return render(request, "staff/imports.html", page)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload, made = imports.receive(form.cleaned_data["file"], _user(request))
        except Rejected as problem:
            form.add_error("file", str(problem))
        else:
            if not made:
                messages.info(request, _("This file is here already: see below."))
            return redirect("staff:import", upload.pk)
    return render(request, "staff/import_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """What has become of the file. Sent, it confirms what was shown."""
    upload = _find(pk)
    if request.method == "POST":
        return _confirmed(request, upload)
    state = upload.state
    if state in (Upload.State.SOURCE, Upload.State.COLUMNS):
        return redirect(f"staff:import_{state.value}", pk)
    seen = previews.Seen.from_json(upload.preview) if upload.preview else None
    page: dict[str, Any] = {
        "upload": upload,
        "state": state.value,
        "seen": seen,
        "asked": bookings.asked_to_book(upload) or bookings.asking(upload),
    }
    page |= words(seen) if seen else {}
    page["twice"] = bool(state == Upload.State.SEEN and seen and seen.new and imports.may_count_twice(upload))
    if state in (Upload.State.READING, Upload.State.BOOKING):
        page |= {"working": True, "progress": _progress(upload), "nobody": _nobody_works(upload)}
    return render(request, "staff/import.html", page)


def _confirmed(request: HttpRequest, upload: Upload) -> HttpResponse:
    done = bookings.confirm(upload, _user(request), request.POST.get("shown", ""), today=_today())
    asked = bookings.asked_to_book(upload)
    if asked:
        if done:
            messages.success(
                request, _("It waits for a second person. Nothing has changed until somebody agrees.")
            )
        return redirect("staff:decide_booking", asked.pk)
    if not done and upload.preview:
        messages.info(request, _("It is no longer what you saw: see below."))
    return redirect("staff:import", upload.pk)


def _today() -> date:
    return timezone.now().astimezone(Site.current().zone).date()


def _find(pk: int) -> Upload:
    found = Upload.objects.select_related("source", "uploaded_by", "confirmed_by").annotate(is_asked=ASKED)
    return get_object_or_404(found, pk=pk)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the table of addresses lets nobody else in"
    return request.user


def words(seen: previews.Seen) -> dict[str, Any]:
    """What the ledger calls each kind, and the one line that is confirmed."""
    labels = dict(KINDS) | dict(FREQUENCIES)
    sums = [one.format(get_language() or "en") for one in seen.raised]
    records = ngettext("%(count)d record", "%(count)d records", seen.records) % {"count": seen.records}
    return {
        "kinds": [(labels[one.what], one) for one in seen.sums],
        "promised": [(labels[one.what], one) for one in seen.promised],
        "designations": [
            (one.what, one) for one in seen.designations if any(each.what for each in seen.designations)
        ],
        "headline": f"{records}, {get_text_list(sums, _('and'))}" if sums else records,
    }


def _progress(upload: Upload) -> Upload | SyncRun:
    run = upload.source.runs.filter(state=SyncRun.State.RUNNING).first() if upload.source else None
    return run if run and upload.confirmed_at else upload


def _nobody_works(upload: Upload) -> bool:
    since = upload.confirmed_at or upload.ready_at
    free = upload.source is not None and upload.source.lease is None
    return bool(free and since and (timezone.now() - since).total_seconds() > NO_WORKER_SECONDS)


@require_http_methods(["GET", "POST"])
@transaction.atomic
def placed(request: HttpRequest, pk: int) -> HttpResponse:
    """Its source. The other click of a double click makes no second one."""
    if request.method == "POST":
        list(Upload.objects.select_for_update(no_key=True).filter(pk=pk))
    upload = _find(pk)
    form = SourceForm(request.POST or None, upload=upload)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["was"] == upload.source_id and not upload.is_settled:
            imports.place(upload, form.chosen())
        else:
            messages.info(request, _("Somebody was faster: see below."))
        return redirect("staff:import", pk)
    recognised = dict(connectors.choices()).get(upload.kind)
    page = {"form": form, "upload": upload, "recognised": recognised}
    return render(request, "staff/import_source.html", page)


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _find(pk)
    if upload.is_settled:
        return redirect("staff:import", pk)
    if upload.source is None or upload.source.kind != imports.TABLE:
        return redirect("staff:import_source", pk)  # its kind was changed: no columns are asked for there
    sheet = request.POST.get("sheet") or request.GET.get("sheet") or upload.options.get("sheet", "")
    head = heads.look(Path(upload.file.path), sheet=sheet)
    if sheet not in head.sheets:
        sheet = head.sheets[0] if len(head.sheets) > 1 else ""
    form = ColumnsForm(
        request.POST or None, head=head, before=upload.options, currency=_usual_currency(), now=timezone.now()
    )
    if request.method == "POST" and form.is_valid():
        imports.place(upload, upload.source, form.options() | ({"sheet": sheet} if sheet else {}))
        return redirect("staff:import", pk)
    page = {"form": form, "upload": upload, "head": head, "sheet": sheet, "rows": shown_rows(head, 5)}
    return render(request, "staff/import_columns.html", page)


def _usual_currency() -> str:
    """Of the books, so far."""
    last = (
        Upload.objects.exclude(options={}).order_by("-pk").values_list("options__currency", flat=True).first()
    )
    return str(last or "")


@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read it once more: the source's settings were mended, or somebody wants to see it afresh."""
    upload = _find(pk)
    if request.method == "POST" and upload.ready_at and not imports.again(upload):
        messages.info(request, _("It is being booked, or was: see below."))
    return redirect("staff:import", pk)


@require_http_methods(["GET", "POST"])
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _find(pk)
    if request.method == "POST" and imports.forget(upload):
        messages.success(request, _("%(file)s is gone. Nothing of it was booked.") % {"file": upload})
        return redirect("staff:imports")
    return redirect("staff:import", pk)


class _Echo:
    def write(self, line: str) -> str:
        return line


@require_safe
def rejected(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows that cannot be booked, each with its place and what is wrong."""
    upload = _find(pk)
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"  # by which a spreadsheet program knows UTF-8
        for place, why, *cells in imports.rejected_rows(upload):
            names = (place or _("Where"), why or _("What is wrong"))
            yield writer.writerow([sheets.safe(cell) for cell in (*names, *cells)])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejected-{upload.pk}.csv"'
    return answer


@require_http_methods(["GET", "POST"])
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """First what goes, then why."""
    upload, user = _find(pk), _user(request)
    form, asked = WhyForm(request.POST or None), bookings.asking(upload)
    if upload.state != Upload.State.BOOKED or upload.recorded_at is None:
        return redirect("staff:import", pk)
    if asked and asked.waits:
        return redirect("staff:decide_take_back", asked.pk)
    if request.method == "POST" and form.is_valid():
        history.because(form.cleaned_data["why"])
        made = bookings.take_back(upload, user, form.cleaned_data["why"], today=_today())
        said = (
            _("It waits for a second person. Nothing has changed until somebody agrees.")
            if made.waits
            else _("Taken back. Nothing of it counts now.")
        )
        messages.success(request, said)
        return redirect("staff:import", pk)
    page = {"form": form, "upload": upload, **goes(upload)}
    return render(request, "staff/import_take_back.html", page)


def goes(upload: Upload) -> dict[str, Any]:
    """What taking it back takes out of the books."""
    ids, sums = bookings.undoing(upload)
    labels = dict(KINDS)
    return {"count": len(ids), "kinds": [(labels[one.what], one) for one in sums]}

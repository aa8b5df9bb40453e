"""Doorbells: each task loads by id, calls one function, and logs. What must happen is a row in PostgreSQL."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from funders import erasure, imports, members, pledges, rates
from funders.models import Source, Upload
from funders.sync import Busy, LeaseLost, sync
from fundtracker.models import Site

log = logging.getLogger(__name__)
# As often as the beat rings (fundtracker/celery.py): behind a long import bells lapse, they do not pile up.
BELL_SECONDS = 20


@shared_task
def sync_due_sources() -> int:
    due = list(Source.objects.due().order_by("due_at").values_list("pk", flat=True))
    for pk in due:
        sync_source.apply_async((pk,), expires=BELL_SECONDS)
    return len(due)


@shared_task
def sync_source(pk: int) -> None:
    # The doorbell may ring twice, or late: only what is still due is read.
    source = Source.objects.due().filter(pk=pk).first()
    if source is None:
        return
    try:
        sync(source)
    except Busy as error:
        log.info("%s", error)


@shared_task
def preview_uploads() -> int:
    waiting = list(Upload.objects.to_preview().order_by("ready_at").values_list("pk", flat=True))
    for pk in waiting:
        preview_upload.apply_async((pk,), expires=BELL_SECONDS)
    return len(waiting)


@shared_task
def preview_upload(pk: int) -> None:
    upload = Upload.objects.to_preview().filter(pk=pk).first()
    if upload is None:
        return
    try:
        imports.preview(upload)
    except (Busy, LeaseLost) as error:
        log.info("%s", error)


@shared_task
def refresh_rates() -> int:
    return rates.refresh()


@shared_task
def forget_files() -> int:
    """Booked files that are older than the site keeps them."""
    if not settings.FILES_KEPT_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.FILES_KEPT_DAYS)
    return erasure.forget_files(Upload.objects.all(), before=before)


@shared_task
def follow_calendar() -> int:
    """Memberships whose term, or whose days of grace, are over; instalments whose payment was taken back."""
    return members.follow_calendar(timezone.localdate(timezone=Site.current().zone)) + pledges.reopen()


@shared_task
def check_ledger() -> None:
    # By name: the command also asks the campaigns, which stand above this app.
    call_command("check_ledger")

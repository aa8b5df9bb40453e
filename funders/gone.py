"""What is no longer listed. Absence from one answer means nothing: two whole runs in a row must agree."""

import uuid
from collections.abc import Set

from django.db import transaction
from django.utils import timezone

from funders import leases, ledger, promises
from funders.models import Source, SyncRun


def conclude(source: Source, run: SyncRun, lease: uuid.UUID, *, whole: bool, promised: Set[str]) -> str:
    """Take back what two whole runs did not list. Returns why nothing was concluded, in words for staff."""
    if run.rejected:
        return (
            f"{run.rejected} records cannot be booked, so it is not known whether others are gone: "
            "nothing was taken back."
        )
    if not whole:
        return (
            f"The provider listed fewer than the {run.expected} records that it counts: nothing was taken back. "
            "The next whole run asks again."
        )
    missing, live = ledger.unlisted(source)
    unkept, running = promises.unlisted(source, promised)
    found, known = len(missing) + len(unkept), live + running
    if len(missing) * 100 > live or found * 100 > known:
        return (
            f"The provider no longer lists {found} of {known} records, more than one in a hundred: "
            "nothing was taken back. Check that the account and its permissions are still the same."
        )
    _take_back(source, run, lease, set(missing), set(unkept))
    return ""


def _take_back(source: Source, run: SyncRun, lease: uuid.UUID, missing: set[str], unkept: set[str]) -> None:
    earlier = source.runs.filter(full=True).exclude(pk=run.pk).exclude(state=SyncRun.State.RUNNING).first()
    gone = missing & set(earlier.missing) if earlier else set()
    ended = unkept & set(earlier.promises_missing) if earlier else set()
    with transaction.atomic():
        leases.move(source, lease)
        ledger.cancel(source, sorted(gone), seen=timezone.now())
        promises.end(source, ended)
    run.missing, run.promises_missing = sorted(missing - gone), sorted(unkept - ended)

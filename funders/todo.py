"""What needs a person where money comes from. Each line leads to the place where it is mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders import corrections
from funders.connectors.base import State
from funders.models import Commitment, Correction, Instalment, Limit, Source, Standing, SyncRun
from funders.models.sources import file_kinds

LAPSES_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Todo:
    """`what` is wrong, `why` in a sentence, and where to go."""

    what: str
    why: str
    url: str


def todos(*, now: datetime, today: date) -> Iterator[Todo]:
    yield from _sources(now)
    yield from _rejections()
    yield from _waiting_refunds()
    yield from _second_person()
    yield from _overtaken()
    yield from _overdue(today)
    yield from _lapsing(today)


def _sources(now: datetime) -> Iterator[Todo]:
    words = {
        "failing": _("%(source)s cannot be read"),
        "stale": _("%(source)s has not been read for too long"),
        "never": _("%(source)s has never been read"),
    }
    silent = (_("No error was reported: is a worker running?"), _("Its next file has not been uploaded."))
    files = file_kinds()
    for source in Source.objects.filter(active=True):
        if (health := source.health(now)) in words:
            why = source.error or silent[source.kind in files]
            yield Todo(words[health] % {"source": source}, why, _change(source))


def _rejections() -> Iterator[Todo]:
    """Of each source's last run that had any, until one has read it all again without: others read only what is new."""
    rereads = Q(full=True) | Q(source__kind__in=file_kinds())
    mended = SyncRun.objects.filter(
        rereads, source=OuterRef("source"), started_at__gt=OuterRef("started_at"), state=SyncRun.State.COMPLETE, rejected=0
    )  # fmt: skip
    found = SyncRun.objects.filter(~Exists(mended), rejected__gt=0, source__active=True).select_related(
        "source"
    )
    for run in found.order_by("source_id", "-started_at", "-pk").distinct("source_id"):
        what = ngettext(
            "%(count)d record of %(source)s cannot be booked", "%(count)d records of %(source)s cannot be booked", run.rejected
        )  # fmt: skip
        first = run.rejections[0] if run.rejections else {"where": "", "why": run.error}
        words = {"count": run.rejected, "source": run.source}
        yield Todo(what % words, f"{first['where']}: {first['why']}", _change(run))


def _waiting_refunds() -> Iterator[Todo]:
    waiting = Standing.objects.exclude(waits_for="").values("entry__source__name", "entry__source")
    for row in waiting.annotate(count=Count("pk"), since=Min("value_date")).order_by("entry__source__name"):
        what = ngettext(
            "%(count)d refund of %(source)s waits for its gift", "%(count)d refunds of %(source)s wait for their gifts",
            row["count"],
        )  # fmt: skip
        why = _("Since %(day)s. They do not count until the gifts are known: import the time before.")
        yield Todo(
            what % {"count": row["count"], "source": row["entry__source__name"]},
            why % {"day": date_format(row["since"])},
            f"{reverse('staff:entries')}?state=waiting&source={row['entry__source']}",
        )


def _second_person() -> Iterator[Todo]:
    for row, url in ((Correction, "staff:waiting"), (Limit, "staff:limit")):
        waiting = row.objects.waiting().aggregate(count=Count("pk"), since=Min("recorded_at"))
        if waiting["count"]:
            words = {Correction: _("%(count)d in the books"), Limit: _("the limit for changes made alone")}[
                row
            ]
            what = _("Waits for a second person: %(what)s") % {"what": words % {"count": waiting["count"]}}
            why = _("Since %(day)s. Nothing of it counts until somebody else agrees.")
            yield Todo(what, why % {"day": date_format(waiting["since"])}, reverse(url))


def _overtaken() -> Iterator[Todo]:
    """Records that staff corrected and of which their source says something else since."""
    for correction in corrections.overtaken().select_related("source"):
        what = _("%(source)s changed a record that you corrected: %(id)s")
        yield Todo(
            what % {"source": correction.source, "id": correction.external_id},
            _("Your correction still holds. Keep it, or take what the source says now."),
            reverse("staff:entry", args=[correction.known_entry]),
        )


def _overdue(today: date) -> Iterator[Todo]:
    """Promises whose provider says so, and instalments whose day has passed."""
    late = Instalment.objects.filter(
        paid=False, due_on__lt=today, commitment__state__in=[State.ACTIVE.value, State.OVERDUE.value]
    ).values("commitment")
    overdue = Commitment.objects.filter(Q(state=State.OVERDUE.value) | Q(pk__in=late))
    what = _("%(count)d overdue at %(source)s")
    yield from _by_source(overdue, what, _("Commitments whose payment has not come on its day."))


def _lapsing(today: date) -> Iterator[Todo]:
    ending = Commitment.objects.running(today).exclude(frequency="once")
    ending = ending.filter(ends_on__lte=today + LAPSES_WITHIN)
    what = _("%(count)d about to lapse at %(source)s")
    yield from _by_source(ending, what, _("Memberships and subscriptions that end within 30 days."))


def _by_source(commitments: "models.QuerySet[Commitment]", what: str, why: str) -> Iterator[Todo]:
    found = commitments.order_by("source__name").values("source", "source__name").annotate(count=Count("pk"))
    for row in found:
        url = f"{reverse('admin:funders_commitment_changelist')}?source__id__exact={row['source']}"
        yield Todo(what % {"count": row["count"], "source": row["source__name"]}, why, url)


def _change(row: Source | SyncRun) -> str:
    return reverse(f"admin:funders_{row._meta.model_name}_change", args=[row.pk])

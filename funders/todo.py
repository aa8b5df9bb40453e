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

from funders import corrections, rotation
from funders.connectors.base import State
from funders.models import (
    Asked,
    Booking,
    Commitment,
    Correction,
    Instalment,
    Limit,
    Programme,
    Source,
    Standing,
    SyncRun,
    TakeBack,
    Upload,
)
from funders.models.sources import file_kinds

LAPSES_WITHIN = timedelta(days=30)
UNSEEN_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Todo:
    """`what` is wrong, `why` in a sentence, and where to go; since when, where that is known.

    `quotes`: the reason repeats what somebody outside said, maybe of a person, so it stays on this site.
    """

    what: str
    why: str
    url: str
    since: date | datetime | None = None
    quotes: bool = False


def todos(*, now: datetime, today: date) -> Iterator[Todo]:
    yield from _sources(now)
    yield from _unstarted()
    yield from _seals()
    yield from _rejections()
    yield from _uploads(now)
    yield from _waiting_refunds()
    yield from _second_person()
    yield from _overtaken()
    yield from _overdue(today)
    yield from _lapsing(today)
    yield from _stale_programmes(today)


def _sentence(text: str) -> str:
    """What a provider or a file said, with its full stop: more follows on the page."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


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
            why = _sentence(source.error) if source.error else silent[source.kind in files]
            url = _files(source) if source.is_file else reverse("staff:source", args=[source.pk])
            yield Todo(
                words[health] % {"source": source}, why, url, source.synced_at, quotes=bool(source.error)
            )


def _unstarted() -> Iterator[Todo]:
    """Connected and tested, and nobody said that they should be read. One that was paused was started before."""
    for source in Source.objects.filter(active=False, synced_at=None, runs=None).exclude(events__active=True):
        what = _("%(source)s is connected, and was never started") % {"source": source}
        yield Todo(
            what, _("Nothing of it is read until you start it."), reverse("staff:source", args=[source.pk])
        )


def _seals() -> Iterator[Todo]:
    if rotation.is_under_way():
        why = _("Run manage.py rotate_tokens on the server, then take the old key out of TOKEN_KEYS.")
        yield Todo(_("Some tokens are still sealed with an old key"), why, reverse("staff:sources"))


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
        url = _files(run.source) if run.source.is_file else reverse("staff:run", args=[run.source_id, run.pk])
        why = _sentence(f"{first['where']}: {first['why']}")
        yield Todo(what % words, why, url, run.started_at, quotes=True)


def _uploads(now: datetime) -> Iterator[Todo]:
    """Files that somebody began to import; what a run refused is among the rejections."""
    for asked in Booking.objects.waiting().select_related("upload").order_by("pk"):
        what = _("%(file)s waits for a second person to be booked") % {"file": asked.upload}
        why = _("Nothing of it counts until somebody else agrees.")
        yield Todo(what, why, reverse("staff:decide_booking", args=[asked.pk]), asked.recorded_at)
    asked_for = Booking.objects.waiting().filter(upload=OuterRef("pk"))
    for upload in Upload.objects.filter(~Exists(asked_for), confirmed_at=None).order_by("pk"):
        if upload.refused:
            yield Todo(
                _("%(file)s was refused") % {"file": upload}, _sentence(upload.refused), _upload(upload)
            )
        elif upload.uploaded_at <= now - UNSEEN_FOR:
            what = _("%(file)s waits to be booked") % {"file": upload}
            yield Todo(what, _("Look at what it does, and book it or forget it."), _upload(upload))
    for back in TakeBack.objects.waiting().select_related("upload").order_by("pk"):
        what = _("The import of %(file)s is to be taken back") % {"file": back.upload}
        url = reverse("staff:decide_take_back", args=[back.pk])
        yield Todo(what, _("A second person must agree."), url)


def _waiting_refunds() -> Iterator[Todo]:
    waiting = Standing.objects.exclude(waits_for="").values("entry__source__name", "entry__source")
    for row in waiting.annotate(count=Count("pk"), since=Min("value_date")).order_by("entry__source__name"):
        what = ngettext(
            "%(count)d refund of %(source)s waits for its gift", "%(count)d refunds of %(source)s wait for their gifts",
            row["count"],
        )  # fmt: skip
        yield Todo(
            what % {"count": row["count"], "source": row["entry__source__name"]},
            _("They do not count until the gifts are known: import the time before."),
            f"{reverse('staff:entries')}?state=waiting&source={row['entry__source']}",
            row["since"],
        )


def _second_person() -> Iterator[Todo]:
    waiting = (
        (Correction, _("%(count)d in the books"), "staff:waiting"),
        (Limit, _("the limit for changes made alone"), "staff:limit"),
    )
    for row, said, url in waiting:
        found = row.objects.waiting().aggregate(count=Count("pk"), since=Min("recorded_at"))
        if found["count"]:
            what = _("Waits for a second person: %(what)s") % {"what": said % {"count": found["count"]}}
            why = _("Nothing of it counts until somebody else agrees.")
            yield Todo(what, why, reverse(url), found["since"])
    for one in Asked.objects.waiting().order_by("pk"):
        what = _("Waits for a second person: %(what)s") % {"what": one.about}
        why = _("Nothing of it counts until somebody else agrees.")
        yield Todo(what, why, reverse(f"staff:decide_{one.kind}", args=[one.pk]), one.recorded_at)


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
    """Promises whose provider says so, and instalments whose day has passed: those that staff keep one by one."""
    late = Instalment.objects.filter(
        paid=False, due_on__lt=today, commitment__state__in=[State.ACTIVE.value, State.OVERDUE.value]
    ).values("commitment")
    overdue = Commitment.objects.filter(Q(state=State.OVERDUE.value) | Q(pk__in=late))
    why = _("Its payment has not come on its day: mark it paid, or write to them.")
    yield from _one_by_one(overdue.typed(), _("%(who)s is overdue"), why)
    what = _("%(count)d overdue at %(source)s")
    others = overdue.exclude(pk__in=Commitment.objects.typed().values("pk"))
    yield from _by_source(others, what, _("Commitments whose payment has not come on its day."))


def _lapsing(today: date) -> Iterator[Todo]:
    ending = Commitment.objects.running(today).exclude(frequency="once")
    ending = ending.filter(ends_on__lte=today + LAPSES_WITHIN).exclude(membership__state="renewed")
    why = _("It ends on %(day)s: renew it, or let it lapse.")
    yield from _one_by_one(ending.typed(), _("%(who)s is about to lapse"), why)
    what = _("%(count)d about to lapse at %(source)s")
    others = ending.exclude(pk__in=Commitment.objects.typed().values("pk"))
    yield from _by_source(others, what, _("Memberships and subscriptions that end within 30 days."))


def _one_by_one(commitments: "models.QuerySet[Commitment]", what: str, why: str) -> Iterator[Todo]:
    listed = commitments.select_related("giver__funder", "membership", "source").order_by("ends_on", "pk")
    for one in listed:
        ours = getattr(one, "membership", None)
        url = reverse("staff:member", args=[ours.pk]) if ours else reverse("staff:pledge", args=[one.pk])
        words = {"who": one.who, "day": date_format(one.ends_on) if one.ends_on else ""}
        yield Todo(what % words, why % words, url)


def _stale_programmes(today: date) -> Iterator[Todo]:
    if count := Programme.objects.stale(today).count():
        what = ngettext(
            "%(count)d programme was last checked half a year ago", "%(count)d programmes were last checked half a year ago",
            count,
        )  # fmt: skip
        why = _("Terms change: read them again, and correct them or say that they still hold.")
        yield Todo(what % {"count": count}, why, reverse("staff:programmes"))


def _by_source(commitments: "models.QuerySet[Commitment]", what: str, why: str) -> Iterator[Todo]:
    found = commitments.order_by("source__name").values("source", "source__name").annotate(count=Count("pk"))
    for row in found:
        url = f"{reverse('staff:members')}?source={row['source']}&state=reported"
        yield Todo(what % {"count": row["count"], "source": row["source__name"]}, why, url)


def _files(source: Source) -> str:
    return f"{reverse('staff:imports')}?source={source.slug}"


def _upload(upload: Upload) -> str:
    return reverse("staff:import", args=[upload.pk])

"""Tells staff, once, that a source no longer works, and once that it works again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns import outbox
from campaigns.outbox import Alarm, Wishes
from funders.connectors import MANUAL
from funders.models import Source
from funders.models.sources import file_kinds
from fundtracker.models import Site

# A failure that is not tried again for this long will hardly go away by itself: one is enough.
SOON = timedelta(hours=1)
# A source that comes and goes is told of this often, and no oftener.
QUIET = timedelta(hours=1)


def watch(now: datetime) -> int:
    """Compare every source with what staff were told, and say how many times they were told something.

    Only sources that a worker reads: a file is brought by somebody, who sees at once what is wrong with it.
    """
    known = {alarm.source_id: alarm for alarm in Alarm.objects.filter(ended_at=None)}
    told = 0
    for source in Source.objects.exclude(kind__in=[MANUAL, *file_kinds()]):
        alarm, trouble = known.get(source.pk), _trouble(source, now)
        if trouble and alarm is None:
            told += _begin(source, trouble, now)
        elif alarm and source.health(now) in ("fresh", "paused"):
            told += _end(source, alarm, now)
    return told


def _trouble(source: Source, now: datetime) -> str:
    """failing, silent, or nothing yet."""
    if not source.active:
        return ""
    if source.failures >= 2 or (source.failures and source.due_at > now + SOON):
        return "failing"
    if source.lease_until and source.lease_until > now:
        return ""  # somebody is reading it
    late = max(timedelta(minutes=2 * source.every_minutes), timedelta(minutes=15))
    waits = source.health(now) == "never" and source.due_at < now - late
    return "silent" if waits or source.health(now) == "stale" else ""


def _begin(source: Source, trouble: str, now: datetime) -> bool:
    if source.alarms.filter(ended_at__gt=Now() - QUIET).exists():
        return False
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(source=source)
            _tell(source, f"alarm {alarm.pk} {trouble}", trouble, now)
    except IntegrityError:  # another worker was first
        return False
    return True


@transaction.atomic
def _end(source: Source, alarm: Alarm, now: datetime) -> bool:
    ended = Alarm.objects.filter(pk=alarm.pk, ended_at=None).update(ended_at=Now())
    if ended and source.active:
        _tell(source, f"alarm {alarm.pk} over", "works", now)
    return bool(ended)


def _tell(source: Source, key: str, what: str, now: datetime) -> None:
    """Without the error itself: it may repeat what a provider says of people. Today shows it."""
    with translation.override(settings.LANGUAGE_CODE):
        text = {
            "failing": _("%(source)s cannot be read."),
            "silent": _("%(source)s has not been read for too long."),
            "works": _("%(source)s can be read again."),
        }[what] % {"source": source}
        url = settings.SITE_URL + reverse("staff:today")
        body = "\n\n".join([text, *_more(what), url, outbox.farewell()])
        subject = f"{Site.current()}: {text}"
    outbox.post(key, Wishes.objects.alerted(), subject=subject, body=body)
    outbox.call(key, kind=f"source.{what}", text=text, url=url, at=now)


def _more(what: str) -> Iterator[str]:
    if what != "works":
        yield _(
            "What it receives is missing from the figures until then. What is wrong, and where to mend it:"
        )

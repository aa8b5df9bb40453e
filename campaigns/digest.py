"""The daily digest: what Today shows, by e-mail, to those who want it. Nothing to do, no e-mail."""

from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import ngettext

from campaigns import outbox
from campaigns.outbox import Message, Morning, Wishes
from campaigns.todo import Group
from campaigns.todo import groups as every_group
from fundtracker import access
from fundtracker.models import Seal, Site, User

AT = time(7)
MONDAY = 0


def prepare(now: datetime) -> int:
    """From 7:00 by the clock of the books: write today's digests, once, and say how many there are.

    The day is a row, which commits with its messages. So neither bells that ring twice nor a restart, nor a night
    with 23 or 25 hours, makes two digests of one day, or none.
    """
    site = Site.current()
    here = now.astimezone(site.zone)
    if here.time() < AT or Morning.objects.filter(day=here.date()).exists():
        return 0
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        if not Morning.objects.get_or_create(day=here.date())[1]:
            return 0
        groups = every_group(now)
        readers = Wishes.objects.digested(weekly=here.weekday() == MONDAY) if groups else User.objects.none()
        seal = Seal.objects.last() if groups else None
        written = [
            _written(user, groups, site, seal, f"digest {here.date()} to {user.pk}") for user in readers
        ]
        outbox.add(written)
        return len(written)


def _written(user: User, groups: list[Group], site: Site, seal: Seal | None, key: str) -> Message:
    """What its reader can mend comes first. The last seal goes along, so that it is noted off the machine."""
    lines = [(todo, access.lacking(user, todo.url)) for _, todos in groups for todo in todos]
    words = {
        "site": site,
        "base": settings.SITE_URL,
        "seal": seal,
        "mine": [todo for todo, lacking in lines if not lacking],
        "others": [(todo, lacking) for todo, lacking in lines if lacking],
    }
    things = ngettext("%(count)d thing needs a person", "%(count)d things need a person", len(lines))
    return Message(
        key=key,
        to=user.email,
        subject=f"{site}: {things % {'count': len(lines)}}"[:200],
        body=render_to_string("staff/email/digest.txt", words),
        html=render_to_string("staff/email/digest.html", words),
    )

"""Tells staff that a campaign has reached a quarter, a half, three quarters or all of its target, or a level. Once each.

News is what was reached between two looks, by money of the last weeks. The rest is noted, so that it is never told:
what a campaign had when it was first looked at, what an import of old money or a statement for an old day passes, and
a target or level that was set below what is there.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns import outbox
from campaigns.figures import Figures, measured
from campaigns.models import Campaign, Level
from campaigns.outbox import Milestone, Seen, Wishes
from fundtracker.models import Site
from fundtracker.money import Money
from fundtracker.templatetags.money import money, short

SHARES = (25, 50, 75, 100)
# Bank statements come monthly.
NEWS = timedelta(days=35)


def watch(now: datetime) -> int:
    """Look at every campaign that is public and runs, and say of how many there was something to tell."""
    site = Site.current()
    today = now.astimezone(site.zone).date()
    running = Campaign.objects.for_list().filter(Q(ends_on=None) | Q(ends_on__gte=today))
    return sum(_look(figures, today, now) for figures in measured(list(running), site=site, now=now))


@transaction.atomic
def _look(figures: Figures, today: date, now: datetime) -> bool:
    campaign, received = figures.campaign, figures.received
    if received is None:
        return False
    before = _before(campaign, received)
    known = set(campaign.milestones.values_list("mark", flat=True))
    reached = {mark: amount for mark, amount in _marks(figures) if amount <= received and mark not in known}
    fresh = {
        mark for mark, amount in reached.items()
        if before is not None and before < amount and _is_news(figures, amount, today)
    }  # fmt: skip
    Milestone.objects.bulk_create(
        [Milestone(campaign=campaign, mark=mark, told=mark in fresh) for mark in reached], ignore_conflicts=True
    )  # fmt: skip
    if fresh:
        _tell(figures, fresh, now)
    return bool(fresh)


def _before(campaign: Campaign, received: Money) -> Money | None:
    """The figure at the last look, None at the first; from now on it is `received`. One look at a time."""
    start = {"amount_minor": received.minor, "currency": received.currency}
    seen, new = Seen.objects.select_for_update().get_or_create(campaign=campaign, defaults=start)
    before = None if new or seen.currency != received.currency else Money(seen.amount_minor, seen.currency)
    if not new and before != received:
        Seen.objects.filter(pk=seen.pk).update(**start)
    return before


def _marks(figures: Figures) -> Iterator[tuple[str, Money]]:
    """What there is to reach, ascending by kind: each mark and its amount, rounded up to a minor unit."""
    if target := figures.target:
        for share in SHARES:
            yield f"{share}%", Money(-(-target.minor * share // 100), target.currency)
    for level in figures.progress.levels:
        yield level.kind, level.amount


def _is_news(figures: Figures, amount: Money, today: date) -> bool:
    """Whether the day on which the total came to `amount` is not long ago; what recurs is of today."""
    if figures.is_monthly:
        return True
    reached = next((step.day for step in figures.progress.steps if step.raised >= amount), today)
    return reached >= today - NEWS


def _tell(figures: Figures, marks: set[str], now: datetime) -> None:
    """One message for all that was reached at once: the largest share, and the levels."""
    campaign = figures.campaign
    with translation.override(settings.LANGUAGE_CODE):
        text = " ".join(_sentences(figures, marks))
        url = settings.SITE_URL + campaign.get_absolute_url()
        body = "\n\n".join([text, url, outbox.farewell()])
    key = f"milestone {campaign.pk} {' '.join(sorted(marks))}"
    outbox.post(key, Wishes.objects.alerted(), subject=text, body=body)
    outbox.call(key, kind="milestone.reached", text=text, url=url, at=now)


def _sentences(figures: Figures, marks: set[str]) -> Iterator[str]:
    words = {"campaign": figures.campaign, "sum": short(figures.received), "target": short(figures.target)}
    if shares := [share for share in SHARES if f"{share}%" in marks]:
        words["share"] = max(shares)
        sentence = (
            _("%(campaign)s has reached %(share)d%% of its target: %(sum)s a month of %(target)s.")
            if figures.is_monthly
            else _("%(campaign)s has reached %(share)d%% of its target: %(sum)s of %(target)s.")
        )
        yield sentence % words
    for level in figures.progress.levels:
        if level.kind in marks:
            level_words = {"level": Level.Kind(level.kind).label, "amount": money(level.amount)}
            yield _("%(campaign)s has reached the level “%(level)s”, %(amount)s.") % (words | level_words)

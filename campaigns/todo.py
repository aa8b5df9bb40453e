"""What needs a person in what is asked for."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.progress import Progress, measure
from funders.todo import Todo
from fundtracker.templatetags.money import money


def todos(*, today: date) -> Iterator[Todo]:
    """Of every campaign that is public and not over."""
    running = Campaign.objects.public().filter(Q(ends_on=None) | Q(ends_on__gte=today))
    for progress in measure(list(running), on=today):
        yield from _of(progress, today)


def _of(progress: Progress, today: date) -> Iterator[Todo]:
    campaign = progress.campaign
    url = reverse("staff:figure", args=[campaign.slug])
    if progress.unconverted:
        yield Todo(
            _("%(campaign)s: %(sums)s without an exchange rate")
            % {"campaign": campaign, "sums": ", ".join(map(money, progress.unconverted))},
            _("They stand beside the total. If no rate comes, state a total that has them in it."),
            url,
        )
    if progress.overstated:
        yield Todo(
            _("%(campaign)s: entries exceed the stated total by %(sum)s")
            % {"campaign": campaign, "sum": money(progress.overstated)},
            _("Either the statement is too low, or something is counted that should not be."),
            url,
        )
    promised, stated = campaign.restated_every_days, progress.statement
    if promised and stated and stated.as_of + timedelta(days=promised) < today:
        yield Todo(
            _("%(campaign)s: the last figure is of %(day)s")
            % {"campaign": campaign, "day": date_format(stated.as_of)},
            _("A new one was promised every %(days)d days.") % {"days": promised},
            url,
        )

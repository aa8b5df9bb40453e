"""A project's figures as a buyer reads them: each with its day, and a page that shows what is behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from fundtracker.templatetags.money import money
from fundtracker.templatetags.text import day as written
from projects.gathering import Gathered
from projects.models import Project
from projects.needs import Need


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    said: str
    as_of: date
    url: str


def of(project: Project, need: Need, gathered: Gathered) -> Iterator[Figure]:
    """Of the month of its day, and of the twelve months until its end."""
    page, today = settings.SITE_URL + reverse("projects:project", args=[project.slug]), gathered.on
    hidden = _("not shown: it would tell what one person earns")
    yield Figure(_("What a year takes"), hidden if need.is_withheld else money(need.amount) or _("not on record"), need.day, page)  # fmt: skip
    month, year = gathered.month, [one for one in gathered.months if one.first <= today][-12:]
    covered = f"{month.percent}%" if month.percent is not None else _("not known")
    yield Figure(_("Covered this month"), hidden if month.is_withheld else covered, today, page)
    came = gathered.money(sum((one.received for one in year), Decimal(0)))
    once = gathered.money(sum((one.one_off for one in year), Decimal(0)))
    if month.has_money:
        yield Figure(_("Recurring money and grants of twelve months"), money(came), today, page)
        yield Figure(_("Received once, in twelve months"), money(once), today, page)
    cover = gathered.recurring_cover(today)
    if cover is not None and month.has_money and not month.is_withheld:
        yield Figure(_("Recurring cover"), f"{cover}%", today, page)
    if cliff := gathered.fall_after(today):
        words = {"percent": cliff.percent, "month": written(cliff.first)}
        yield Figure(_("Next fall"), _("to %(percent)s%% from %(month)s") % words, today, page)

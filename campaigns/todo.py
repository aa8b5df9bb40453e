"""What needs a person in what is asked for; and on every floor, for Today and for the daily digest of the same."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, Statement, Withdrawal
from campaigns.outbox import Message
from campaigns.progress import Progress, measure
from campaigns.questions import Question
from funders import todo as funders
from funders.todo import Todo
from fundtracker.models import Site
from fundtracker.templatetags.money import money
from projects import todo as projects

Group = tuple[str, list[Todo]]


def groups(now: datetime) -> list[Group]:
    """By what they are about, those with something in them."""
    day = now.astimezone(Site.current().zone).date()
    every = [
        (_("Where money comes from"), list(funders.todos(now=now, today=day))),
        (_("Where money goes"), list(projects.todos(today=day))),
        (_("What is asked for"), list(todos(today=day))),
        (_("Messages"), [*_questions(), *_unsent()]),
    ]
    return [(title, found) for title, found in every if found]


def todos(*, today: date) -> Iterator[Todo]:
    """Of every campaign that is public and not over; and what waits for a second person in any."""
    yield from _waiting()
    running = Campaign.objects.public().filter(Q(ends_on=None) | Q(ends_on__gte=today))
    for progress in measure(list(running), on=today):
        yield from _of(progress, today)


def _waiting() -> Iterator[Todo]:
    why = _("%(who)s asked for it. Somebody else has to agree or refuse.")
    for one in Statement.objects.waiting().select_related("campaign", "recorded_by"):
        words = {"campaign": one.campaign, "amount": money(one.amount), "day": date_format(one.as_of)}
        what = _("%(campaign)s: %(amount)s for %(day)s waits for a second person") % words
        yield Todo(what, why % {"who": one.recorded_by}, _page(one))
    for asked in Withdrawal.objects.waiting().select_related("statement__campaign", "recorded_by"):
        said = asked.statement
        words = {"campaign": said.campaign, "amount": money(said.amount), "day": date_format(said.as_of)}
        what = _("%(campaign)s: taking back %(amount)s for %(day)s waits for a second person") % words
        yield Todo(what, why % {"who": asked.recorded_by}, _page(said))


def _page(statement: Statement) -> str:
    return reverse("staff:statement", args=[statement.campaign.slug, statement.pk])


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


def _questions() -> Iterator[Todo]:
    found = Question.objects.open().aggregate(count=Count("pk"), since=Min("asked_at"))
    if count := found["count"]:
        what = ngettext(
            "%(count)d question of the public is open", "%(count)d questions of the public are open", count
        )
        why = _("Somebody thinks that a figure is wrong.")
        yield Todo(what % {"count": count}, why, reverse("staff:questions"), found["since"])


def _unsent() -> Iterator[Todo]:
    found = Message.objects.stuck().aggregate(count=Count("pk"), since=Min("created_at"))
    if count := found["count"]:
        what = ngettext("%(count)d message could not be sent", "%(count)d messages could not be sent", count)
        why = _("Each is tried for a day and a half, and then given up.")
        yield Todo(what % {"count": count}, why, reverse("staff:sending"), found["since"])

"""What needs a person where money goes."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders.models import DailyTotal
from funders.models.ledger import RAISED
from funders.todo import Todo
from fundtracker.money import Money
from fundtracker.templatetags.money import money
from projects import needs
from projects.models import Cost, Project, Reliance, Reserve, Stream

ENDS_WITHIN = timedelta(days=60)
OLD_AFTER = timedelta(days=180)


def todos(*, today: date) -> Iterator[Todo]:
    yield from _lost()
    yield from _ending(today)
    yield from _without_needs(today)
    yield from _old_reserves(today)
    yield from _reports()


def _reports() -> Iterator[Todo]:
    found = Reliance.objects.reported().aggregate(count=Count("pk"), since=Min("reported_at"))
    if count := found["count"]:
        what = ngettext(
            "%(count)d report of who relies on a project waits",
            "%(count)d reports of who relies on a project wait",
            count,
        )
        why = _("Nothing of it is shown before somebody has looked at its evidence.")
        yield Todo(what % {"count": count}, why, reverse("staff:reliance"), found["since"])


def _lost() -> Iterator[Todo]:
    """Raised money that no stream takes anywhere, by source and designation."""
    there = Stream.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=OuterRef("value_date")),
        Q(ends_on=None) | Q(ends_on__gte=OuterRef("value_date")),
        Q(designation=None) | Q(designation=OuterRef("designation")),
        source=OuterRef("source"),
    )
    lost = (
        DailyTotal.objects.filter(~Exists(there), counted_as__in=RAISED)
        .values("source", "designation", "currency", name=F("source__name"))
        .annotate(minor=Sum("amount_minor"), since=Min("value_date"))
        .exclude(minor=0)
        .order_by("name", "designation", "currency")
    )
    for row in lost:
        what = _("%(sum)s of %(source)s reach no project") % {
            "sum": money(Money(row["minor"], row["currency"])),
            "source": f"{row['name']} · {row['designation']}" if row["designation"] else row["name"],
        }
        of = {"source": row["source"]} | ({"designation": row["designation"]} if row["designation"] else {})
        url = f"{reverse('staff:move')}?{urlencode(of)}"
        why = _("No stream says where this money goes, so no campaign counts it.")
        yield Todo(what, why, url, row["since"])


def _ending(today: date) -> Iterator[Todo]:
    """Needs that end soon. Of one person's neither name nor day is said, and of several in a project only that there are."""
    soon = Cost.objects.filter(ends_on__range=(today, today + ENDS_WITHIN), followed_by=None)
    listed = soon.exclude(frequency=Cost.Frequency.ONCE).select_related("project", "role")
    why = _("Nothing follows it: say what it costs then, or leave it if it is needed no more.")
    people = set()
    for cost in listed.order_by("ends_on", "pk"):
        words = {"project": cost.project, "need": cost.label}
        url = reverse("staff:project_needs", args=[cost.project.slug])
        if not needs.is_private(cost) and cost.ends_on:
            what = _("%(project)s: %(need)s is needed until %(day)s")
            yield Todo(what % {**words, "day": date_format(cost.ends_on)}, why, url)
        elif cost.project_id not in people:
            people.add(cost.project_id)
            what = _("%(project)s: what pays a person ends within 60 days")
            yield Todo(what % words, _("A treasurer sees whose, and says what follows."), url)


def _without_needs(today: date) -> Iterator[Todo]:
    """Money reaches them, and nobody knows how much it takes."""
    lasting = Q(ends_on=None) | Q(ends_on__gte=today)
    streams = Stream.objects.filter(lasting, project=OuterRef("pk"))
    costs = Cost.objects.filter(lasting, project=OuterRef("pk"))
    for project in Project.objects.filter(Exists(streams), ~Exists(costs)):
        what = _("%(project)s gets money, and nobody has said what it needs") % {"project": project}
        why = _("Without its needs no page can say how far the money reaches.")
        yield Todo(what, why, reverse("staff:project_needs", args=[project.slug]))


def _old_reserves(today: date) -> Iterator[Todo]:
    latest = Reserve.objects.order_by("project_id", "-as_of", "-pk").distinct("project_id")
    for reserve in latest.select_related("project"):
        if reserve.as_of < today - OLD_AFTER:
            words = {"project": reserve.project, "day": date_format(reserve.as_of)}
            what = _("%(project)s: the last reserve is of %(day)s") % words
            why = _("How long the money lasts is worked out from it.")
            url = reverse("staff:project_reserve", args=[reserve.project.slug])
            yield Todo(what, why, url, reserve.as_of)

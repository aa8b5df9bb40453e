"""What needs a person where money goes."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.db.models import Count, Exists, F, Min, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders.models import DailyTotal
from funders.models.ledger import RAISED
from funders.todo import Todo
from fundtracker.money import Money
from fundtracker.templatetags.money import money
from projects.models import Reliance, Stream


def todos() -> Iterator[Todo]:
    yield from _lost()
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

"""How much of a project's money hangs on few: what each giver gave it within a year. Nobody unnamed is named here."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Case, ExpressionWrapper, F, Q, Sum, When
from django.db.models.fields import BooleanField, DateField
from django.db.models.functions import Cast, Coalesce, TruncDate, TruncMonth

from funders.models import Entry, Funder, Giver
from funders.models.ledger import RAISED
from funders.models.promises import NAMED
from funders.rates import load
from fundtracker.models import Site
from projects import indicators
from projects.models import Project, Stream
from projects.money_in import SHARE, Streams

# With fewer of them beside those who give in public, shares tell what one of them gave.
FEWEST = 3
# What kind of giver it is, its own key, and whether it gives in public.
Key = tuple[str, int, bool]


@dataclass(frozen=True, slots=True)
class Givers:
    """`largest` is a public name, or empty. Not told where one or two give without a name."""

    figures: indicators.Concentration
    largest: str
    is_told: bool
    has_unsplit: bool  # a source that does not say who gave counts as one giver


def of(project: Project, *, since: date, until: date, currency: str) -> Givers | None:
    """What came on the days from `since` to `until`; None where nobody gave. A constant number of queries."""
    own = Stream.objects.filter(project=project).values("source")
    streams = Streams(Stream.objects.filter(source__in=own).select_related("source"))
    rows = list(_rows(streams, since=since, until=until, currency=currency))
    rates = load({row[2] for row in rows} | {currency}, since=since, until=until)
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for source, designation, paid_in, day, giver, funder, named, minor in rows:
        share = sum(
            one.share_bp for one in streams.reached(source, designation, day) if one.project_id == project.pk
        )
        known = rates.convert(minor * share / SHARE, paid_in, currency, day)
        # What is given unnamed is never added to a name.
        key = ("funder", funder) if named and funder else ("giver", giver) if giver else ("source", source)
        sums[(key[0], key[1], named)] += known or Decimal(0)
    figures = indicators.concentration(sums)
    if figures is None:
        return None
    gave = [key for key, minor in sums.items() if minor > 0]
    unnamed = sum(not named for _kind, _key, named in gave)
    is_told = not 0 < unnamed < FEWEST
    largest = max(gave, key=lambda one: sums[one])
    return Givers(figures, _name(largest), is_told, has_unsplit=any(one[0] == "source" for one in gave))


def _rows(streams: Streams, *, since: date, until: date, currency: str) -> "list[tuple[int, str, str, date, int | None, int | None, bool, Decimal]]":  # fmt: skip
    """One row a giver and month, or a day where its rate matters."""
    zone = Site.current().zone
    day = Coalesce("standing__value_date", TruncDate("occurred_at", tzinfo=zone))
    return list(
        Entry.objects.filter(source__in=streams.sources, part="gross", kind__in=RAISED)
        .filter(Q(standing=None) | Q(standing__counted_as__in=RAISED))
        # Nothing counts on a day after it happened, so that the index may be used.
        .filter(occurred_at__gte=datetime.combine(since, time.min, zone))
        .annotate(day=day, named=ExpressionWrapper(NAMED, output_field=BooleanField()))
        .filter(day__range=(since, until))
        .annotate(
            when=Cast(Case(When(currency=currency, then=TruncMonth("day")), default=F("day")), DateField())
        )
        .values_list("source_id", "designation", "currency", "when", "giver_id", "giver__funder_id", "named")
        .annotate(minor=Sum("amount_minor"))
    )


def _name(largest: Key) -> str:
    kind, key, named = largest
    if not named:
        return ""
    found = (Funder if kind == "funder" else Giver).objects.filter(pk=key).values_list("name", flat=True)
    return str(found.first() or "")

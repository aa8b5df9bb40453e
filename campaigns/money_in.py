"""What moved, and what was promised, through a campaign's streams. Sums by day and currency come from SQL."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from funders import promises, rates
from funders.models import Commitment, DailyTotal, Entry, Instalment, Source
from funders.models.ledger import RAISED
from funders.reach import reached
from fundtracker.models import Site
from projects.models import Stream

PER_MONTH = {"monthly": Decimal(1), "quarterly": Decimal(3), "yearly": Decimal(12)}
# How long a recurring gift stands for the next one, where the source knows no commitments.
TERM = {"monthly": timedelta(days=31), "quarterly": timedelta(days=92), "yearly": timedelta(days=366)}
SHARE = Decimal(10_000)
DAY = timedelta(days=1)
TAKEN_BACK = ("refund", "chargeback")
GIVEN = [kind for kind in RAISED if kind not in TAKEN_BACK]
# Source, designation, value date, currency, purpose, taken back, the day it moved, minor units.
Row = tuple[int, str, date, str, str | None, bool, date, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """Raised money of one day and currency, at the stream's share: `minor` is exact and may be a fraction."""

    value_date: date
    event_date: date
    currency: str
    is_taken_back: bool
    minor: Decimal


@dataclass(frozen=True, slots=True)
class Promised:
    """An unpaid instalment, or what recurs in a month, at the stream's share."""

    due_on: date | None
    currency: str
    certainty: str
    minor: Decimal


class Shares:
    """What one campaign's streams receive of a sum. Sums of one kind share their answer."""

    def __init__(self, campaign: Campaign, streams: dict[int, list[Stream]]) -> None:
        self.purposes = set(campaign.purposes)
        self.counted = {stream.pk for stream in campaign.streams.all()}
        self.streams = {
            stream.source_id: streams.get(stream.source_id, []) for stream in campaign.streams.all()
        }
        # The days on which a source's active streams become others.
        self.changes = {source_id: sorted(_changes(every)) for source_id, every in self.streams.items()}
        self.known: dict[tuple[int, str, str | None, int], int] = {}

    def of(self, source_id: int, designation: str, day: date, purpose: str | None) -> int:
        """Hundredths of a percent that count of a sum of that day; none of a source that does not count."""
        if source_id not in self.streams:
            return 0
        key = (source_id, designation, purpose, bisect_right(self.changes[source_id], day))
        if key not in self.known:
            self.known[key] = self._worked_out(source_id, designation, day, purpose)
        return self.known[key]

    def _worked_out(self, source_id: int, designation: str, day: date, purpose: str | None) -> int:
        return sum(
            stream.share_bp
            for stream in reached(self.streams[source_id], designation, day)
            if stream.pk in self.counted
            and (not self.purposes or (purpose or stream.purpose) in self.purposes)
        )


def _changes(streams: Iterable[Stream]) -> set[date]:
    starts = {stream.starts_on for stream in streams if stream.starts_on}
    return starts | {stream.ends_on + timedelta(days=1) for stream in streams if stream.ends_on}


class Books:
    """Everything that some campaigns count, read once for all of them."""

    def __init__(self, campaigns: Sequence[Campaign], *, on: date) -> None:
        self.on = on
        sources = {stream.source_id for campaign in campaigns for stream in campaign.streams.all()}
        streams: dict[int, list[Stream]] = defaultdict(list)
        for stream in Stream.objects.filter(source_id__in=sources):
            streams[stream.source_id].append(stream)
        self._shares = {campaign.pk: Shares(campaign, streams) for campaign in campaigns}
        monthly = {s.source_id: s.source for c in campaigns if c.mode == "monthly" for s in c.streams.all()}
        self._moved: dict[int, list[Row]] = defaultdict(list)
        for row in self._daily(sources, campaigns):
            self._moved[row[0]].append(row)
        self._instalments = self._unpaid(sources)
        self.promising: set[int] = set()  # sources that know commitments
        self._recurring = self._active(monthly)
        self.rates = self._rates(campaigns)

    def moved(self, campaign: Campaign) -> Iterator[Moved]:
        shares = self._shares[campaign.pk]
        for counted in shares.streams:
            for source_id, designation, day, currency, purpose, taken_back, event, minor in self._moved[
                counted
            ]:
                share = shares.of(source_id, designation, day, purpose)
                if share:
                    yield Moved(day, event, currency, taken_back, minor * share / SHARE)

    def promised(self, campaign: Campaign) -> Iterator[Promised]:
        shares = self._shares[campaign.pk]
        for part in self._instalments:
            c = part.commitment
            share = shares.of(c.source_id, c.designation, part.due_on or self.on, c.purpose)
            if share:
                yield Promised(
                    part.due_on, c.currency, c.certainty, Decimal(part.amount_minor) * share / SHARE
                )

    def monthly(self, campaign: Campaign) -> Iterator[Promised]:
        """Monthly + quarterly / 3 + yearly / 12 of what is active on the day; one-off money is never in it."""
        shares = self._shares[campaign.pk]
        for source_id, designation, purpose, currency, frequency, minor in self._recurring:
            share = shares.of(source_id, designation, self.on, purpose)
            if share:
                yield Promised(
                    None, currency, "committed", Decimal(minor) / PER_MONTH[frequency] * share / SHARE
                )

    def _daily(self, sources: set[int], campaigns: Sequence[Campaign]) -> list[Row]:
        rows = DailyTotal.objects.filter(
            source_id__in=sources, counted_as__in=RAISED, value_date__lte=self.on
        )
        if not any(campaign.counts_earlier for campaign in campaigns):
            rows = rows.filter(value_date__gte=min((c.starts_on for c in campaigns), default=self.on))
        back = Q(counted_as__in=TAKEN_BACK)
        # Only of what is taken back does the day on which it moved matter.
        return list(
            rows.annotate(
                taken_back=Case(When(back, then=Value(True)), default=Value(False)),
                event=Case(When(back, then=F("event_date")), default=F("value_date")),
            )
            .values_list(
                "source_id", "designation", "value_date", "currency", "purpose", "taken_back", "event"
            )
            .annotate(minor=Sum("amount_minor"))
        )

    @staticmethod
    def _unpaid(sources: set[int]) -> list[Instalment]:
        """Of an ended or a paused commitment nothing is coming, and nothing is owed: it is in no segment."""
        return list(
            Instalment.objects.filter(commitment__source_id__in=sources, paid=False)
            .exclude(commitment__state__in=["ended", "paused"])
            .select_related("commitment")
        )

    def _active(self, monthly: Mapping[int, Source]) -> list[tuple[int, str, str | None, str, str, int]]:
        """Commitments active on the day; where a source has none, the latest recurring entry of each giver."""
        columns = ("source_id", "designation", "purpose", "currency", "frequency", "amount_minor")
        self.promising = promises.promising(monthly)
        sources = promises.told_once(monthly, self.promising)
        promised = list(
            Commitment.objects.running(self.on)
            .filter(source_id__in=sources, amount_minor__gt=0)
            .exclude(frequency="once")
            .values_list(*columns)
        )
        return [*promised, *self._latest_gifts(sources - self.promising).values_list(*columns)]

    def _latest_gifts(self, sources: set[int]) -> QuerySet[Entry]:
        """Of each giver and designation the last recurring gift whose term still runs and that was not given back."""
        # An index serves a range of instants, and no days that are cut from them.
        zone = Site.current().zone
        until = datetime.combine(self.on + DAY, time.min, zone)
        since = {
            frequency: datetime.combine(self.on - term + DAY, time.min, zone)
            for frequency, term in TERM.items()
        }
        within = Q()
        for frequency, oldest in since.items():
            within |= Q(frequency=frequency, occurred_at__gte=oldest)
        same = Entry.objects.filter(source=OuterRef("source"), part="gross")
        reversal = same.filter(external_id=OuterRef("external_id"), revision=OuterRef("revision") + 1)
        back = same.filter(
            Q(standing=None) | Q(standing__counted_as__in=TAKEN_BACK), kind__in=TAKEN_BACK,
            refunds_external_id=OuterRef("external_id"), occurred_at__lt=until,
        ).exclude(refunds_external_id="").order_by().values("source")  # fmt: skip
        return (
            Entry.objects.filter(within, source_id__in=sources, part="gross", frequency__in=TERM)
            .filter(~Exists(reversal), occurred_at__gte=min(since.values()), occurred_at__lt=until)
            .filter(kind__in=GIVEN, standing=None, amount_minor__gt=0)
            .exclude(giver=None)
            .annotate(back=Coalesce(Subquery(back.annotate(sum=Sum("amount_minor")).values("sum")), 0))
            .filter(amount_minor__gt=-F("back"))
            .order_by("giver", "designation", "-occurred_at", "-revision")
            .distinct("giver", "designation")
        )

    def _rates(self, campaigns: Sequence[Campaign]) -> rates.Rates:
        currencies = {campaign.currency for campaign in campaigns}
        moved = [row for rows in self._moved.values() for row in rows]
        currencies |= {row[3] for row in moved}
        currencies |= {part.commitment.currency for part in self._instalments}
        currencies |= {row[3] for row in self._recurring}
        since = min((row[2] for row in moved), default=self.on)
        return rates.load(currencies, since=since, until=self.on)

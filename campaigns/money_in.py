"""What moved, and what was promised, through a campaign's streams. Sums by day and currency come from SQL."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, Exists, OuterRef, Q, Sum, Value, When
from django.db.models.functions import TruncDate

from campaigns.models import Campaign
from funders import rates
from funders.models import Commitment, DailyTotal, Entry, Instalment
from funders.models.ledger import RAISED
from fundtracker.models import Site
from projects.models import Stream

PER_MONTH = {"monthly": Decimal(1), "quarterly": Decimal(3), "yearly": Decimal(12)}
# How long a recurring gift stands for the next one, where the source knows no commitments.
TERM = {"monthly": timedelta(days=31), "quarterly": timedelta(days=92), "yearly": timedelta(days=366)}
SHARE = Decimal(10_000)


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


class Books:
    """Everything that some campaigns count, read once for all of them."""

    def __init__(self, campaigns: Sequence[Campaign], *, on: date) -> None:
        self.on = on
        sources = {stream.source_id for campaign in campaigns for stream in campaign.streams.all()}
        self.streams: dict[int, list[Stream]] = defaultdict(list)
        for stream in Stream.objects.filter(source_id__in=sources):
            self.streams[stream.source_id].append(stream)
        monthly = {s.source_id for c in campaigns if c.mode == "monthly" for s in c.streams.all()}
        self._moved = self._daily(sources, campaigns)
        self._instalments = self._unpaid(sources)
        self.promising: set[int] = set()  # sources that know commitments
        self._recurring = self._active(monthly)
        self.rates = self._rates(campaigns)

    def moved(self, campaign: Campaign) -> Iterator[Moved]:
        for source_id, designation, day, event, currency, purpose, taken_back, minor in self._moved:
            share = self._share(campaign, source_id, designation, day, purpose)
            if share:
                yield Moved(day, event, currency, taken_back, minor * share / SHARE)

    def promised(self, campaign: Campaign) -> Iterator[Promised]:
        for part in self._instalments:
            c = part.commitment
            share = self._share(campaign, c.source_id, c.designation, part.due_on or self.on, c.purpose)
            if share:
                yield Promised(
                    part.due_on, c.currency, c.certainty, Decimal(part.amount_minor) * share / SHARE
                )

    def monthly(self, campaign: Campaign) -> Iterator[Promised]:
        """Monthly + quarterly / 3 + yearly / 12 of what is active on the day; one-off money is never in it."""
        for source_id, designation, purpose, currency, frequency, minor in self._recurring:
            share = self._share(campaign, source_id, designation, self.on, purpose)
            if share:
                yield Promised(
                    None, currency, "committed", Decimal(minor) / PER_MONTH[frequency] * share / SHARE
                )

    def _share(
        self, campaign: Campaign, source_id: int, designation: str, day: date, purpose: str | None
    ) -> int:
        """Hundredths of a percent of this money that the campaign's streams receive on that day."""
        active = [
            stream
            for stream in self.streams[source_id]
            if (stream.starts_on is None or stream.starts_on <= day)
            and (stream.ends_on is None or day <= stream.ends_on)
        ]
        own = [stream for stream in active if stream.designation == designation]
        wins = own or [stream for stream in active if stream.designation is None]
        counted = {stream.pk for stream in campaign.streams.all()}
        return sum(
            stream.share_bp
            for stream in wins
            if stream.pk in counted
            and (not campaign.purposes or (purpose or stream.purpose) in campaign.purposes)
        )

    def _daily(self, sources: set[int], campaigns: Sequence[Campaign]) -> list[tuple]:  # type: ignore[type-arg]
        rows = DailyTotal.objects.filter(
            source_id__in=sources, counted_as__in=RAISED, value_date__lte=self.on
        )
        if not any(campaign.counts_earlier for campaign in campaigns):
            rows = rows.filter(value_date__gte=min((c.starts_on for c in campaigns), default=self.on))
        taken_back = Case(
            When(counted_as__in=["refund", "chargeback"], then=Value(True)), default=Value(False)
        )
        return list(
            rows.annotate(taken_back=taken_back)
            .values_list(
                "source_id", "designation", "value_date", "event_date", "currency", "purpose", "taken_back"
            )
            .annotate(minor=Sum("amount_minor"))
        )

    @staticmethod
    def _unpaid(sources: set[int]) -> list[Instalment]:
        return list(
            Instalment.objects.filter(commitment__source_id__in=sources, paid=False)
            .exclude(commitment__state="ended")
            .select_related("commitment")
        )

    def _active(self, sources: set[int]) -> list[tuple[int, str, str | None, str, str, int]]:
        """Commitments active on the day; where a source has none, the latest recurring entry of each giver."""
        started = Q(starts_on=None) | Q(starts_on__lte=self.on)
        running = Q(ends_on=None) | Q(ends_on__gte=self.on)
        columns = ("source_id", "designation", "purpose", "currency", "frequency", "amount_minor")
        promised = list(
            Commitment.objects.filter(
                started, running, source_id__in=sources, state="active", amount_minor__gt=0
            )
            .exclude(frequency="once")
            .values_list(*columns)
        )
        commitments = Commitment.objects.filter(source_id__in=sources)
        self.promising = set(commitments.values_list("source_id", flat=True).distinct())
        unknown = sources - self.promising
        within = Q()
        for frequency, term in TERM.items():
            within |= Q(frequency=frequency, day__gt=self.on - term)
        reversal = Entry.objects.filter(
            source=OuterRef("source"), external_id=OuterRef("external_id"), part="gross",
            revision=OuterRef("revision") + 1,
        )  # fmt: skip
        latest = (
            Entry.objects.annotate(day=TruncDate("occurred_at", tzinfo=Site.current().zone))
            .filter(~Exists(reversal), within, source_id__in=unknown, part="gross", amount_minor__gt=0)
            .filter(kind__in=["donation", "membership", "sponsorship", "grant"], standing=None)
            .filter(day__lte=self.on)
            .exclude(giver=None)
            .order_by("giver", "designation", "-occurred_at", "-revision")
            .distinct("giver", "designation")
        )
        return [*promised, *latest.values_list(*columns)]

    def _rates(self, campaigns: Sequence[Campaign]) -> rates.Rates:
        currencies = {campaign.currency for campaign in campaigns}
        currencies |= {row[4] for row in self._moved}
        currencies |= {part.commitment.currency for part in self._instalments}
        currencies |= {row[3] for row in self._recurring}
        since = min((row[2] for row in self._moved), default=self.on)
        return rates.load(currencies, since=since, until=self.on)

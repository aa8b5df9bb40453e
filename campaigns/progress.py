"""The only place that computes “raised”. Page, API, feed, CSV and badge all ask measure()."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from django.db.models import prefetch_related_objects

from campaigns.models import Campaign, Level, Statement
from campaigns.money_in import Books, Moved, Promised
from funders.connectors import MANUAL
from funders.models import Source
from funders.rates import Rates
from fundtracker.money import Money


@dataclass(frozen=True, slots=True)
class Step:
    """What had been raised by the end of a day."""

    day: date
    raised: Money


@dataclass(frozen=True, slots=True)
class Progress:
    """One campaign's figures at the end of day `on`, all money in the campaign's currency.

    `raised` is None where no figure was published: no statement, and no stream with a completed sync.
    `percent` is floored, may pass 100, and is None without a target.
    """

    campaign: Campaign
    on: date  # the day asked for, or the window's end if that came first
    raised: Money | None
    committed: Money  # signed and unpaid: due after `on` and inside the window, or without a published day
    pledged: Money  # said and unpaid, likewise
    overdue: Money  # signed or said, due by `on`, unpaid: in neither of the two above
    percent: int | None
    statement: Statement | None  # what `raised` starts from
    itemised: Money  # the part of the statement that entries explain
    not_itemised: Money  # the part that they do not; zero without a statement
    overstated: Money | None  # entries exceed the statement by this: a warning to staff
    unconverted: tuple[Money, ...]  # received without a rate, one sum a currency, in none of the figures
    unconverted_promised: tuple[Money, ...]  # likewise promised
    is_converted: bool  # some of it went through an exchange rate
    is_provisional: bool  # … of which some used the rate of a day before, for want of its own
    rate_publishers: tuple[str, ...]  # "ecb", "sandbox"
    time_percent: int | None  # share of the window that has passed, floored; None without an end
    monthly: Money | None  # monthly equivalent of what recurs; only for a monthly target, where any is known
    steps: tuple[Step, ...]  # ascending days on which the running total changed, the last at `told_until`
    sources: tuple[Source, ...]  # whose money counts
    levels: tuple[Level, ...]  # ascending
    taken_back: Money  # the part of `raised` that is refunds and chargebacks: zero or less
    corrections: tuple[Statement, ...]  # withdrawn, newest first
    as_of: datetime | date | None  # the oldest of the sources' last complete syncs, else the statement's day
    told_until: date | None = None  # nobody says anything of a later day: `on` where a source is read


def measure(campaigns: Sequence[Campaign], *, on: date) -> list[Progress]:
    """The figures of `campaigns` at the end of `on`, in their order, with a constant number of queries."""
    prefetch_related_objects(list(campaigns), "statements", "levels", "streams__source")
    books = Books(campaigns, on=on)
    return [_Measure(campaign, books, on).progress() for campaign in campaigns]


class _Measure:
    """One campaign's arithmetic. Sums stay exact decimals until each figure is rounded, once."""

    def __init__(self, campaign: Campaign, books: Books, on: date) -> None:
        self.campaign, self.today = campaign, on
        self.on = min(on, campaign.ends_on) if campaign.ends_on else on
        self.rates: Rates = books.rates.mark()  # knows what the published figures used
        self.tried: Rates = books.rates.mark()
        self.unconverted: dict[str, Decimal] = defaultdict(Decimal)
        self.unconverted_promised: dict[str, Decimal] = defaultdict(Decimal)
        self.is_converted = False
        self.sources = tuple({stream.source_id: stream.source for stream in campaign.streams.all()}.values())
        self.synced = any(source.synced_at for source in self.sources)
        made = [s for s in campaign.statements.all() if s.counts and s.as_of <= self.on]
        # Of one day's statements the last that was recorded holds.
        self.statements = {s.as_of: s for s in sorted(made, key=lambda s: (s.as_of, s.recorded_at, s.pk))}
        self.statement = self.statements[max(self.statements)] if made else None
        self.moved = self._in_window(books.moved(campaign))
        self.promised = books.promised(campaign)
        self.books = books

    def _in_window(self, rows: Iterable[Moved]) -> list[tuple[Moved, Decimal]]:
        """What counts, each with its worth in the campaign's currency; what has no rate is set apart."""
        since = None if self.campaign.counts_earlier else self.campaign.starts_on
        published = self.synced or self.statement is not None
        worth = []
        for row in rows:
            if row.value_date > self.on or (since and row.value_date < since):
                continue
            counts = self._counts_on(row, self.statement) is not None
            value = self._convert(row.minor, row.currency, row.value_date, shown=counts and published)
            if value is not None:
                worth.append((row, value))
            elif counts:
                self.unconverted[row.currency] += row.minor
        return worth

    def _convert(self, minor: Decimal, currency: str, day: date, *, shown: bool) -> Decimal | None:
        """`shown`: the result enters a figure, which then says whose rate it used."""
        own = self.campaign.currency
        value = self.tried.convert(minor, currency, own, day)
        if shown and value is not None and currency != own:
            self.is_converted = True
            self.rates.convert(minor, currency, own, day)
        return value

    def _counts_on(self, row: Moved, statement: Statement | None) -> date | None:
        """The day from which `row` is in the total that starts at `statement`; None where that includes it.

        Older money given back counts on the day of its return. After the window's end that is the end: a finished
        campaign falls too.
        """
        if statement is None or row.value_date > statement.as_of:
            return row.value_date
        if row.is_taken_back and statement.as_of < row.event_date <= self.today:
            return min(row.event_date, self.on)
        return None

    def raised(self) -> Decimal | None:
        """Raised by the end of `on`, exact; None where no figure was published."""
        if self.statement is None and not self.synced:
            return None
        counted = (value for row, value in self.moved if self._counts_on(row, self.statement) is not None)
        return (self.statement.amount_minor if self.statement else 0) + sum(counted, Decimal(0))

    def _taken_back(self) -> Decimal:
        back = (row for row in self.moved if row[0].is_taken_back)
        counted = (value for row, value in back if self._counts_on(row, self.statement) is not None)
        return sum(counted, Decimal(0))

    def _itemised(self) -> Decimal:
        if self.statement is None:
            return Decimal(0)
        as_of = self.statement.as_of
        explained = (
            value
            for row, value in self.moved
            if row.value_date <= as_of and not (row.is_taken_back and row.event_date > as_of)
        )
        return sum(explained, Decimal(0))

    def _told_until(self) -> date | None:
        """A statement alone speaks up to its own day, or to that of money that staff typed in since."""
        if self.statement is None:
            return self.on if self.synced else None
        if any(source.synced_at and source.kind != MANUAL for source in self.sources):
            return self.on
        since = (self._counts_on(row, self.statement) for row, _ in self.moved)
        return max([self.statement.as_of, *(day for day in since if day)])

    def _steps(self) -> tuple[Step, ...]:
        """One pass over the money for the time before the first statement, and one for each."""
        steps: dict[date, Money] = {}
        for as_of, following in pairwise([None, *sorted(self.statements), date.max]):
            statement = self.statements[as_of] if as_of else None
            if statement is None and not self.synced:
                continue
            by_day: dict[date, Decimal] = defaultdict(Decimal)
            for row, value in self.moved:
                day = self._counts_on(row, statement)
                if day is not None and (following is None or day < following):
                    by_day[day] += value
            running = Decimal(0)
            if statement is not None:
                by_day[statement.as_of] += statement.amount_minor
            for day in sorted(by_day):
                running += by_day[day]
                steps[day] = self._money(running)
        until = self._told_until()
        if until is not None and until not in steps:
            steps[until] = steps[max(steps)] if steps else self._money(Decimal(0))
        return tuple(Step(day, raised) for day, raised in steps.items())

    def _money(self, minor: Decimal) -> Money:
        return Money(int(minor.quantize(Decimal(1), ROUND_HALF_EVEN)), self.campaign.currency)

    def _promised(self, wanted: Iterable[Promised]) -> Money:
        total = Decimal(0)
        for part in wanted:
            value = self._convert(part.minor, part.currency, self.today, shown=True)
            if value is None:
                self.unconverted_promised[part.currency] += part.minor
            else:
                total += value
        return self._money(total)

    def _split(self) -> tuple[list[Promised], list[Promised]]:
        """Unpaid instalments: those still to come inside the window, and those whose day has passed."""
        end, late, coming = self.campaign.ends_on, [], []
        for part in self.promised:
            over = end is not None and self.today > end
            if (part.due_on is None and over) or (part.due_on and part.due_on <= self.on):
                late.append(part)
            elif part.due_on is None or end is None or part.due_on <= end:
                coming.append(part)
        return late, coming

    def progress(self) -> Progress:
        campaign, statement = self.campaign, self.statement
        exact = self.raised()
        raised = None if exact is None else self._money(exact)
        itemised = self._money(self._itemised())
        gap = statement.amount - itemised if statement else self._money(Decimal(0))
        late, coming = self._split()
        is_monthly = campaign.mode == Campaign.Mode.MONTHLY
        monthly = self._monthly() if is_monthly else None
        return Progress(
            campaign=campaign,
            on=self.on,
            raised=raised,
            committed=self._promised(part for part in coming if part.certainty == "committed"),
            pledged=self._promised(part for part in coming if part.certainty == "pledged"),
            overdue=self._promised(late),
            percent=_percent(monthly if is_monthly else raised, campaign.target),
            statement=statement,
            itemised=itemised,
            not_itemised=max(gap, self._money(Decimal(0))),
            overstated=-gap if gap.minor < 0 else None,
            unconverted=self._apart(self.unconverted),
            unconverted_promised=self._apart(self.unconverted_promised),
            is_converted=self.is_converted,
            is_provisional=self.rates.is_provisional,
            rate_publishers=tuple(sorted(self.rates.publishers)),
            time_percent=self._time_percent(),
            monthly=monthly,
            steps=self._steps(),
            sources=self.sources,
            levels=tuple(sorted(campaign.levels.all(), key=lambda level: level.amount_minor)),
            taken_back=self._money(self._taken_back()),
            corrections=tuple(s for s in campaign.stated if s.withdrawn_at),
            as_of=self._as_of(),
            told_until=self._told_until(),
        )

    def _monthly(self) -> Money | None:
        """None, and never zero, where no source was ever read and nobody promised anything."""
        known = any(source.synced_at or source.pk in self.books.promising for source in self.sources)
        return self._promised(self.books.monthly(self.campaign)) if known else None

    def _time_percent(self) -> int | None:
        start, end = self.campaign.starts_on, self.campaign.ends_on
        if end is None:
            return None
        passed = min(max((self.today - start).days + 1, 0), (end - start).days + 1)
        return passed * 100 // ((end - start).days + 1)

    @staticmethod
    def _apart(sums: dict[str, Decimal]) -> tuple[Money, ...]:
        return tuple(
            Money(int(minor.quantize(Decimal(1), ROUND_HALF_EVEN)), currency)
            for currency, minor in sorted(sums.items())
            if minor
        )

    def _as_of(self) -> datetime | date | None:
        synced = [source.synced_at for source in self.sources if source.kind != MANUAL]
        if synced:
            return min((when for when in synced if when), default=None)
        return self.statement.as_of if self.statement else None


def _percent(raised: Money | None, target: Money | None) -> int | None:
    if raised is None or not target:
        return None
    return raised.minor * 100 // target.minor

"""What a page says of one campaign's progress: the headline, the bar, the time, the levels, the sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns import charts, progress
from campaigns.forecast import Forecast, forecast
from campaigns.models import Campaign, Level
from campaigns.progress import Progress
from funders.connectors import MANUAL
from funders.models import Source
from fundtracker.models import Site
from fundtracker.money import Money


@dataclass(frozen=True, slots=True)
class Rung:
    """A level, and how it stands: reached, missed, open; unknown where no figure speaks of its last day; empty
    where none was published."""

    level: Level
    state: str
    missing: Money | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A source, and what its figures may be trusted for."""

    source: Source
    health: str

    @property
    def is_fed(self) -> bool:
        """Read from somewhere; what staff type in is not."""
        return self.source.kind != MANUAL


@dataclass(frozen=True, slots=True)
class Figures:
    progress: Progress
    received: Money | None  # the headline: raised, or the monthly equivalent for a monthly target
    target: Money | None
    bar: charts.Bar | None
    missing: Money | None
    above: Money | None
    pace: Money | None  # an even pace would have brought this by now
    forecast: Forecast | None  # at the end of the window
    days_left: int | None
    has_begun: bool
    is_over: bool
    rungs: tuple[Rung, ...]
    feeds: tuple[Feed, ...]

    @property
    def campaign(self) -> Campaign:
        return self.progress.campaign

    @property
    def is_monthly(self) -> bool:
        return self.campaign.mode == Campaign.Mode.MONTHLY

    @property
    def is_sandbox(self) -> bool:
        return any(source.is_sandbox for source in self.progress.sources)

    @property
    def told_before(self) -> date | None:
        """The last day that the figures speak of, where days have passed since of which nothing is known."""
        day = _told_until(self.progress)
        return day if day and day < self.progress.on else None

    @property
    def promised(self) -> Money:
        """Of a total still missing: signed or said."""
        made = self.progress
        return Money(0, self.campaign.currency) if self.is_monthly else made.committed + made.pledged

    @property
    def unpromised(self) -> Money | None:
        """What is missing to the target beyond that."""
        return self.missing - self.promised if self.missing and self.promised < self.missing else None

    @property
    def late(self) -> list[Source]:
        """Sources that no longer answer in time."""
        return [feed.source for feed in self._read() if feed.health in ("failing", "stale")]

    @property
    def paused(self) -> list[Source]:
        return [feed.source for feed in self._read() if feed.health == "paused"]

    @property
    def never_read(self) -> list[Source]:
        return [feed.source for feed in self.feeds if feed.is_fed and feed.source.synced_at is None]

    def _read(self) -> list[Feed]:
        return [feed for feed in self.feeds if feed.is_fed and feed.source.synced_at]


def measured(campaigns: Sequence[Campaign], *, site: Site, now: datetime) -> list[Figures]:
    """The figures of `campaigns` today, by the calendar of the books."""
    on = now.astimezone(site.zone).date()
    return [figures(one, today=on, now=now) for one in progress.measure(campaigns, on=on)]


def figures(made: Progress, *, today: date, now: datetime) -> Figures:
    campaign = made.campaign
    received = made.monthly if campaign.mode == Campaign.Mode.MONTHLY else made.raised
    target = campaign.target or None
    missing, above = _apart(received, target)
    return Figures(
        progress=made,
        received=received,
        target=target,
        bar=_bar(made, received, target),
        missing=missing,
        above=above,
        pace=_pace(made, target),
        forecast=forecast(made, today=today),
        days_left=(campaign.ends_on - made.on).days if campaign.ends_on else None,
        has_begun=campaign.starts_on <= today,
        is_over=campaign.is_over(today),
        rungs=tuple(_rung(level, received, made, today) for level in made.levels),
        feeds=tuple(Feed(source, source.health(now)) for source in made.sources),
    )


def _apart(received: Money | None, target: Money | None) -> tuple[Money | None, Money | None]:
    """What is missing to the target, and what came in above it."""
    if received is None or target is None:
        return None, None
    if received < target:
        return target - received, None
    return None, received - target


def _bar(made: Progress, received: Money | None, target: Money | None) -> charts.Bar | None:
    if received is None or target is None:
        return None
    none = Money(0, target.currency)
    monthly = made.campaign.mode == Campaign.Mode.MONTHLY
    committed, pledged = (none, none) if monthly else (made.committed, made.pledged)
    return charts.bar(received, committed, pledged, target, [level.amount for level in made.levels])


def _pace(made: Progress, target: Money | None) -> Money | None:
    campaign = made.campaign
    if target is None or campaign.ends_on is None or campaign.mode == Campaign.Mode.MONTHLY:
        return None
    return charts.even_pace(target, campaign.starts_on, campaign.ends_on, _told_until(made) or made.on)


def _told_until(made: Progress) -> date | None:
    """What recurs is known for the day that it is asked for."""
    return made.on if made.campaign.mode == Campaign.Mode.MONTHLY else made.told_until


def _rung(level: Level, received: Money | None, made: Progress, today: date) -> Rung:
    if received is None:
        return Rung(level, "", None)
    if received >= level.amount:
        return Rung(level, "reached", None)
    missing = level.amount - received
    passed = [day for day in (level.due_on, made.campaign.ends_on) if day and day < today]
    if not passed:
        return Rung(level, "open", missing)
    told = _told_until(made)
    return Rung(level, "missed" if told and told >= min(passed) else "unknown", missing)

"""What a page says of one campaign's progress: the headline, the bar, the time, the levels, the sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns import charts, progress
from campaigns.models import Campaign, Level
from campaigns.progress import Progress
from funders.models import Source
from fundtracker.models import Site
from fundtracker.money import Money


@dataclass(frozen=True, slots=True)
class Rung:
    """A level, and how it stands: reached, missed or open; empty where no figure was published."""

    level: Level
    state: str
    missing: Money | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A source, and what its figures may be trusted for."""

    source: Source
    health: str


@dataclass(frozen=True, slots=True)
class Figures:
    progress: Progress
    received: Money | None  # the headline: raised, or the monthly equivalent for a monthly target
    target: Money | None
    bar: charts.Bar | None
    missing: Money | None
    above: Money | None
    pace: Money | None  # an even pace would have brought this by now
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
    def late(self) -> list[Source]:
        """Sources that no longer answer in time."""
        return [feed.source for feed in self.feeds if feed.health in ("failing", "stale")]


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
    return charts.even_pace(target, campaign.starts_on, campaign.ends_on, made.on)


def _rung(level: Level, received: Money | None, made: Progress, today: date) -> Rung:
    if received is None:
        return Rung(level, "", None)
    if received >= level.amount:
        return Rung(level, "reached", None)
    missed = made.campaign.is_over(today) or (level.due_on is not None and level.due_on < made.on)
    return Rung(level, "missed" if missed else "open", level.amount - received)

"""The only place that computes “raised”. Page, API, feed, CSV and badge all ask measure()."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.models import Campaign, Level, Statement
from funders.models import Source
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
    unconverted: tuple[Money, ...]  # money without a rate, one sum a currency, in none of the figures
    is_converted: bool  # some of it went through an exchange rate
    is_provisional: bool  # … of which some used the rate of a day before, for want of its own
    rate_publishers: tuple[str, ...]  # "ecb", "sandbox"
    time_percent: int | None  # share of the window that has passed, floored; None without an end
    monthly: Money | None  # monthly equivalent of what recurs; only for a monthly target
    steps: tuple[Step, ...]  # ascending days on which the running total changed, the last at `on`
    sources: tuple[Source, ...]  # whose money counts
    levels: tuple[Level, ...]  # ascending
    corrections: tuple[Statement, ...]  # withdrawn or superseded on their own day, newest first
    as_of: datetime | None  # the oldest of the sources' last complete syncs, else when the statement was recorded

    @property
    def is_over(self) -> bool:
        return self.campaign.ends_on is not None and self.on >= self.campaign.ends_on


def measure(campaigns: Sequence[Campaign], *, on: date) -> list[Progress]:
    """The figures of `campaigns` at the end of `on`, in their order, with a constant number of queries."""
    raise RuntimeError

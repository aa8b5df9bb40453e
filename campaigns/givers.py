"""Who gives, by tier. A name only where its gift is public, and no group so small that it points at somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from funders.models import Commitment, Source, Tier
from fundtracker.money import Money

FEWEST = 3
MOST_NAMES = 60


@dataclass(frozen=True, slots=True)
class Group:
    """The givers of one tier; of several, or of none, where `tier` is None."""

    tier: Tier | None
    givers: int
    public: int
    names: tuple[Commitment, ...] = ()
    merged: bool = False

    @property
    def may_be_counted(self) -> bool:
        return self.givers >= FEWEST or self.public == self.givers

    @property
    def price(self) -> Money | None:
        tier = self.tier
        return Money(tier.amount_minor, tier.currency) if tier and tier.amount_minor else None

    @property
    def highest_price(self) -> Money | None:
        tier = self.tier
        return Money(tier.amount_max_minor, tier.currency) if tier and tier.amount_max_minor else None

    @property
    def more(self) -> int:
        """Public names that the page has no room for."""
        return self.public - len(self.names)

    @property
    def unnamed(self) -> int:
        return self.givers - self.public


def by_tier(sources: Sequence[Source], *, on: date) -> list[Group]:
    """Running promises of `sources`, as groups that may be shown. Three queries."""
    running = Commitment.objects.filter(source__in=sources).running(on)
    tiers = {tier.pk: tier for tier in Tier.objects.filter(source__in=sources)}
    names: dict[int | None, list[Commitment]] = {}
    for commitment in running.named(MOST_NAMES):
        names.setdefault(commitment.tier_id, []).append(commitment)
    groups = [
        Group(tiers.get(row["tier"]), row["givers"], row["public"], tuple(names.get(row["tier"], ())))
        for row in running.counted_by_tier()
    ]
    order = {pk: place for place, pk in enumerate(tiers)}
    groups.sort(key=lambda group: order[group.tier.pk] if group.tier else len(order))
    return merged(groups)


def merged(groups: Sequence[Group]) -> list[Group]:
    """Groups of fewer than three become one; if still too few, with the next smallest that hides somebody too."""
    shown = [group for group in groups if group.may_be_counted]
    small = [group for group in groups if not group.may_be_counted]
    if not small:
        return shown
    hiding = sorted((group for group in shown if group.unnamed), key=lambda group: group.givers)
    while hiding and sum(group.givers for group in small) < FEWEST:
        small.append(hiding.pop(0))
        shown.remove(small[-1])
    if len(small) == 1:
        return [*shown, small[0]]
    together = Group(
        tier=None,
        givers=sum(group.givers for group in small),
        public=sum(group.public for group in small),
        names=tuple(name for group in small for name in group.names),
        merged=True,
    )
    return [*shown, replace(together, names=together.names[:MOST_NAMES])]

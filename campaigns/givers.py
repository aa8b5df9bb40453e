"""Who gives, by tier. A name only where its gift is public, and no group so small that it points at somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q

from campaigns.models import Campaign
from funders.models import Commitment, Tier, TierPrice
from fundtracker.money import Money
from projects.models import Stream

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
    own_price: TierPrice | None = None  # what staff say it costs on the day; else what its provider publishes

    @property
    def may_be_counted(self) -> bool:
        return self.unnamed == 0 or self.unnamed >= FEWEST

    @property
    def price(self) -> Money | None:
        if self.own_price:
            return self.own_price.amount
        return self.tier.published if self.tier else None

    @property
    def how_often(self) -> str:
        priced = self.own_price or self.tier
        return priced.get_frequency_display() if priced else ""

    @property
    def highest_price(self) -> Money | None:
        tier = None if self.own_price else self.tier
        return Money(tier.amount_max_minor, tier.currency) if tier and tier.amount_max_minor else None

    @property
    def more(self) -> int:
        """Public names that the page has no room for."""
        return self.public - len(self.names)

    @property
    def unnamed(self) -> int:
        return self.givers - self.public

    def without_unnamed(self) -> "Group":
        return replace(self, givers=self.public)


def by_tier(campaign: Campaign, *, on: date) -> list[Group]:
    """Running promises that the campaign counts, as groups that may be shown."""
    running = Commitment.objects.running(on).filter(_counted(campaign, on))
    sources = {stream.source_id for stream in campaign.streams.all()}
    tiers = {tier.pk: tier for tier in Tier.objects.filter(source__in=sources).prefetch_related("prices")}
    names: dict[int | None, list[Commitment]] = {}
    for commitment in running.named(MOST_NAMES):
        names.setdefault(commitment.tier_id, []).append(commitment)
    prices = {pk: tier.price_on(on) for pk, tier in tiers.items()}
    groups = [
        Group(
            tiers.get(row["tier"]), row["givers"], row["public"], tuple(names.get(row["tier"], ())),
            own_price=prices.get(row["tier"]),
        )
        for row in running.counted_by_tier()
    ]  # fmt: skip
    order = {pk: place for place, pk in enumerate(tiers)}
    groups.sort(key=lambda group: order[group.tier.pk] if group.tier else len(order))
    return merged(groups)


def _counted(campaign: Campaign, on: date) -> Q:
    """What reaches the campaign on a day, by the rule of money_in: a designation's stream wins over its source's."""
    counted = list(campaign.streams.all())
    active = Stream.objects.filter(
        Q(starts_on=None) | Q(starts_on__lte=on),
        Q(ends_on=None) | Q(ends_on__gte=on),
        source__in={stream.source_id for stream in counted},
    )
    own: dict[int, set[str]] = {}
    for stream in active:
        if stream.designation is not None:
            own.setdefault(stream.source_id, set()).add(stream.designation)
    wanted = Q(pk__in=[])
    for stream in active:
        if stream not in counted:
            continue
        if stream.designation is None:
            reached = ~Q(designation__in=own.get(stream.source_id, ()))
        else:
            reached = Q(designation=stream.designation)
        wanted |= Q(source=stream.source_id) & reached & _for_purposes(campaign, stream)
    return wanted


def _for_purposes(campaign: Campaign, stream: Stream) -> Q:
    """A promise without a purpose of its own has its stream's."""
    if not campaign.purposes:
        return Q()
    wanted = Q(purpose__in=campaign.purposes)
    return wanted | Q(purpose=None) | Q(purpose="") if stream.purpose in campaign.purposes else wanted


def merged(groups: Sequence[Group]) -> list[Group]:
    """A tier says that it has unnamed givers from three on. Fewer are put together, without a tier.

    While they are still fewer than three, the unnamed of the next smallest group that hides somebody go with them; where
    no group does, public groups do, the last tiers first, and nobody is counted.
    """
    few = [group for group in groups if not group.may_be_counted]
    if not few:
        return list(groups)
    hiding = sorted((group for group in groups if group.unnamed >= FEWEST), key=lambda group: group.unnamed)
    if sum(group.unnamed for group in few) < FEWEST:
        few += hiding[:1]
    unnamed = sum(group.unnamed for group in few)
    public = _last_public(groups, FEWEST - unnamed)
    shown = [group.without_unnamed() if group in few else group for group in groups if group not in public]
    named = sum(group.public for group in public)
    names = tuple(name for group in public for name in group.names)
    together = Group(None, unnamed + named, named, names[:MOST_NAMES], merged=True)
    return [*(group for group in shown if group.givers), together]


def _last_public(groups: Sequence[Group], wanted: int) -> list[Group]:
    """Groups without anybody unnamed that hold `wanted` givers, from the end of the list, in its order."""
    found: list[Group] = []
    for group in reversed(groups):
        if group.unnamed == 0 and sum(one.givers for one in found) < wanted:
            found.insert(0, group)
    return found

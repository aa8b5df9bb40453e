"""The campaigns of the public API: the same figures as on the pages, as decimal strings."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema

from campaigns.figures import Figures, measured
from campaigns.models import Campaign
from funders.models import Source
from fundtracker.models import Site
from fundtracker.money import Money

router = Router(tags=["campaigns"])


class Window(Schema):
    starts_on: date
    ends_on: date | None


class Amount(Schema):
    currency: str
    amount: str


class SourceOut(Schema):
    name: str
    url: str
    is_sandbox: bool
    health: str
    last_sync: datetime | None


class FrozenOut(Schema):
    """What the figure was at the end of `day`, kept for good; `proof` is where anyone can check it."""

    day: date
    headline: str
    digest: str
    proof: str


class CampaignOut(Schema):
    """`raised` is null where no figure was published; it is never a zero that nobody measured."""

    slug: str
    name: str
    url: str
    project: str
    mode: str
    currency: str
    target: str | None
    raised: str | None
    committed: str
    pledged: str
    overdue: str
    not_itemised: str
    monthly: str | None
    percent: int | None
    unconverted: list[Amount]
    unconverted_promised: list[Amount]
    is_converted: bool
    is_provisional: bool
    window: Window
    as_of: datetime | date | None
    sources: list[SourceOut]
    frozen: FrozenOut | None


@router.get("/", response=list[CampaignOut], summary="Every public campaign")
def campaigns(request: HttpRequest) -> list[CampaignOut]:
    return _described(list(Campaign.objects.for_list()))


@router.get("/{slug:slug}/", response=CampaignOut, summary="One campaign")
def campaign(request: HttpRequest, slug: str) -> CampaignOut:
    [described] = _described([get_object_or_404(Campaign.objects.for_list(), slug=slug)])
    return described


def _described(found: list[Campaign]) -> list[CampaignOut]:
    now = timezone.now()
    return [described(one) for one in measured(found, site=Site.current(), now=now)]


def described(figures: Figures) -> CampaignOut:
    made, campaign = figures.progress, figures.campaign
    return CampaignOut(
        slug=campaign.slug,
        name=campaign.name,
        url=settings.SITE_URL + campaign.get_absolute_url(),
        project=campaign.project.name,
        mode=campaign.mode,
        currency=campaign.currency,
        target=_amount(campaign.target),
        raised=_amount(made.raised),
        committed=str(made.committed.decimal),
        pledged=str(made.pledged.decimal),
        overdue=str(made.overdue.decimal),
        not_itemised=str(made.not_itemised.decimal),
        monthly=_amount(made.monthly),
        percent=made.percent,
        unconverted=_amounts(made.unconverted),
        unconverted_promised=_amounts(made.unconverted_promised),
        is_converted=made.is_converted,
        is_provisional=made.is_provisional,
        window=Window(starts_on=campaign.starts_on, ends_on=campaign.ends_on),
        as_of=made.as_of,
        sources=[_source(feed.source, feed.health) for feed in figures.feeds],
        frozen=_frozen(campaign),
    )


def _frozen(campaign: Campaign) -> FrozenOut | None:
    if not hasattr(campaign, "frozen"):
        return None
    row = campaign.frozen
    proof = settings.SITE_URL + reverse("campaigns:proof", args=[campaign.slug])
    return FrozenOut(day=row.day, headline=str(row.headline.decimal), digest=row.digest, proof=proof)


def _source(source: Source, health: str) -> SourceOut:
    return SourceOut(
        name=source.name,
        url=source.evidence_url,
        is_sandbox=source.is_sandbox,
        health=health,
        last_sync=source.synced_at,
    )


def _amounts(sums: Iterable[Money]) -> list[Amount]:
    return [Amount(currency=one.currency, amount=str(one.decimal)) for one in sums]


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money.decimal)

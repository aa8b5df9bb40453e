"""Rows for tests, each valid by itself and with nothing surprising in it. Money goes through ledger.record: give()."""

from datetime import UTC, date, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from campaigns.models import Campaign, Level, Statement, Update
from campaigns.outbox import Message, Wishes
from campaigns.questions import Question
from funders import ledger
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import (
    Commitment,
    Correction,
    Funder,
    Giver,
    Instalment,
    Limit,
    Membership,
    Programme,
    Rate,
    Source,
    SyncRun,
    Tier,
    TierPrice,
    Upload,
)
from fundtracker.models import Site, User
from fundtracker.money import Money
from projects.models import (
    Channel,
    Cost,
    Maintainer,
    Manifest,
    Offer,
    Project,
    Reliance,
    Reserve,
    Role,
    Stream,
    WorkItem,
    Year,
)

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.org")
    password = factory.django.Password("correct horse battery")


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = Site
        django_get_or_create = ("pk",)

    pk = 1
    name = "fundtracker"
    contact_url = "https://example.org/contact"
    legal_url = "https://example.org/legal"
    privacy_url = "https://example.org/privacy"


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    slug = factory.Sequence(lambda n: f"project-{n}")
    name = factory.Sequence(lambda n: f"Project {n}")


class SourceFactory(DjangoModelFactory):
    class Meta:
        model = Source

    slug = factory.Sequence(lambda n: f"source-{n}")
    name = factory.Sequence(lambda n: f"Source {n}")
    kind = "manual"
    synced_at = NOW


class StreamFactory(DjangoModelFactory):
    class Meta:
        model = Stream

    project = factory.SubFactory(ProjectFactory)
    source = factory.SubFactory(SourceFactory)


class CostFactory(DjangoModelFactory):
    class Meta:
        model = Cost

    project = factory.SubFactory(ProjectFactory)
    label = factory.Sequence(lambda n: f"Cost {n}")
    amount_minor = 10_000
    currency = "GBP"


class ManifestFactory(DjangoModelFactory):
    """It says nothing."""

    class Meta:
        model = Manifest

    project = factory.SubFactory(ProjectFactory)
    kind = Manifest.Kind.FUNDING_YML
    url = "https://example.org/FUNDING.yml"
    read_at = NOW
    applied_at = NOW
    document = factory.LazyFunction(dict)


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel

    project = factory.SubFactory(ProjectFactory)
    listed_in = Manifest.Kind.FUNDING_YML
    guid = factory.Sequence(lambda n: f"channel-{n}")
    type = "other"


class YearFactory(DjangoModelFactory):
    class Meta:
        model = Year

    project = factory.SubFactory(ProjectFactory)
    year = 2025
    currency = "GBP"


class CampaignFactory(DjangoModelFactory):
    """£1,000 in 2026. `sources` get a stream of the campaign's project each."""

    class Meta:
        model = Campaign
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"campaign-{n}")
    name = factory.Sequence(lambda n: f"Campaign {n}")
    project = factory.SubFactory(ProjectFactory)
    currency = "GBP"
    target_minor = 100_000
    starts_on = date(2026, 1, 1)
    ends_on = date(2026, 12, 31)

    @factory.post_generation
    def sources(self, create, extracted, **kwargs):
        for source in extracted or ():
            self.streams.add(StreamFactory(project=self.project, source=source))


class LevelFactory(DjangoModelFactory):
    class Meta:
        model = Level

    campaign = factory.SubFactory(CampaignFactory)
    kind = Level.Kind.STAY_ALIVE
    amount_minor = 60_000
    if_missed = "The bridges are switched off."


class StatementFactory(DjangoModelFactory):
    class Meta:
        model = Statement

    campaign = factory.SubFactory(CampaignFactory)
    as_of = date(2026, 4, 4)
    amount_minor = 46_000


class UpdateFactory(DjangoModelFactory):
    class Meta:
        model = Update

    campaign = factory.SubFactory(CampaignFactory)
    published_on = date(2026, 4, 4)
    title = factory.Sequence(lambda n: f"Update {n}")
    body = "We are **half way**."


class FunderFactory(DjangoModelFactory):
    class Meta:
        model = Funder

    slug = factory.Sequence(lambda n: f"funder-{n}")
    name = factory.Sequence(lambda n: f"Funder {n}")
    is_public = True


class GiverFactory(DjangoModelFactory):
    class Meta:
        model = Giver

    source = factory.SubFactory(SourceFactory)
    digest = factory.Sequence(lambda n: f"digest-{n}")
    name = factory.Sequence(lambda n: f"Giver {n}")


class TierFactory(DjangoModelFactory):
    class Meta:
        model = Tier

    source = factory.SubFactory(SourceFactory)
    name = factory.Sequence(lambda n: f"Tier {n}")


class ProgrammeFactory(DjangoModelFactory):
    class Meta:
        model = Programme

    slug = factory.Sequence(lambda n: f"programme-{n}")
    name = factory.Sequence(lambda n: f"Programme {n}")
    funder = factory.SubFactory(FunderFactory)
    source_url = "https://example.org/call"
    checked_on = date(2026, 6, 1)


class CommitmentFactory(DjangoModelFactory):
    """A named giver's running promise without an amount."""

    class Meta:
        model = Commitment

    source = factory.SubFactory(SourceFactory)
    external_id = factory.Sequence(lambda n: f"commitment-{n}")
    giver = factory.SubFactory(GiverFactory, source=factory.SelfAttribute("..source"))
    show_name = True
    seen = NOW


class InstalmentFactory(DjangoModelFactory):
    class Meta:
        model = Instalment

    commitment = factory.SubFactory(CommitmentFactory, amount_minor=10_000, currency="GBP")
    amount_minor = 10_000


class RateFactory(DjangoModelFactory):
    class Meta:
        model = Rate

    publisher = Rate.Publisher.ECB
    currency = "GBP"
    day = date(2026, 6, 1)
    per_euro = "0.85"


class UploadFactory(DjangoModelFactory):
    class Meta:
        model = Upload

    source = factory.SubFactory(SourceFactory)
    digest = factory.Sequence(lambda n: f"file-{n}")
    name = "gifts.csv"


class SyncRunFactory(DjangoModelFactory):
    class Meta:
        model = SyncRun

    source = factory.SubFactory(SourceFactory)
    state = SyncRun.State.COMPLETE


class TierPriceFactory(DjangoModelFactory):
    """£500 a year in 2026."""

    class Meta:
        model = TierPrice

    tier = factory.SubFactory(TierFactory)
    starts_on = date(2026, 1, 1)
    amount_minor = 50_000
    currency = "GBP"


class MembershipFactory(DjangoModelFactory):
    """Of a funder at a source that staff keep: £500 a year, paid, from July 2025 to June 2026."""

    class Meta:
        model = Membership
        skip_postgeneration_save = True

    commitment = factory.SubFactory(
        CommitmentFactory,
        external_id=factory.Sequence(lambda n: f"typed:{n}"),
        giver__funder=factory.SubFactory(FunderFactory),
        amount_minor=50_000, currency="GBP", frequency="yearly",
        starts_on=date(2025, 7, 1), ends_on=date(2026, 6, 30),
    )  # fmt: skip
    state = "paid"
    since = date(2025, 7, 1)

    @factory.post_generation
    def tier(self, create, extracted, **kwargs):
        self.commitment.tier = extracted or TierFactory(source=self.commitment.source)
        self.commitment.save()


def give(source, *amounts, on=date(2026, 6, 1), name="", prefix="gift"):
    """Donations to `source`, through the ledger. With a name they are public."""
    giver = GiverRef(f"id-{name}", name, public=bool(name))
    ledger.record(
        source,
        [
            Receipt(f"{prefix}-{on}-{number}", Kind.DONATION, amount, on, NOW, giver=giver)
            for number, amount in enumerate(amounts)
        ],
    )


def pounds(amount):
    return Money.of(amount, "GBP")


def limit(pounds_a_day):
    """Above it a change takes a second person."""
    return Limit.objects.create(amount_minor=pounds_a_day * 100, currency="GBP")


class MessageFactory(DjangoModelFactory):
    class Meta:
        model = Message

    key = factory.Sequence(lambda n: f"message {n}")
    to = "ann@example.org"
    subject = factory.Sequence(lambda n: f"Message {n}")
    body = "Something happened."


class QuestionFactory(DjangoModelFactory):
    class Meta:
        model = Question

    text = "The total of May should be £500."
    name = "Eve Example"
    email = "eve@example.org"


class WishesFactory(DjangoModelFactory):
    class Meta:
        model = Wishes

    user = factory.SubFactory(UserFactory, role="viewer")


def correction(source, external_id="gift-2026-06-01-0", **fields):
    """One that holds at once: the gift was £7."""
    said = {
        "says": "changed",
        "kind": "donation",
        "amount_minor": 700,
        "currency": "GBP",
        "day": date(2026, 6, 1),
    }
    row = Correction.objects.create(
        source=source, external_id=external_id, **({"why": "The bank statement says so."} | said | fields)
    )
    if not row.needs_second:
        ledger.correct(source, external_id)
    return row


class MaintainerFactory(DjangoModelFactory):
    class Meta:
        model = Maintainer

    name = factory.Sequence(lambda number: f"Maintainer {number}")


class RoleFactory(DjangoModelFactory):
    class Meta:
        model = Role

    maintainer = factory.SubFactory(MaintainerFactory)
    cost = factory.SubFactory(CostFactory, is_person=True, purpose="maintenance")
    hours = Decimal(80)


class ReserveFactory(DjangoModelFactory):
    class Meta:
        model = Reserve

    project = factory.SubFactory(ProjectFactory)
    as_of = date(2026, 5, 31)
    amount_minor = 1_200_000
    currency = "GBP"


class WorkItemFactory(DjangoModelFactory):
    class Meta:
        model = WorkItem

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda number: f"Bridge {number}")
    state = "paused"


class RelianceFactory(DjangoModelFactory):
    class Meta:
        model = Reliance

    project = factory.SubFactory(ProjectFactory)
    organisation = factory.Sequence(lambda number: f"Ministry {number}")
    evidence_url = "https://ministry.example/about"
    state = "public"


class OfferFactory(DjangoModelFactory):
    """What it needs is said, all else is not."""

    class Meta:
        model = Offer

    project = factory.SubFactory(ProjectFactory)
    scope = "The server and its bridges."

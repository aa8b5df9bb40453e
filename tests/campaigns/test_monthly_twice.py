"""What an account's API promises and its export repeats is in the monthly equivalent once."""

import pytest

from campaigns.progress import measure
from funders import ledger
from funders.connectors.base import Frequency, GiverRef, Kind, Receipt
from funders.models import Commitment
from tests.factories import NOW, CampaignFactory, CommitmentFactory, SourceFactory, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
MONTHLY = {"amount_minor": 1000, "currency": "GBP", "frequency": "monthly"}


def monthly(*sources):
    return measure([CampaignFactory(mode="monthly", sources=sources)], on=NOW.date())[0].monthly


def renewed(source):
    receipt = Receipt(
        "r", Kind.SPONSORSHIP, pounds(10), NOW, NOW, giver=GiverRef("a"), frequency=Frequency.MONTHLY
    )
    ledger.record(source, [receipt])
    return source


def test_an_exports_renewals_are_not_added_to_the_promises_of_the_same_account():
    api = SourceFactory(kind="github", account="sand")
    export = renewed(SourceFactory(kind="github_export", account="sand"))
    CommitmentFactory(source=api, **MONTHLY)
    assert monthly(api, export) == pounds(10)


def test_nor_are_an_exports_promises():
    api = SourceFactory(kind="liberapay", account="sand")
    export = SourceFactory(kind="liberapay_csv", account="sand")
    CommitmentFactory(source=api, **MONTHLY)
    CommitmentFactory(source=export, **MONTHLY)
    assert monthly(api, export) == pounds(10)


def test_another_account_is_another_giver():
    api = SourceFactory(kind="github", account="sand")
    other = renewed(SourceFactory(kind="github_export", account="stone"))
    CommitmentFactory(source=api, **MONTHLY)
    assert monthly(api, other) == pounds(20)


def test_an_export_stands_in_for_an_api_that_promises_nothing():
    api = SourceFactory(kind="github", account="sand")
    export = renewed(SourceFactory(kind="github_export", account="sand"))
    assert monthly(api, export) == pounds(10)
    assert not Commitment.objects.exists()

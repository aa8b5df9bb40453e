import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from django.apps import apps
from django.core.management import call_command

from campaigns.demonstration import DATA
from campaigns.models import Campaign
from campaigns.progress import Progress, measure
from funders.models import Commitment, Entry, Funder, Instalment, Programme, Source, SyncRun
from funders.sandbox.speech import TOKEN
from fundtracker.models import Site, User
from fundtracker.money import Money
from projects.models import Cost, Project, Role
from tests.campaigns.test_views import words
from tests.factories import RateFactory

TODAY = date(2026, 11, 22)


@pytest.fixture
def demonstration(db: None, monkeypatch: pytest.MonkeyPatch, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setenv("DEMO_EMAIL", "Staff@example.org")
    monkeypatch.setenv("DEMO_PASSWORD", "correct horse battery")
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:8124")
    monkeypatch.setattr("funders.rates.seed", lambda: 0)
    call_command("demo")


def progress(slug: str) -> Progress:
    return measure([Campaign.objects.get(slug=slug)], on=TODAY)[0]


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def grants() -> pd.DataFrame:
    return pd.DataFrame(json.loads((DATA / "floss-fund-2025.json").read_text())["grants"])


def test_loading_it_twice_changes_nothing(demonstration: None) -> None:
    once = counts()

    call_command("demo")

    assert counts() == once


def test_what_staff_changed_stays_changed(demonstration: None) -> None:
    Campaign.objects.filter(slug="matrix-2024").update(name="Renamed")
    Campaign.objects.get(slug="sandbox").levels.all().delete()

    call_command("demo")

    assert Campaign.objects.get(slug="matrix-2024").name == "Renamed"
    assert Campaign.objects.get(slug="sandbox").levels.count() == 0


def test_staff_can_sign_in_with_todays_password(demonstration: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "another horse battery")

    call_command("demo")

    user = User.objects.get()
    assert (user.email, user.is_staff, user.is_superuser) == ("staff@example.org", True, True)
    assert user.check_password("another horse battery")


def test_the_site_is_named_and_keeps_its_books_in_london(demonstration: None) -> None:
    site = Site.current()

    assert (site.name, site.time_zone) == ("fundtracker demonstration", "Europe/London")


def test_the_fundraiser_of_2024_shows_the_published_figures(demonstration: None) -> None:
    shown = progress("matrix-2024")

    assert (shown.raised, shown.campaign.target, shown.percent) == (
        Money(41_500_000, "GBP"),
        Money(90_000_000, "GBP"),
        46,
    )
    assert shown.statement is not None
    assert shown.statement.as_of == date(2024, 4, 4)
    assert [level.if_missed for level in shown.levels] == [
        "Programmes and staff are scaled back from January 2025."
    ]


def test_a_year_of_the_foundation_takes_what_it_published(demonstration: None, client) -> None:
    RateFactory(currency="GBP", day=date(2024, 12, 31), per_euro="0.82918")

    page = words(client.get("/en/projects/matrix-foundation/programmes/"))

    assert "A year of The Matrix.org Foundation takes £900,000." in page
    assert "Its costs are known until 31 December 2024" in page
    assert "NGI0 Commons Fund NLnet Foundation · €5,000 – €50,000 Its largest grant covers 4% of a year. A whole year takes 22 of them." in page  # fmt: skip


def test_the_appeal_of_2025_has_no_published_figure(demonstration: None) -> None:
    shown = progress("matrix-2025-appeal")

    assert (shown.raised, shown.campaign.target, shown.percent) == (None, Money(10_000_000, "USD"), None)


def test_members_are_named_without_amounts(demonstration: None) -> None:
    members = Commitment.objects.filter(source__slug="matrix-members").public()

    tiers = pd.Series(members.values_list("tier__name", flat=True)).value_counts().to_dict()
    assert tiers == {"Silver": 19, "Ecosystem": 16, "Associate": 5, "Platinum": 1, "Gold": 1}
    assert set(members.values_list("amount_minor", flat=True)) == {None}
    assert Funder.objects.filter(givers__commitments__in=members, is_public=True).distinct().count() == 42


def test_the_file_of_grants_holds_what_the_funder_lists() -> None:
    found = grants()

    assert (len(found), found.amountAwarded.sum(), set(found.currency)) == (39, 1_000_000, {"USD"})
    assert found.groupby("awardDate").amountAwarded.agg(["count", "sum"]).to_dict("index") == {
        "2025-05-01": {"count": 9, "sum": 325_000},
        "2025-10-15": {"count": 30, "sum": 675_000},
    }


def test_grants_that_are_complete_are_received_and_pending_ones_committed(demonstration: None) -> None:
    shown = progress("floss-fund-2025")

    assert grants().amountDisbursed.sum() == 315_000
    assert (shown.raised, shown.committed, shown.percent) == (
        Money(31_500_000, "USD"),
        Money(68_500_000, "USD"),
        31,
    )
    assert SyncRun.objects.get().state == SyncRun.State.COMPLETE


def test_the_sandbox_follows_its_server(demonstration: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:9999")

    call_command("demo")

    source = Source.objects.get(slug="sandbox")
    assert (source.base_url, source.token, source.is_sandbox, source.every_minutes) == (
        "http://127.0.0.1:9999/graphql/v2",
        TOKEN,
        True,
        1,
    )


def test_what_is_not_known_of_a_programme_stays_unknown(demonstration: None) -> None:
    edic = Programme.objects.get(slug="edic")

    assert Programme.objects.count() == 9
    assert (edic.grant_min_minor, edic.grant_max_minor, edic.pays_maintenance, edic.checked_on) == (
        None,
        None,
        "unknown",
        date(2026, 11, 22),
    )


def test_what_lost_its_funding_and_who_relies_on_it_are_as_published(demonstration: None) -> None:
    matrix = Project.objects.get(slug="matrix-foundation")

    lost: list[Any] = list(matrix.work.values_list("name", "formerly_funded_by", "restart_minor", "since"))
    assert lost == [
        (name, "Element", None, None)
        for name in (
            "Dendrite", "Low Bandwidth Matrix", "Account Portability", "P2P Matrix", "Third Room"
        )
    ]  # fmt: skip
    assert [
        (one.organisation, one.deployment, one.seats, one.funder) for one in matrix.reliances.public()
    ] == [
        ("At least 15 other countries and major international organisations", "", None, None),
        ("NATO", "NI2CE Messenger", None, None),
        ("Ukrainian Ministry of Defence", "Delta", None, None),
    ]


def test_years_and_what_is_given_in_kind_are_as_published(demonstration: None) -> None:
    matrix = Project.objects.get(slug="matrix-foundation")

    assert list(matrix.years.values_list("year", "currency", "income_minor", "expenses_minor")) == [
        (2022, "GBP", 8_200_000, None),
        (2023, "GBP", 36_400_000, 44_000_000),
        (2024, "USD", 56_100_000, 120_000_000),
    ]
    [given] = matrix.costs.filter(in_kind=True)
    assert (given.amount, given.fte_percent, str(given.given_by)) == (
        Money.of(3_000_000, "GBP"),
        None,
        "Element",
    )


def test_the_sandbox_foundation_shows_what_nobody_published(demonstration: None) -> None:
    castles = Project.objects.get(slug="sandbox-foundation")

    assert set(Funder.objects.filter(slug__startswith="sandbox-").values_list("kind", flat=True)) == {
        "public_body", "foundation", "eu_body", "company", "person"
    }  # fmt: skip
    assert Role.objects.filter(cost__ends_on=None, publishes_cost=True).count() == 1
    assert Role.objects.filter(cost__ends_on=None, publishes_cost=False).count() == 3
    assert castles.costs.exclude(follows=None).count() == 2
    assert list(castles.children.values_list("slug", flat=True)) == [
        "sandbox-engine",
        "sandbox-specification",
    ]
    assert castles.offer.legal_name == "Sandbox Foundation (invented; sandbox data)"
    assert Entry.objects.filter(source__slug="sandbox-awards").count() == 6
    assert Instalment.objects.filter(paid=True, settled_by__kind="grant").count() == 3


def test_a_cost_that_staff_changed_is_not_made_again(demonstration: None) -> None:
    servers = Cost.objects.get(label="Bookkeeping and audit")
    Cost.objects.create(
        project=servers.project, label=servers.label, follows=servers, amount_minor=1, currency="EUR"
    )

    call_command("demo")

    assert Cost.objects.filter(label="Bookkeeping and audit").count() == 2

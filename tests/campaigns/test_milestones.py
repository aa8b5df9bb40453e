"""A quarter, a half, three quarters, all of the target, and each level: told once each, and only when it is news."""

from datetime import date, timedelta

import pytest

from campaigns import milestones
from campaigns.models import Campaign, Statement
from campaigns.outbox import Message, Milestone, Webhook
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def reader():
    return factories.UserFactory(email="ann@example.org", role="viewer")


@pytest.fixture
def campaign():
    """£1,000 wanted, nothing given, and looked at."""
    source = factories.SourceFactory(slug="bank")
    made = factories.CampaignFactory(slug="appeal", name="Appeal", sources=[source])
    milestones.watch(NOW)
    return made


def comes_in(campaign, amount, on=TODAY):
    give(campaign.streams.get().source, pounds(amount), on=on, prefix=f"gift-{amount}-{on}")
    return milestones.watch(NOW)


def told():
    return list(Message.objects.order_by("pk").values_list("subject", flat=True))


def noted():
    return {one.mark: one.told for one in Milestone.objects.all()}


def test_each_share_of_the_target_is_told_once(campaign):
    assert [comes_in(campaign, amount) for amount in (249, 1, 250, 251, 252)] == [0, 1, 1, 1, 1]
    assert told() == [
        "Appeal has reached 25% of its target: £250 of £1,000.",
        "Appeal has reached 50% of its target: £500 of £1,000.",
        "Appeal has reached 75% of its target: £751 of £1,000.",
        "Appeal has reached 100% of its target: £1,003 of £1,000.",
    ]
    assert milestones.watch(NOW) == 0


def test_what_is_passed_at_once_is_one_message(campaign):
    factories.LevelFactory(campaign=campaign, amount_minor=60_000)
    assert comes_in(campaign, 800) == 1
    assert told() == [
        "Appeal has reached 75% of its target: £800 of £1,000. "
        "Appeal has reached the level “to stay alive”, £600."
    ]
    assert noted() == {"25%": True, "50%": True, "75%": True, "stay_alive": True}


def test_a_total_that_falls_and_rises_again_is_not_told_again(campaign):
    assert comes_in(campaign, 300) == 1
    factories.StatementFactory(campaign=campaign, as_of=TODAY, amount_minor=10_000)
    assert milestones.watch(NOW) == 0
    factories.StatementFactory(campaign=campaign, as_of=TODAY, amount_minor=30_000)
    assert (milestones.watch(NOW), len(told())) == (0, 1)


def test_what_a_campaign_had_when_it_was_first_looked_at_is_history():
    campaign = factories.CampaignFactory(slug="old", sources=[factories.SourceFactory()])
    assert comes_in(campaign, 600) == 0
    assert noted() == {"25%": False, "50%": False}
    assert comes_in(campaign, 150) == 1


def test_before_its_first_figure_there_is_nothing_to_look_at():
    source = factories.SourceFactory(synced_at=None, kind="opencollective")
    factories.CampaignFactory(sources=[source])
    milestones.watch(NOW)
    source.synced_at = NOW
    source.save()
    give(source, pounds(900))
    assert (milestones.watch(NOW), told()) == (0, [])


@pytest.mark.parametrize(("days", "news"), [(35, 1), (36, 0)])
def test_money_of_long_ago_is_history_whenever_it_is_imported(campaign, days, news):
    assert comes_in(campaign, 300, on=TODAY - timedelta(days=days)) == news
    assert noted() == {"25%": bool(news)}


@pytest.mark.parametrize(("day", "news"), [(date(2026, 6, 29), 1), (date(2026, 4, 4), 0)])
def test_so_is_a_statement_for_a_day_of_long_ago(campaign, day, news):
    factories.StatementFactory(campaign=campaign, as_of=day, amount_minor=46_000)
    assert (milestones.watch(NOW), noted()) == (news, {"25%": bool(news)})


def test_a_target_or_a_level_below_what_is_there_is_no_news(campaign):
    comes_in(campaign, 240)
    Campaign.objects.update(target_minor=40_000)
    factories.LevelFactory(campaign=campaign, amount_minor=10_000)
    assert (milestones.watch(NOW), told()) == (0, [])
    assert noted() == {"25%": False, "50%": False, "stay_alive": False}


def test_what_recurs_is_told_too():
    source = factories.SourceFactory()
    campaign = factories.CampaignFactory(name="Monthly", mode="monthly", target_minor=1000, sources=[source])
    milestones.watch(NOW)
    factories.CommitmentFactory(
        source=source, amount_minor=500, currency="GBP", frequency="monthly", state="active"
    )
    assert milestones.watch(NOW) == 1
    assert told() == [f"{campaign.name} has reached 50% of its target: £5 a month of £10."]


def test_without_a_target_there_are_only_levels(campaign):
    Campaign.objects.update(target_minor=None)
    factories.LevelFactory(campaign=campaign, amount_minor=60_000)
    assert comes_in(campaign, 700) == 1
    assert told() == ["Appeal has reached the level “to stay alive”, £600."]


def test_a_campaign_that_is_over_or_not_public_is_not_looked_at():
    factories.CampaignFactory(ends_on=date(2026, 6, 29))
    hidden = factories.CampaignFactory(is_public=False)
    Statement.objects.create(campaign=hidden, as_of=TODAY, amount_minor=90_000)
    milestones.watch(NOW)
    assert noted() == {}


def test_the_webhook_gets_it_with_the_campaigns_address_and_no_givers_name(campaign):
    Webhook.objects.create(pk=1, url="https://chat.example.org/", secret_sealed="x")
    give(campaign.streams.get().source, pounds(300), on=TODAY, name="Eve Example")
    milestones.watch(NOW)
    said = Message.objects.get(kind="webhook").body
    assert '"url": "http://127.0.0.1:8000/en/campaigns/appeal/"' in said
    assert '"type": "milestone.reached"' in said
    assert not any("Eve" in one.body for one in Message.objects.all())

"""Memberships that staff keep: their states, what each means for the figures, and what the calendar does."""

import uuid
from datetime import date

import pytest

from campaigns.progress import measure
from funders import members
from funders.models import Commitment, Membership
from tests import factories
from tests.factories import NOW, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


def member(state="invoiced", *, starts_on=date(2026, 7, 1), ends_on=date(2027, 6, 30), source=None, **fields):
    source = source or factories.SourceFactory()
    tier = factories.TierFactory(source=source, **fields)
    draft = Commitment(
        source=source, tier=tier, giver=members.giver_of(source, factories.FunderFactory()), amount_minor=50_000,
        currency="GBP", frequency="yearly", starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    return members.make(draft, uuid.uuid4(), state=state, day=starts_on)


def seen(membership):
    membership.refresh_from_db()
    one = Commitment.objects.get(pk=membership.commitment_id)
    paid = list(one.instalments.values_list("paid", flat=True))
    return (membership.state, one.certainty, one.state, paid, one.show_name)


@pytest.mark.parametrize(
    ("state", "means"),
    [
        ("applied", ("applied", "pledged", "active", [False], False)),
        ("invoiced", ("invoiced", "committed", "active", [False], False)),
        ("paid", ("paid", "committed", "active", [True], True)),
    ],
)
def test_each_state_means_something_for_the_money(state, means):
    assert seen(member(state)) == means


@pytest.mark.parametrize(
    ("state", "means"),
    [
        ("grace", ("grace", "committed", "overdue", [False], True)),
        ("lapsed", ("lapsed", "committed", "ended", [False], True)),
    ],
)
def test_what_becomes_of_an_invoice_that_is_not_paid(state, means):
    one = member("invoiced")
    members.move(one, state, TODAY)
    assert seen(one) == means


@pytest.mark.parametrize(
    ("state", "ends_on", "offered"),
    [
        ("applied", date(2027, 6, 30), ["invoiced", "paid", "lapsed"]),
        ("invoiced", date(2027, 6, 30), ["paid", "grace", "lapsed"]),
        ("paid", date(2027, 6, 30), ["invoiced", "grace", "lapsed"]),
        ("grace", date(2027, 6, 30), ["paid", "lapsed"]),
        ("lapsed", date(2027, 6, 30), ["paid"]),
        ("renewed", date(2027, 6, 30), []),
        ("grace", date(2026, 6, 29), ["lapsed"]),
        ("lapsed", date(2026, 6, 29), []),
    ],
)
def test_only_what_is_possible_is_offered(state, ends_on, offered):
    one = member("invoiced", starts_on=date(2025, 7, 1), ends_on=ends_on)
    one.state = state
    assert one.offered(TODAY) == offered


def test_a_payment_that_was_none_opens_the_invoice_again_but_not_what_an_entry_settled():
    one = member("paid", ends_on=date(2028, 6, 30))
    factories.give(one.commitment.source, pounds(500))
    one.commitment.instalments.update(paid=True)
    entry = one.commitment.source.entries.get()
    one.commitment.instalments.filter(position=0).update(settled_by=entry)
    members.move(one, "invoiced", TODAY)
    assert seen(one) == ("invoiced", "committed", "active", [True, False], False)


@pytest.mark.parametrize("late", [date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 29)])
def test_days_of_grace_begin_when_the_term_is_over_however_late_the_task_runs(late):
    one = member("paid", starts_on=date(2025, 6, 1), ends_on=date(2026, 5, 31))
    assert members.follow_calendar(date(2026, 5, 31)) == 0
    assert members.follow_calendar(late) == 1
    assert seen(one)[:3] == ("grace", "committed", "overdue")
    assert (one.since, one.grace_until) == (date(2026, 6, 1), date(2026, 6, 30))
    assert members.follow_calendar(late) == 0


@pytest.mark.parametrize("runs", [[date(2026, 6, 1), date(2026, 6, 11)], [date(2026, 8, 1)]])
def test_what_was_not_renewed_lapses_when_its_tiers_days_of_grace_are_over(runs):
    one = member("paid", starts_on=date(2025, 6, 1), ends_on=date(2026, 5, 31), days_of_grace=10)
    assert [members.follow_calendar(day) for day in [*runs, runs[-1]]][-1] == 0
    assert (*seen(one)[:3], one.since) == ("lapsed", "committed", "ended", date(2026, 6, 11))


def test_a_run_that_dies_leaves_nothing_half_done(monkeypatch):
    first, second = (member("paid", starts_on=date(2025, 6, 1), ends_on=date(2026, 5, 31)) for _ in range(2))
    move = members.move

    def dies_at_the_second(one, *arguments):
        assert one.pk != second.pk, "killed"
        move(one, *arguments)

    monkeypatch.setattr(members, "move", dies_at_the_second)
    with pytest.raises(AssertionError, match="killed"):
        members.follow_calendar(TODAY)
    assert [seen(first)[0], seen(second)[0]] == ["paid", "paid"]


def test_an_early_renewal_keeps_the_old_term_running_to_its_last_day():
    old = member("paid", starts_on=date(2025, 8, 1), ends_on=date(2026, 7, 31))
    tier = old.commitment.tier
    draft = Commitment(
        source=tier.source, tier=tier, giver=old.commitment.giver, amount_minor=60_000, currency="GBP",
        frequency="yearly", starts_on=date(2026, 8, 1), ends_on=date(2027, 7, 31),
    )  # fmt: skip
    new = members.make(draft, uuid.uuid4(), state="invoiced", day=TODAY, renews=old)
    assert seen(old)[:3] == ("renewed", "committed", "active")
    assert (old.successor, old.commitment.amount_minor) == (new, 50_000)
    assert list(Commitment.objects.running(TODAY)) == [old.commitment]
    assert members.follow_calendar(date(2026, 8, 1)) == 1
    assert seen(old)[:3] == ("renewed", "committed", "ended")


def test_one_key_is_one_membership():
    key, one = uuid.uuid4(), member()
    again = Commitment.objects.get(pk=one.commitment_id)
    again.pk = None
    made = members.make(again, key, state="paid", day=TODAY)
    again.pk = None
    assert members.make(again, key, state="paid", day=TODAY) == made
    assert Membership.objects.count() == 2


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 7, 1), 12, date(2027, 7, 1)),
    ],
)
def test_the_same_day_months_later(day, months, later):
    assert members.months_later(day, months) == later


def figures(campaign):
    [progress] = measure([type(campaign).objects.get(pk=campaign.pk)], on=TODAY)
    return (progress.committed, progress.pledged, progress.overdue)


def test_a_campaigns_figures_follow_its_members():
    source = factories.SourceFactory()
    campaign = factories.CampaignFactory(sources=[source])
    one = member("applied", source=source)
    none = pounds(0)
    assert figures(campaign) == (none, pounds(500), none)
    members.move(one, "invoiced", TODAY)
    assert figures(campaign) == (pounds(500), none, none)
    one.commitment.instalments.update(due_on=TODAY)
    assert figures(campaign) == (none, none, pounds(500))
    members.move(one, "paid", TODAY)
    assert figures(campaign) == (none, none, none)


@pytest.mark.parametrize(("state", "monthly"), [("applied", 0), ("invoiced", 0), ("paid", 50), ("lapsed", 0)])
def test_only_a_paid_membership_is_in_the_monthly_equivalent(state, monthly):
    source = factories.SourceFactory()
    campaign = factories.CampaignFactory(mode="monthly", sources=[source])
    one = member("invoiced", source=source, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    Commitment.objects.update(amount_minor=60_000)
    members.move(Membership.objects.get(pk=one.pk), state, TODAY)
    [progress] = measure([campaign], on=TODAY)
    assert progress.monthly == pounds(monthly)

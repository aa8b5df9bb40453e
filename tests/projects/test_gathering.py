"""What coverage is worked out from, out of a real ledger: worked examples by month, and the same from a spreadsheet."""

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from funders import ledger
from funders.connectors.base import Frequency, GiverRef, Kind, Receipt
from funders.models import Entry
from fundtracker.money import Money
from projects import indicators
from projects.gathering import Reader, gather
from tests.factories import (
    NOW,
    CommitmentFactory,
    CostFactory,
    FunderFactory,
    GiverFactory,
    InstalmentFactory,
    MembershipFactory,
    ProjectFactory,
    RateFactory,
    RoleFactory,
    StreamFactory,
    pounds,
)

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)
FIRST, LAST = date(2026, 4, 1), date(2026, 9, 1)


@pytest.fixture
def project():
    return ProjectFactory(name="Server")


@pytest.fixture
def source(project):
    return StreamFactory(project=project, source__name="Stripe", source__kind="stripe").source


def one(project, reader=Reader.PUBLIC, first=FIRST, last=LAST, on=TODAY):
    return gather([project], on=on, first=first, last=last, reader=reader)[project.pk]


def book(source, id, amount, day, frequency="once", kind="donation", giver="ann", **fields):
    who = GiverRef(giver, "", public=False) if giver else None
    receipt = Receipt(id, Kind(kind), amount, day, NOW, giver=who, frequency=Frequency(frequency), **fields)
    ledger.record(source, [receipt])
    return Entry.objects.filter(source=source, external_id=id, part="gross").latest("revision")


def pence(months, certainty="received"):
    return [int(getattr(month, certainty).to_integral_value()) for month in months]


def test_a_monthly_gift_is_for_the_month_that_begins_with_it(project, source):
    book(source, "1", pounds(31), date(2026, 5, 16), "monthly")
    # 16 May to 15 June: 16 of its 31 days in May, 15 in June.
    assert pence(one(project).months) == [0, 1600, 1500, 0, 0, 0]


def test_a_yearly_gift_of_last_year_still_pays_for_this_spring(project, source):
    book(source, "1", pounds(365), date(2025, 5, 1), "yearly")
    assert pence(one(project).months) == [3000, 0, 0, 0, 0, 0]


def test_a_single_gift_stands_apart(project, source):
    book(source, "1", pounds(50), date(2026, 5, 16))
    found = one(project)
    assert pence(found.months) == [0] * 6
    assert pence(found.months, "one_off") == [0, 5000, 0, 0, 0, 0]


@pytest.mark.parametrize("frequency", ["once", "monthly"])
@pytest.mark.parametrize("said", ["once", "monthly"])
def test_a_gift_and_its_refund_are_nothing_in_each_month(project, source, frequency, said):
    book(source, "1", pounds(31), date(2026, 5, 16), frequency)
    book(source, "2", -pounds(31), date(2026, 6, 20), said, "refund", refunds_external_id="1")
    found = one(project)
    assert pence(found.months) == pence(found.months, "one_off") == [0] * 6
    assert indicators.monthly_recurring(found.income, date(2026, 6, 1)) == 0


def test_a_grant_that_settles_an_instalment_is_spread_over_its_term(project, source):
    grant = CommitmentFactory(
        source=source, amount_minor=18_300, currency="GBP", starts_on=FIRST, ends_on=date(2026, 9, 30)
    )
    paid = book(source, "1", pounds(183), date(2026, 3, 2), kind="grant")
    InstalmentFactory(
        commitment=grant, amount_minor=18_300, due_on=date(2026, 3, 2), paid=True, settled_by=paid
    )
    found = one(project)
    assert pence(found.months) == [3000, 3100, 3000, 3100, 3100, 3000]
    book(source, "2", -pounds(183), date(2026, 6, 1), kind="refund", refunds_external_id="1")
    assert pence(one(project).months) == [0] * 6


def test_unpaid_instalments_are_for_what_is_left_of_the_term(project, source):
    grant = CommitmentFactory(source=source, currency="GBP", starts_on=FIRST, ends_on=date(2026, 9, 30))
    InstalmentFactory(commitment=grant, amount_minor=12_200, due_on=date(2026, 8, 1))
    found = one(project)
    assert pence(found.months, "committed") == [0, 0, 3000, 3100, 3100, 3000]


def test_an_instalment_without_a_term_is_one_off_money_of_its_month(project, source):
    grant = CommitmentFactory(source=source, currency="GBP")
    InstalmentFactory(commitment=grant, amount_minor=5_000, due_on=date(2026, 8, 1))
    InstalmentFactory(commitment=grant, amount_minor=700, due_on=date(2026, 6, 29), position=1)
    InstalmentFactory(commitment=grant, amount_minor=900, due_on=None, position=2)
    found = one(project)
    assert pence(found.months, "one_off") == [0, 0, 0, 0, 5000, 0]
    assert (found.overdue, found.undated) == (700, 900)


@pytest.mark.parametrize("fields", [{"certainty": "pledged"}, {"state": "ended"}, {"state": "paused"}])
def test_what_nobody_signed_or_what_has_ended_is_in_no_month(project, source, fields):
    grant = CommitmentFactory(source=source, currency="GBP", ends_on=date(2026, 9, 30), **fields)
    InstalmentFactory(commitment=grant, amount_minor=5_000, due_on=date(2026, 8, 1))
    CommitmentFactory(source=source, currency="GBP", amount_minor=900, frequency="monthly", **fields)
    assert pence(one(project).months, "committed") == [0] * 6


def test_what_recurs_goes_on_from_the_day_its_giver_has_paid_until(project, source):
    gift = book(source, "1", pounds(30), date(2026, 6, 16), "monthly")
    CommitmentFactory(
        source=source, giver=gift.giver, show_name=False, amount_minor=3_000, currency="GBP", frequency="monthly",
        ends_on=date(2026, 8, 31),
    )  # fmt: skip
    found = one(project)
    assert pence(found.months) == [0, 0, 1500, 1500, 0, 0]
    # From 16 July on: 16 of 31 days, then all of August.
    assert pence(found.months, "committed") == [0, 0, 0, 1548, 3000, 0]


def test_what_ended_yesterday_does_not_recur_today(project, source):
    for ends_on in (date(2026, 6, 29), TODAY):
        CommitmentFactory(
            source=source, amount_minor=100, currency="GBP", frequency="monthly", ends_on=ends_on
        )
    assert indicators.monthly_recurring(one(project).income, TODAY) == 100


def test_what_recurs_and_is_not_paid_yet_begins_with_this_month(project, source):
    for frequency, minor in (("monthly", 100), ("quarterly", 300), ("yearly", 1200)):
        CommitmentFactory(source=source, amount_minor=minor, currency="GBP", frequency=frequency)
    assert pence(one(project).months, "committed") == [0, 0, 300, 300, 300, 300]


def test_a_membership_that_an_entry_settled_is_not_counted_twice(project, source):
    membership = MembershipFactory(
        commitment__source=source, commitment__amount_minor=36_500,
        commitment__starts_on=date(2026, 5, 1), commitment__ends_on=date(2027, 4, 30),
    )  # fmt: skip
    paid = book(source, "1", pounds(365), date(2026, 5, 20), kind="membership")
    InstalmentFactory(
        commitment=membership.commitment,
        amount_minor=36_500,
        due_on=date(2026, 5, 1),
        paid=True,
        settled_by=paid,
    )
    found = one(project)
    assert pence(found.months) == [0, 3100, 3000, 3100, 3100, 3000]
    assert pence(found.months, "committed") == [0] * 6
    # Paid for the year, it recurs as much as before.
    assert int(indicators.monthly_recurring(found.income, TODAY)) == 36_500 // 12


def test_an_export_and_the_api_of_one_account_promise_once(project, source):
    source.kind, source.account = "opencollective", "server"
    source.save()
    file = StreamFactory(project=project, source__kind="opencollective_csv", source__account="server").source
    for told in (source, file):
        CommitmentFactory(source=told, amount_minor=100, currency="GBP", frequency="monthly")
    found = one(project)
    assert pence(found.months, "committed") == [0, 0, 100, 100, 100, 100]
    assert found.unpromised == ()


def test_of_a_source_without_promises_nothing_is_assumed(project, source):
    book(source, "1", pounds(30), date(2026, 6, 1), "monthly")
    found = one(project)
    assert pence(found.months) == [0, 0, 3000, 0, 0, 0]
    assert found.unpromised == ("Stripe",)


def test_an_anonymous_giver_is_called_by_their_source(project, source):
    named = GiverFactory(source=source, name="NLnet", funder=FunderFactory(name="NLnet foundation"))
    hidden = GiverFactory(source=source, name="Eve", funder=FunderFactory(name="Eve", is_public=False))
    for giver, show_name in ((named, True), (named, False), (hidden, True)):
        grant = CommitmentFactory(source=source, giver=giver, show_name=show_name, title="Bridges", currency="GBP", ends_on=date(2026, 9, 30))  # fmt: skip
        InstalmentFactory(commitment=grant, amount_minor=100, due_on=date(2026, 8, 1))
        CommitmentFactory(source=source, giver=giver, show_name=show_name, title="Bridges", currency="GBP", amount_minor=1, frequency="yearly", ends_on=date(2026, 9, 30))  # fmt: skip
    labels = {(income.label, income.funder is None) for income in one(project).income}
    assert labels == {("NLnet foundation (Bridges)", False), ("NLnet foundation", False), ("Stripe", True)}


def test_a_stream_takes_its_share_and_its_purpose(project, source):
    stream = project.streams.get()
    stream.share_bp, stream.purpose = 2_500, "security"
    stream.save()
    other = StreamFactory(source=source, designation="bridges", purpose="features")
    book(source, "1", pounds(30), date(2026, 6, 1), "monthly")
    book(source, "2", pounds(30), date(2026, 6, 1), "monthly", designation="bridges")
    found = gather([project, other.project], on=TODAY, first=FIRST, last=LAST)
    assert [(i.purpose, i.minor) for i in found[project.pk].income] == [("security", Decimal(750))]
    assert [(i.purpose, i.minor) for i in found[other.project.pk].income] == [("features", Decimal(3000))]


def test_money_converts_at_its_own_day_and_what_is_to_come_at_the_last_rate(project, source):
    CostFactory(project=project)
    RateFactory(day=date(2026, 4, 1), per_euro="0.80")
    RateFactory(day=date(2026, 6, 30), per_euro="0.90")
    book(source, "1", Money.of(30, "EUR"), date(2026, 4, 1), "monthly")
    CommitmentFactory(source=source, amount_minor=1_000, currency="EUR", frequency="monthly")
    found = one(project)
    assert pence(found.months) == [2400, 0, 0, 0, 0, 0]
    assert pence(found.months, "committed") == [0, 0, 900, 900, 900, 900]


def test_a_cost_in_another_currency_costs_each_month_what_its_rate_says(project):
    CostFactory(project=project, amount_minor=1_000)
    CostFactory(project=project, amount_minor=1_000)
    CostFactory(project=project, amount_minor=10_000, currency="EUR", starts_on=date(2026, 4, 16))
    for month in (4, 5, 6):
        RateFactory(day=date(2026, month, 29), per_euro=f"0.{month}")
    found = one(project)
    assert pence(found.months, "cost") == [2000 + 2000, 7000, 8000, 8000, 8000, 8000]


def test_what_has_no_rate_stands_apart(project, source):
    CostFactory(project=project, amount_minor=1_000)
    CostFactory(project=project, amount_minor=77, currency="XOF")
    book(source, "1", Money(1_200, "XOF"), date(2026, 5, 1), "monthly")
    book(source, "2", Money(9, "XOF"), date(2025, 9, 1), "monthly")
    found = one(project)
    assert (found.unconverted, found.needs_unconverted) == ([Money(1_200, "XOF")], [Money(77, "XOF")])
    assert pence(found.months, "cost") == [1000] * 6


def test_a_changed_cost_leaves_last_month_as_it_was(project):
    old = CostFactory(project=project, amount_minor=3_000, ends_on=date(2026, 6, 15))
    CostFactory(project=project, amount_minor=6_000, starts_on=date(2026, 6, 16), follows=old)
    assert pence(one(project).months, "cost") == [3000, 3000, 4500, 6000, 6000, 6000]


def people(project, *amounts, **fields):
    return [RoleFactory(cost__project=project, cost__amount_minor=minor, **fields) for minor in amounts]


def test_two_peoples_costs_are_withheld_from_the_public_and_told_to_staff(project):
    people(project, 1_000, 2_000)
    found, told = one(project), one(project, Reader.STAFF)
    assert (found.is_withheld, [month.percent for month in found.months], found.needs) == (
        True,
        [None] * 6,
        [],
    )
    assert (told.is_withheld, pence(told.months, "cost")) == (False, [3000] * 6)


def test_three_peoples_costs_are_told_together(project):
    people(project, 1_000, 2_000, 4_000)
    found = one(project)
    assert ([need.per_month for need in found.needs], found.purposes_are_told) == ([7_000], True)


def test_what_a_person_publishes_is_told(project):
    people(project, 1_000, publishes_cost=True)
    assert [need.per_month for need in one(project).needs] == [1_000]


def test_what_a_purpose_needs_is_not_told_where_it_has_one_person(project):
    people(project, 1_000, 2_000, 4_000)
    people(project, 8_000, cost__purpose="security")
    found = one(project)
    assert (found.by_purpose, pence(found.months, "cost")) == ({}, [15_000] * 6)


def test_a_project_without_anything_has_months_and_no_percentages(project):
    found = one(project)
    assert [month.percent for month in found.months] == [None] * 6
    assert (found.currency, found.as_of, found.cliffs, found.by_purpose) == ("EUR", None, [], {})


def test_the_grant_that_ends_is_what_the_cliff_is_named_after(project, source):
    CostFactory(project=project, amount_minor=3_000)
    giver = GiverFactory(source=source, name="NLnet")
    grant = CommitmentFactory(source=source, giver=giver, currency="GBP", ends_on=date(2026, 7, 31))
    InstalmentFactory(commitment=grant, amount_minor=6_100, due_on=date(2026, 7, 1))
    [cliff] = one(project).cliffs[-1:]
    assert (cliff.first, cliff.before, cliff.percent, cliff.because) == (date(2026, 8, 1), 103, 0, ("NLnet",))


def test_it_is_what_a_spreadsheet_of_days_says(project, source):
    """Gifts of every frequency, on days at months' ends, each laid out by day with pandas and added up by month."""
    gifts = [
        ("monthly", 1, date(2026, 1, 31), 2800), ("quarterly", 3, date(2025, 11, 30), 9000),
        ("yearly", 12, date(2025, 6, 15), 36500), ("monthly", 1, date(2026, 5, 31), 100), ("monthly", 1, date(2026, 2, 28), 500),
    ]  # fmt: skip
    days = pd.Series(0.0, index=pd.date_range("2025-06-01", "2027-01-31"))
    for frequency, months, day, minor in gifts:
        book(source, f"{frequency}{day}", Money(minor, "GBP"), day, frequency)
        until = pd.Timestamp(day) + pd.DateOffset(months=months) - pd.Timedelta(days=1)
        own = pd.date_range(day, until)
        days[own] += minor / len(own)
    wanted = days.groupby([f"{one:%Y-%m}" for one in days.index]).sum()
    months = one(project, first=date(2025, 7, 1), last=date(2026, 12, 1)).months
    for month in months:
        assert float(month.received) == pytest.approx(wanted[f"{month.first:%Y-%m}"], abs=1e-6)
    assert len(months) == 18


def everything(number):
    """That many projects, each with streams, gifts, refunds, costs, people, grants and subscriptions."""
    made = ProjectFactory.create_batch(number)
    for project in made:
        source = StreamFactory(project=project).source
        book(source, "1", pounds(30), date(2026, 5, 16), "monthly")
        book(source, "2", -pounds(10), date(2026, 6, 1), kind="refund", refunds_external_id="1")
        CostFactory(project=project)
        people(project, 1, 2, 3)
        CommitmentFactory(source=source, amount_minor=100, currency="GBP", frequency="monthly")
        paid = book(source, "3", pounds(1), date(2026, 5, 1), kind="grant")
        term = {"commitment__starts_on": date(2026, 5, 1), "commitment__ends_on": date(2026, 5, 31)}
        InstalmentFactory(commitment__source=source, **term, paid=True, settled_by=paid)
    return made


@pytest.mark.parametrize("number", [1, 3])
def test_every_project_has_its_own_figures_under_the_same_queries(number, django_assert_num_queries):
    made = everything(number)
    with django_assert_num_queries(11):
        found = gather(made, on=TODAY, first=FIRST, last=LAST)
        assert [pence(one.months)[1] for one in found.values()] == [1132] * number


def test_a_hundred_projects_take_the_same_queries(django_assert_num_queries):
    made = everything(1) + [StreamFactory(project=CostFactory().project).project for _ in range(99)]
    with django_assert_num_queries(11):
        found = gather(made, on=TODAY, first=FIRST, last=LAST)
        assert len([one.months for one in found.values()]) == 100

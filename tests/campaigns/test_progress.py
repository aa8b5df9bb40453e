"""What counts as raised: DESIGN section 4."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign, Statement
from campaigns.progress import measure
from funders import ledger
from funders.connectors.base import (
    Certainty,
    Due,
    Frequency,
    GiverRef,
    Kind,
    Promise,
    Purpose,
    Receipt,
    State,
)
from funders.models import Rate, Source
from funders.promises import record as promise
from fundtracker.money import Money
from projects.models import Project, Stream

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
START, END = date(2026, 1, 1), date(2026, 12, 31)


def day(n):
    """Day `n` of 2026."""
    return START + timedelta(days=n - 1)


def campaign(slug="spring", *, sources=(), target=100_000, share=10_000, designation=None, **fields):
    project, _ = Project.objects.get_or_create(slug="project", name="Project")
    made = Campaign.objects.create(
        slug=slug, project=project, name=slug, target_minor=target,
        **{"currency": "EUR", "starts_on": START, "ends_on": END, **fields},
    )  # fmt: skip
    for source in sources:
        stream = Stream.objects.create(
            project=project, source=source, share_bp=share, designation=designation
        )
        made.streams.add(stream)
    return made


def source(slug="bank", **fields):
    return Source.objects.create(**{"slug": slug, "name": slug, "kind": "manual", "synced_at": NOW, **fields})


def give(source, *gifts, seen=NOW):
    """(id, amount, day) or (id, amount, day, what it takes back), each with a currency at the end or not."""
    receipts = []
    for external_id, minor, on, *rest in gifts:
        of = rest[0] if rest else ""
        kind = Kind.REFUND if of else Kind.DONATION
        receipts.append(
            Receipt(external_id, kind, Money(minor, "EUR"), day(on), seen, refunds_external_id=of)
        )
    ledger.record(source, receipts)


def state(campaign, minor, on, **fields):
    return Statement.objects.create(campaign=campaign, amount_minor=minor, as_of=day(on), **fields)


def figures(campaign, on=180):
    return measure([campaign], on=day(on))[0]


def test_without_a_statement_all_counted_entries_in_the_window_are_raised():
    bank = source()
    spring = campaign(sources=[bank])
    give(bank, ("a", 5_000, 10), ("b", 7_000, 100), ("before", 900, 0), ("later", 1, 181))
    assert figures(spring).raised == Money(12_000, "EUR")
    assert figures(spring).percent == 12


def test_money_before_the_start_counts_only_if_the_campaign_says_so():
    bank = source()
    give(bank, ("before", 900, -40))
    assert figures(campaign("a", sources=[bank], counts_earlier=True)).raised == Money(900, "EUR")
    assert figures(campaign("b")).raised is None


def test_no_statement_and_no_sync_is_no_figure_and_never_zero():
    quiet = source()
    Source.objects.update(synced_at=None)
    progress = figures(campaign(sources=[quiet]))
    assert (progress.raised, progress.percent, progress.steps) == (None, None, ())


def test_a_synced_source_without_money_has_raised_zero():
    assert figures(campaign(sources=[source()])).raised == Money(0, "EUR")


def test_a_statement_is_what_was_raised_by_the_end_of_its_day():
    bank = source()
    spring = campaign(sources=[bank])
    give(bank, ("a", 1_000, 50), ("same-day", 500, 60), ("after", 300, 61))
    state(spring, 40_000, 60)
    progress = figures(spring)
    assert progress.raised == Money(40_300, "EUR")
    assert progress.itemised == Money(1_500, "EUR")
    assert progress.not_itemised == Money(38_500, "EUR")


def test_where_only_a_statement_speaks_it_speaks_up_to_its_day():
    typed = source()
    Source.objects.update(synced_at=None)
    spring = campaign(sources=[typed])
    assert figures(spring).told_until is None
    spring = Campaign.objects.get()
    state(spring, 40_000, 60)
    assert (figures(spring).told_until, figures(spring).steps[-1].day) == (day(60), day(60))
    give(typed, ("after", 300, 61))
    assert (figures(spring).told_until, figures(spring).steps[-1].raised) == (day(61), Money(40_300, "EUR"))


def test_where_a_source_is_read_the_figure_holds_for_the_day_asked_for():
    bank = source(kind="table")
    spring = campaign(sources=[bank])
    assert figures(spring).told_until == day(180)
    spring = Campaign.objects.get()
    state(spring, 40_000, 60)
    progress = figures(spring)
    assert (progress.told_until, progress.steps[-1].day) == (day(180), day(180))


def test_importing_older_entries_explains_more_and_changes_nothing():
    bank = source()
    spring = campaign(sources=[bank])
    state(spring, 40_000, 60)
    before = figures(spring)
    give(bank, ("old", 9_000, 20))
    after = figures(spring)
    assert (before.raised, after.raised) == (Money(40_000, "EUR"), Money(40_000, "EUR"))
    assert (before.not_itemised, after.not_itemised) == (Money(40_000, "EUR"), Money(31_000, "EUR"))


def test_entries_beyond_the_statement_are_a_warning_and_change_nothing():
    bank = source()
    spring = campaign(sources=[bank])
    state(spring, 4_000, 60)
    give(bank, ("old", 9_000, 20))
    progress = figures(spring)
    assert (progress.raised, progress.overstated) == (Money(4_000, "EUR"), Money(5_000, "EUR"))
    assert progress.not_itemised == Money(0, "EUR")


def test_older_money_given_back_after_the_statement_is_taken_off():
    bank = source()
    spring = campaign(sources=[bank])
    state(spring, 40_000, 60)
    give(bank, ("a", 9_000, 20), ("r-before", -1_000, 55, "a"), ("r-after", -2_000, 70, "a"))
    progress = figures(spring)
    assert progress.raised == Money(38_000, "EUR")
    assert progress.itemised == Money(8_000, "EUR")


def test_of_equal_days_the_last_recorded_statement_holds_and_a_withdrawn_one_never():
    spring = campaign()
    state(spring, 1_000, 60, recorded_at=NOW)
    state(spring, 2_000, 60, recorded_at=NOW + timedelta(hours=1))
    state(spring, 9_000, 90, withdrawn_at=NOW, withdrawn_why="a slip of the pen")
    progress = figures(spring)
    assert progress.raised == Money(2_000, "EUR")
    assert [statement.amount_minor for statement in progress.corrections] == [9_000]


def test_a_finished_campaign_stands_at_its_end_and_falls_when_money_is_given_back():
    bank = source()
    spring = campaign(sources=[bank], ends_on=day(100))
    give(bank, ("a", 5_000, 90), ("late", 4_000, 101))
    assert figures(spring).raised == Money(5_000, "EUR")
    give(bank, ("r", -5_000, 150, "a"))
    assert figures(spring).raised == Money(0, "EUR")


def test_the_percentage_is_floored_and_never_capped():
    bank = source()
    give(bank, ("a", 99_999, 10))
    assert figures(campaign("nearly", sources=[bank])).percent == 99
    give(bank, ("b", 12_345, 11))
    over = figures(Campaign.objects.get())
    assert over.percent == 112


@pytest.mark.parametrize("target", [None, 0])
def test_without_a_target_there_is_no_percentage(target):
    assert figures(campaign(sources=[source()], target=target)).percent is None


def test_promises_are_three_segments_apart_and_never_raised():
    bank = source()
    spring = campaign(sources=[bank])
    for n, (certainty, due_on, paid) in enumerate(
        [
            (Certainty.COMMITTED, day(200), False),
            (Certainty.COMMITTED, None, False),
            (Certainty.COMMITTED, day(200), True),
            (Certainty.PLEDGED, day(300), False),
            (Certainty.PLEDGED, day(100), False),
            (Certainty.PLEDGED, END + timedelta(days=1), False),
        ]
    ):
        due = Due(Money(100 * 2**n, "EUR"), due_on, paid)
        promise(bank, [Promise(str(n), due.amount, NOW, certainty=certainty, schedule=[due])])
    progress = figures(spring)
    assert progress.raised == Money(0, "EUR")
    assert progress.committed == Money(300, "EUR")
    assert progress.pledged == Money(800, "EUR")
    assert progress.overdue == Money(1_600, "EUR")


def test_a_share_applies_before_the_one_rounding():
    bank = source()
    give(bank, *((str(n), 1, 10 + n) for n in range(3)))
    assert figures(campaign(sources=[bank], share=5_000)).raised == Money(2, "EUR")


def test_a_designations_stream_wins_over_its_sources():
    bank = source()
    spring = campaign(sources=[bank])
    docs = campaign("docs", sources=[bank], designation="docs")
    ledger.record(
        bank,
        [
            Receipt("a", Kind.DONATION, Money(700, "EUR"), day(10), NOW),
            Receipt("b", Kind.DONATION, Money(30, "EUR"), day(10), NOW, designation="docs"),
        ],
    )
    assert [p.raised for p in measure([spring, docs], on=day(180))] == [Money(700, "EUR"), Money(30, "EUR")]


def test_an_entrys_purpose_overrides_its_streams():
    bank = source()
    security = campaign("security", sources=[bank], purposes=["security"])
    ledger.record(
        bank,
        [
            Receipt("a", Kind.DONATION, Money(700, "EUR"), day(10), NOW),
            Receipt("b", Kind.DONATION, Money(30, "EUR"), day(10), NOW, purpose=Purpose.SECURITY),
        ],
    )
    assert figures(security).raised == Money(30, "EUR")


def test_money_without_a_rate_is_listed_apart_and_never_one_to_one():
    bank = source()
    spring = campaign(sources=[bank])
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro=Decimal("1.25"))
    for external_id, currency in (("usd", "USD"), ("nok", "NOK"), ("eur", "EUR")):
        ledger.record(bank, [Receipt(external_id, Kind.DONATION, Money(1_000, currency), day(10), NOW)])
    progress = figures(spring)
    assert progress.raised == Money(1_800, "EUR")
    assert progress.unconverted == (Money(1_000, "NOK"),)
    assert (progress.is_converted, progress.rate_publishers) == (True, ("ecb",))


def test_rounding_happens_once_at_the_end():
    bank = source()
    spring = campaign(sources=[bank])
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro=Decimal(3))
    for n in range(3):
        ledger.record(bank, [Receipt(str(n), Kind.DONATION, Money(1, "USD"), day(10), NOW)])
    assert figures(spring).raised == Money(1, "EUR")


def test_a_monthly_target_is_compared_with_the_monthly_equivalent():
    bank = source()
    spring = campaign(sources=[bank], mode="monthly", target=1_000)
    for n, frequency in enumerate(Frequency):
        promise(bank, [Promise(str(n), Money(1_200, "EUR"), NOW, frequency=frequency)])
    progress = figures(spring)
    assert progress.monthly == Money(1_200 + 400 + 100, "EUR")
    assert progress.percent == 170


def test_a_monthly_equivalent_that_nobody_knows_is_none_and_never_zero():
    typed = source()
    Source.objects.update(synced_at=None)
    spring = campaign(sources=[typed], mode="monthly", target=1_000)
    state(spring, 40_000, 60)
    assert (figures(spring).monthly, figures(spring).percent) == (None, None)
    promise(typed, [Promise("a", Money(50, "EUR"), NOW, frequency=Frequency.MONTHLY)])
    spring = Campaign.objects.get()
    assert (figures(spring).monthly, figures(spring).percent) == (Money(50, "EUR"), 5)


def test_where_a_source_knows_no_commitments_the_latest_recurring_gifts_stand_for_them():
    bank = source()
    spring = campaign(sources=[bank], mode="monthly", target=1_000)
    for giver, minor, on in (("a", 500, 140), ("a", 600, 170), ("gone", 900, 100), ("b", 30, 179)):
        ref = GiverRef(giver)
        gift = Receipt(
            f"{giver}{on}",
            Kind.DONATION,
            Money(minor, "EUR"),
            day(on),
            NOW,
            giver=ref,
            frequency=Frequency.MONTHLY,
        )
        ledger.record(bank, [gift])
    assert figures(spring).monthly == Money(630, "EUR")


def test_time_passed_is_floored_and_stays_inside_the_window():
    spring = campaign()
    assert [figures(spring, on=n).time_percent for n in (0, 1, 182, 365, 400)] == [0, 0, 49, 100, 100]
    assert figures(campaign("open", ends_on=None)).time_percent is None


def test_any_number_of_campaigns_takes_the_same_queries(django_assert_num_queries):
    bank = source()
    give(bank, ("a", 5_000, 10))
    several = [campaign(str(n), sources=[source(f"s{n}")]) for n in range(3)]
    for count in (1, 3):
        asked = list(Campaign.objects.filter(pk__in=[c.pk for c in several[:count]]))
        with django_assert_num_queries(8):
            measure(asked, on=day(180))


moves = st.lists(
    st.tuples(st.integers(1, 100_000), st.integers(-20, 390), st.one_of(st.none(), st.integers(1, 80))),
    max_size=8,
)
statements = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(-15, 300)), max_size=3, unique_by=lambda s: s[1]
)


def stated(moves, statements, *, earlier, t, today):
    """DESIGN section 4's raised(t), word for word, from gifts (amount, day, days until it was given back)."""
    gifts = [gift for gift in moves if (earlier or gift[1] >= 1) and gift[1] <= t]
    known = [(at, minor) for minor, at in statements if at <= t]
    if not known:
        return sum(minor for minor, _, back in gifts if not back)
    as_of, total = max(known)
    for minor, at, back in gifts:
        if at > as_of:
            total += 0 if back else minor
        elif back and as_of < at + back <= (today if t == min(today, 365) else t):
            total -= minor
    return total


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, statements=statements, on=st.integers(1, 400), earlier=st.booleans())
def test_each_step_is_what_was_raised_by_the_end_of_its_day(moves, statements, on, earlier):
    with transaction.atomic():
        bank = source(kind="table")
        spring = campaign(sources=[bank], counts_earlier=earlier)
        for n, (minor, at, back_after) in enumerate(moves):
            give(bank, (f"g{n}", minor, at))
            if back_after:
                give(bank, (f"r{n}", -minor, at + back_after, f"g{n}"))
        for minor, at in statements:
            state(spring, minor, at)
        (progress,) = measure([spring], on=day(on))
        made = dict.fromkeys([min(on, 365), *((step.day - START).days + 1 for step in progress.steps)])
        by_hand = {t: stated(moves, statements, earlier=earlier, t=t, today=on) for t in made}
        assert {(step.day - START).days + 1: step.raised.minor for step in progress.steps} == by_hand
        assert progress.raised == progress.steps[-1].raised
        if known := [(at, minor) for minor, at in statements if at <= on]:
            gap = progress.not_itemised - (progress.overstated or Money(0, "EUR"))
            assert progress.itemised + gap == Money(max(known)[1], "EUR")
        transaction.set_rollback(True)


def test_no_day_between_two_steps_is_left_out():
    bank = source(kind="table")
    spring = campaign(sources=[bank])
    give(bank, ("a", 9_000, 20), ("r", -2_000, 70, "a"), ("b", 500, 80))
    state(spring, 40_000, 60)
    assert [(step.day, step.raised.minor) for step in figures(spring).steps] == [
        (day(20), 7_000), (day(60), 40_000), (day(70), 38_000), (day(80), 38_500), (day(180), 38_500),
    ]  # fmt: skip


def test_on_a_statements_day_the_step_shows_the_statement_unless_the_window_ends_there():
    bank = source(kind="table")
    spring = campaign(sources=[bank], ends_on=day(100))
    give(bank, ("a", 9_000, 20), ("r", -2_000, 150, "a"))
    state(spring, 40_000, 60)
    steps = {step.day: step.raised.minor for step in figures(spring).steps}
    assert steps == {day(20): 7_000, day(60): 40_000, day(100): 38_000}


def test_a_statement_of_a_day_before_the_start_ends_in_the_headline():
    bank = source(kind="table")
    spring = campaign(sources=[bank], counts_earlier=True)
    give(bank, ("a", 5_000, -20), ("b", 3_000, -5))
    state(spring, 5_000, -10)
    progress = figures(spring)
    assert (progress.raised, progress.steps[-1].raised) == (Money(8_000, "EUR"), Money(8_000, "EUR"))


def dollars(bank, external_id, on, currency="USD"):
    ledger.record(bank, [Receipt(external_id, Kind.DONATION, Money(1_000, currency), day(on), NOW)])


def test_what_the_statement_replaced_and_what_has_no_rate_converts_nothing():
    bank = source()
    spring = campaign(sources=[bank])
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro="1.25")
    dollars(bank, "replaced", 10)
    dollars(bank, "no rate", 100)
    state(spring, 40_000, 60)
    progress = figures(spring)
    assert (progress.is_converted, progress.is_provisional, progress.rate_publishers) == (False, False, ())
    assert progress.itemised == Money(800, "EUR")
    assert progress.unconverted == (Money(1_000, "USD"),)


def test_a_conversion_that_fails_half_way_names_no_publisher():
    bank = source()
    spring = campaign(sources=[bank], currency="GBP")
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro="1.25")
    dollars(bank, "a", 10)
    assert (figures(spring).is_converted, figures(spring).rate_publishers) == (False, ())


def test_a_figure_that_is_not_published_converts_nothing():
    bank = source(synced_at=None)
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro="1.25")
    dollars(bank, "a", 10)
    assert not figures(campaign(sources=[bank])).is_converted


@pytest.mark.parametrize("state", [State.PAUSED, State.ENDED])
def test_of_a_paused_or_ended_commitment_nothing_is_coming_and_nothing_is_owed(state):
    bank = source()
    spring = campaign(sources=[bank])
    dues = [Due(Money(100, "EUR"), day(on), False) for on in (100, 200)]
    promise(bank, [Promise("a", Money(200, "EUR"), NOW, schedule=dues, state=state)])
    progress = figures(spring)
    none = Money(0, "EUR")
    assert (progress.committed, progress.pledged, progress.overdue) == (none, none, none)


@pytest.mark.parametrize("state", [State.PAUSED, State.ENDED])
def test_a_paused_or_ended_subscription_is_in_no_monthly_equivalent(state):
    bank = source()
    spring = campaign(sources=[bank], mode="monthly")
    promise(bank, [Promise("a", Money(50, "EUR"), NOW, frequency=Frequency.MONTHLY, state=state)])
    assert figures(spring).monthly == Money(0, "EUR")


def monthly(external_id, minor, on, giver="a", seen=NOW, **fields):
    return Receipt(
        external_id, Kind.DONATION, Money(minor, "EUR"), day(on), seen,
        giver=GiverRef(giver), frequency=Frequency.MONTHLY, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(("back", "stays"), [(-500, 0), (-200, 500)])
def test_a_recurring_gift_that_was_fully_given_back_recurs_no_more(back, stays):
    bank = source()
    spring = campaign(sources=[bank], mode="monthly")
    ledger.record(bank, [monthly("a", 500, 170)])
    give(bank, ("r", back, 175, "a"))
    assert figures(spring).monthly == Money(stays, "EUR")


def test_a_chargeback_that_was_won_leaves_the_recurring_gift():
    bank = source()
    spring = campaign(sources=[bank], mode="monthly")
    ledger.record(bank, [monthly("a", 500, 170)])
    for external_id, minor in (("lost", -500), ("won", 500)):
        back = Receipt(
            external_id, Kind.CHARGEBACK, Money(minor, "EUR"), day(175), NOW, refunds_external_id="a"
        )
        ledger.record(bank, [back])
    assert figures(spring).monthly == Money(500, "EUR")


def test_a_corrected_recurring_gift_recurs_as_corrected():
    bank = source()
    spring = campaign(sources=[bank], mode="monthly")
    ledger.record(bank, [monthly("a", 500, 179)])
    ledger.record(bank, [monthly("a", 300, 175, seen=NOW + timedelta(hours=1))])
    assert figures(spring).monthly == Money(300, "EUR")


def test_a_recurring_gift_seen_at_two_sources_recurs_once():
    bank, card = source(), source("card", rank=5)
    spring = campaign(sources=[bank, card], mode="monthly")
    for seen_by in (bank, card):
        ledger.record(seen_by, [monthly("a", 500, 170, payment_ref="stripe:1")])
    assert figures(spring).monthly == Money(500, "EUR")


def test_a_recurring_gift_counts_from_its_day_until_its_term_has_passed():
    bank = source()
    spring = campaign(sources=[bank], mode="monthly")
    ledger.record(bank, [monthly("a", 500, 100)])
    assert [figures(spring, on=on).monthly.minor for on in (99, 100, 130, 131)] == [0, 500, 500, 0]


def test_a_streams_dates_say_whose_money_it_is():
    bank = source()
    spring = campaign(sources=[bank])
    Stream.objects.update(starts_on=day(50), ends_on=day(99))
    Stream.objects.create(project=spring.project, source=bank, designation="docs", starts_on=day(70))
    give(bank, *((str(on), 10**n, on) for n, on in enumerate((49, 50, 99, 100))))
    docs = [
        Receipt(f"d{on}", Kind.DONATION, Money(10_000 * on, "EUR"), day(on), NOW, designation="docs")
        for on in (60, 80)
    ]
    ledger.record(bank, docs)
    assert figures(spring).raised == Money(600_110, "EUR")

"""`manage.py check_ledger` finds what is wrong, and nothing where nothing is."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from campaigns import invariants, progress
from funders import ledger
from funders.connectors.base import Purpose
from funders.invariants import findings
from funders.models import Rate
from fundtracker.money import Money
from projects.models import Stream
from tests.campaigns.test_progress import campaign, day, give, source, state
from tests.funders.test_ledger import gift, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def books():
    """Two sources that share a payment, refunds, a revision, a statement, dollars, and two campaigns."""
    bank, card = source("bank"), source("card", rank=5)
    ledger.record(
        bank, [gift(fee=-30, payment_ref="stripe:1"), refund(minor=-400), gift("d", currency="USD")]
    )
    ledger.record(card, [gift(payment_ref="stripe:1"), gift("x", 77), refund("orphan", of="nothing")])
    ledger.record(bank, [gift("d", 1300, currency="USD", seen=1)])
    give(card, ("later", 5_000, 100), ("back", -500, 120, "later"))
    Rate.objects.create(publisher="ecb", currency="USD", day=day(9), per_euro="1.1")
    state(campaign("stated", sources=[bank, card]), 9_000, 50)
    campaign("shared", sources=[source("third")], share=3_333)
    return bank


def break_books(statement):
    """Write behind the guards' back, as the tables' owner could."""
    guarded = ("funders_entry", "funders_standing", "projects_stream")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.usefixtures("books")
def test_right_books_pass_every_invariant(capsys):
    call_command("check_ledger")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(".")[0] for line in lines] == [
        "1",
        "1",
        "1",
        "1",
        "2",
        "3",
        "4",
        "6",
        "7",
        "8",
        "5",
        "5",
    ]
    assert all(line.endswith(" checked, ok") for line in lines)


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("damage", "number"),
    [
        ("UPDATE funders_entry SET amount_minor = amount_minor + 1 WHERE revision = 1", "1"),
        ("DROP TRIGGER rate_append_only ON funders_rate", "1"),
        ("DELETE FROM funders_standing WHERE counted_as = 'twin'", "1"),
        ("UPDATE funders_standing SET value_date = value_date + 1", "1"),
        ("UPDATE funders_entry SET kind = 'tax' WHERE part = 'fee'", "2"),
        ("UPDATE funders_standing SET counted_as = 'refund' WHERE counted_as = 'waiting'", "1"),
        ("UPDATE funders_dailytotal SET amount_minor = amount_minor + 1", "4"),
        ("UPDATE funders_dailytotal SET entries = entries + 1", "4"),
        ("DELETE FROM funders_dailytotal WHERE counted_as = 'waiting'", "4"),
    ],
)
def test_each_kind_of_damage_is_found(capsys, damage, number):
    break_books(damage)
    with pytest.raises(CommandError, match="The books differ"):
        call_command("check_ledger")
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{number}. ")


RATE = "INSERT INTO funders_rate (publisher, currency, day, per_euro) VALUES ('ecb', 'USD', '2026-01-09', {})"


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE funders_entry SET amount_minor = amount_minor + 1 WHERE revision = 1", "each record"),
        ("ALTER TABLE funders_rate DISABLE TRIGGER rate_append_only", "the guards"),
        ("DROP TRIGGER stream_shares_are_whole ON projects_stream", "the guards"),
        ("DELETE FROM funders_standing WHERE counted_as = 'twin'", "each standing"),
        ("UPDATE funders_entry SET kind = 'tax' WHERE part = 'fee'", "amounts are"),
        ("UPDATE funders_standing SET counted_as = 'refund' WHERE counted_as = 'waiting'", "refunds and"),
        (
            "UPDATE funders_standing SET value_date = value_date + 1 WHERE counted_as = 'refund'",
            "refunds and",
        ),
        (
            "UPDATE funders_entry SET amount_minor = -5001 WHERE external_id = 'back'",
            "refunds and",
        ),
        ("UPDATE funders_dailytotal SET amount_minor = amount_minor + 1", "daily totals"),
        (f"ALTER TABLE funders_rate DROP CONSTRAINT rate_once; {RATE.format(2)}", "each day and currency"),
        (
            "ALTER TABLE funders_rate DROP CONSTRAINT rate_is_positive; "
            + RATE.format(0).replace("01-09", "01-11"),
            "each day and currency",
        ),
        (
            "INSERT INTO funders_standing (entry_id, counted_as, value_date, waits_for) "
            "SELECT id, 'donation', '2026-01-10', '' FROM funders_entry WHERE kind = 'fee' "
            "ON CONFLICT (entry_id) DO UPDATE SET counted_as = 'donation'",
            "what never counts",
        ),
        ("UPDATE funders_dailytotal SET amount_minor = amount_minor + 1", "days add up"),
        ("UPDATE funders_dailytotal SET value_date = value_date + 365", "days add up"),
        (
            "INSERT INTO projects_stream (project_id, source_id, share_bp, purpose) "
            "SELECT project_id, source_id, 1, purpose FROM projects_stream WHERE share_bp = 10000 LIMIT 1",
            "the shares",
        ),
    ],
)
def test_each_check_finds_its_own_damage(damage, check):
    break_books(damage)
    with transaction.atomic():
        found = [*findings(), invariants.shares()]
    [own] = [finding for finding in found if finding.check.name.startswith(check)]
    assert own.wrong


@pytest.mark.usefixtures("books")
def test_a_raised_that_is_one_cent_off_is_found(monkeypatch):
    def off(campaigns, *, on):
        return [
            replace(made, raised=(made.raised or Money(0, "EUR")) + Money(1, "EUR"))
            for made in progress.measure(campaigns, on=on)
        ]

    monkeypatch.setattr(invariants, "measure", off)
    wrong = invariants.finding(day(200)).wrong
    assert sorted(row["campaign"] for row in wrong) == ["shared", "stated"]
    with pytest.raises(CommandError, match="The books differ"):
        call_command("check_ledger")


def test_sql_and_measure_agree_on_stream_dates_purposes_and_designations():
    bank = source()
    spring = campaign(sources=[bank], purposes=["security"])
    Stream.objects.update(starts_on=day(50), ends_on=day(99), purpose="security")
    docs = Stream.objects.create(
        project=spring.project, source=bank, designation="docs", starts_on=day(70), share_bp=5_000
    )
    spring.streams.add(docs)
    for n, on in enumerate((49, 60, 80, 100)):
        ledger.record(bank, [gift(f"a{n}", 10**n, on=on)])
        ledger.record(bank, [gift(f"d{n}", 7 * 10**n, on=on, designation="docs")])
        ledger.record(bank, [gift(f"s{n}", 2 * 10**n, on=on, designation="docs", purpose=Purpose.SECURITY)])
    assert invariants.finding(day(200)).wrong == []
    assert invariants.raised_by_sql(day(200))["spring"] == 10 + 70 + 20 + 100 + 100 + 1_000


@pytest.mark.usefixtures("books")
def test_sql_alone_comes_to_the_same_raised_as_measure():
    assert invariants.finding(day(200)).wrong == []
    by_sql = invariants.raised_by_sql(day(200))
    assert (by_sql["stated"], by_sql["shared"]) == (Decimal(13_500), Decimal(0))

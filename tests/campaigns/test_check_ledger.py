"""`manage.py check_ledger` finds what is wrong, and nothing where nothing is."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns import invariants
from funders import ledger
from funders.models import Rate
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
    guarded = ("funders_entry", "funders_standing")
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
    assert [line.split(".")[0] for line in lines] == ["1", "1", "1", "2", "3", "4", "6", "7", "8", "5"]
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


@pytest.mark.usefixtures("books")
def test_sql_alone_comes_to_the_same_raised_as_measure():
    assert invariants.finding(day(200)).wrong == []
    by_sql = invariants.raised_by_sql(day(200))
    assert (by_sql["stated"], by_sql["shared"]) == (Decimal(13_500), Decimal(0))

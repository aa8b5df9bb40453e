"""A correction stands over every later word of its source, and no word of the source is lost under it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from funders import corrections, ledger
from funders.connectors.base import GiverRef
from funders.invariants import findings
from funders.models import Correction, DailyTotal, Entry, Giver, Limit
from fundtracker.money import Money
from tests.factories import NOW, UserFactory
from tests.funders.test_ledger import T0, gift, refund, source, totals

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def says(bank, minor=700, *, external_id="g1", kind="donation", day=None, **fields):
    """In force at once."""
    row = Correction.objects.create(
        source=bank, external_id=external_id, kind=kind, amount_minor=minor, currency="EUR", day=day or T0.date(),
        why="The bank statement says so.", known_entry=corrections.last_entry(bank, external_id), **fields,
    )  # fmt: skip
    ledger.correct(bank, external_id)
    return row


def draft(bank, minor=700, **fields):
    return Correction(
        source=bank, external_id="g1", kind="donation", amount_minor=minor, currency="EUR", day=T0.date(), why="…", **fields
    )  # fmt: skip


def revisions(part="gross"):
    found = Entry.objects.filter(part=part).order_by("revision")
    return list(found.values_list("revision", "amount_minor", "correction__says"))


@pytest.fixture
def bank():
    bank = source()
    ledger.record(bank, [gift(fee=-30)])
    return bank


@pytest.fixture
def ann():
    return UserFactory(email="ann@example.org", role="treasurer")


def test_it_reverses_and_replaces_and_keeps_the_fee(bank):
    says(bank)
    assert revisions() == [(0, 1000, None), (1, -1000, "changed"), (2, 700, "changed")]
    assert revisions("fee") == [(0, -30, None)]
    assert totals() == {"donation": 700, "fee": -30}


def test_what_must_not_count_takes_its_fee_with_it(bank):
    says(bank, says="nothing")
    assert (revisions()[-1], revisions("fee")[-1]) == ((1, -1000, "nothing"), (1, 30, "nothing"))
    assert DailyTotal.objects.count() == 0


def test_another_day_and_designation_are_the_fees_too(bank):
    says(bank, minor=1000, day=T0.date().replace(day=3), designation="Bridges")
    assert totals(day=True) == {("donation", 3): 1000, ("fee", 3): -30}
    assert set(DailyTotal.objects.values_list("designation", flat=True)) == {"Bridges"}


def test_reading_the_same_again_changes_nothing(bank):
    says(bank)
    before = Entry.objects.count()
    assert ledger.record(bank, [gift(fee=-30, seen=5)]) == ledger.Recorded(unchanged=1)
    assert (Entry.objects.count(), totals()) == (before, {"donation": 700, "fee": -30})
    assert not corrections.overtaken().exists()


def test_another_word_of_the_source_is_kept_under_the_correction(bank):
    row = says(bank)
    assert ledger.record(bank, [gift(minor=1200, fee=-40, seen=5)]) == ledger.Recorded(changed=1)
    assert revisions()[3:] == [(3, -700, None), (4, 1200, None), (5, -1200, "changed"), (6, 700, "changed")]
    assert totals() == {"donation": 700, "fee": -40}
    assert corrections.overtaken().get() == row
    assert ledger.record(bank, [gift(minor=1200, fee=-40, seen=6)]) == ledger.Recorded(unchanged=1)


def test_mine_is_kept_or_theirs_taken(bank):
    row = says(bank)
    ledger.record(bank, [gift(minor=1200, seen=5)])
    corrections.keep(row)
    assert (corrections.overtaken().exists(), totals()) == (False, {"donation": 700})
    says(bank, says="source")
    assert (corrections.overtaken().exists(), totals()) == (False, {"donation": 1200})
    ledger.record(bank, [gift(minor=1300, seen=6)])
    assert totals() == {"donation": 1300}


def test_an_old_page_changes_nothing(bank):
    ledger.record(bank, [gift(minor=1100, seen=4)])
    says(bank)
    ledger.record(bank, [gift(minor=900, seen=2)])
    says(bank, says="source")
    assert totals() == {"donation": 1100}


@pytest.mark.parametrize("first", ["changed", "nothing"])
def test_what_the_source_no_longer_has_counts_no_longer(bank, first):
    says(bank, says=first)
    ledger.cancel(bank, ["g1"], seen=T0.replace(day=20))
    assert totals() == {}
    assert corrections.overtaken().exists()
    says(bank, says="source")
    assert totals() == {}


def test_a_gift_that_became_anonymous_is_anonymous_though_corrected(bank):
    ledger.record(bank, [gift(seen=1, giver=GiverRef("alice", "Alice", public=True))])
    says(bank)
    ledger.record(bank, [gift(seen=2, giver=GiverRef("alice"))])
    live = Entry.objects.live().get()
    assert (live.amount_minor, live.show_name, live.giver.name) == (700, False, "")


def test_a_refund_waits_where_its_gift_was_smaller(bank):
    ledger.record(bank, [refund()])
    says(bank)
    assert totals() == {"donation": 700, "waiting": -1000, "fee": -30}
    says(bank, says="source")
    assert totals() == {"donation": 1000, "refund": -1000, "fee": -30}


def test_a_preview_shows_each_sum_and_books_nothing(bank):
    moves = corrections.effect(draft(bank))
    assert [(move.counted_as, move.before.minor, move.after.minor) for move in moves] == [
        ("donation", 1000, 700)
    ]
    assert (Correction.objects.count(), Entry.objects.count(), totals()["donation"]) == (0, 2, 1000)
    assert corrections.size(moves) == [Money(300, "EUR")]


def test_money_put_on_another_day_is_moved_once():
    bank = source()
    ledger.record(bank, [gift()])
    row = draft(bank, minor=1000)
    row.day = T0.date().replace(day=3)
    assert corrections.size(corrections.effect(row)) == [Money(1000, "EUR")]


def test_a_large_one_waits_and_books_nothing_until_another_agrees(bank, ann):
    Limit.objects.create(amount_minor=100, currency="EUR")
    row = corrections.make(draft(bank), ann, on=TODAY)
    assert (row.waits, totals()["donation"]) == (True, 1000)
    with pytest.raises(PermissionDenied):
        corrections.agree(row, ann)
    assert corrections.agree(row, UserFactory(role="treasurer"))
    assert totals()["donation"] == 700
    assert not corrections.agree(row, UserFactory(role="treasurer"))
    assert len(revisions()) == 3


def test_one_that_was_refused_never_counts(bank, ann):
    Limit.objects.create(amount_minor=100, currency="EUR")
    row = corrections.make(draft(bank), ann, on=TODAY)
    assert corrections.refuse(row, UserFactory(role="treasurer"), "The bank says 1000.")
    assert not corrections.agree(row, UserFactory(role="treasurer"))
    ledger.correct(bank, "g1")
    assert totals()["donation"] == 1000


def test_of_one_record_one_correction_waits():
    bank = source()
    draft(bank, needs_second=True).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction(source=bank, external_id="g1", says="nothing", why="…", needs_second=True).save()


@pytest.mark.parametrize(("role", "active"), [("editor", True), ("", True), ("treasurer", False)])
def test_a_role_lowered_meanwhile_decides_nothing(bank, ann, role, active):
    Limit.objects.create(amount_minor=100, currency="EUR")
    row = corrections.make(draft(bank), ann, on=TODAY)
    bob = UserFactory(role="treasurer")
    type(bob).objects.filter(pk=bob.pk).update(role=role, is_active=active)
    for decide in (corrections.agree, lambda row, user: corrections.refuse(row, user, "…")):
        with pytest.raises(PermissionDenied), transaction.atomic():
            decide(row, bob)
    assert (Correction.objects.get().waits, totals()["donation"]) == (True, 1000)


def test_a_cheque_is_booked_and_its_givers_name_is_the_givers_alone(ann):
    bank = source()
    row = draft(bank, says="new", giver_name="Alice", reference="cheque 12")
    row.external_id = "hand-1"
    corrections.make(row, ann, on=TODAY)
    entry = Entry.objects.get()
    assert (entry.amount_minor, entry.giver.name, entry.show_name) == (700, "Alice", True)
    assert entry.payment_ref == "cheque 12 · bank"
    assert Correction.objects.get().giver_name == ""
    assert Giver.objects.count() == 1


def test_a_correction_that_did_not_reach_the_books_is_found(bank):
    draft(bank).save()
    with transaction.atomic():
        wrong = [finding.check.name for finding in findings() if finding.wrong]
    assert wrong == ["each corrected record is what its last correction says of it"]

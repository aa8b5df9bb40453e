"""What the ledger promises: DESIGN section 3."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from funders import ledger
from funders.connectors.base import GiverRef, Kind, Purpose, Receipt, Rejected
from funders.models import DailyTotal, Entry, Giver, Source, Standing
from fundtracker.models import Site
from fundtracker.money import Money

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 1, 10, 12, tzinfo=UTC)


def source(slug="bank", **fields):
    return Source.objects.create(slug=slug, name=slug, kind="manual", **fields)


def gift(
    external_id="g1", minor=1000, *, on=10, seen=0, currency="EUR", kind=Kind.DONATION, fee=None, **fields
):
    return Receipt(
        external_id=external_id,
        kind=kind,
        amount=Money(minor, currency),
        occurred_at=T0 + timedelta(days=on - 10),
        seen=T0 + timedelta(hours=seen),
        fee=Money(fee, currency) if fee else None,
        **fields,
    )


def refund(external_id="r1", minor=-1000, *, of="g1", on=20, kind=Kind.REFUND, **fields):
    return gift(external_id, minor, on=on, kind=kind, refunds_external_id=of, **fields)


def totals(*, day=False):
    """counted_as, with its day if asked for → amount, as the daily totals have it."""
    sums = {}
    for row in DailyTotal.objects.all():
        key = (row.counted_as, row.value_date.day) if day else row.counted_as
        sums[key] = sums.get(key, 0) + row.amount_minor
    return sums


def test_a_gift_is_one_entry_and_one_daily_total():
    assert ledger.record(source(), [gift()]) == ledger.Recorded(new=1)
    assert Entry.objects.values_list("kind", "part", "revision", "amount_minor").get() == (
        "donation",
        "gross",
        0,
        1000,
    )
    assert DailyTotal.objects.values_list("value_date", "amount_minor", "entries").get() == (
        date(2026, 1, 10),
        1000,
        1,
    )


def test_recording_twice_is_recording_once():
    bank = source()
    ledger.record(bank, [gift(fee=-30)])
    assert ledger.record(bank, [gift(fee=-30, seen=5)]) == ledger.Recorded(unchanged=1)
    assert Entry.objects.count() == 2
    assert totals() == {"donation": 1000, "fee": -30}


def test_a_changed_gift_is_reversed_and_replaced():
    bank = source()
    ledger.record(bank, [gift()])
    assert ledger.record(bank, [gift(minor=1200, seen=1)]) == ledger.Recorded(changed=1)
    assert list(Entry.objects.order_by("revision").values_list("revision", "amount_minor")) == [
        (0, 1000), (1, -1000), (2, 1200),
    ]  # fmt: skip
    assert DailyTotal.objects.values_list("amount_minor", "entries").get() == (1200, 1)


def test_an_older_version_never_replaces_a_newer():
    bank = source()
    ledger.record(bank, [gift(minor=1200, seen=2)])
    assert ledger.record(bank, [gift(minor=1000, seen=1)]) == ledger.Recorded(unchanged=1)
    assert totals() == {"donation": 1200}


def test_of_two_versions_in_one_batch_the_newer_counts():
    ledger.record(source(), [gift(minor=1200, seen=2), gift(minor=1000, seen=1)])
    assert totals() == {"donation": 1200}


def test_of_two_versions_in_one_batch_the_newer_brings_its_own_fee():
    ledger.record(source(), [gift(fee=-30, seen=1), gift(seen=2)])
    assert totals() == {"donation": 1000}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("seen", [(1, 2), (1, 1)])
def test_a_stale_version_never_brings_back_its_fee(order, seen):
    bank = source()
    versions = [gift(minor=900, fee=-30, seen=seen[0]), gift(minor=1000, seen=seen[1])]
    for index in order:
        ledger.record(bank, [versions[index]])
    assert totals() == {"donation": 1000}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_versions_of_one_instant_the_anonymous_one_holds(order):
    bank = source()
    versions = [gift(giver=GiverRef("a", "Alice", public=public)) for public in (True, False)]
    for index in order:
        ledger.record(bank, [versions[index]])
    assert Entry.objects.latest("revision").show_name is False


def test_a_fee_that_is_no_longer_there_is_taken_back():
    bank = source()
    ledger.record(bank, [gift(fee=-30)])
    ledger.record(bank, [gift(seen=1)])
    assert totals() == {"donation": 1000}
    assert sum(Entry.objects.filter(part="fee").values_list("amount_minor", flat=True)) == 0


def test_a_refund_counts_on_the_day_of_its_gift():
    ledger.record(source(), [gift(), refund(minor=-400)])
    assert totals(day=True) == {("donation", 10): 1000, ("refund", 10): -400}
    assert DailyTotal.objects.get(counted_as="refund").event_date == date(2026, 1, 20)


def test_a_refund_that_arrives_first_waits_uncounted():
    bank = source()
    ledger.record(bank, [refund()])
    assert totals(day=True) == {("waiting", 20): -1000}
    assert Standing.objects.values_list("counted_as", "waits_for").get() == ("waiting", "g1")
    ledger.record(bank, [gift()])
    assert totals(day=True) == {("donation", 10): 1000, ("refund", 10): -1000}


def test_refunds_never_take_back_more_than_was_given_in_any_order():
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        bank = source(f"bank-{order}")
        receipts = [gift(), refund("r1", -800, on=20), refund("r2", -800, on=21)]
        for index in order:
            ledger.record(bank, [receipts[index]])
        assert Standing.objects.get(entry__source=bank, counted_as="waiting").entry.external_id == "r2"


def test_a_refund_in_another_currency_waits():
    ledger.record(source(), [gift(), refund(currency="USD")])
    assert totals() == {"donation": 1000, "waiting": -1000}


def test_a_won_chargeback_restores_what_it_took_and_no_more():
    bank = source()
    lost = refund("cb", -600, kind=Kind.CHARGEBACK)
    ledger.record(bank, [gift(), refund(minor=-400), lost])
    ledger.record(bank, [refund("won", 600, on=25, kind=Kind.CHARGEBACK)])
    assert totals() == {"donation": 1000, "refund": -400, "chargeback": 0}
    ledger.record(bank, [refund("won-again", 1, on=26, kind=Kind.CHARGEBACK)])
    assert totals()["waiting"] == 1


def test_a_refund_made_during_a_dispute_counts_once_the_dispute_is_won():
    bank = source()
    lost, back = refund("cb", -1000, on=12, kind=Kind.CHARGEBACK), refund("r", -1000, on=13)
    ledger.record(bank, [gift(), lost, back])
    assert totals() == {"donation": 1000, "chargeback": -1000, "waiting": -1000}
    ledger.record(bank, [refund("won", 1000, on=19, kind=Kind.CHARGEBACK)])
    assert totals() == {"donation": 1000, "chargeback": 0, "refund": -1000}


def test_a_gift_made_smaller_makes_its_refund_wait():
    bank = source()
    ledger.record(bank, [gift(), refund(minor=-800)])
    ledger.record(bank, [gift(minor=500, seen=1)])
    assert totals() == {"donation": 500, "waiting": -800}


def test_a_payment_seen_through_two_sources_counts_once_whichever_came_first():
    for first, second in (("high", "low"), ("low", "high")):
        sources = {
            name: source(f"{name}-{first}", rank=5 if name == "high" else 1) for name in ("high", "low")
        }
        for name in (first, second):
            minor = 1000 if name == "high" else 970
            ledger.record(sources[name], [gift(minor=minor, fee=-30, payment_ref=f"stripe:{first}")])
        counted = DailyTotal.objects.filter(source__in=sources.values(), counted_as="donation")
        assert [(row.source, row.amount_minor) for row in counted] == [(sources["high"], 1000)]
        twins = DailyTotal.objects.filter(source__in=sources.values(), counted_as="twin")
        assert sorted(twins.values_list("source__slug", "amount_minor")) == [(f"low-{first}", 940)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_two_records_of_one_payment_at_one_source_both_count_and_another_sources_do_not(order):
    banks = source("bank", rank=5), source("bank-too", rank=5), source("processor")
    pages = (
        [gift(payment_ref="p"), gift("g2", 200, fee=-5, payment_ref="p")],
        [gift(payment_ref="p")],
        [gift(payment_ref="p"), refund()],
    )
    for index in order:
        ledger.record(banks[index], pages[index])
    assert totals() == {"donation": 1200, "fee": -5, "twin": 1000}
    [twin_of] = set(
        Standing.objects.exclude(twin_of=None).values_list("twin_of__external_id", "twin_of__source__slug")
    )
    assert twin_of == ("g1", "bank")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("same", [True, False])
def test_what_was_only_observed_gives_way_to_what_was_recorded_whatever_its_rank(order, same):
    recorder = source("export")
    observer = recorder if same else source("api", rank=9)
    pages = (recorder, gift(payment_ref="p")), (observer, gift("observed:1", 900, payment_ref="p"))
    for index in order:
        ledger.record(pages[index][0], [pages[index][1]])
    assert totals() == {"donation": 1000, "twin": 900}


def test_a_refund_of_a_twin_is_a_twin():
    high, low = source("high", rank=5), source("low")
    for bank in (low, high):
        ledger.record(bank, [gift(payment_ref="stripe:ch_1"), refund()])
    assert totals() == {"donation": 1000, "refund": -1000, "twin": 0}
    ledger.record(low, [refund("r0", -1)])
    assert totals()["waiting"] == -1


def test_a_late_refund_of_a_twin_leaves_its_twin_uncounted():
    high, low = source("high", rank=5), source("low")
    ledger.record(high, [gift(payment_ref="stripe:ch_1")])
    ledger.record(low, [gift(payment_ref="stripe:ch_1")])
    ledger.record(low, [refund(minor=-500)])
    assert totals() == {"donation": 1000, "twin": 500}


def test_a_payment_that_was_no_twin_after_all_counts_again():
    high, low = source("high", rank=5), source("low")
    ledger.record(low, [gift(minor=700, payment_ref="stripe:ch_1")])
    ledger.record(high, [gift(payment_ref="stripe:ch_1")])
    ledger.record(high, [gift(payment_ref="stripe:ch_2", seen=1)])
    assert totals() == {"donation": 1700}
    assert Standing.objects.count() == 0


def test_changing_the_rank_moves_what_counts():
    high, low = source("high", rank=5), source("low")
    ledger.record(high, [gift(payment_ref="stripe:ch_1")])
    ledger.record(low, [gift(minor=900, payment_ref="stripe:ch_1")])
    low.rank = 9
    low.save()
    assert ledger.restand(low) == 4
    assert totals() == {"donation": 900, "twin": 1000}


def test_an_aggregators_money_is_a_transfer_and_so_is_its_refund():
    host = source("host", aggregators=["github-sponsors"])
    giver = GiverRef("github-sponsors", "GitHub Sponsors", public=True)
    ledger.record(host, [gift(giver=giver), refund(giver=giver, minor=-100), gift("g2", 50)])
    assert totals() == {"donation": 50, "transfer": 900}


def test_transfers_fees_and_kind_never_count_as_raised():
    ledger.record(
        source(), [gift("t", -500, kind=Kind.TRANSFER), gift("k", 99, kind=Kind.IN_KIND), gift(fee=-3)]
    )
    assert totals() == {"transfer": -500, "in_kind": 99, "donation": 1000, "fee": -3}


def test_a_day_is_a_day_of_the_books_time_zone_and_a_date_is_taken_as_written():
    Site.objects.create(pk=1, time_zone="Pacific/Auckland")
    ledger.record(source(), [gift(), gift("g3", on=11)])
    late = Receipt("g4", Kind.DONATION, Money(5, "EUR"), date(2026, 3, 1), T0)
    ledger.record(Source.objects.get(), [late])
    assert {row.value_date for row in DailyTotal.objects.all()} == {
        date(2026, 1, 11),
        date(2026, 1, 12),
        date(2026, 3, 1),
    }


def test_the_books_time_zone_is_fixed_after_the_first_entry():
    ledger.record(source(), [gift()])
    with pytest.raises(DatabaseError, match="time zone is fixed"), transaction.atomic():
        Site.objects.update(time_zone="Asia/Tokyo")


@pytest.mark.parametrize("change", [lambda rows: rows.update(amount_minor=1), lambda rows: rows.delete()])
def test_an_entry_is_never_changed_or_deleted(change):
    ledger.record(source(), [gift()])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(Entry.objects.all())


def test_the_database_refuses_refunds_beyond_the_gift_whoever_writes():
    ledger.record(source(), [gift(), refund("r1", -800), refund("r2", -800)])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="add up to -1600"), transaction.atomic():
        Standing.objects.filter(counted_as="waiting").delete()


def test_a_cancelled_record_is_reversed_and_may_come_back():
    bank = source()
    ledger.record(bank, [gift(fee=-30), gift("g2", 5)])
    assert ledger.cancel(bank, ["g1"], seen=T0 + timedelta(hours=1)) == ledger.Recorded(changed=1)
    assert totals() == {"donation": 5}
    assert ledger.record(bank, [gift(fee=-30)]) == ledger.Recorded(unchanged=1)
    assert ledger.record(bank, [gift(fee=-30, seen=2)]) == ledger.Recorded(changed=1)
    assert totals() == {"donation": 1005, "fee": -30}


def test_a_cancelled_record_that_is_listed_again_in_its_old_version_comes_back():
    bank, later = source(), T0 + timedelta(hours=2)
    ledger.record(bank, [gift()], asked_at=T0)
    ledger.cancel(bank, ["g1"], seen=T0 + timedelta(hours=1))
    assert ledger.record(bank, [gift()], asked_at=T0) == ledger.Recorded(unchanged=1)
    assert ledger.record(bank, [gift()], asked_at=later) == ledger.Recorded(changed=1)
    assert totals() == {"donation": 1000}


@pytest.mark.parametrize(
    ("ref", "kept"),
    [
        (GiverRef("a", "alice@example.org", public=True), ("a", "")),
        (GiverRef("alice@example.org", "Alice", public=True), ("", "Alice")),
        (GiverRef("a", "@alice \ud800\tB", public=True), ("a", "@alice B")),
    ],
)
def test_no_address_is_kept_and_no_money_refused_for_a_name(ref, kept):
    one = gift(giver=ref)
    ledger.check(one)
    ledger.record(source(), [one])
    assert Giver.objects.values_list("external_id", "name").get() == kept


def test_an_older_page_never_renames_a_giver():
    bank = source()
    for name, seen in (("New", 2), ("Old", 1)):
        ledger.record(bank, [gift(f"g{seen}", seen=seen, giver=GiverRef("a", name, public=True))])
    assert Giver.objects.get().name == "New"


def test_an_anonymous_gift_leaves_no_name_and_no_id():
    bank = source()
    ledger.record(bank, [gift(giver=GiverRef("alice", "Alice", public=False, kind="person"))])
    assert Giver.objects.values_list("name", "external_id", "kind").get() == ("", "", "unknown")


def test_a_named_and_an_anonymous_gift_of_one_giver_are_two_givers():
    ledger.record(
        source(),
        [gift(giver=GiverRef("alice", "Alice", public=True)), gift("g2", giver=GiverRef("alice", "Alice"))],
    )
    assert sorted(Giver.objects.values_list("name", flat=True)) == ["", "Alice"]


def test_an_erased_giver_is_not_named_again_by_the_next_sync():
    bank = source()
    named = gift(giver=GiverRef("alice", "Alice", public=True))
    ledger.record(bank, [named])
    Giver.objects.update(name="", external_id="", url="", erased_at=T0)
    ledger.record(bank, [named, gift("g2", giver=GiverRef("alice", "Alice", public=True))])
    assert Giver.objects.values_list("name", "external_id").get() == ("", "")
    assert Entry.objects.count() == 2


def test_an_entrys_own_purpose_is_kept_apart_in_the_daily_totals():
    ledger.record(source(), [gift(), gift("g2", purpose=Purpose.SECURITY), gift("g3")])
    assert set(DailyTotal.objects.values_list("purpose", "amount_minor")) == {
        (None, 2000),
        ("security", 1000),
    }


@pytest.mark.parametrize(
    ("receipt", "message"),
    [
        (gift(minor=-5), "a donation of -0.05 EUR is negative: money given back is a refund"),
        (gift(""), "its id must have 1 to 200 characters"),
        (gift(designation="a\x00b"), "a text in it contains control characters: remove them"),
        (gift(refunds_external_id="x\0"), "a text in it contains control characters: remove them"),
        (gift(payment_ref="x\ud800"), "a text in it contains control characters: remove them"),
        (gift(designation="d" * 201), "its designation, payment or original has more than 200 characters"),
    ],
)
def test_what_the_ledger_cannot_hold_is_rejected_in_words(receipt, message):
    with pytest.raises(Rejected, match=message):
        ledger.check(receipt)


def test_a_page_and_a_file_take_the_same_number_of_queries(django_assert_num_queries):
    bank = source()
    Site.current()
    for count in (1, 3):
        with django_assert_num_queries(20):
            ledger.record(bank, [gift(f"{count}-{n}") for n in range(count)])

"""Promises become commitments: once, in any order, and never more than the database can hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funders import promises
from funders.connectors.base import Due, Frequency, GiverRef, Promise, Rejected, State
from funders.ledger import Recorded
from funders.models import Commitment, Giver, Source, Tier
from fundtracker.money import Money

pytestmark = pytest.mark.django_db
SEEN = datetime(2026, 3, 4, 5, tzinfo=UTC)
LATER = SEEN + timedelta(days=1)
ALICE = GiverRef("alice", "Alice", True, "person", "https://example.org/alice")
GIFT = Promise(
    "p-1", Money(500, "EUR"), SEEN, Frequency.MONTHLY, giver=ALICE, starts_on=date(2026, 1, 4), tier="backers"
)
GRANT = Promise(
    "g-1",
    Money(1000, "GBP"),
    SEEN,
    title="Maintenance",
    schedule=[Due(Money(400, "GBP"), date(2026, 2, 1), paid=True), Due(Money(600, "GBP"))],
)
NEW, CHANGED, UNCHANGED = Recorded(new=1), Recorded(changed=1), Recorded(unchanged=1)


@pytest.fixture
def source():
    return Source.objects.create(slug="one", name="One", kind="opencollective")


def rows():
    """All that a page could show; keys of ours apart, which follow the order of arrival."""
    return sorted(
        Commitment.objects.values_list(
            "external_id", "state", "amount_minor", "seen", "giver__name", "giver__url", "giver__kind", "tier__name",
            "title", "instalments__amount_minor",
        ),
        key=str,
    )  # fmt: skip


def test_a_new_promise_is_kept_with_its_giver_and_tier(source):
    assert promises.record(source, [GIFT]) == NEW
    kept = Commitment.objects.get()
    assert (kept.amount_minor, kept.currency, kept.frequency, kept.state) == (500, "EUR", "monthly", "active")
    assert (kept.giver.name, kept.giver.kind, kept.show_name) == ("Alice", "person", True)
    assert (kept.tier.name, kept.starts_on, kept.seen) == ("backers", date(2026, 1, 4), SEEN)


def test_nothing_promised_asks_nothing(source, django_assert_num_queries):
    with django_assert_num_queries(2):  # the savepoint
        assert promises.record(source, []) == Recorded()


def test_what_is_unchanged_writes_nothing(source):
    promises.record(source, [GIFT, GRANT])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert promises.record(source, [GIFT, GRANT]) == Recorded(unchanged=2)
    written = [
        one["sql"] for one in queries if one["sql"].startswith(("UPDATE", "DELETE", 'INSERT INTO "funders_c'))
    ]
    assert written == []


def test_a_newer_version_that_says_the_same_is_remembered_as_newer(source):
    promises.record(source, [GRANT])
    assert promises.record(source, [replace(GRANT, seen=LATER)]) == UNCHANGED
    assert Commitment.objects.get().seen == LATER
    between = replace(GRANT, seen=SEEN + timedelta(hours=1), title="Features")
    assert promises.record(source, [between]) == UNCHANGED
    assert Commitment.objects.get().title == "Maintenance"


def test_a_newer_version_replaces_and_an_older_never_does(source):
    promises.record(source, [GIFT])
    newer = replace(GIFT, seen=LATER, amount=Money(700, "EUR"), tier="")
    assert promises.record(source, [newer]) == CHANGED
    assert promises.record(source, [GIFT]) == UNCHANGED
    kept = Commitment.objects.get()
    assert (kept.amount_minor, kept.tier, kept.seen) == (700, None, LATER)


def test_of_a_batch_only_the_newest_version_is_kept(source):
    newer = replace(GIFT, seen=LATER, amount=Money(700, "EUR"))
    assert promises.record(source, [newer, GIFT]) == NEW
    assert Commitment.objects.get().amount_minor == 700


@pytest.mark.parametrize("order", list(permutations(range(4))))
@pytest.mark.parametrize("together", [True, False])
def test_the_order_of_arrival_does_not_matter(source, order, together):
    bob = replace(ALICE, name="Alicia", url="", kind="unknown")
    versions = [
        GIFT,
        replace(GIFT, amount=Money(700, "EUR")),
        replace(GIFT, state=State.ENDED, giver=GiverRef("bob", "Bob", True)),
        replace(GIFT, seen=SEEN - timedelta(days=1), giver=bob, amount=Money(900, "EUR")),
    ]
    arrived = [versions[place] for place in order]
    for batch in [arrived] if together else [[one] for one in arrived]:
        promises.record(source, batch)
    wanted = ("p-1", "active", 700, SEEN, "Alice", ALICE.url, "person", "backers", "", None)
    assert rows() == [wanted]


def test_a_schedule_follows_the_promise(source):
    promises.record(source, [GRANT])
    paid = replace(GRANT, seen=LATER, schedule=[Due(Money(1000, "GBP"), date(2026, 5, 1), paid=True)])
    assert promises.record(source, [paid]) == CHANGED
    parts = Commitment.objects.get().instalments.values_list("position", "amount_minor", "due_on", "paid")
    assert list(parts) == [(0, 1000, date(2026, 5, 1), True)]


def test_tiers_are_made_once(source):
    other = replace(GIFT, external_id="p-2")
    promises.record(source, [GIFT, other])
    promises.record(source, [replace(other, seen=LATER, tier="gold")])
    assert list(Tier.objects.order_by("name").values_list("name", flat=True)) == ["backers", "gold"]


def test_a_givers_name_address_and_kind_follow_the_newest_version(source):
    promises.record(source, [GIFT])
    company = GiverRef("alice", "Alice Ltd", True, "company", "https://example.org/ltd")
    promises.record(source, [replace(GIFT, seen=LATER, giver=company)])
    promises.record(source, [GIFT])
    kept = Giver.objects.get()
    assert (kept.name, kept.kind, kept.url) == ("Alice Ltd", "company", "https://example.org/ltd")


def test_an_erased_giver_stays_unnamed(source):
    promises.record(source, [GIFT])
    Giver.objects.update(name="", external_id="", url="", erased_at=timezone.now())
    promises.record(source, [replace(GIFT, seen=LATER)])
    kept = Giver.objects.get()
    assert (kept.name, kept.url, kept.external_id) == ("", "", "")


def test_who_gives_unnamed_leaves_no_name(source):
    promises.record(source, [replace(GIFT, giver=replace(ALICE, public=False))])
    kept = Commitment.objects.get()
    assert (kept.show_name, kept.giver.name, kept.giver.external_id) == (False, "", "")
    assert (kept.giver.url, kept.giver.kind) == ("", "unknown")


def test_an_e_mail_address_is_never_kept(source):
    promises.record(
        source, [replace(GIFT, giver=GiverRef("a@b.org", "a@b.org", True, "person", "https://b.org/a@b"))]
    )
    kept = Giver.objects.get()
    assert (kept.name, kept.external_id, kept.url) == ("", "", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"external_id": ""}, "id must have 1 to 200 characters"),
        ({"external_id": "x" * 201}, "id must have 1 to 200 characters"),
        ({"external_id": "a\0b"}, "control characters"),
        ({"tier": "x" * 121}, "more than 120 characters"),
        ({"tier": "\ud800"}, "control characters"),
        ({"designation": "x" * 201}, "its designation more than 200"),
        ({"designation": "a\0"}, "control characters"),
        ({"giver": GiverRef("a\ud800")}, "control characters"),
        ({"seen": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"amount": Money(0, "EUR")}, "it must be more than 0"),
        ({"amount": Money(-5, "EUR")}, "it must be more than 0"),
        ({"schedule": [Due(Money(0, "EUR"))]}, "it must be more than 0"),
        ({"schedule": [Due(Money(1, "USD"))]}, "several currencies"),
        ({"schedule": [Due(Money(1, "EUR"))] * 1001}, "in 1001 parts"),
    ],
)
def test_what_cannot_be_kept_is_rejected_in_words(changes, words):
    with pytest.raises(Rejected, match=words):
        promises.check(replace(GIFT, **changes))


def test_what_nobody_can_read_is_left_out_of_titles_addresses_and_names(source):
    odd = replace(
        GIFT,
        title="Mainte\0nance\ud800" + "!" * 400,
        url="https://example.org/" + "x" * 500,
        giver=replace(ALICE, name="Al\0ice\udfff"),
    )
    promises.check(odd)
    promises.record(source, [odd])
    kept = Commitment.objects.get()
    assert (kept.title[:12], len(kept.title), kept.url, kept.giver.name) == ("Maintenance!", 300, "", "Alice")


def test_what_ended_unlisted_ends_today_at_the_latest(source):
    soon = replace(GIFT, external_id="soon", ends_on=date(2026, 2, 1))
    promises.record(source, [GIFT, soon, replace(GRANT, state=State.ENDED)])
    assert promises.unlisted(source, {"p-1"}) == (["soon"], 2)
    promises.end(source, {"p-1", "soon"})
    ends = dict(Commitment.objects.exclude(external_id="g-1").values_list("external_id", "ends_on"))
    assert ends == {"p-1": timezone.now().date(), "soon": date(2026, 2, 1)}
    assert promises.unlisted(source, set()) == ([], 0)

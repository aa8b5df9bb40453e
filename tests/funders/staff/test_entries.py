"""The list of entries: found by what people know of them, a page at a time; and one record's history."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from funders import entries, ledger
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import Entry
from fundtracker.money import Money
from tests import factories
from tests.factories import NOW, correction, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST = "/staff/entries/"


@pytest.fixture
def viewer():
    client = Client()
    client.force_login(factories.UserFactory(role="viewer"))
    return client


@pytest.fixture
def books():
    """Two sources, a named and an unnamed giver, a refund that waits."""
    bank, page = (
        factories.SourceFactory(name="Bank", slug="bank"),
        factories.SourceFactory(name="Giving page"),
    )
    give(bank, pounds(5), pounds(7), name="Alice Example")
    give(page, Money.of(90, "EUR"), on=date(2026, 5, 2), prefix="other")
    back = Receipt("back", Kind.REFUND, pounds(-5), date(2026, 6, 3), NOW, refunds_external_id="nothing")
    paid = Receipt(
        "tx", Kind.GRANT, pounds(40), date(2026, 4, 1), NOW, designation="Bridges", payment_ref="stripe:ch_1"
    )
    ledger.record(bank, [back, paid])
    return bank


def shown(client, **asked):
    rows = client.get(LIST, asked).context["rows"]
    return [str(row.amount) for row in rows]


@pytest.mark.usefixtures("books")
def test_the_latest_come_first(viewer):
    assert shown(viewer) == ["-5.00 GBP", "7.00 GBP", "5.00 GBP", "90.00 EUR", "40.00 GBP"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"giver": "exam ali"}, ["7.00 GBP", "5.00 GBP"]),
        ({"giver": "id-"}, []),
        ({"least": "6", "most": "40", "currency": "gbp"}, ["7.00 GBP", "40.00 GBP"]),
        ({"since": "2026-05-02", "until": "2026-05-02"}, ["90.00 EUR"]),
        ({"kind": "grant"}, ["40.00 GBP"]),
        ({"designation": "Bridges"}, ["40.00 GBP"]),
        ({"text": "Bri"}, ["40.00 GBP"]),
        ({"text": "ch_1"}, ["40.00 GBP"]),
        ({"text": "other-2026"}, ["90.00 EUR"]),
        ({"state": "waiting"}, ["-5.00 GBP"]),
        ({"state": "counted", "currency": "EUR"}, ["90.00 EUR"]),
        ({"state": "gone"}, []),
    ],
)
@pytest.mark.usefixtures("books")
def test_each_filter_finds_what_it_says(viewer, asked, found):
    assert shown(viewer, **asked) == found


def test_a_stream_finds_what_reaches_it(viewer, books):
    whole = factories.StreamFactory(source=books, starts_on=date(2026, 1, 1))
    bridges = factories.StreamFactory(source=books, designation="Bridges", ends_on=date(2026, 4, 1))
    assert shown(viewer, stream=bridges.pk) == ["40.00 GBP"]
    assert shown(viewer, stream=whole.pk) == ["-5.00 GBP", "7.00 GBP", "5.00 GBP"]
    type(bridges).objects.filter(pk=bridges.pk).update(ends_on=date(2026, 3, 31))
    assert shown(viewer, stream=whole.pk) == ["-5.00 GBP", "7.00 GBP", "5.00 GBP", "40.00 GBP"]


def test_only_what_counts_is_listed_and_what_was_taken_back_where_asked(viewer, books):
    correction(books)
    correction(books, "gift-2026-06-01-1", says="nothing")
    assert shown(viewer, giver="Alice") == ["7.00 GBP"]
    assert shown(viewer, state="corrected") == ["7.00 GBP"]
    assert shown(viewer, state="gone") == ["7.00 GBP"]


def test_an_unnamed_giver_is_nowhere(viewer, books):
    ledger.record(
        books,
        [Receipt("x", Kind.DONATION, pounds(3), NOW.date(), NOW, giver=GiverRef("secret-7", "Eve Secret"))],
    )
    pages = [viewer.get(LIST), viewer.get(LIST, {"giver": "Eve"})]
    pages.append(viewer.get(reverse("staff:entry", args=[Entry.objects.get(external_id="x").pk])))
    said = "".join(
        page.content.decode().partition('id="entries"')[2] or page.content.decode() for page in pages
    )
    assert ("Eve Secret" in said, "secret-7" in said) == (False, False)


@pytest.mark.usefixtures("books")
def test_an_amount_needs_a_currency_and_keeps_what_was_typed(viewer):
    page = viewer.get(LIST, {"least": "400", "giver": "Alice"}).content.decode()
    assert "Say the currency too." in page
    assert 'value="400"' in page
    assert 'value="Alice"' in page


def test_pages_follow_each_other_both_ways(viewer, monkeypatch):
    monkeypatch.setattr(entries, "PAGE", 2)
    bank = factories.SourceFactory()
    give(bank, *[pounds(n) for n in range(1, 6)])
    first = viewer.get(LIST).context["found"]
    second = viewer.get(LIST, {"before": first.older}).context["found"]
    third = viewer.get(LIST, {"before": second.older}).context["found"]
    back = viewer.get(LIST, {"after": third.newer}).context["found"]
    amounts = [[entry.amount_minor // 100 for entry in page.entries] for page in (first, second, third, back)]
    assert amounts == [[5, 4], [3, 2], [1], [3, 2]]
    assert (first.newer, third.older, bool(back.newer)) == ("", "", True)


def test_a_place_that_is_none_shows_the_first_page(viewer, books):
    assert len(shown(viewer, before="'; DROP TABLE")) == 5
    assert len(shown(viewer, before="99999999999999999-1")) == 5


def test_htmx_gets_the_list_alone(viewer, books):
    page = viewer.get(LIST, headers={"HX-Request": "true"}).content.decode()
    assert ("<html" in page, "Alice Example" in page) == (False, True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_and_a_record_ask_the_same_number_of_questions(viewer, django_assert_num_queries, count):
    for n in range(count):
        stream = factories.StreamFactory(designation=f"d{n}")
        give(stream.source, pounds(5), name="Alice")
        back = [
            Receipt(
                f"back-{m}", Kind.REFUND, pounds(-1), NOW.date(), NOW, refunds_external_id="gift-2026-06-01-0"
            )
            for m in range(count)
        ]
        ledger.record(stream.source, back)
    viewer.get(LIST)
    with django_assert_num_queries(14):
        assert len(viewer.get(LIST).context["rows"]) == count * (count + 1)
    one = Entry.objects.filter(external_id="gift-2026-06-01-0").first()
    with django_assert_num_queries(19):
        assert len(viewer.get(reverse("staff:entry", args=[one.pk])).context["refunds"]) == count


def test_a_record_tells_who_changed_it_and_where_it_goes(viewer, books):
    stream = factories.StreamFactory(source=books, project__name="Synapse")
    row = correction(books, recorded_by=factories.UserFactory(email="ann@example.org", role="treasurer"))
    page = viewer.get(reverse("staff:entry", args=[Entry.objects.filter(correction=row).last().pk]))
    assert [(str(r.amount), r.state) for r in page.context["revisions"]] == [
        ("5.00 GBP", "taken back"), ("-5.00 GBP", "taken back"), ("7.00 GBP", "corrected"),
    ]  # fmt: skip
    assert page.context["streams"] == [stream]
    assert "ann@example.org: The bank statement says so." in page.content.decode()

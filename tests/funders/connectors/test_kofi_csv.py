"""Ko-fi's export: what each row means, and that its payments are the webhook's."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import requests
from django.core.files.base import ContentFile

from funders.connectors import kofi, kofi_csv
from funders.connectors.base import Account, Frequency, GiverRef, Kind, Receipt, Rejected, SchemaChanged
from funders.models import DailyTotal, Delivery, Entry, Giver, Source, Upload
from funders.models.deliveries import sealed_item
from funders.sync import sync
from fundtracker.money import Money
from tests.funders.connectors.test_kofi import TOKEN, sent
from tests.funders.connectors.uploads import NOW
from tests.funders.sandboxes import NOON, everything, sandbox

DATA = Path(__file__).parent / "data" / "kofi_csv" / "transactions.csv"
ROW = {
    "DateTime (UTC)": "2026-03-04 05:06:07", "From": "Sandbox Giver 7", "Received": "3.00", "Given": "",
    "Currency": "USD", "TransactionType": "Donation", "TransactionId": "t1", "BuyerEmail": "seven@givers.example",
}  # fmt: skip


def account(**options):
    return Account("castle", options=options, file=DATA)


def said(**options):
    [page] = kofi_csv.fetch(account(**options), {}, full=False)
    return [receipt for _, row in page.items for receipt in kofi_csv.parse(row, account(**options), NOW)]


def one(**cells):
    return list(kofi_csv.parse({**ROW, **cells}, account(), NOW))


def digest(email):
    return GiverRef(sha256(email.encode()).hexdigest())


def test_gifts_are_booked_sales_and_own_gifts_are_not():
    place = "bbbbbbbb-0000-4000-8000-00000000000{}".format
    assert said() == [
        Receipt(
            place(1), Kind.DONATION, Money(300, "USD"), datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), NOW,
            digest("sandbox-giver-7@givers.example"), payment_ref=f"kofi:{place(1)}",
        ),
        Receipt(
            place(2), Kind.DONATION, Money(500, "EUR"), datetime(2026, 3, 5, 10, tzinfo=UTC), NOW,
            digest("sandbox-giver-9@givers.example"), frequency=Frequency.MONTHLY, payment_ref=f"kofi:{place(2)}",
        ),
        Receipt(
            place(5), Kind.DONATION, Money(500, "JPY"), datetime(2026, 3, 8, 10, tzinfo=UTC), NOW,
            GiverRef("Sandbox Giver 11"), payment_ref=f"kofi:{place(5)}",
        ),
    ]  # fmt: skip


def test_names_are_shown_only_where_staff_made_sure_that_they_may():
    assert [receipt.giver.name for receipt in said()] == ["", "", ""]
    names = ["Sandbox Giver 7", "Sandbox Giver 9", "Sandbox Giver 11"]
    assert [receipt.giver.name for receipt in said(names_are_public=True)] == names
    assert [receipt.giver.name for receipt in said(names_are_public="yes")] == ["", "", ""]


def test_nothing_is_no_money():
    assert one(Received="0.00") == []


def test_a_new_type_needs_a_developer():
    with pytest.raises(SchemaChanged, match="“Raffle” in “TransactionType” is new at Ko-fi"):
        one(TransactionType="Raffle")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"Received": ""}, "“Received” or “Currency”: “” is not a number"),
        ({"Received": "1,00"}, "“Received” or “Currency”: “1,00” is not a number"),
        ({"Received": "1.005"}, "1.005 has more decimals than USD has"),
        ({"Currency": "usd"}, "“usd” is not a currency"),
        ({"DateTime (UTC)": "03/04/2026 05:06"}, "export the file again, unopened, or set “date_format”"),
        ({"DateTime (UTC)": "2026-03-04"}, "“2026-03-04” is a day without a time"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_row_that_cannot_be_booked_says_what_to_mend(cells, words):
    with pytest.raises(Rejected) as problem:
        one(**cells)
    assert words in str(problem.value)


def test_dates_that_a_spreadsheet_rewrote_are_read_by_their_format():
    row = {**ROW, "DateTime (UTC)": "03/04/2026 05:06"}
    [receipt] = kofi_csv.parse(row, account(date_format="%m/%d/%Y %H:%M"), NOW)
    assert receipt.occurred_at == datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.django_db
def test_the_sandboxes_export_is_what_came_in_through_ko_fi_and_twice_is_once():
    with sandbox() as server:
        content = requests.get(f"{server.url}/kofi/transactions.csv", timeout=10).content
        payments = [
            payment
            for payment in server.foundation.at(NOON).payments
            if payment.channel == "kofi" and not payment.failed and not payment.test
        ]
    source = Source.objects.create(slug="kofi", name="Ko-fi", kind="kofi_csv")
    Upload.objects.create(
        source=source, digest="1", name="transactions.csv", file=ContentFile(content, "t.csv")
    )
    first = sync(source)
    assert (first.state, first.rejections, first.new) == ("complete", [], len(payments))
    expected = {}
    for payment in payments:
        scale = 100 if payment.currency == "JPY" else 1
        expected[payment.currency] = expected.get(payment.currency, 0) + payment.cents // scale
    found = {}
    for currency, minor in Entry.objects.values_list("currency", "amount_minor"):
        found[currency] = found.get(currency, 0) + minor
    assert found == expected
    assert not Giver.objects.exclude(name="", external_id="").exists()
    before = books()
    again = sync(source, full=True)
    assert (again.new, again.changed, books()) == (0, 0, before)


def books():
    """Without when an upload was booked last, and what a transaction of this test keeps for itself."""
    return {
        name: rows
        for name, rows in everything().items()
        if name.startswith("funders_") and name != "funders_upload"
    }


@pytest.mark.django_db
def test_what_the_webhook_told_too_counts_once():
    hooked = Source(slug="hooked", name="Hooked", kind="kofi")
    hooked.hook_secret = TOKEN
    hooked.save()
    for name in ("donation", "membership", "order"):
        told = kofi.receive(sent(name), {}, hooked.as_account(), NOW)
        Delivery.objects.create(
            source=hooked, external_id=told.external_id, item_sealed=sealed_item(told.item)
        )
    sync(hooked)
    exported = Source.objects.create(slug="exported", name="Exported", kind="kofi_csv")
    Upload.objects.create(source=exported, digest="1", file=ContentFile(DATA.read_bytes(), "t.csv"))
    assert sync(exported).new == 3
    counted = Counter()
    for currency, minor, kind in DailyTotal.objects.values_list("currency", "amount_minor", "counted_as"):
        counted[currency] += minor if kind in ("donation", "membership") else 0
    assert counted == {"USD": 300, "EUR": 500, "JPY": 500}

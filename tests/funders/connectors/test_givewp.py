"""GiveWP's export: every status, the site's own headings and dates, and nobody named without leave."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from django.core.files.base import ContentFile
from django.db.models import Sum

from funders import sync
from funders.connectors.base import Account, Frequency, GiverRef, Kind, Receipt, Rejected
from funders.connectors.givewp import STATUSES, fetch, parse
from funders.models import DailyTotal, Entry, Giver, Source, SyncRun, Upload
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, Clock, everything, sandbox

FILE = Path(__file__).parent / "data" / "givewp" / "donations.csv"
NOW = datetime(2025, 11, 20, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SANDBOX = {"decimal": ",", "date_format": "%d.%m.%Y"}


def account(file: Path = FILE, *, is_sandbox: bool = False, **options: Any) -> Account:
    settings = {"decimal": "."} | options
    return Account("site", options=settings, time_zone=BERLIN, file=file, sandbox=is_sandbox)


def items(source: Account) -> list[dict[str, str]]:
    [page] = fetch(source, {}, full=False)
    return [item for _, item in page.items]


def said(source: Account, row: dict[str, str]) -> list[Receipt]:
    """Without what says only that no money moved."""
    return [receipt for receipt in parse(row, source, NOW) if receipt.amount]


@pytest.fixture
def gift() -> dict[str, str]:
    return items(account())[0]


def test_the_saved_export_says_what_moved():
    source = account()
    receipts = [receipt for row in items(source) for receipt in said(source, row)]

    assert [(one.external_id, one.kind, str(one.amount), one.frequency.value) for one in receipts] == [
        ("1001", Kind.DONATION, "1015.00 USD", "once"),
        ("1004", Kind.DONATION, "5.00 EUR", "once"),
        ("1007", Kind.DONATION, "25.00 EUR", "once"),
        ("1007:refund", Kind.REFUND, "-25.00 EUR", "once"),
        ("1010", Kind.DONATION, "500 JPY", "once"),
    ]
    assert [one.giver for one in receipts] == [
        GiverRef("8"), GiverRef("121", kind="company"), GiverRef("9"), GiverRef("9"), GiverRef("10"),
    ]  # fmt: skip
    first, _, _, refund, repeated = receipts
    assert first.occurred_at == datetime(2025, 10, 2, 13, 23, tzinfo=BERLIN)
    assert (first.designation, first.payment_ref) == ("The 'sand' fund", "givewp:1001")
    assert refund.refunds_external_id == "1007"
    assert repeated.occurred_at == date(2025, 10, 26)


def test_its_test_mode_enters_a_sandbox_only():
    source = account(is_sandbox=True)
    found = [one.external_id for row in items(source) for one in said(source, row)]
    assert found[-2:] == ["1013", "1016"]


@pytest.mark.parametrize("change", [{"Payment Gateway": "Test Donation"}, {"Payment Mode": "Test"}])
def test_a_test_is_no_money(gift, change):
    assert said(account(), gift | change) == []


KINDS = {
    "paid": [Kind.DONATION],
    "renewed": [Kind.DONATION],
    "refunded": [Kind.DONATION, Kind.REFUND],
    "": [],
}


@pytest.mark.parametrize(("word", "meaning"), STATUSES.items())
def test_every_status_is_understood_in_any_case(gift, word, meaning):
    for written in (word, word.title()):
        assert [one.kind for one in said(account(), gift | {"Donation Status": written})] == KINDS[meaning]


def test_a_renewal_is_as_frequent_as_the_settings_say(gift):
    renewal = gift | {"Donation Status": "Renewal"}
    assert [one.frequency for one in said(account(renewals="monthly"), renewal)] == [Frequency.MONTHLY]
    assert [one.frequency for one in said(account(renewals="monthly"), gift)] == [Frequency.ONCE]
    with pytest.raises(Rejected, match="“renewals” must be monthly, quarterly or yearly"):
        said(account(renewals="often"), renewal)


def test_the_site_may_speak_another_language(tmp_path):
    names = {"Donation ID": "Spenden-ID", "Donation Total": "Spendensumme", "Donation Status": "Status"}
    text = FILE.read_text().replace("Complete", "Abgeschlossen").replace("1,015.00", "1.015,00")
    for ours, theirs in names.items():
        text = text.replace(f'"{ours}"', f'"{theirs}"')
    path = tmp_path / "spenden.csv"
    path.write_text(text)
    source = account(path, columns=names, words={"Abgeschlossen": "Complete"}, decimal=",")

    [receipt] = said(source, items(source)[0])

    assert receipt.amount == Money(101500, "USD")
    with pytest.raises(Rejected, match="^Column “Status”: “Paid” is no status of GiveWP's .*“words”"):
        said(source, items(source)[0] | {"Donation Status": "Paid"})
    with pytest.raises(Rejected, match="The setting “columns” names Betrag: use Donation ID, "):
        items(account(columns={"Betrag": "Sum"}))


@pytest.mark.parametrize(
    ("options", "flag", "name"),
    [
        ({}, "", ""),
        ({"names_are_public": "yes"}, "", ""),
        ({"names_are_public": True}, "", "Sandbox Giver 7"),
        ({"names_are_public": True}, "0", "Sandbox Giver 7"),
        ({"names_are_public": True}, "1", ""),
    ],
)
def test_nobody_is_named_without_leave(gift, options, flag, name):
    [receipt] = said(account(**options), gift | {"_give_anonymous_donation": flag})
    assert receipt.giver == GiverRef("8", name, bool(name))


def test_a_company_is_named_as_one():
    source = account(names_are_public=True)
    [receipt] = said(source, items(source)[1])
    assert receipt.giver == GiverRef("121", "Example 'Sand' Ltd", True, "company")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Donation ID": ""}, "Column “Donation ID”: a donation without its number: export the file again."),
        ({"Donation Total": "1.015,00"}, "Column “Donation Total”: “1.015,00” is not a number"),
        ({"Donation Total": "-5.00"}, "Column “Donation Total”: -5.00 USD is less than 0, which GiveWP never writes"),
        ({"Currency Code": "XQX"}, "Column “Donation Total”: “XQX” is not a currency"),
        ({"Payment Mode": "?"}, "Column “Payment Mode”: “?” is neither live nor test: export the file again."),
        ({"_give_anonymous_donation": "?"}, "Column “_give_anonymous_donation”: “?” is neither 1 nor 0"),
        ({"Form Title": "a\x07"}, "Column “Form Title”: the control character U+0007 is in it: take it out."),
        ({"Donation Date": "2.10.2025"}, "Column “Donation Date”: “2.10.2025 13:23” is not a date of the form %B %d, %Y"),
        (
            {"Donation Date": "March 30, 2025", "Donation Time": "02:30"},
            "Column “Donation Date”: 2025-03-30 02:30:00 never came in Europe/Berlin, where the clocks changed: write it "
            "with its offset, like 2026-10-25T01:30:00+01:00, and leave “Donation Time” empty, or correct the source's "
            "time zone.",
        ),
        ({"Donation Date": "November 22, 2025"}, "Column “Donation Date”: 2025-11-22 has not come yet: correct it."),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_booked_is_named(gift, change, words):
    with pytest.raises(Rejected) as refusal:
        said(account(), gift | change)
    assert str(refusal.value).startswith(words)


@pytest.mark.parametrize(
    "written", [("October 2, 2025", ""), ("2025-10-02", ""), ("2025-10-02T13:23:00+02:00", "")]
)
def test_the_day_may_stand_alone(gift, written):
    [receipt] = said(account(), gift | dict(zip(("Donation Date", "Donation Time"), written, strict=True)))
    day = receipt.occurred_at.date() if isinstance(receipt.occurred_at, datetime) else receipt.occurred_at
    assert day == date(2025, 10, 2)


def test_a_gift_of_nothing_is_not_booked(gift):
    assert said(account(), gift | {"Donation Total": "0.00"}) == []


def test_only_the_columns_that_money_needs_must_be_there(tmp_path):
    head, row = FILE.read_text().splitlines()[:2]
    keep = [0, 5, 6, 7, 8, 9, 11]
    path = tmp_path / "few.csv"
    with path.open("w", newline="") as text:
        csv.writer(text).writerows([[line[place] for place in keep] for line in csv.reader([head, row])])
    source = account(path)
    [receipt] = said(source, items(source)[0])
    assert (receipt.giver, receipt.occurred_at, receipt.designation) == (None, date(2025, 10, 2), "")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def export(clock) -> Iterator[Callable[[], bytes]]:
    """What the sandbox's site exports at the hour of its clock."""
    with sandbox(clock, live=NOON + timedelta(days=400)) as server:

        def get() -> bytes:
            answer = requests.get(f"{server.url}/givewp/export.csv", timeout=30)
            assert answer.status_code == 200
            return answer.content

        yield get


@pytest.fixture
def source(db: None, settings, tmp_path) -> Source:
    settings.MEDIA_ROOT = tmp_path
    return Source.objects.create(
        slug="site", name="Site", kind="givewp", options=SANDBOX, time_zone="Europe/Berlin"
    )


def book(source: Source, content: bytes) -> SyncRun:
    upload = Upload.objects.create(
        source=source, file=ContentFile(content, name="d.csv"), digest=hashlib.sha256(content).hexdigest()
    )
    return sync.sync(source, upload=upload)


def booked() -> dict[str, Any]:
    """All but when the file was last read."""
    return {
        table: rows
        for table, rows in everything().items()
        if table.startswith("funders_") and table != "funders_upload"
    }


def raised() -> Counter[str]:
    rows = DailyTotal.objects.values_list("currency").annotate(minor=Sum("amount_minor"))
    return Counter({currency: minor for currency, minor in rows if minor})


def independent(server_books: Any, now: datetime) -> Counter[str]:
    """The foundation's own books, without the file: what was given and not given back in whole."""
    sums: Counter[str] = Counter()
    for payment in server_books:
        back = payment.refunded(now)
        whole = back and back.cents == payment.cents and not back.won
        if not (payment.failed or payment.test or whole):
            sums[payment.currency] += payment.cents // (100 if payment.currency == "JPY" else 1)
    return sums


@pytest.mark.parametrize(
    ("first", "then", "minor"),
    [
        ("Complete", "Revoked", 0),
        ("Complete", "Cancelled", 0),
        ("Refunded", "Cancelled", 0),
        ("Refunded", "Complete", 101500),
        ("Complete", "Refunded", 0),
        ("Pending", "Complete", 101500),
    ],
)
def test_a_status_that_staff_correct_corrects_the_books(source, first, then, minor):
    head, row = FILE.read_text().splitlines()[:2]
    source.options = {"decimal": "."}
    source.save()
    for status in (first, then):
        text = f"{head}\n{row.replace('Complete', status)}\n"
        assert book(source, text.encode()).state == "complete"
    assert raised()["USD"] == minor


def test_who_gave_nothing_is_not_kept(source):
    head, row = FILE.read_text().splitlines()[:2]
    source.options = {"decimal": ".", "names_are_public": True}
    source.save()
    run = book(source, f"{head}\n{row.replace('Complete', 'Failed')}\n".encode())
    assert (run.state, Entry.objects.count(), Giver.objects.count()) == ("complete", 0, 0)


def test_the_sandboxs_export_is_booked_to_the_cent_and_once(source, clock):
    clock.now = NOON + timedelta(days=200)
    with sandbox(clock, live=NOON + timedelta(days=400)) as server:
        content = requests.get(f"{server.url}/givewp/export.csv", timeout=30).content
        books = server.foundation.at(clock.now).through("givewp").payments

        first = book(source, content)
        before = booked()
        again = sync.sync(source, full=True)

    assert (first.state, first.error) == ("complete", "")
    assert raised() == independent(books, clock.now)
    assert len(raised()) == 4
    assert (again.new, again.changed, booked()) == (0, 0, before)
    assert "Sandbox Giver" not in repr(before)
    assert "sandbox.invalid" not in repr(before)


def test_a_later_export_adds_what_is_new_and_what_was_given_back(source, clock, export):
    clock.now = NOON + timedelta(days=20)
    early = book(source, export())
    refunds = DailyTotal.objects.filter(counted_as="refund").count()
    clock.now = NOON + timedelta(days=200)

    late = book(source, export())

    assert (early.new > 20, late.new > 10, late.changed) == (True, True, 0)
    assert late.unchanged >= early.new
    assert DailyTotal.objects.filter(counted_as="refund").count() > refunds

"""Liberapay's lists of patrons: the public one and the owner's export."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.files.base import ContentFile

from funders.connectors.base import Account, Frequency, GiverRef, Promise, Rejected, State
from funders.connectors.liberapay_csv import fetch, parse
from funders.models import Commitment, Entry, Giver, Source, Upload
from funders.sync import sync
from fundtracker.money import Money
from tests.funders.sandboxes import NOON, everything, sandbox

FOLDER = Path(__file__).parent / "data" / "liberapay_csv"
NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)


def promises(path: Path) -> dict[str, Promise]:
    account = Account("patrons", file=path)
    [page] = fetch(account, {}, full=False)
    return {one.external_id: one for _, row in page.items for one in parse(row, account, NOW)}


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    text = (FOLDER / name).read_text()
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new))
    return path


def test_a_patron_of_the_public_list_is_a_promise_with_a_name():
    found = promises(FOLDER / "public.csv")
    assert found["1900003"] == Promise(
        external_id="1900003",
        amount=Money(108, "EUR"),  # 0.25 × 52 / 12 = 1.0833…
        seen=NOW,
        frequency=Frequency.MONTHLY,
        state=State.ACTIVE,
        giver=GiverRef("1900003", "sandbox-giver-3", True, url="https://liberapay.com/sandbox-giver-3"),
        starts_on=date(2025, 4, 1),
        ends_on=date(2025, 12, 21),
    )
    assert found["1900001"].giver.name == "Example Ltd"
    assert found["1900002"].giver == GiverRef("1900002", "", False)
    assert found["1900002"].amount == Money(2080, "CHF")


def test_a_private_amount_is_a_promise_of_nobody_knows_how_much():
    hidden = promises(FOLDER / "public.csv")["1900001"]
    assert (hidden.amount, hidden.state) == (None, State.ACTIVE)


def test_an_export_says_who_may_be_named_and_who_still_pays():
    found = {
        key: (one.giver and one.giver.name, one.state, one.amount and one.amount.minor)
        for key, one in promises(FOLDER / "all.csv").items()
    }
    assert found == {
        "1900001": ("Example Ltd", State.ACTIVE, 4333),
        "1900004": ("", State.ENDED, 433),
        "secret:2025-03-14:1": (None, State.ACTIVE, 433),
        "secret:2025-03-14:2": (None, State.ACTIVE, 867),
        "1900005": ("sandbox-giver-5", State.ENDED, None),
    }


def test_a_private_patron_has_no_address_either():
    assert promises(FOLDER / "all.csv")["1900004"].giver == GiverRef("1900004", "", False)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("all.csv", "visibility", "seen", "There is no column “visibility”, which says who may be named"),
        ("all.csv", ",private,", ",friends,", "“friends” in “visibility” is new at Liberapay"),
        ("all.csv", "1900001,example-ltd", ",example-ltd", "a public patron without a “patron_id”"),
        ("all.csv", "520.00", "many", "“many” or “30” is no number"),
        ("all.csv", "520.00", "NaN", "“NaN” or “30” is no number"),
        ("all.csv", "520.00", "1e999999999", "“1e999999999” or “30” is no number"),
        ("public.csv", "4.80", "4,80", "has 8 cells where the header has 7"),
        ("public.csv", "4.80", "a lot", "Column “weekly_amount”: “a lot” is not a number"),
        ("public.csv", "4.80", "-4.80", "“-4.80” “CHF” at Liberapay is no amount"),
        ("public.csv", "CHF", "XQX", "Column “weekly_amount”: “XQX” is not a currency"),
        ("public.csv", "2025-03-15", "15/03/25", "“15/03/25” in “pledge_date” is no day"),
        ("public.csv", "2025-03-15", "2999-03-15", "has not come yet"),
        ("public.csv", "patron_id", "id", "There is no column “patron_id”"),
        ("public.csv", "1900003", "1900002", "a row above has the same id and says something else"),
    ],
)
def test_a_file_that_is_not_liberapays_is_refused_in_words(tmp_path, name, old, new, words):
    with pytest.raises(Rejected, match=words):
        promises(changed(tmp_path, name, old, new))


@pytest.mark.parametrize("content", ["", "\n", "\r\n"])
def test_an_empty_file_says_that_there_may_be_no_patron(tmp_path, content):
    path = tmp_path / "public.csv"
    path.write_bytes(content.encode())
    with pytest.raises(Rejected, match="Liberapay writes no header where there is no patron"):
        promises(path)


@pytest.fixture
def source(db, settings, tmp_path) -> Source:
    settings.MEDIA_ROOT = tmp_path
    return Source.objects.create(slug="patrons", name="Patrons", kind="liberapay_csv")


def book(source: Source, content: str) -> Any:
    digest = hashlib.sha256(content.encode()).hexdigest()
    Upload.objects.create(source=source, file=ContentFile(content.encode(), name="p.csv"), digest=digest)
    return sync(source)


def exported(page: str) -> tuple[str, list[Any]]:
    with sandbox() as server:
        text = requests.get(f"{server.url}/liberapay/sandbox/patrons/{page}", timeout=10).text
        plans = server.foundation.at(NOON).through("liberapay").plans
    return text, plans


def test_the_export_of_the_sandbox_is_booked_as_promises_and_never_as_money(source):
    text, plans = exported("export.csv?scope=active")
    run = book(source, text)
    assert (run.state, run.new, Entry.objects.count()) == ("complete", len(plans), 0)
    active = Commitment.objects.filter(state="active")
    found = sorted(promise.amount_minor or 0 for promise in active)
    assert found == sorted(round(plan.cents * 52 / 12) for plan in plans)
    assert sum(found) > 0
    names = set(Giver.objects.exclude(name="").values_list("name", flat=True))
    assert names == {plan.giver.name for plan in plans if plan.giver.public}


def test_the_same_file_again_books_nothing_new(source):
    text, _ = exported("export.csv?scope=all")
    book(source, text)
    before = {**everything(), "funders_upload": ()}  # when it was read last
    run = sync(source, full=True)
    assert (run.new, run.changed) == (0, 0)
    assert {**everything(), "funders_upload": ()} == before


def test_the_public_list_shows_only_who_is_public(source):
    text, plans = exported("public.csv")
    book(source, text)
    assert Commitment.objects.count() == sum(plan.giver.public for plan in plans)
    assert all(Commitment.objects.values_list("show_name", flat=True))


def test_what_a_list_says_stands_for_a_month(source):
    text, _ = exported("public.csv")
    book(source, text)
    told = Upload.objects.get().uploaded_at.date()
    running = Commitment.objects.filter(state="active")
    assert set(running.values_list("ends_on", flat=True)) == {told + timedelta(days=31)}
    assert running.running(told + timedelta(days=31)).exists()
    assert not running.running(told + timedelta(days=32)).exists()

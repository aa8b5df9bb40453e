"""Messages of providers: taken once, booked once, kept no longer than needed; and none that is forged."""

import json
import logging
import random
import threading
import time
from collections import Counter
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from funders import bell, hooks, tasks
from funders.connectors import kofi, opencollective
from funders.connectors.base import Message, Page, Rejected, SchemaChanged
from funders.models import Delivery, Entry, Giver, Source
from funders.models.deliveries import sealed_item
from funders.models.sealing import unsealed
from funders.sandbox.foundation import Foundation
from funders.sandbox.kofi import message, paid
from funders.sync import sync
from fundtracker.http import FetchError
from tests.funders.sandboxes import NOON, everything

pytestmark = pytest.mark.django_db
TOKEN = "sandbox-token-of-the-webhook"
CANARY = "canary-5d1f"
FORM = "application/x-www-form-urlencoded"
SAID = {
    "verification_token": TOKEN, "message_id": "m1", "timestamp": "2026-03-04T05:06:07Z", "type": "Donation",
    "is_public": True, "from_name": "Sandbox Giver 7", "message": CANARY, "amount": "3.00",
    "email": f"{CANARY}@givers.example", "currency": "USD", "is_subscription_payment": False,
    "is_first_subscription_payment": False, "kofi_transaction_id": "t1", "tier_name": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.sync_source, "apply_async", lambda args, **more: rung.append((args, more)))
    return rung


@pytest.fixture
def source():
    source = Source(slug="kofi", name="Ko-fi", kind="kofi")
    source.hook_secret = TOKEN
    source.save()
    return source


def body(**changes):
    return urlencode({"data": json.dumps({**SAID, **changes})}).encode()


def send(client, content, slug="kofi", **more):
    return client.post(f"/hooks/{slug}/", content, content_type=FORM, **more)


@pytest.fixture(scope="module")
def foundation():
    return Foundation(1, live=NOON, pace=30.0)


def totals(source):
    sums = Counter()
    for currency, minor in source.entries.values_list("currency", "amount_minor"):
        sums[currency] += minor
    return sums


def expected(payments):
    sums = Counter()
    for payment in payments:
        sums[payment.currency] += payment.cents // (100 if payment.currency == "JPY" else 1)
    return sums


def test_a_message_is_kept_answered_and_booked_by_the_next_run(client, source, bells):
    answer = send(client, body())
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (204, b"", "no-store")
    assert not answer.cookies
    assert bells == [((source.pk,), {"expires": 20, "retry": False})]
    run = sync(source)
    assert (run.state, run.new, run.pages, run.rows) == ("complete", 1, 2, 1)
    entry = Entry.objects.get()
    assert (entry.external_id, entry.amount_minor, entry.currency) == ("t1", 300, "USD")
    delivery = Delivery.objects.get()
    assert (delivery.item_sealed, delivery.error, delivery.handled_at is None) == ("", "", False)


def test_what_waits_to_be_booked_is_sealed_and_says_no_more_than_is_needed(client, source):
    send(client, body())
    delivery = Delivery.objects.get()
    assert "Giver" not in delivery.item_sealed
    assert delivery.item["from_name"] == "Sandbox Giver 7"
    assert CANARY not in unsealed(delivery.item_sealed)


def test_a_hundred_replays_book_nothing_and_ring_nobody(client, source, bells):
    send(client, body())
    sync(source)
    before, rung = everything(), len(bells)
    assert {send(client, body()).status_code for _ in range(100)} == {204}
    assert not Source.objects.due().exists()
    again = sync(source)
    assert (everything(), len(bells)) == (before, rung)
    assert (again.new, again.changed, again.rows) == (0, 0, 0)


def test_in_any_order_and_sent_twice_the_sums_are_the_same(client, source, foundation):
    payments = [payment for payment in paid(foundation, NOON) if not payment.test]
    assert len(payments) > 20
    contents = [message(foundation, payment, TOKEN) for payment in payments]
    for seed in range(3):
        one = Source(slug=f"kofi-{seed}", name=f"Ko-fi {seed}", kind="kofi")
        one.hook_secret = TOKEN
        one.save()
        dice = random.Random(seed)
        sent = contents * 2
        dice.shuffle(sent)
        for number, content in enumerate(sent):
            assert send(client, content, one.slug).status_code == 204
            if number % 17 == 0:
                sync(one)
        sync(one)
        assert totals(one) == expected(payments)
        assert one.deliveries.filter(handled_at=None).count() == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_messages_on_one_payment_the_later_one_holds_whichever_came_first(client, source, order):
    messages = [
        body(message_id="m1", amount="3.00"),
        body(message_id="m2", amount="4.00", timestamp="2026-03-04T06:00:00Z"),
    ]
    for place in order:
        send(client, messages[place])
    sync(source)
    assert totals(source) == {"USD": 400}


def test_money_of_the_providers_test_buttons_never_enters(client, source, foundation):
    tests = [payment for payment in paid(foundation, NOON) if payment.test]
    for payment in tests or []:
        assert send(client, message(foundation, payment, TOKEN)).status_code == 204
    send(client, body(kofi_transaction_id="00000000-1111-2222-3333-444444444444"))
    sync(source)
    assert not Entry.objects.exists()
    assert not Delivery.objects.filter(handled_at=None).exists()


def data(text):
    return urlencode({"data": text}).encode()


TAMPERED = {
    "no body": b"",
    "no field": b"payload=%7B%7D",
    "an empty field": b"data=",
    "the field twice": body() + b"&" + body(),
    "many fields": b"a=1&" * 20 + body(),
    "JSON without a form": json.dumps(SAID).encode(),
    "a list": data(json.dumps([SAID])),
    "a text": data(json.dumps(TOKEN)),
    "null": data("null"),
    "a number": data("7"),
    "cut short": body()[:-20],
    "half of it": body()[: len(body()) // 2],
    "more behind it": body() + b"%7D",
    "not text": b"data=\xff\xfe" + body(),
    "deep": data("[" * 100_000),
    "single quotes": data(str(SAID)),
    "another token": body(verification_token=f"{CANARY}-token"),
    "a token cut": body(verification_token=TOKEN[:-1]),
    "a token and a blank": body(verification_token=f"{TOKEN} "),
    "a token in capitals": body(verification_token=TOKEN.upper()),
    "an empty token": body(verification_token=""),
    "no token": data(json.dumps({name: said for name, said in SAID.items() if name != "verification_token"})),
    "a null token": body(verification_token=None),
    "true for a token": body(verification_token=True),
    "a list with the token": body(verification_token=[TOKEN]),
    "half a character for a token": body(verification_token="\ud800"),
    "the token elsewhere": body(verification_token="", message=TOKEN),
    "no id": data(json.dumps({name: said for name, said in SAID.items() if name != "message_id"})),
    "an empty id": body(message_id=""),
    "a null id": body(message_id=None),
    "a number for an id": body(message_id=7),
    "a long id": body(message_id="m" * 201),
    "an id with a NUL": body(message_id="m\0"),
    "an id with half a character": body(message_id="m\ud800"),
}


@pytest.mark.parametrize("content", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_tampered_message_is_refused_in_one_line_that_repeats_nothing(
    client, source, content, caplog, bells
):
    with caplog.at_level(logging.DEBUG):
        answer = send(client, content)
    assert answer.status_code == 400
    assert answer.content.startswith(b"The message was refused: it")
    assert answer.content.count(b"\n") == 1
    said = answer.content.decode() + caplog.text
    assert (CANARY in said, TOKEN in said) == (False, False)
    assert (Delivery.objects.count(), sync(source).new, Entry.objects.count(), bells) == (0, 0, 0, [])


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_is_a_message(client, source, method):
    answer = getattr(client, method)("/hooks/kofi/")
    assert (answer.status_code, answer["Cache-Control"]) == (405, "no-store")


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({}, "unknown"),
        ({"active": False}, "kofi"),
        ({"kind": "manual"}, "kofi"),
        ({"kind": "opencollective"}, "kofi"),
        ({"hook_secret_sealed": ""}, "kofi"),
    ],
    ids=str,
)
def test_nobody_learns_which_sources_there_are(client, source, changes, slug):
    Source.objects.update(**changes)
    answer = send(client, body(), slug)
    assert (answer.status_code, answer.content) == (404, b"No messages are expected here.\n")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999", "-1", "1e3", "many"])
def test_a_large_message_is_refused_before_it_is_read(client, source, monkeypatch, length):
    monkeypatch.setattr(kofi, "receive", None)
    answer = send(client, body(), CONTENT_LENGTH=length)
    assert answer.status_code == 413
    assert not Delivery.objects.exists()


def test_the_largest_message_is_read(client, source):
    padding = hooks.LARGEST - len(body()) - len("&more=")
    assert send(client, body() + b"&more=" + b"x" * padding).status_code == 204


def test_a_visitor_may_not_be_signed_in_and_a_cookie_changes_nothing(client, source):
    client.cookies["session"] = "x"
    answer = send(client, body(), headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 204
    assert not answer.cookies


def test_without_the_database_the_provider_is_asked_to_send_it_again(client, source, caplog):
    def refuse(*arguments):
        raise OperationalError(f"connection refused {CANARY}")

    with connection.execute_wrapper(refuse):
        answer = send(client, body())
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "30", "no-store")
    assert CANARY not in caplog.text
    assert send(client, body()).status_code == 204


def test_without_a_broker_the_message_is_kept_and_found_at_the_next_bell(client, source, monkeypatch):
    def refuse(*arguments, **options):
        raise ConnectionError

    Source.objects.update(due_at="2999-01-01T00:00Z")
    monkeypatch.setattr(tasks.sync_source, "apply_async", refuse)
    assert not Source.objects.due().exists()
    assert send(client, body()).status_code == 204
    assert [one.pk for one in Source.objects.due()] == [source.pk]
    tasks.sync_source(source.pk)
    assert Entry.objects.count() == 1
    assert not Source.objects.due().exists()


def test_a_source_that_failed_rests_whatever_comes_in(client, source):
    Source.objects.update(failures=1, due_at="2999-01-01T00:00Z")
    send(client, body())
    assert not Source.objects.due().exists()
    Source.objects.update(due_at=timezone.now())
    assert Source.objects.due().count() == 1


def test_a_message_that_comes_while_the_source_is_read_makes_it_due_again(client, source):
    sync(source, on_page=lambda run: send(client, body()))
    assert (Entry.objects.count(), Source.objects.due().count()) == (0, 1)
    sync(source)
    assert (Entry.objects.count(), Source.objects.due().count()) == (1, 0)


def test_what_cannot_be_booked_stops_nothing_and_is_kept_until_it_can_be(client, source, monkeypatch):
    send(client, body(type="Raffle"))
    send(client, body(message_id="m2", kofi_transaction_id="t2"))
    run = sync(source)
    why = "“Raffle” is missing or new in Ko-fi's answer: this needs a developer"
    assert (run.state, run.new, run.rejections) == ("complete", 1, [{"where": "message m1", "why": why}])
    kept = Delivery.objects.get(external_id="m1")
    assert (kept.error, kept.handled_at, kept.item["amount"]) == (why, None, "3.00")
    assert not Source.objects.due().exists()
    assert sync(source).rejected == 0
    assert sync(source, full=True).rejected == 1
    monkeypatch.setitem(kofi.KINDS, "Raffle", kofi.KINDS["Donation"])
    assert sync(source, full=True).new == 1
    kept.refresh_from_db()
    assert (kept.error, kept.item_sealed, kept.handled_at is None) == ("", "", False)


def test_by_hand_what_was_refused_is_tried_again(client, source, monkeypatch):
    from django.core.management import call_command

    send(client, body(type="Raffle"))
    sync(source)
    monkeypatch.setitem(kofi.KINDS, "Raffle", kofi.KINDS["Donation"])
    call_command("sync", "kofi")
    assert Entry.objects.count() == 1


def test_a_run_that_is_killed_between_two_messages_loses_and_doubles_nothing(client, source, monkeypatch):
    for number in range(5):
        send(client, body(message_id=f"m{number}", kofi_transaction_id=f"t{number}"))

    class Killed(BaseException):
        pass

    settle = Delivery.settle

    def killed(delivery, error=""):
        settle(delivery, error)
        if delivery.external_id == "m2":
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "settle", killed)
        with pytest.raises(Killed):
            sync(source)
    assert (Entry.objects.count(), Delivery.objects.filter(handled_at=None).count()) == (2, 3)
    sync(source)
    assert (totals(source), Entry.objects.count()) == ({"USD": 1500}, 5)
    assert not Delivery.objects.filter(handled_at=None).exists()


@pytest.fixture
def hinted(monkeypatch):
    """A provider with an API, whose messages are hints."""
    asked = []

    def fetch(account, cursor, *, full):
        asked.append(cursor)
        yield Page((), {"page": len(asked)}, timezone.now(), last=True)

    monkeypatch.setattr(opencollective, "fetch", fetch)
    monkeypatch.setattr(
        opencollective, "receive", lambda body, headers, account, now: Message(body.decode()), raising=False
    )
    source = Source(slug="hinted", name="Hinted", kind="opencollective", cursor={"page": 0})
    source.hook_secret = TOKEN
    source.save()
    return source


def test_a_hint_has_the_source_asked_and_is_then_done_with(client, hinted, monkeypatch):
    Source.objects.update(due_at="2999-01-01T00:00Z", synced_at=timezone.now())
    hinted.runs.create(full=True, finished=True)
    send(client, b"hint", "hinted")
    assert [one.pk for one in Source.objects.due()] == [hinted.pk]
    assert (sync(hinted).state, hinted.deliveries.get().handled_at is None) == ("complete", False)
    assert Source.objects.get().cursor == {"page": 1}
    assert not Source.objects.due().exists()


def test_a_hint_is_not_done_with_while_the_provider_cannot_be_asked(client, hinted, monkeypatch):
    def fetch(account, cursor, *, full):
        raise FetchError("no answer")

    monkeypatch.setattr(opencollective, "fetch", fetch)
    send(client, b"hint", "hinted")
    assert (sync(hinted).state, hinted.deliveries.get().handled_at) == ("failed", None)


def test_a_hint_that_comes_while_we_ask_has_us_ask_again(client, hinted):
    sync(hinted, on_page=lambda run: send(client, b"hint", "hinted"))
    assert (hinted.deliveries.get().handled_at, Source.objects.due().count()) == (None, 1)


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (Rejected("it is too old"), "The message was refused: it is too old.\n"),
        (
            SchemaChanged(f"a value in its answer has changed ({CANARY})"),
            "The message was refused: it does not look like this provider's: this needs a developer.\n",
        ),
    ],
    ids=["rejected", "changed"],
)
def test_what_a_connector_says_of_a_message_is_told_but_not_what_it_quotes(
    client, hinted, monkeypatch, caplog, problem, line
):
    def receive(*asked):
        raise problem

    monkeypatch.setattr(opencollective, "receive", receive)
    answer = send(client, b"x", "hinted")
    assert (answer.status_code, answer.content.decode()) == (400, line)
    assert CANARY not in caplog.text


def test_a_receiver_sees_the_headers_in_any_case_and_the_secret(client, hinted, monkeypatch):
    seen = {}

    def receive(body, headers, account, now):
        seen.update(body=body, signature=headers["x-signature"], secret=account.hook_secret)
        return Message("one")

    monkeypatch.setattr(opencollective, "receive", receive)
    send(client, b"raw \xff bytes", "hinted", headers={"X-Signature": "abc"})
    assert seen == {"body": b"raw \xff bytes", "signature": "abc", "secret": TOKEN}


@pytest.mark.parametrize(
    "item",
    [
        {"amount": Decimal("10.10"), "list": [1, None, True, "ü", {"deep": Decimal("0.1")}]},
        {"$decimal": "not ours"},
        {"$decimal": ["1"], "more": 1},
        "text",
        0,
        [],
        {},
        "\0 \ud800",
    ],
    ids=str,
)
def test_a_message_is_kept_exactly(source, item):
    Delivery.objects.create(source=source, external_id="m", item_sealed=sealed_item(item))
    found = Delivery.objects.get().item
    assert (found, repr(found)) == (item, repr(item))


def test_an_anonymous_giver_leaves_no_name_and_no_e_mail_anywhere(client, source):
    send(client, body(is_public=False))
    sync(source)
    assert list(Giver.objects.values_list("name", "external_id", "url")) == [("", "", "")]
    rows = str(everything())
    assert ("Sandbox Giver 7" in rows, CANARY in rows) == (False, False)


def test_a_message_that_no_key_opens_any_more_keeps_none_of_the_others_waiting(client, source):
    send(client, body())
    Delivery.objects.update(item_sealed="gAAAAA")
    send(client, body(message_id="m2", kofi_transaction_id="t2"))
    run = sync(source)
    assert (run.state, [entry.external_id for entry in Entry.objects.all()]) == ("complete", ["t2"])
    why = "None of TOKEN_KEYS opens this: put the old key back"
    assert run.rejections == [{"where": "message m1", "why": why}]
    assert Delivery.objects.get(external_id="m1").error == why
    assert not Source.objects.due().exists()


def test_a_bell_that_does_not_stop_ringing_holds_up_one_message_for_a_moment_and_no_other(
    client, source, monkeypatch
):
    """As with a broker that takes connections and then says nothing."""
    silence, rung = threading.Event(), []

    def ring(*arguments, **options):
        rung.append(arguments)
        silence.wait(30)

    monkeypatch.setattr(tasks.sync_source, "apply_async", ring)
    monkeypatch.setattr(bell, "RING_SECONDS", 0.2)
    started = time.monotonic()
    answers = [send(client, body(message_id=f"m{number}")).status_code for number in range(10)]
    took = time.monotonic() - started
    silence.set()
    assert (answers, len(rung), Delivery.objects.count()) == ([204] * 10, 1, 10)
    assert took < 5
    bell._bell.acquire(timeout=5)
    bell._bell.release()
    send(client, body(message_id="m10"))
    assert len(rung) == 2


@pytest.mark.django_db(transaction=True)
def test_sent_ten_times_at_once_it_is_one_message(client, source):
    answers = []

    def post():
        from django.test import Client

        answers.append(send(Client(), body()).status_code)
        connection.close()

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, Delivery.objects.count()) == ([204] * 10, 1)

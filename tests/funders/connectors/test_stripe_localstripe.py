"""Stripe as somebody else wrote it: localstripe, run as a process, with its own charges, declines and webhooks."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import requests
from django.db.models import Sum

from funders.connectors import stripe_pages
from funders.connectors.base import Account, Rejected
from funders.connectors.stripe import receive
from funders.models import Commitment, Source
from funders.sync import sync

pytestmark = pytest.mark.django_db
KEY = "sk_test_localstripe"
SECRET = "whsec_localstripe"
BOUND = 60
CARD, DECLINED = "4242424242424242", "4000000000000341"


class Stripe:
    """The server's address, and what a checkout would ask of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.customer = self.post("customers", email="giver@example.org")["id"]

    def post(self, path: str, *, expect: int = 200, **data: Any) -> Any:
        reply = requests.post(f"{self.url}/v1/{path}", data=data, auth=(KEY, ""), timeout=BOUND)
        assert reply.status_code == expect, reply.text
        return reply.json()

    def card(self, number: str = CARD) -> str:
        card: dict[str, Any] = {
            "card[number]": number,
            "card[exp_month]": 12,
            "card[exp_year]": 2040,
            "card[cvc]": 123,
        }
        made = self.post("payment_methods", type="card", **card)["id"]
        self.post(f"payment_methods/{made}/attach", customer=self.customer)
        return str(made)

    def charge(self, amount: int, card: str, currency: str = "eur", **more: Any) -> Any:
        return self.post(
            "charges", amount=amount, currency=currency, customer=self.customer, source=card, **more
        )


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "localstripe"
    command = [str(program), "--port", str(port), "--from-scratch"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            yield Stripe(url)
        finally:
            process.kill()
            process.wait(BOUND)
            # Where it keeps its memory, whatever TMPDIR says; from scratch it is never read.
            Path("/tmp/localstripe.pickle").unlink(missing_ok=True)  # noqa: S108


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline:
        assert process.poll() is None, "localstripe did not start"
        with suppress(requests.ConnectionError):
            requests.get(f"{url}/v1/customers", auth=(KEY, ""), timeout=BOUND)
            return
        time.sleep(0.1)
    pytest.fail("localstripe does not answer")


@pytest.fixture
def source(stripe):
    requests.delete(f"{stripe.url}/_config/data", timeout=BOUND).raise_for_status()
    stripe.__init__(stripe.url)
    source = Source(
        slug="local",
        name="Local",
        kind="stripe",
        is_sandbox=True,
        base_url=f"{stripe.url}/v1",
        options={"created_filter": False, "designation": "campaign"},
    )
    source.token = KEY
    source.save()
    return source


def a_second_passes() -> None:
    """Its clock counts in seconds."""
    time.sleep(1.1)


def test_gifts_refunds_and_subscriptions_arrive_and_declined_cards_do_not(stripe, source):
    card = stripe.card()
    gift = stripe.charge(2500, card, **{"metadata[campaign]": "Sandcastles"})
    stripe.charge(1200, card)
    stripe.charge(5000, card, "jpy")
    stripe.charge(9900, stripe.card(DECLINED), expect=402)
    stripe.charge(9900, card, capture="false")
    stripe.post("refunds", charge=gift["id"], amount=500)
    stripe.post("refunds", charge=gift["id"], amount=300)
    stripe.post(
        "plans",
        id="supporter", nickname="Supporter", amount=1500, currency="eur", interval="month",
        **{"product[name]": "Support"},
    )  # fmt: skip
    subscription = {"items[0][plan]": "supporter", "items[0][quantity]": 2}
    stripe.post(f"customers/{stripe.customer}", **{"invoice_settings[default_payment_method]": card})
    stripe.post("subscriptions", customer=stripe.customer, **subscription)
    run = sync(source)
    assert (run.state, run.rejected, run.error) == ("complete", 0, "")
    sums = source.entries.values("kind", "currency").annotate(sum=Sum("amount_minor"))
    assert {(row["kind"], row["currency"]): row["sum"] for row in sums} == {
        ("donation", "EUR"): 2500 + 1200 + 3000,
        ("donation", "JPY"): 5000,
        ("refund", "EUR"): -800,
    }
    back = source.entries.filter(kind="refund")
    assert set(back.values_list("refunds_external_id", "designation")) == {(gift["id"], "Sandcastles")}
    assert not back.filter(standing__counted_as="waiting").exists()
    promise = Commitment.objects.get()
    assert (promise.amount_minor, promise.frequency, promise.state) == (3000, "monthly", "active")
    assert promise.tier is not None
    assert promise.tier.name == "Supporter"
    assert sync(source).new == 0


def test_a_second_run_walks_only_to_where_the_first_had_been(stripe, source, monkeypatch):
    monkeypatch.setattr(stripe_pages, "LIMIT", 2)
    monkeypatch.setattr(stripe_pages, "OVERLAP", timedelta(0))
    card = stripe.card()
    for amount in range(1001, 1009):
        stripe.charge(amount, card)
    a_second_passes()
    stripe.charge(2000, card)
    first = sync(source, full=True)
    a_second_passes()
    stripe.charge(3000, card)
    second = sync(source)
    # Beside the pages of the balance there is one of subscriptions, and the end.
    assert (first.state, first.new, first.pages - 2) == ("complete", 9, 5)
    assert (second.state, second.new, second.pages - 2) == ("complete", 1, 2)
    whole = sync(source, full=True)
    assert (whole.new, whole.unchanged, whole.pages - 2) == (0, 10, 5)


class Inbox(BaseHTTPRequestHandler):
    received: "Queue[tuple[bytes, dict[str, str]]]" = Queue()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.put((body, dict(self.headers.items())))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def inbox():
    server = HTTPServer(("127.0.0.1", 0), Inbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_that_it_signed_is_believed_and_no_other(stripe, inbox):
    hook = {"url": f"http://127.0.0.1:{inbox}/", "secret": SECRET}
    requests.post(f"{stripe.url}/_config/webhooks/ours", json=hook, timeout=BOUND).raise_for_status()
    stripe.post("customers", email="another-giver@example.org")
    body, headers = Inbox.received.get(timeout=BOUND)
    account, now = Account("local", hook_secret=SECRET, sandbox=True), datetime.now(UTC)
    assert receive(body, headers, account, now).external_id.startswith("evt_")
    for spoiled, other in (
        (body + b" ", account),
        (body, Account("local", hook_secret="whsec_", sandbox=True)),
    ):
        with pytest.raises(Rejected, match="its signature is wrong"):
            receive(spoiled, headers, other, now)

"""A source is asked for one page, by somebody who waits: nothing is booked, and it ends in time."""

import time

import pytest

from funders import probing
from funders.models import Commitment, Entry, Source, SyncRun
from funders.probing import Unreachable, probe
from tests.funders.sandboxes import sandbox
from tests.fundtracker.loopback import Server, reply

pytestmark = pytest.mark.django_db
PLACES = {
    "opencollective": ("sandbox", "/graphql/v2"), "github": ("sandbox", "/github/graphql"),
    "stripe": ("sandbox", "/stripe/v1"), "civicrm": ("", "/crm"), "patreon": ("sandbox", "/patreon/api/oauth2/v2"),
    "donorbox": ("treasurer@foundation.example", "/donorbox/api/v1"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _places(settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]


@pytest.fixture(scope="module")
def server():
    with sandbox() as server:
        yield server


TOKEN = "sandbox"


def source(kind="opencollective", account="sandbox", address="", token=TOKEN):
    made = Source(slug=kind, name=kind, kind=kind, account=account, base_url=address, is_sandbox=True)
    made.token = token
    made.save()
    return made


@pytest.mark.parametrize("kind", PLACES)
def test_every_provider_answers_and_nothing_is_booked(server, kind):
    account, path = PLACES[kind]
    asked = source(kind, account, server.url + path)
    found = probe(asked)
    assert (found.read > 0, found.rejected, found.why) == (True, 0, "")
    assert (Entry.objects.count(), Commitment.objects.count(), SyncRun.objects.count()) == (0, 0, 0)
    assert Source.objects.get().cursor == {}


def test_a_wrong_token_is_told_with_how_to_mend_it(server):
    with pytest.raises(Unreachable, match="refused the token"):
        probe(source(address=f"{server.url}/graphql/v2", token="wrong"))


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://localhost:1/"]
)
def test_no_address_of_ones_own_network_is_reached(settings, address):
    settings.FETCH_ALLOW = []
    with pytest.raises(Unreachable, match="not a public address|may not be|not allowed|private"):
        probe(source(address=address))


def test_what_drips_is_given_up_in_time_and_not_tried_again(monkeypatch):
    monkeypatch.setattr(probing, "SECONDS", 0.3)

    def drip(conn, server):
        while not server.stopped.wait(0.05):
            conn.sendall(b"H")

    with Server(drip) as slow:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="had not finished answering"):
            probe(source(address=slow.url))
        assert (time.monotonic() - began < 5, slow.connections) == (True, 1)


def test_what_is_down_is_not_tried_again():
    with Server(reply(503)) as down:
        with pytest.raises(Unreachable):
            probe(source(address=down.url))
        assert down.connections == 1


def test_a_token_that_no_key_opens_is_told(settings):
    asked = source(address="https://api.example.org/")
    settings.TOKEN_KEYS = ["YW5vdGhlci1rZXktZm9yLXRlc3RzLW9ubHktMTIzNDU="]
    with pytest.raises(Unreachable, match="put the old key back"):
        probe(asked)


def test_records_that_could_not_be_booked_are_counted_with_the_first_reason(monkeypatch, server):
    from funders.connectors import opencollective
    from funders.connectors.base import Rejected

    def refuse(item, account, asked_at):
        raise Rejected("it has no amount")

    monkeypatch.setattr(opencollective, "parse", refuse)
    found = probe(source(address=f"{server.url}/graphql/v2"))
    assert (found.rejected, found.why) == (found.read, "page 1, item 1: it has no amount")

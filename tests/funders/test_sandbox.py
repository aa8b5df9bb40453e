"""The sandbox keeps its promises: one world for one seed and one instant, and a provider's limits."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from django.core.management import CommandError, call_command

from funders.connectors import opencollective
from funders.connectors.base import Account, Promise
from funders.connectors.opencollective_pages import QUERIES
from funders.sandbox import rates
from funders.sandbox.records import Order, Row
from funders.sandbox.speech import Limiter
from funders.sandbox.world import World
from tests.funders.sandboxes import NOON, sandbox

TOKEN = {"Personal-Token": "sandbox"}
COUNT = "query($slug: String!) { account(slug: $slug) { transactions { totalCount } } }"
AUTUMN = datetime(2026, 11, 1, tzinfo=UTC)


@cache
def history() -> tuple[list[Row], list[Order]]:
    """Of thirteen months: slow to make, and changed by nobody."""
    return World(live=AUTUMN).at(AUTUMN)


def ask(url: str, query: str, headers: dict[str, str] = TOKEN, **variables: Any) -> requests.Response:
    question = {"query": query, "variables": variables}
    return requests.post(f"{url}/graphql/v2", json=question, headers=headers, timeout=10)


def test_a_restart_gives_the_same_history():
    once, again = World(7, live=NOON), World(7, live=NOON)
    once.at(NOON)  # of which the other knows nothing
    assert once.at(NOON + timedelta(hours=1)) == again.at(NOON + timedelta(hours=1))


def test_what_was_shown_is_never_taken_back_while_time_passes():
    world = World(live=NOON)
    before = [row.key for row in world.at(NOON + timedelta(minutes=3))[0]]
    after = {row.key: row for row in world.at(NOON + timedelta(hours=30))[0]}
    assert [key for key in after if key in set(before)] == before


def test_another_seed_is_another_world():
    assert World(1).at(NOON) != World(2).at(NOON)


def test_once_live_a_gift_comes_every_twenty_to_forty_seconds():
    rows = World(live=NOON).at(NOON + timedelta(hours=2))[0]
    live = [row for row in rows if row.order and row.order.key.startswith("live")]
    times = sorted(row.created_at for row in live if row.kind == "CONTRIBUTION" and row.amount > 0)
    apart = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert len(times) == 240
    assert 20 <= min(apart) < max(apart) <= 40


def test_its_history_has_every_case_that_the_connector_must_understand():
    rows, _ = history()
    gifts = [row for row in rows if row.kind == "CONTRIBUTION" and row.amount > 0]
    assert 500 < len(gifts) < 2000
    assert {row.refund_kind for row in rows} >= {"REFUND", "DISPUTE", "DUPLICATE", "EDIT"}
    assert {row.host_currency for row in rows} == {"USD", "EUR"}
    assert {row.kind for row in rows} >= {
        "ADDED_FUNDS",
        "EXPENSE",
        "HOST_FEE",
        "PAYMENT_PROCESSOR_FEE",
        "TAX",
    }
    assert {row.account["slug"] for row in rows} == {"sandbox", "sandbox-meeting"}
    assert any(row.opposite["isIncognito"] for row in gifts)
    assert any(row.opposite["isGuest"] for row in gifts)


def test_everybody_in_it_is_evidently_invented():
    rows, _ = history()
    invented = re.compile(
        r"Sandbox Giver \d+|(Example|Sample|Placeholder|Specimen) .+|Incognito|Guest|GitHub Sponsors"
    )
    assert [row.opposite["name"] for row in rows if not invented.fullmatch(row.opposite["name"])] == []


def test_refunds_never_exceed_their_gifts():
    rows, _ = history()
    left: Counter[str] = Counter()
    for row in rows:
        left[row.refunds or row.key] += row.host_amount if row.host_amount > 0 or row.refunds else 0
    gifts = [row.key for row in rows if row.kind in ("CONTRIBUTION", "ADDED_FUNDS") and row.host_amount > 0]
    assert min(left[key] for key in gifts) == 0


def test_the_front_page_says_that_all_is_generated():
    with sandbox() as server:
        text = requests.get(server.url, timeout=10).text
    assert "All that it serves is generated: nobody gave this money" in text


def test_an_anonymous_client_has_ten_questions_a_minute():
    with sandbox() as server:
        replies = [ask(server.url, COUNT, {}, slug="sandbox") for _ in range(11)]
    assert [reply.status_code for reply in replies] == [200] * 10 + [429]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies[8:]] == ["1", "0", "0"]
    assert replies[-1].headers["Retry-After"] == "60.000"
    assert "Create a Personal Token" in replies[-1].json()["error"]["message"]


def test_after_a_minute_there_is_room_again():
    limiter = Limiter()
    assert [limiter.take("alice", 1, second)[1] for second in (0.0, 0.5, 60.5)] == [0.0, 59.5, 0.0]


def test_a_wrong_token_is_refused():
    with sandbox() as server:
        reply = ask(server.url, COUNT, {"Personal-Token": "wrong"}, slug="sandbox")
    assert reply.status_code == 401
    assert reply.json()["error"]["type"] == "unauthorized"


@pytest.mark.parametrize(
    ("query", "variables", "words"),
    [
        (COUNT, {"slug": "nobody"}, "No account found"),
        (
            '{ account(slug: "sandbox") { transactions(limit: 10001) { totalCount } } }',
            {},
            "more than 10,000",
        ),
        ('{ account(slug: "sandbox") { orders(limit: 1001) { totalCount } } }', {}, "more than 1,000"),
    ],
)
def test_it_says_200_to_its_own_failures(query, variables, words):
    with sandbox() as server:
        reply = ask(server.url, query, **variables)
    [error] = reply.json()["errors"]
    assert (reply.status_code, reply.json()["data"]) == (200, {"account": None})
    assert words in error["message"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("{ account(slug: 1) { nonsense } }", 400),
        ('{ account(slug: "sandbox") { transactions(dateFrom: "2017-01-01") { totalCount } } }', 400),
        ("{ account(", 500),
    ],
)
def test_it_refuses_what_is_no_question(query, status):
    with sandbox() as server:
        assert ask(server.url, query).status_code == status


def test_date_from_is_inclusive_and_pages_fit_together():
    query = """query($since: DateTime!, $offset: Int!) { account(slug: "sandbox") { transactions(
        dateFrom: $since, offset: $offset, limit: 3, orderBy: {field: CREATED_AT, direction: ASC}
    ) { totalCount nodes { id createdAt } } } }"""
    with sandbox() as server:
        first = ask(server.url, query, since="2025-10-05T00:00:00Z", offset=0).json()
        [*_, last] = nodes = first["data"]["account"]["transactions"]["nodes"]
        rest = ask(server.url, query, since=last["createdAt"], offset=0).json()
        next_page = ask(server.url, query, since="2025-10-05T00:00:00Z", offset=3).json()
    assert last in rest["data"]["account"]["transactions"]["nodes"]
    assert not [node for node in next_page["data"]["account"]["transactions"]["nodes"] if node in nodes]


def test_pending_orders_are_listed_only_when_asked_for():
    query = """query($status: [OrderStatus]) { account(slug: "sandbox") {
        orders(filter: INCOMING, status: $status, limit: 1000) { nodes { status } } } }"""
    with sandbox() as server:
        found = {
            status: {
                node["status"]
                for node in ask(server.url, query, status=status).json()["data"]["account"]["orders"]["nodes"]
            }
            for status in (None, "PENDING")
        }
    assert found["PENDING"] == {"PENDING"}
    assert found[None] == {"ACTIVE", "PAID"}


def test_subscriptions_and_pledges_become_promises():
    with sandbox() as server:
        query = "query Orders" + QUERIES.partition("query Orders")[2]
        reply = ask(server.url, query, slug="sandbox", offset=0, limit=1000, status=["ACTIVE", "PENDING"])
    nodes = json.loads(reply.text, parse_float=Decimal)["data"]["account"]["page"]["nodes"]
    said = [one for node in nodes for one in opencollective.parse(node, Account("sandbox"), NOON)]
    assert {type(one) for one in said} == {Promise}
    assert {one.certainty for one in said if isinstance(one, Promise)} == {"committed", "pledged"}


def test_rates_are_in_the_banks_xml():
    with sandbox() as server:
        text = requests.get(f"{server.url}/eurofxref/eurofxref-daily.xml", timeout=10).content
        days = requests.get(f"{server.url}/eurofxref/eurofxref-hist-90d.xml", timeout=10).content
    spaces = {"e": "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"}
    [day] = ElementTree.fromstring(text).findall("e:Cube/e:Cube", spaces)  # noqa: S314  our own
    assert day.attrib == {"time": "2025-11-20"}
    assert {cube.attrib["currency"] for cube in day} == set(rates.FIRST)
    assert len(ElementTree.fromstring(days).findall("e:Cube/e:Cube", spaces)) == 64  # noqa: S314


def test_rates_are_in_the_banks_zip():
    with sandbox() as server:
        packed = requests.get(f"{server.url}/eurofxref/eurofxref-hist.zip", timeout=10).content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        text = archive.read("eurofxref-hist.csv").decode()
    header, newest, *_, oldest = csv.reader(io.StringIO(text))
    assert header == ["Date", *rates.FIRST, "HRK", ""]
    assert (newest[0], oldest[0], newest[-2:]) == ("2025-11-20", "2025-01-02", ["N/A", ""])


def test_rates_rest_on_weekends_and_move_slowly():
    days = rates.table(date(2026, 11, 22), 1)
    assert max(days) == date(2026, 11, 20)
    usd = [values["USD"] for values in days.values()]
    assert max(abs(after / before - 1) for before, after in pairwise(usd)) < Decimal("0.0032")
    assert rates.known(date(2026, 11, 22), 1) == days[date(2026, 11, 20)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_address_and_stops_cleanly(number):
    command = [sys.executable, "manage.py", "sandbox"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as server:
        assert server.stdout
        assert server.stderr
        line = server.stdout.readline()
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", line)
        assert requests.get(url, timeout=10).status_code == 200
        server.send_signal(number)
        assert server.wait(10) == 0
        assert (server.stdout.read(), server.stderr.read()) == ("The sandbox has stopped.\n", "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pace": 0.5}, "--pace must be at least 1 second"),
        ({"live": "soon"}, "--live must be a time"),
        ({"live": "2026-02-31T00:00:00Z"}, "--live must be a time"),
    ],
)
def test_the_command_refuses_nonsense(options, words):
    with pytest.raises(CommandError, match=words):
        call_command("sandbox", **options)


def test_a_port_in_use_is_one_clear_line():
    with (
        sandbox() as server,
        pytest.raises(CommandError, match="^Port [0-9]+ cannot be used: Address already"),
    ):
        call_command("sandbox", port=server.server_port)

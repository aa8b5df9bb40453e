"""How Open Collective is walked through: over HTTP, against the sandbox and against servers that misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from funders.connectors import opencollective, opencollective_pages
from funders.connectors.base import Account, Page, Promise, Receipt, SchemaChanged
from fundtracker.http import FetchError
from tests.funders.connectors.test_opencollective import GIFT
from tests.funders.sandboxes import NOON, sandbox

TOKEN = "sandbox"
YEAR_2025 = "2025-11-17T00:00:00+00:00"
Said = tuple[int, Any]


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(opencollective_pages, "LIMIT", 10)


def account(address: str, slug: str = "sandbox", token: str = TOKEN) -> Account:
    return Account(slug, base_url=f"{address}/graphql/v2", token=token)


def walk(source: Account, cursor: dict[str, Any] | None = None, *, full: bool = False) -> list[Page]:
    return list(opencollective.fetch(source, cursor or {}, full=full))


def said(pages: list[Page], source: Account) -> dict[str, Receipt | Promise]:
    return {
        one.external_id: one
        for page in pages
        for _, item in page.items
        for one in opencollective.parse(item, source, NOON)
    }


@contextmanager
def provider(answers: Callable[[dict[str, Any]], Said]) -> Iterator[str]:
    """A provider that answers what we tell it to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answers(question)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(*nodes: Any) -> Said:
    return 200, {"data": {"account": {"page": {"totalCount": len(nodes), "nodes": list(nodes)}}}}


def gifts(count: int, **changes: Any) -> list[Any]:
    return [{**GIFT, "id": f"gift-{place}", **changes} for place in range(count)]


def test_small_pages_hold_what_one_large_page_holds(few, monkeypatch):
    with sandbox() as server:
        source = account(server.url)
        small = walk(source)
        monkeypatch.setattr(opencollective_pages, "LIMIT", 1000)
        large = walk(source)
    assert len(small) > 20
    assert said(small, source) == said(large, source)


def test_a_run_ends_with_the_only_page_that_is_the_last_and_whole():
    with sandbox() as server:
        pages = walk(account(server.url))
    assert [one.last for one in pages] == [False] * (len(pages) - 1) + [True]
    assert [one.whole for one in pages] == [one.last for one in pages]
    assert (list(pages[-1].items), pages[0].total) == ([], len(list(pages[0].items)))


def test_the_next_run_reads_two_days_again_and_is_not_whole():
    with sandbox() as server:
        first = walk(account(server.url))
        again = walk(account(server.url), dict(first[-1].cursor))
    since = datetime.fromisoformat(first[-1].cursor["watermark"]) - timedelta(days=2)
    known = [node for one in first for _, node in one.items if node["__typename"] != "Order"]
    recent = [node for node in known if datetime.fromisoformat(node["createdAt"]) >= since]
    assert 0 < len(recent) < len(known)
    assert [node for _, node in again[0].items] == recent
    assert [one.whole for one in again] == [False] * len(again)


def test_a_full_run_begins_at_the_beginning_and_never_moves_the_cursor_back(few):
    with sandbox() as server:
        first = walk(account(server.url))
        again = walk(account(server.url), dict(first[-1].cursor), full=True)
    assert again[-1].whole
    assert {one.cursor["watermark"] for one in again} == {first[-1].cursor["watermark"]}
    assert len(again) == len(first)


def test_new_gifts_are_found_by_the_next_run():
    now = [NOON]
    with sandbox(lambda: now[0]) as server:
        source = account(server.url)
        first = walk(source)
        now[0] += timedelta(minutes=10)
        second = walk(source, dict(first[-1].cursor))
    new = said(second, source).keys() - said(first, source).keys()
    assert len(new) == 20


def test_a_gift_that_vanishes_while_we_page_hides_no_other(few):
    rows = gifts(25)
    for place, row in enumerate(rows):
        row["createdAt"] = (NOON + timedelta(minutes=place)).isoformat()
    shown = list(rows)

    def answers(question: dict[str, Any]) -> Said:
        asked = question["variables"]
        if question["operationName"] == "Orders":
            return page()
        found = [row for row in shown if row["createdAt"] >= asked["since"]][asked["offset"] :][
            : asked["limit"]
        ]
        if rows[0] in shown:
            shown.remove(rows[0])
        return page(*found)

    with provider(answers) as address:
        read = [node["id"] for one in walk(account(address)) for _, node in one.items]
    assert set(read) == {row["id"] for row in rows}


def test_rows_that_are_sorted_by_ten_seconds_are_all_read(few):
    """The API rounds to ten seconds and then sorts by payment, so a page may end before an older row."""
    rows = gifts(12)
    for place, row in enumerate(rows):
        row["createdAt"] = (NOON + timedelta(seconds=60 * place)).isoformat()
    rows[9]["createdAt"], rows[10]["createdAt"] = (
        (NOON + timedelta(seconds=600 + second)).isoformat() for second in (4, 1)
    )

    def answers(question: dict[str, Any]) -> Said:
        asked = question["variables"]
        found = [row for row in rows if row["createdAt"] >= asked["since"]]
        return page(*found[asked["offset"] :][:10]) if question["operationName"] == "Transactions" else page()

    with provider(answers) as address:
        read = [node["id"] for one in walk(account(address)) for _, node in one.items]
    assert set(read) == {row["id"] for row in rows}


def test_the_same_page_for_ever_is_an_error(few):
    with provider(lambda question: page(*gifts(10))) as address, pytest.raises(FetchError, match="same page"):
        walk(account(address))


def test_an_older_page_where_a_new_window_begins_is_an_error(few):
    rows = gifts(25)
    for place, row in enumerate(rows):
        row["createdAt"] = (NOON + timedelta(minutes=place)).isoformat()
    with provider(lambda question: page(*rows[:10])) as address, pytest.raises(FetchError, match="same page"):
        walk(account(address))


def test_more_gifts_at_one_instant_than_a_page_holds_are_all_read(few):
    rows = gifts(35)

    def answers(question: dict[str, Any]) -> Said:
        asked = question["variables"]
        return page(*rows[asked["offset"] :][:10]) if question["operationName"] == "Transactions" else page()

    with provider(answers) as address:
        read = [node["id"] for one in walk(account(address)) for _, node in one.items]
    assert set(read) == {row["id"] for row in rows}


def test_an_error_in_a_200_ends_the_run_and_the_cursor_stays_before_it(few):
    def answers(question: dict[str, Any]) -> Said:
        status, body = page(*gifts(10, createdAt=YEAR_2025))
        if question["variables"]["offset"]:
            body["errors"] = [{"message": "Something went\nwrong."}]
        return status, body

    seen: list[Page] = []
    with provider(answers) as address, pytest.raises(FetchError) as failure:
        seen.extend(opencollective.fetch(account(address), {}, full=False))
    assert str(failure.value).endswith("answered with an error: Something went wrong.")
    assert failure.value.permanent is False


def test_an_account_that_nobody_knows_is_named():
    with sandbox() as server, pytest.raises(FetchError, match="knows no account “nobody”") as failure:
        walk(account(server.url, "nobody"))
    assert failure.value.permanent is True


def test_a_token_that_is_refused_is_never_repeated():
    with sandbox() as server, pytest.raises(FetchError) as failure:
        walk(account(server.url, token="secret-token"))
    assert failure.value.permanent is True
    assert "secret-token" not in str(failure.value)


def test_a_question_that_is_no_longer_understood_needs_a_developer(monkeypatch):
    old = opencollective_pages.QUERIES
    monkeypatch.setattr(opencollective_pages, "QUERIES", old.replace("platformFee", "platformToll"))
    with sandbox() as server, pytest.raises(FetchError, match="Cannot query field 'platformToll'") as failure:
        walk(account(server.url))
    assert failure.value.permanent is True


@pytest.mark.parametrize(
    "body", [{"data": {"account": {}}}, {"data": {"account": {"page": {"nodes": [{}]}}}}, {"data": None}, []]
)
def test_an_answer_of_another_shape_stops_the_run(body):
    with provider(lambda question: (200, body)) as address, pytest.raises(SchemaChanged):
        walk(account(address))


def test_a_time_in_the_future_does_not_move_the_cursor_there():
    def answers(question: dict[str, Any]) -> Said:
        first = question["operationName"] == "Transactions" and not question["variables"]["offset"]
        return page(*gifts(1, createdAt="2999-01-01T00:00:00Z")) if first else page()

    with provider(answers) as address:
        reached = walk(account(address))[-1].cursor["watermark"]
    assert datetime.fromisoformat(reached) <= datetime.now(UTC)

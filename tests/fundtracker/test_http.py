"""fetch against real servers on loopback: time, size, redirects, tries, TLS and proxies."""

import gzip
import socket
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime

import pytest

from fundtracker import http
from tests.fundtracker.loopback import bomb, drip, refusal, reply, reset, silence

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def pauses():
    return []


# --- an answer --------------------------------------------------------------------------------


def test_an_answer_comes_with_its_body_headers_and_time(serve):
    server = serve(reply(200, b'{"amount": 0.10}', Content_Type="application/json"))
    before = datetime.now(UTC)
    answer = http.fetch(server.url + "x", params={"a": "b c"}, headers={"Api-Key": "k"})
    assert answer.json() == {"amount": Decimal("0.10")}
    assert answer.headers["content-type"] == "application/json"
    assert before <= answer.asked_at <= datetime.now(UTC)
    assert server.requests[0].startswith(b"GET /x?a=b+c HTTP/1.1\r\n")
    assert b"Api-Key: k\r\n" in server.requests[0]
    assert b"Accept-Encoding: gzip, identity\r\n" in server.requests[0]


def test_a_question_is_sent_as_json_or_as_a_form(serve):
    server = serve()
    http.fetch(server.url, method="POST", json={"query": "{ me }"})
    http.fetch(server.url, method="POST", data={"a": "1"})
    assert server.requests[0].endswith(b'\r\n\r\n{"query": "{ me }"}')
    assert server.requests[1].endswith(b"\r\n\r\na=1")


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"a" * 300_000), gzip.compress(b"a" * 9) * 2, b""],
    ids=["long", "two members", "empty"],
)
def test_a_gzip_body_is_unpacked(serve, packed):
    server = serve(reply(200, packed, Content_Encoding="gzip"))
    expected = gzip.decompress(packed)
    assert http.fetch(server.url).body == expected


def test_a_chunked_body_is_put_together(serve):
    server = serve(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert http.fetch(server.url).body == b"abcde"


# --- time -------------------------------------------------------------------------------------

SLOW = {
    "nothing": silence,
    "a drip of headers": drip(first=HEAD + b"X-Drip: "),
    "a drip of status line": drip(first=b"HTTP/1.1 200 "),
    "a drip of body": drip(first=reply(200, length=10_000)),
    "a drip without length": drip(first=reply(200, length=False)),
    "a drip of chunks": drip(first=HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"),
    "a drip of interim answers": drip(first=HEAD, byte=b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_slow_answer_ends_at_the_deadline(serve, answer):
    server = serve(answer)
    began = time.monotonic()
    error = refusal(server.url, deadline=0.5)
    assert 0.4 < time.monotonic() - began < 2.5
    assert str(error) == f"{server.host} had not finished answering after 0.5 seconds."
    assert (error.permanent, len(server.requests)) == (False, 1)


def test_a_tls_handshake_that_never_ends_ends_at_the_deadline(serve):
    server = serve(drip(first=b"\x16\x03\x03\x40\x00"), greet=True)
    began = time.monotonic()
    error = refusal(server.url.replace("http:", "https:"), deadline=0.5)
    assert time.monotonic() - began < 2.5
    assert "had not finished answering" in str(error)


def test_one_deadline_covers_all_redirects(serve):
    def slowly(conn, server):
        server.stopped.wait(0.2)
        conn.sendall(reply(302, Location="/again"))

    server = serve(slowly)
    error = refusal(server.url, redirects=100, deadline=0.5)
    assert "had not finished answering" in str(error)
    assert len(server.requests) < 5


def test_a_resolver_that_hangs_ends_at_the_deadline(serve, monkeypatch):
    end = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: end.wait(10) and [])
    began = time.monotonic()
    error = refusal("https://slow.example.org/", deadline=0.5)
    end.set()
    assert time.monotonic() - began < 2.5
    assert "had not finished answering" in str(error)


# --- size -------------------------------------------------------------------------------------


def test_a_gzip_bomb_stops_at_the_cap_and_takes_little_memory(serve):
    server = serve(reply(200, bomb(megabytes=200), Content_Encoding="gzip"))
    tracemalloc.start()
    try:
        error = refusal(server.url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000
    assert str(error) == f"{server.host} sends more than 20 MB, which is more than we take."
    assert error.permanent


def test_a_body_of_just_the_cap_is_taken_and_one_byte_more_is_not(serve):
    server = serve(reply(200, b"x" * 1000, length=False))
    assert len(http.fetch(server.url, max_bytes=1000).body) == 1000
    assert refusal(server.url, max_bytes=999).permanent


def test_a_packing_that_was_not_asked_for_is_refused(serve):
    error = refusal(serve(reply(200, b"...", Content_Encoding="br")).url)
    assert error.permanent


# --- broken answers ---------------------------------------------------------------------------

CUT = {
    "shorter than its length": reply(200, b'{"a": 1}', length=100),
    "cut in a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "without its last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "a cut gzip stream": reply(200, gzip.compress(b"abc" * 99)[:-9], length=False, Content_Encoding="gzip"),
    "not gzip at all": reply(200, b"abc", Content_Encoding="gzip"),
    "no HTTP": b"220 ftp.example.org ready\r\n",
    "nothing": b"",
    "a reset": reset,
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
def test_a_broken_answer_is_asked_for_five_times_and_then_given_up(serve, pauses, answer):
    server = serve(answer)
    error = refusal(server.url, pause=pauses.append)
    assert str(error) == f"{server.host} broke off before its answer was complete."
    assert (error.permanent, len(server.requests), len(pauses)) == (False, 5, 4)


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
def test_a_broken_answer_followed_by_a_good_one_is_no_error(serve, pauses, answer):
    server = serve(answer, reply(200, b"good"))
    assert http.fetch(server.url, method="POST", json={}, pause=pauses.append).body == b"good"
    assert server.requests[0] == server.requests[1]


def test_json_cut_at_any_byte_is_never_accepted(serve):
    whole = b'{"nodes": [{"id": "a"}], "totalCount": 1}'
    for end in range(len(whole)):
        answer = http.fetch(serve(reply(200, whole[:end], length=False)).url)
        with pytest.raises(http.FetchError, match="is cut short or is not valid JSON"):
            answer.json()


# --- tries ------------------------------------------------------------------------------------


def test_pauses_grow_with_jitter(serve, pauses):
    refusal(serve(reply(503)).url, pause=pauses.append)
    for longest, seconds in zip((1, 2, 4, 8), pauses, strict=True):
        assert longest / 2 <= seconds <= longest


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again(serve, pauses, status):
    assert http.fetch(serve(reply(status), reply(200)).url, pause=pauses.append).status == 200
    assert len(pauses) == 1


NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
DATE = format_datetime(NOON, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "0.25"}, 0.25),
        ({"Retry_After": "Fri, 20 Nov 2026 12:00:09 GMT", "Date": DATE}, 9.0),
        ({"X_RateLimit_Reset": str(int(NOON.timestamp()) + 11), "Date": DATE}, 11.0),
        ({"X_RateLimit_Reset": "12"}, 12.0),
    ],
)
def test_the_wait_that_a_server_asks_for_is_kept(serve, pauses, headers, wait):
    http.fetch(serve(reply(429, **headers), reply(200)).url, pause=pauses.append)
    assert pauses == [wait]


def test_a_longer_wait_than_a_minute_is_left_to_the_caller(serve, pauses):
    server = serve(reply(429, Retry_After="3600"))
    error = refusal(server.url, pause=pauses.append)
    assert str(error) == f"{server.host} asks us to come back in 3600 seconds (429)."
    assert (error.permanent, error.retry_after, error.status) == (False, 3600.0, 429)
    assert (pauses, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_a_refusal_is_permanent_and_not_tried_again(serve, pauses, status):
    server = serve(reply(status, b"secret details"))
    error = refusal(server.url, pause=pauses.append)
    assert (error.permanent, error.status, len(server.requests), pauses) == (True, status, 1, [])


def test_a_refused_token_is_called_that(serve):
    server = serve(reply(401))
    assert str(refusal(server.url)) == f"{server.host} refused the token (401): put in a new one."


def test_a_status_that_the_caller_accepts_is_an_answer(serve):
    answer = http.fetch(serve(reply(400, b"{}")).url, accept_statuses=(200, 400))
    assert (answer.status, answer.json()) == (400, {})


def test_a_closed_port_is_tried_again_and_called_that(settings, pauses):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refusal(f"http://127.0.0.1:{port}/", pause=pauses.append)
    assert str(error) == f"127.0.0.1:{port} does not accept connections right now."
    assert (error.permanent, len(pauses)) == (False, 4)

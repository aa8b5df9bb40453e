"""Nothing secret gets out of fetch: not into the log, not into an error, not on any path of failure."""

import logging
import pickle
import traceback

import pytest

from fundtracker import http
from tests.fundtracker.loopback import bomb, drip, refusal, reply, reset

CANARY = "c4n4ryT0ken"
SECRETS = {
    "headers": {"Authorization": f"Bearer {CANARY}", "Personal-Token": CANARY},
    "params": {"personalToken": CANARY},
}
echo = CANARY.encode()
FAILURES = {
    "refused": reply(401, echo, X_Echo=CANARY),
    "limited": reply(429, echo, Retry_After=CANARY),
    "limited for long": reply(429, echo, Retry_After="99"),
    "fault": reply(500, echo),
    "reset": reset,
    "drip": drip(first=reply(200, echo, length=999)),
    "drip of headers": drip(first=b"HTTP/1.1 200 " + echo),
    "cut": reply(200, echo, length=999),
    "cut chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + echo,
    "no HTTP": echo + b"\r\n\r\n",
    "defective headers": b"HTTP/1.1 500 OK\r\nX: 1\r\n : " + echo + b"\r\nno colon " + echo + b"\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nX: " + echo + b"\r\n\r\n",
    "bomb": reply(200, bomb(megabytes=2), Content_Encoding="gzip"),
    "bad gzip": reply(200, echo, Content_Encoding="gzip"),
    "packing": reply(200, echo, Content_Encoding=CANARY),
    "redirect": reply(302, Location=f"https://evil.example.org/{CANARY}?{CANARY}"),
    "redirect with password": reply(302, Location=f"https://{CANARY}:{CANARY}@evil.example.org/"),
    "redirect into nothing": reply(302, Location=f"http://[{CANARY}"),
}
UNSENDABLE = {
    "user name": f"https://{CANARY}:{CANARY}@127.0.0.1/",
    "user name, broken port": f"https://{CANARY}@127.0.0.1:port/",
    "scheme": f"{CANARY}://127.0.0.1/",
    "no host": f"https://[{CANARY}",
    "unknown name": "https://nowhere.invalid/",
    "inside": "https://10.0.0.1/",
    "closed port": "https://127.0.0.1:9/",
}


@pytest.fixture
def log(caplog):
    for name in (None, "urllib3", "urllib3.connectionpool", "urllib3.connection", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def everything_in(error):
    """All text that a log, a mail about an error or a task's result could take from it."""
    seen, text = [error], "".join(traceback.format_exception(error))
    for link in seen:
        text += f"{link!s} {link!r} {link.args!r} {vars(link)!r}"
        seen += [more for more in (link.__cause__, link.__context__) if more]
    return text


def everything_logged(log):
    return "".join(f"{record.getMessage()} {vars(record)!r}" for record in log.records)


@pytest.mark.parametrize("answer", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("redirects", [0, 1])
def test_no_failed_answer_gives_a_secret_away(serve, log, answer, redirects):
    server = serve(answer)
    question = {"method": "POST", "json": {"query": CANARY}}
    limits = {"deadline": 0.3, "max_bytes": 1_000_000, "redirects": redirects}
    error = refusal(server.url + "graphql", **SECRETS, **question, **limits)
    assert CANARY.encode() in server.requests[0]
    assert CANARY not in everything_in(error)
    assert CANARY not in everything_logged(log)
    assert "/graphql" in log.text


@pytest.mark.parametrize("url", UNSENDABLE.values(), ids=UNSENDABLE)
def test_no_address_in_doubt_gives_a_secret_away(serve, log, url):
    error = refusal(url, **SECRETS, tries=1)
    assert CANARY not in everything_in(error) + everything_logged(log)


@pytest.mark.parametrize("token", [f"{CANARY}\r\nX: y", f" {CANARY}", f"{CANARY}☃", f"{CANARY}\0"])
def test_a_token_that_cannot_be_sent_is_named_but_not_shown(serve, log, token):
    server = serve()
    error = refusal(server.url, headers={"Personal-Token": token})
    assert error.permanent
    assert "has a character in it that cannot be sent" in str(error)
    assert CANARY not in everything_in(error) + everything_logged(log)
    assert server.requests == []


@pytest.mark.parametrize("body", [echo, b'{"a": "' + echo, b'"' + echo + b'\xff"'])
def test_an_answer_that_is_not_json_is_not_shown(serve, log, body):
    answer = http.fetch(serve(reply(200, body)).url, headers=SECRETS["headers"], params=SECRETS["params"])
    with pytest.raises(http.FetchError) as caught:
        answer.json()
    assert CANARY not in everything_in(caught.value) + everything_logged(log) + repr(answer)


def test_each_request_is_one_line_with_what_is_needed_to_follow_it(serve, log):
    server = serve(reply(503, b"busy"), reply(200, b"twelve bytes"))
    http.fetch(server.url + "v2/x", method="POST", json={}, params={"a": "b"}, pause=lambda seconds: None)
    lines = [r.getMessage() for r in log.records if r.name.startswith(("fundtracker", "urllib3", "requests"))]
    assert len(lines) == 2
    assert lines[0].startswith(f"POST {server.host} /v2/x 503 0 bytes 0.")
    assert lines[1].startswith(f"POST {server.host} /v2/x 200 12 bytes 0.")
    assert [line[-5:] for line in lines] == ["try 1", "try 2"]


def test_an_error_survives_the_way_between_processes(serve):
    error = refusal(serve(reply(429, Retry_After="99")).url)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert (str(copy), vars(copy)) == (str(error), vars(error))

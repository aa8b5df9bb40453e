"""What an answer says: JSON, text, waits and refusals."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from fundtracker.replies import FetchError, Reply, asked_wait, backoff

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
DATE = format_datetime(NOON, usegmt=True)
EPOCH = int(NOON.timestamp())


def an_answer(body=b"", status=200, **headers):
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Reply(status, named, body, "https://api.example.org/v1?key=k", NOON)


def test_fractions_in_json_are_decimals():
    assert an_answer(b'{"a": 0.1, "b": 1e2, "c": 7}').json() == {
        "a": Decimal("0.1"),
        "b": Decimal(100),
        "c": 7,
    }


def test_a_byte_order_mark_before_json_is_no_harm():
    assert an_answer("\ufeff[1]".encode()).json() == [1]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"[1] [2]", b'"\xe9"', '"é"'.encode("utf-16"),
     b"[" * 100_000, b"1" * 5_000, b"1e99999999999999999999", b"<html>"],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_not_json_in_utf8_is_refused_for_now(body):
    with pytest.raises(
        FetchError, match=r"^The answer of api\.example\.org is cut short or is not valid JSON\.$"
    ) as e:
        an_answer(body).json()
    assert not e.value.permanent


@pytest.mark.parametrize(
    ("body", "kind"),
    [("é".encode(), "text/csv"), ("é".encode(), "text/csv; charset=UTF-8"), ("\ufeffé".encode(), "text/csv"),
     (b"\xe9", "text/csv; charset=iso-8859-1"), (b"\xe9", 'text/csv; charset="windows-1252"')],
)  # fmt: skip
def test_text_is_utf8_unless_the_server_names_another_charset(body, kind):
    assert an_answer(body, Content_Type=kind).text() == "é"


@pytest.mark.parametrize("kind", ["text/csv", "text/csv; charset=klingon", "text/csv; charset=hex"])
def test_text_in_no_known_charset_is_refused(kind):
    with pytest.raises(FetchError, match="is not text that we can read"):
        an_answer(b"\xe9", Content_Type=kind).text()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "59.731"}, 59.731),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1e5"}, None),
        ({"Retry-After": DATE, "Date": DATE}, 0),
        ({"Retry-After": "Fri, 20 Nov 2026 13:00:30 GMT", "Date": "Fri, 20 Nov 2026 13:00:00 GMT"}, 30),
        ({"Retry-After": "Fri, 20 Nov 2026 11:00:00 GMT", "Date": DATE}, 0),
        ({"Retry-After": "3", "X-RateLimit-Reset": str(EPOCH + 60)}, 3),
        ({"X-RateLimit-Reset": str(EPOCH + 60), "Date": DATE}, 60),
        ({"X-RateLimit-Reset": str(EPOCH - 60), "Date": DATE}, 0),
        ({"X-RateLimit-Reset": "30"}, 30),
    ],
)
def test_a_wait_is_read_in_all_its_forms(headers, wait):
    assert asked_wait(headers, limited=True) == wait


def test_a_date_without_the_servers_clock_is_read_by_ours():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    wait = asked_wait({"Retry-After": later}, limited=True)
    assert wait is not None
    assert 500 < wait < 610


def test_the_reset_that_comes_with_every_answer_is_no_wait_for_a_fault():
    assert asked_wait({"X-RateLimit-Reset": "30"}, limited=False) is None
    assert an_answer(status=503, X_RateLimit_Reset="30").refusal().retry_after is None


@pytest.mark.parametrize(
    ("status", "permanent", "sentence"),
    [
        (204, True, "api.example.org did not accept the request (204)."),
        (400, True, "api.example.org did not accept the request (400)."),
        (401, True, "api.example.org refused the token (401): put in a new one."),
        (
            403,
            True,
            "api.example.org does not let this token read what we ask for (403): check its permissions.",
        ),
        (404, True, "api.example.org has nothing at this address (404): check the name and the address."),
        (410, True, "api.example.org says that this is gone for good (410)."),
        (429, False, "api.example.org asks us to slow down (429)."),
        (500, False, "api.example.org has a fault on its side (500)."),
        (522, False, "api.example.org has a fault on its side (522)."),
    ],
)
def test_a_refusal_is_a_sentence(status, permanent, sentence):
    error = an_answer(status=status).refusal()
    assert (str(error), error.permanent, error.status) == (sentence, permanent, status)


@pytest.mark.parametrize("headers", [{"Retry_After": "5"}, {"X_RateLimit_Remaining": "0"}])
def test_a_rate_limit_that_comes_as_forbidden_is_no_refused_token(headers):
    error = an_answer(status=403, **headers).refusal()
    assert (error.permanent, error.again) == (False, True)
    assert str(error) == "api.example.org asks us to slow down (403)."


def test_a_pause_is_never_longer_than_a_minute():
    assert all(backoff(attempt) <= 60 for attempt in range(1, 50))

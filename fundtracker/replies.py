"""What an answer from outside says, or why there is none; pure, the sockets are in `fundtracker.http`."""

import random
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from json import loads
from typing import Any, NoReturn

from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

CHUNK = 65_536  # bytes
MEBIBYTE = 1024 * 1024
LONGEST_PAUSE = 60.0  # seconds; a worker that waits longer is better used for another source
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
SENTENCES = {
    401: "{host} refused the token (401): put in a new one.",
    403: "{host} does not let this token read what we ask for (403): check its permissions.",
    404: "{host} has nothing at this address (404): check the name and the address.",
    410: "{host} says that this is gone for good (410).",
    429: "{host} asks us to slow down ({status}).",
}


class FetchError(Exception):
    """A fetch that failed; its text is one sentence for foundation staff and names the host.

    permanent: trying again cannot help. retry_after: seconds that the server asks us to wait, or None.
    status: the HTTP status, or None without an answer. again: another try within one fetch may help.
    """

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        again: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.retry_after = retry_after
        self.status = status
        self.again = again


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with its body decoded; `asked_at` (aware, UTC) is taken before the request was sent."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in any case
    body: bytes = field(repr=False)
    url: str = field(repr=False)  # may hold a token in its query
    asked_at: datetime

    def json(self) -> Any:
        """The body as JSON, fractions as Decimal; FetchError if it is cut short, damaged or not UTF-8."""
        with suppress(ValueError, ArithmeticError, RecursionError):
            text = self.body.decode("utf-8-sig")
            return loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
        # Raised out here since json's own error carries the whole body.
        raise self._unreadable("is cut short or is not valid JSON")

    def text(self) -> str:
        """The body as text, UTF-8 unless the server names another charset; FetchError if it is not."""
        named = re.search(r"charset=[\"']?([\w-]+)", self.headers.get("Content-Type", ""), re.IGNORECASE)
        with suppress(ValueError, LookupError):
            return self.body.decode(named[1] if named and named[1].lower() != "utf-8" else "utf-8-sig")
        raise self._unreadable("is not text that we can read")

    def refusal(self) -> FetchError:
        """The error that this answer stands for, given that its status is not one the caller accepts."""
        host, status = target(self.url).netloc, self.status
        fallback = "{host} has a fault on its side ({status})." if status >= 500 else (
            "{host} did not accept the request ({status})."
        )  # fmt: skip
        limited = status == 429 or (status == 403 and self._says_slow_down())
        sentence = SENTENCES.get(429 if limited else status, fallback).format(host=host, status=status)
        wait = asked_wait(self.headers, limited=limited) if limited or status >= 500 else None
        if wait and wait > LONGEST_PAUSE:
            sentence = f"{host} asks us to come back in {wait:.0f} seconds ({status})."
        return FetchError(
            sentence,
            permanent=not limited and status < 500,
            retry_after=wait,
            status=status,
            again=(limited or status in TRY_AGAIN) and (wait or 0) <= LONGEST_PAUSE,
        )

    def _says_slow_down(self) -> bool:
        # GitHub's rate limits come as 403; the token is fine and must not be called refused.
        return "Retry-After" in self.headers or self.headers.get("X-RateLimit-Remaining") == "0"

    def _unreadable(self, how: str) -> FetchError:
        return FetchError(f"The answer of {target(self.url).netloc} {how}.", status=self.status)


def target(url: str) -> Url:
    """The address taken apart; FetchError, permanent, for one that must not be asked.

    An address in doubt is never repeated in the error: it may hold a token.
    """
    with suppress(HTTPError):
        parts = parse_url(url)
        if parts.scheme not in ("http", "https") or not parts.host:
            raise FetchError("An address must start with https:// and name a host.", permanent=True)
        if parts.auth is not None:
            raise FetchError(
                f"The address of {parts.netloc} has a user name or a password in it: take it out.",
                permanent=True,
            )
        return parts
    raise FetchError("This address cannot be read: check it for typing errors.", permanent=True)


def asked_wait(headers: Mapping[str, str], *, limited: bool) -> float | None:
    """Seconds that the server asks us to wait, by its own clock where it tells the time; None if it does not.

    Retry-After comes as seconds, as fractions of them (Open Collective) or as an HTTP date. Without one,
    and if a limit is the trouble, X-RateLimit-Reset counts (Open Collective sends it with every answer): an
    epoch there and at GitHub, a delay at others.
    """
    now = _moment(headers.get("Date", "")) or datetime.now(UTC)
    said = headers.get("Retry-After", "").strip()
    if SECONDS.fullmatch(said):
        return float(said)
    if when := _moment(said):
        return max(0.0, (when - now).total_seconds())
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if limited and SECONDS.fullmatch(reset):
        seconds = float(reset)
        return max(0.0, seconds - now.timestamp()) if seconds > 1e9 else seconds
    return None


def backoff(attempt: int) -> float:
    """Seconds to wait after this try (from 1) if the server names none: 1, 2, 4 … 60, half of it at random."""
    longest = min(LONGEST_PAUSE, 2.0 ** (attempt - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311  it only spreads us out


def _moment(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def unpacked(chunks: Iterable[bytes], headers: Mapping[str, str], host: str | None, max_bytes: int) -> bytes:
    """A body as it was before packing; FetchError, permanent, if that has more than `max_bytes`.

    Stops near the cap, however large the whole would be; zlib.error if a packed body is damaged.
    """
    coding = headers.get("Content-Encoding", "").strip().lower()
    if coding in ("gzip", "x-gzip"):
        chunks = _unzipped(chunks)
    elif coding not in ("", "identity"):
        raise FetchError(f"{host} packs its answer in a way that we did not ask for.", permanent=True)
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise FetchError(
                f"{host} sends more than {max_bytes / MEBIBYTE:.3g} MB, which is more than we take.",
                permanent=True,
            )
    return bytes(body)


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # At most CHUNK bytes at a time; unlike urllib3's own, it notices a stream that is cut short.
    unzip, began = zlib.decompressobj(31), False
    for chunk in chunks:
        while chunk:
            if unzip.eof:
                unzip = zlib.decompressobj(31)  # several members in a row are one stream
            began = True
            yield unzip.decompress(chunk, CHUNK)
            chunk = unzip.unconsumed_tail or unzip.unused_data
    yield unzip.flush()
    if began and not unzip.eof:
        raise zlib.error("cut short")

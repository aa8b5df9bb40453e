"""The only module of the project that opens a socket.

A provider may be slow, broken, hostile or repointed to our own network: whatever it does, `fetch` ends
in time, keeps little in memory, and fails with one sentence that staff can act on. No secret, query or
body is ever logged or put into an error. Whether to ask a source at all is decided elsewhere.
"""

import logging
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Url

from fundtracker import asks, peers
from fundtracker.hurry import answered, hurried, present
from fundtracker.replies import CHUNK, MEBIBYTE, FetchError, Reply, backoff, target, unpacked

__all__ = ["FetchError", "Reply", "fetch", "hurried"]

logger = logging.getLogger(__name__)
# urllib3 logs whole addresses, and with them tokens in queries. A level could be set back; a filter stays.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(lambda record: False)

# All that a server or a network can do to us once the request itself is sound.
BROKEN = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, zlib.error)


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: Mapping[str, Any] | bytes | None = None,
    params: Mapping[str, Any] | None = None,
    deadline: float = 30.0,
    connect_timeout: float = 5.0,
    max_bytes: int = 20 * MEBIBYTE,
    redirects: int = 0,
    tries: int = 5,
    accept_statuses: Collection[int] = (200,),
    pause: Callable[[float], None] = time.sleep,
) -> Reply:
    """The answer to one question, or FetchError.

    `deadline`: seconds for one whole answer, name look-up and redirects included; an answer that takes
    longer is given up and not asked for again. `max_bytes`: of the decoded body. `tries`: in all, for 429,
    500, 502, 503, 504 and broken connections, with a `pause` of at most 60 s between two. POST is retried
    like GET, because ours are GraphQL queries: they read.
    """
    ask = asks.Ask(
        method, url, headers or {}, json, data, params, accept_statuses, connect_timeout, max_bytes
    )
    attempt = 1
    if hurry := present():
        deadline, tries = min(deadline, hurry.remaining), 1
    while True:
        try:
            return _answer(ask, deadline, redirects, attempt)
        except FetchError as error:
            if not error.again or attempt >= tries:
                raise
            wait = error.retry_after or backoff(attempt)
        pause(wait)
        attempt += 1


def _answer(ask: asks.Ask, deadline: float, redirects: int, attempt: int) -> Reply:
    with _Watch(deadline) as watch:
        while True:
            reply = _hop(ask, watch, attempt)
            if reply.status in ask.accept_statuses:
                answered()
                return reply
            if reply.status not in asks.REDIRECTS or "Location" not in reply.headers:
                raise reply.refusal()
            ask = asks.redirected(ask, reply, redirects)
            redirects -= 1


def _hop(ask: asks.Ask, watch: "_Watch", attempt: int) -> Reply:
    """One request and its answer, whose body is read only if the status is an accepted one."""
    asked = target(ask.url)
    prepared = asks.prepared(ask)
    asked_at, began = datetime.now(UTC), time.monotonic()
    status, size, failure = "-", 0, None
    try:
        with _sent(prepared, asked, ask, watch) as response:
            status = str(response.status_code)
            try:
                wanted = response.status_code in ask.accept_statuses
                chunks = _chunks(response, asked, watch) if wanted else ()
                body = unpacked(chunks, response.headers, asked.netloc, ask.max_bytes)
            finally:
                size = response.raw.tell()
    except FetchError as error:
        failure = error
    except BROKEN:
        failure = FetchError(f"{asked.netloc} broke off before its answer was complete.", again=True)
    if watch.expired and not (failure and failure.permanent):
        failure = watch.late(asked)
    path = asked.path or "/" if ask.given else "(redirected)"  # a server may repeat a token in its path
    status = f"{status} failed" if failure else status
    what = (ask.method, asked.netloc, path, status, size, time.monotonic() - began, attempt)
    logger.info("%s %s %s %s %d bytes %.2f s try %d", *what)
    if failure:  # raised out here, so that it drags along no exception which holds the address
        raise failure
    return Reply(response.status_code, response.headers, body, prepared.url or "", asked_at)


@contextmanager
def _sent(
    prepared: requests.PreparedRequest, asked: Url, ask: asks.Ask, watch: "_Watch"
) -> Iterator[requests.Response]:
    proxies, verify = _proxies(prepared, asked, watch)
    dial = partial(_dial, asked=asked, watch=watch, timeout=ask.connect_timeout, proxied=bool(proxies))
    # No Session, and so no cookies, no .netrc and nothing from the environment.
    with closing(_Adapter(dial)) as adapter:
        limit = watch.remaining()
        response = adapter.send(prepared, stream=True, timeout=limit, verify=verify, proxies=proxies)
        with closing(response):
            yield response


def _proxies(
    prepared: requests.PreparedRequest, asked: Url, watch: "_Watch"
) -> tuple[dict[str, str], bool | str]:
    """The environment's proxies and certificates for this request, if the settings say so."""
    if not settings.FETCH_PROXIES:
        return {}, True
    url = prepared.url or ""
    verify = os.environ.get("REQUESTS_CA_BUNDLE") or True  # a proxy that looks inside needs its own
    proxy = select_proxy(url, get_environ_proxies(url))
    if not proxy:
        return {}, verify
    if proxy.startswith("socks"):
        raise FetchError(f"{asked.netloc} cannot be asked through a SOCKS proxy.", permanent=True)
    # We see the proxy's address only, never that of the host behind it. So every address that the name
    # has for us must be allowed; the proxy may still see another one, and has to refuse it itself.
    port = asks.origin(asked)[2]
    found = _addresses(str(asked.host).strip("[]"), port, watch.remaining())
    if not found:
        raise _unknown(asked)
    for *_, address in found:
        peers.check(asked, address[0], port)
    return {str(asked.scheme): proxy}, verify


def _chunks(response: requests.Response, asked: Url, watch: "_Watch") -> Iterator[bytes]:
    # read1 gives what has arrived; read would block until a whole chunk is there.
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        if watch.expired:
            raise watch.late(asked)
        yield chunk


def _unknown(asked: Url) -> FetchError:
    return FetchError(f"The name {asked.host} could not be found.", again=True)


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    # In a thread of its own, because nothing else ends a resolver that waits for a dead name server.
    found: list[Any] = []

    def look() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(seconds)
    return list(found)


def _dial(
    host: str, port: int, *, asked: Url, watch: "_Watch", timeout: float, proxied: bool
) -> socket.socket:
    """A connected socket whose peer has been checked before anything was sent, TLS included."""
    problem = _unknown(asked)
    for *kind, _, address in _addresses(host, port, min(timeout, watch.remaining())):
        try:
            if not proxied:  # the address first, so that nobody can scan our network through us
                peers.check(asked, address[0], port)
            with ExitStack() as unless_done:
                sock = unless_done.enter_context(socket.socket(*kind))
                sock.settimeout(min(timeout, watch.remaining()))
                sock.connect(address)
                if not proxied:  # and whoever did pick up, because only that is certain
                    peers.check(asked, *sock.getpeername()[:2])
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                watch.hold(sock)
                unless_done.pop_all()
                return sock
        except FetchError as error:
            problem = error
        except OSError:
            problem = FetchError(f"{asked.netloc} does not accept connections right now.", again=True)
    raise problem


class _Adapter(HTTPAdapter):
    """Hands our own way to connect down to urllib3's connections."""

    def __init__(self, dial: Callable[..., socket.socket]) -> None:
        self._dial = dial
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        assert isinstance(pool, HTTPConnectionPool)
        kind = _Https if pool.scheme == "https" else _Http
        pool.ConnectionCls = partial(kind, dial=self._dial)  # type: ignore[assignment]
        return pool


class _Dialled:
    def __init__(self, *args: Any, dial: Callable[[str, int], socket.socket], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dial = dial

    def _new_conn(self: Any) -> socket.socket:
        return self._dial(self._dns_host, self.port)  # type: ignore[no-any-return]


class _Http(_Dialled, HTTPConnection):
    pass


class _Https(_Dialled, HTTPSConnection):
    def connect(self) -> None:
        with suppress(ssl.SSLCertVerificationError):
            return super().connect()
        host = self._tunnel_host or self.host
        raise FetchError(f"{host} cannot prove that it is {host}: its certificate is not valid.")


class _Watch:
    """Ends one attempt at its deadline by shutting its sockets down under whoever reads or writes.

    A socket's own timeout starts anew with each byte, in headers and in the TLS handshake too, so that
    a server which drips bytes would outlive any timeout.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._rang = False
        self._ends = time.monotonic() + seconds
        self._twins: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    @property
    def expired(self) -> bool:
        return self._rang or time.monotonic() >= self._ends

    def remaining(self) -> float:
        return max(0.001, self._ends - time.monotonic())

    def hold(self, sock: socket.socket) -> None:
        """Watch over a socket: by a twin, since TLS takes the original's descriptor away."""
        with self._lock:
            self._twins.append(sock.dup())
        if self.expired:
            self._ring()

    def late(self, asked: Url) -> FetchError:
        return FetchError(f"{asked.netloc} had not finished answering after {self.seconds:g} seconds.")

    def _ring(self) -> None:
        with self._lock:
            self._rang = True
            for twin in self._twins:
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)

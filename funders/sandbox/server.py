"""The sandbox over HTTP: requests, tokens and rate limits."""

import json
import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from funders.sandbox import rates
from funders.sandbox.api import answer
from funders.sandbox.world import World

TOKEN = "sandbox"  # noqa: S105  the one token that is valid here
WITH_TOKEN, ANONYMOUS, WINDOW = 100, 10, 60.0
LARGEST = 1_000_000
NOTICE = (
    "This is fundtracker's sandbox. All that it serves is generated: nobody gave this money, nobody in it exists,\n"
    "and no bank published these exchange rates.\n\n"
    "POST /graphql/v2                        Open Collective's API, account “sandbox”, token “sandbox” or none\n"
    "GET  /eurofxref/eurofxref-daily.xml     rates in the ECB's formats\n"
    "GET  /eurofxref/eurofxref-hist-90d.xml\n"
    "GET  /eurofxref/eurofxref-hist.zip      also at /eurofxref-hist.zip\n"
)
RATES = {
    "/eurofxref/eurofxref-daily.xml": (rates.daily, "text/xml"),
    "/eurofxref/eurofxref-hist-90d.xml": (rates.ninety_days, "text/xml"),
    "/eurofxref/eurofxref-hist.zip": (rates.history, "application/zip"),
    "/eurofxref-hist.zip": (rates.history, "application/zip"),
}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Limiter:
    """So many questions a minute for each token, or address without one."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def take(self, who: str, most: int, now: float) -> tuple[dict[str, str], float]:
        """The headers to send, and how many seconds to wait: 0 where there was room."""
        with self._lock:
            used, reset = self._windows.get(who, (0, now + WINDOW))
            if now > reset:
                used, reset = 0, now + WINDOW
            self._windows[who] = used + 1, reset
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Reset": str(math.ceil(reset)),
        }
        wait = reset - now if used >= most else 0.0
        return {**headers, "Retry-After": f"{wait:.3f}"} if wait else headers, wait


class Server(ThreadingHTTPServer):
    """On this machine only. `now` is the clock of the whole world behind it."""

    daemon_threads = True

    def __init__(self, port: int, world: World, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.now, self.limiter = world, now, Limiter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in RATES:
            make, kind = RATES[path]
            self._reply(200, make(self.server.now().date(), self.server.world.seed), kind)
        elif path == "/":
            self._reply(200, NOTICE.encode(), "text/plain; charset=utf-8")
        else:
            self._reply(404, b"Not found: GET / says what is here\n", "text/plain; charset=utf-8")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            return self._json(413, {"error": {"message": "the body is too large, or of unknown length"}})
        body = self.rfile.read(int(length))
        if self.path.partition("?")[0] != "/graphql/v2":
            return self._json(404, {"error": {"message": "POST /graphql/v2"}})
        token = self.headers.get("Personal-Token") or self.headers.get("Api-Key") or ""
        if token not in ("", TOKEN):
            error = {
                "code": 401,
                "type": "unauthorized",
                "message": f"Invalid Personal Token (Api Key): {token}",
            }
            return self._json(401, {"error": error})
        now = self.server.now()
        most = WITH_TOKEN if token else ANONYMOUS
        headers, wait = self.server.limiter.take(token or self.client_address[0], most, now.timestamp())
        if wait:
            message = "Rate limit exceeded. Create a Personal Token to get higher limits."
            return self._json(429, {"error": {"message": message}}, headers)
        try:
            question = json.loads(body)
        except ValueError:
            return self._json(400, {"errors": [{"message": "the body is not JSON"}]}, headers)
        status, said = answer(self.server.world, now, question)
        return self._json(status, said, headers)

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._reply(status, json.dumps(body).encode(), "application/json", headers)

    def _reply(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the one who asks has a log."""

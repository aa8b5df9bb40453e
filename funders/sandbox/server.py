"""The sandbox over HTTP: which provider a question is for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from funders.sandbox.foundation import Foundation
from funders.sandbox.providers import PROVIDERS
from funders.sandbox.speech import Answer, Limiter, Question, text
from funders.sandbox.world import World

LARGEST = 1_000_000
KILOBYTE = 1_000
NOTICE = (
    "This is fundtracker's sandbox. All that it serves is generated: nobody gave this money, nobody in it exists,\n"
    "and no bank published these exchange rates. The token is “sandbox” everywhere.\n\n"
)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Server(ThreadingHTTPServer):
    """On this machine only. `now` is the clock of the whole world behind it; `meddle` lets a test spoil answers."""

    daemon_threads = True

    def __init__(self, port: int, world: World, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.now, self.limiter = world, now, Limiter()
        self.foundation = Foundation(world.seed, live=world.live, pace=world.pace)
        self.meddle: Callable[[Question, Answer], Answer] = lambda question, answer: answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            return self._say(text("the body is too large, or of unknown length\n", 413))
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        if path == "/":
            return self._say(text(NOTICE + "".join(provider.NOTICE for provider in PROVIDERS)))
        for provider in PROVIDERS:
            if path == provider.PREFIX or path.startswith(f"{provider.PREFIX}/"):
                question = self._question(path.removeprefix(provider.PREFIX), query, body)
                return self._say(self.server.meddle(question, provider.answer(question)))
        self._say(text("Not found: GET / says what is here\n", 404))

    def _question(self, path: str, query: str, body: bytes) -> Question:
        server = self.server
        return Question(
            self.command, path, query, self.headers, body, self.client_address[0], server.now(), server.world,
            server.foundation, server.limiter,
        )  # fmt: skip

    def _say(self, answer: Answer) -> None:
        content = answer.content
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection |= answer.cut
        content = content[: len(content) // 2] if answer.cut else content
        for start in range(0, len(content), KILOBYTE if answer.pause else len(content) or 1):
            time.sleep(answer.pause)
            self.wfile.write(content[start : start + KILOBYTE] if answer.pause else content)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the one who asks has a log."""

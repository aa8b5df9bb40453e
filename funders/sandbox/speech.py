"""A question to the sandbox and its answer, and the limits that all its providers have."""

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

# They are made with the rates, which speak too.
if TYPE_CHECKING:
    from funders.sandbox.foundation import Foundation
    from funders.sandbox.world import World

TOKEN = "sandbox"  # noqa: S105  the one token that is valid here
WINDOW = 60.0


class Limiter:
    """So many questions in a window for each token, or address without one."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def take(self, who: str, most: int, now: float, window: float = WINDOW) -> tuple[dict[str, str], float]:
        """The headers to send, and how many seconds to wait: 0 where there was room."""
        with self._lock:
            used, reset = self._windows.get(who, (0, now + window))
            if now > reset:
                used, reset = 0, now + window
            self._windows[who] = used + 1, reset
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Reset": str(math.ceil(reset)),
        }
        wait = reset - now if used >= most else 0.0
        return {**headers, "Retry-After": f"{wait:.3f}"} if wait else headers, wait


@dataclass(frozen=True, slots=True)
class Question:
    """`path` is what follows the provider's prefix; `now` is the clock of the whole world."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes
    client: str
    now: datetime
    world: "World"
    foundation: "Foundation"
    limiter: Limiter

    @property
    def params(self) -> dict[str, list[str]]:
        """Of the address, and of a form in the body."""
        form = self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        body = parse_qs(self.body.decode(), keep_blank_values=True) if form else {}
        return parse_qs(self.query, keep_blank_values=True) | body

    def param(self, name: str, otherwise: str = "") -> str:
        return self.params.get(name, [otherwise])[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is sent as it is, or as JSON. To fail like a network: `cut` sends half of it and hangs up,
    `pause` waits so many seconds before each kilobyte.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: bool = False
    pause: float = 0.0

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def text(words: str, status: int = 200) -> Answer:
    return Answer(status, words, kind="text/plain; charset=utf-8")

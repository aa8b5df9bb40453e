"""A sandbox on loopback, with a clock of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from funders.sandbox.server import Server
from funders.sandbox.world import World

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


@contextmanager
def sandbox(
    now: Callable[[], datetime] = lambda: NOON, *, live: datetime = NOON, pace: float = 30.0
) -> Iterator[Server]:
    server = Server(0, World(live=live, pace=pace), now=now)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

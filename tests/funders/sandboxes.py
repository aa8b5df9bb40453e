"""A sandbox on loopback, with a clock of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from funders.sandbox.server import Server
from funders.sandbox.world import World

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)


class Clock:
    """The provider's: it stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


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


def everything() -> dict[str, Any]:
    """Every row of the schema, but for the runs themselves, when a source was last read, and the version of a promise:
    where the provider has none it is when its page was asked for.
    """
    rows: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in ("funders_syncrun", "funders_source") or "_" not in table:  # a temporary one
                continue
            row = "(to_jsonb(t) - 'seen')::text" if table == "funders_commitment" else "t::text"
            cursor.execute(f"SELECT array_agg({row} ORDER BY {row}) FROM {table} t")
            rows[table] = cursor.fetchone()
        cursor.execute("SELECT to_jsonb(s) - 'due_at' - 'synced_at' FROM funders_source s")
        rows["funders_source"] = cursor.fetchall()
    return rows

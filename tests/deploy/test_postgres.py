import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from deploy.postgres import Cluster, PostgresError

FAST = {"fsync": "off"}


@pytest.fixture
def cluster(tmp_path_factory):
    home = tmp_path_factory.mktemp("cluster")
    for folder in (home, home.parent, home.parent.parent):
        folder.chmod(0o711)
    cluster = Cluster(home / "postgres", FAST)
    yield cluster
    cluster.stop()


def owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_it_starts_with_a_database_of_an_ordinary_role(cluster):
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(
            "SELECT current_database(), rolsuper, current_setting('listen_addresses') "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("fundtracker", False, "")


def test_only_its_user_can_enter_the_socket_folder(cluster):
    cluster.start()
    assert cluster.socket.stat().st_mode & 0o777 == 0o700


def test_it_stops_leaving_no_process(cluster):
    cluster.start()
    pid = cluster.process.pid
    cluster.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert not cluster.answers()


def test_rows_survive_a_postmaster_killed_with_9(cluster):
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    # Not waited for: its process number stays behind as a zombie's, and in postmaster.pid.
    os.kill(cluster.process.pid, signal.SIGKILL)
    again = Cluster(cluster.home, FAST)
    with again, psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)


def test_a_second_server_on_the_same_folder_is_refused(cluster):
    cluster.start()
    with pytest.raises(PostgresError, match="already running"):
        Cluster(cluster.home, FAST).start()


def test_a_wrong_setting_is_one_line(cluster):
    cluster.settings = {"fsync": "perhaps"}
    with pytest.raises(PostgresError, match=r"^PostgreSQL did not start: .*fsync.*$"):
        cluster.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its rights")
def test_for_root_the_server_is_nobody(cluster):
    cluster.start()
    assert owner(cluster.process.pid) == 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its rights")
def test_for_root_below_a_private_folder_the_data_goes_where_nobody_can_reach(tmp_path):
    tmp_path.chmod(0o700)
    assert Cluster(tmp_path / "postgres").home.parent == Path("/var/lib/fundtracker")


def test_it_does_not_outlive_a_killed_parent(cluster):
    code = (
        "import sys, time; from pathlib import Path; from deploy.postgres import Cluster\n"
        "c = Cluster(Path(sys.argv[1]), {'fsync': 'off'}); c.start(); print(c.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(cluster.home)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while cluster.answers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not cluster.answers(), f"postgres {pid} is still there"

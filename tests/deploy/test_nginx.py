import gzip
import shutil
import signal
import subprocess
import time
from http.client import RemoteDisconnected
from typing import NamedTuple

import pytest

from deploy.children import free_port, last_line, spawn, stop
from tests.deploy import front
from tests.deploy.front import look

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx: apt-get install nginx")


class Front(NamedTuple):
    port: int
    site: front.Site


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "cache").mkdir()
    static_files(folder / "static")
    front.certificate(folder)
    site, port = front.Site(), free_port()
    server = front.serve(site)
    file = front.configuration(folder, site_port=next(server), port=port, plain_port=free_port())
    with (folder / "log").open("wb") as log:
        process = spawn(["nginx", "-c", file, "-p", folder, "-e", "stderr"], log=log)
    wait_for(port, process, folder / "log")
    yield Front(port, site)
    stop(process, signal.SIGTERM)
    next(server, None)


def static_files(folder):
    folder.mkdir()
    for name in ("page.js", "page.0123456789ab.css"):
        (folder / name).write_text("plain")
        (folder / f"{name}.br").write_bytes(b"brotli")
        (folder / f"{name}.gz").write_bytes(gzip.compress(b"gzip"))


def wait_for(port, process, log):
    for _ in range(100):
        try:
            return look(port, "/healthz")
        except ConnectionRefusedError:
            assert process.poll() is None, last_line(log)
            time.sleep(0.02)
    raise AssertionError("nginx did not answer")


def bodies(port, *paths):
    return [look(port, path).body for path in paths]


def test_the_servers_file_is_sound(tmp_path):
    (tmp_path / "cache").mkdir()
    front.certificate(tmp_path)
    file = front.configuration(tmp_path, site_port=1, port=2, plain_port=3)
    command = ["nginx", "-t", "-c", file, "-p", tmp_path, "-e", "stderr"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, "successful" in result.stderr) == (0, True)


def test_unknown_parameters_neither_pass_the_cache_nor_reach_the_site(nginx):
    first, second = bodies(nginx.port, "/one/?utm_source=a", "/one/?x=1&y=2")
    assert first == second
    assert [path for path in nginx.site.seen if path.startswith("/one/")] == ["/one/"]


def test_each_page_number_is_a_page_of_its_own(nginx):
    first, second, again = bodies(nginx.port, "/list/?page=1", "/list/?page=2", "/list/?x=1&page=2")
    assert first != second == again
    assert [path for path in nginx.site.seen if path.startswith("/list/")] == [
        "/list/?page=1",
        "/list/?page=2",
    ]


@pytest.mark.parametrize("path", ["/admin/x/", "/staff/x/", "/me/", "/cookie/", "/healthz"])
def test_what_is_private_is_never_kept(nginx, path):
    first, second = bodies(nginx.port, path, path)
    assert first != second


def test_private_pages_keep_their_parameters(nginx):
    look(nginx.port, "/admin/list/?q=a%20b&o=1")
    assert nginx.site.seen[-1] == "/admin/list/?q=a%20b&o=1"


def test_a_stale_page_is_shown_while_the_site_fails(nginx):
    before = look(nginx.port, "/short/").body
    # nginx counts whole seconds.
    time.sleep(2.1)
    nginx.site.down = True
    try:
        answer = look(nginx.port, "/short/")
    finally:
        nginx.site.down = False
    assert (answer.status, answer.body, answer.headers["X-Cache"]) == (200, before, "STALE")


def test_the_site_learns_who_asks_and_how(nginx):
    look(nginx.port, "/who/", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="http")
    headers = nginx.site.headers
    assert headers["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert headers["HTTP_X_FORWARDED_PROTO"] == "https"
    assert headers["HTTP_HOST"] == front.HOST


def test_another_host_name_gets_no_answer(nginx):
    with pytest.raises(RemoteDisconnected):
        look(nginx.port, "/", host="elsewhere.example")


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [("gzip, deflate, br", "br", b"brotli"), ("gzip", "gzip", b"gzip"), ("", None, b"plain")],
)
def test_static_files_go_out_as_packed_beforehand(nginx, accepted, encoding, body):
    answer = look(nginx.port, "/static/page.js", Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Content-Type"] == "text/javascript"
    assert (gzip.decompress(answer.body) if encoding == "gzip" else answer.body) == body


@pytest.mark.parametrize("accepted", ["br", "gzip", ""])
def test_hashed_files_are_kept_for_ever_and_others_for_an_hour(nginx, accepted):
    paths = ("/static/page.0123456789ab.css", "/static/page.js")
    answers = [look(nginx.port, path, Accept_Encoding=accepted) for path in paths]
    assert [answer.headers["Cache-Control"] for answer in answers] == [
        "public, max-age=31536000, immutable",
        "public, max-age=3600",
    ]


def test_guessing_passwords_is_slowed_down(nginx):
    statuses = [look(nginx.port, "/admin/login/", method="POST").status for _ in range(14)]
    assert statuses[:11] == [200] * 11
    assert 429 in statuses[11:]

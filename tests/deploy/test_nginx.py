import gzip
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
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


def test_no_page_has_numbers_yet(nginx):
    first, second = bodies(nginx.port, "/list/?page=1", "/list/?page=2")
    assert first == second
    assert [path for path in nginx.site.seen if path.startswith("/list/")] == ["/list/"]


@pytest.mark.parametrize("path", ["/", "/admin/x/", "/staff/x/", "/me/", "/cookie/", "/healthz"])
def test_what_is_private_is_never_kept(nginx, path):
    first, second = bodies(nginx.port, path, path)
    assert first != second


def test_private_pages_keep_their_parameters(nginx):
    look(nginx.port, "/admin/list/?q=a%20b&o=1")
    assert nginx.site.seen[-1] == "/admin/list/?q=a%20b&o=1"


def test_the_comparison_is_told_what_to_show_and_is_not_kept(nginx):
    path = "/en/projects/compare/?projects=a,b&years=2025"
    first, second = bodies(nginx.port, path, path)
    assert (first != second, nginx.site.seen[-1]) == (True, path)


def test_a_stale_page_is_shown_while_the_site_fails(nginx):
    before = look(nginx.port, "/short/")
    # nginx counts whole seconds.
    time.sleep(2.1)
    nginx.site.down = True
    try:
        answer = look(nginx.port, "/short/")
    finally:
        nginx.site.down = False
    assert (answer.status, answer.body, answer.headers["X-Cache"]) == (200, before.body, "STALE")
    assert answer.headers["X-Made"] == before.headers["X-Made"]


def test_after_a_quiet_time_a_page_is_made_anew_unless_it_says_it_may_be_old(nginx):
    paths = ("/short/anew/", "/short/renewed/")
    before = [look(nginx.port, path) for path in paths]
    time.sleep(2.1)
    anew, old = (look(nginx.port, path) for path in paths)
    assert [anew.headers["X-Cache"], old.headers["X-Cache"]] == ["EXPIRED", "STALE"]
    assert anew.headers["X-Made"] != before[0].headers["X-Made"]
    assert old.body == before[1].body


def test_the_front_door_waits_for_nobody(nginx):
    """Twelve at once, each answered by the site itself: behind the cache's lock they would take seconds."""
    nginx.site.seconds = 0.05
    began = time.monotonic()
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda _: look(nginx.port, "/"), range(12)))
    nginx.site.seconds = 0.0
    assert time.monotonic() - began < 4
    assert {(answer.status, answer.headers["X-Cache"]) for answer in answers} == {(200, None)}
    assert len({answer.body for answer in answers}) == 12


@pytest.mark.parametrize(
    ("path", "passed"),
    [("/who/", None), ("/", None), ("/healthz", None), ("/administered/", None),
     ("/admin/", "session=x"), ("/admin/login/", "session=x"), ("/staff/", "session=x"), ("/me/", "session=x")],
)  # fmt: skip
def test_only_private_pages_learn_of_cookies(nginx, path, passed):
    look(nginx.port, path, Cookie="session=x")
    assert nginx.site.headers.get("HTTP_COOKIE") == passed


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
    statuses = [look(nginx.port, "/staff/account/login/", method="POST").status for _ in range(14)]
    assert statuses[:11] == [200] * 11
    assert 429 in statuses[11:]

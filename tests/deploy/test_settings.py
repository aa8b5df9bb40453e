import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgres://someone:hidden-password@127.0.0.1:9/nothing"


def start(module: str = "fundtracker.wsgi", **changes: str) -> subprocess.CompletedProcess[str]:
    """What a person sees who starts it with these variables set; an empty one counts as missing."""
    return subprocess.run(
        [sys.executable, "-c", f"import {module}"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "fundtracker.settings", **changes},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set: set it to 50 or more random characters"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"GIVER_KEY": ""}, "GIVER_KEY is not set"),
        ({"TOKEN_KEYS": ""}, "TOKEN_KEYS is not set"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set: postgres://user:password@host/name"),
        ({"BROKER_DIR": "", "REDIS_URL": ""}, "Neither REDIS_URL nor BROKER_DIR is set"),
        (
            {"DEBUG": "1", "ALLOWED_HOSTS": "fund.example"},
            "DEBUG is on while ALLOWED_HOSTS names a public host",
        ),
        (
            {"SITE_URL": "http://fund.example", "ALLOWED_HOSTS": "fund.example"},
            "SITE_URL must start with https",
        ),
        ({"DATABASE_URL": NOWHERE}, "Cannot reach the database at 127.0.0.1:9 (DATABASE_URL): is PostgreSQL"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else "",
)
def test_the_web_server_refuses_to_start_with_one_line(changes, line):
    result = start(**changes)
    assert result.returncode == 3
    assert result.stderr.startswith(f"fundtracker does not start: {line}")
    assert result.stderr.count("\n") == 1
    assert "hidden-password" not in result.stderr


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env={**os.environ, **changes}, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("command", ["migrate", "demo", "check"])
def test_a_command_refuses_to_run_with_one_line(command):
    result = manage(command, SECRET_KEY="")
    assert result.returncode == 3
    assert result.stderr.startswith("fundtracker does not start: SECRET_KEY is not set")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [[], ["help"], ["--help"], ["version"], ["--version"]], ids="".join)
def test_help_needs_no_settings(command):
    result = manage(*command, SECRET_KEY="")
    assert (result.returncode, "Traceback" in result.stderr) == (0, False)


def test_other_settings_can_be_named():
    result = manage("diffsettings", "--settings", "django.conf.global_settings")
    assert (result.returncode, "fundtracker" in result.stdout) == (0, False)


QUEUED = """
import django, threading
django.setup()
from funders import tasks
rung = []
def ring():
    tasks.sync_due_sources.delay()
    rung.append(tasks.sync_due_sources.app.conf.broker_url)
thread = threading.Thread(target=ring)
thread.start()
thread.join()
print(rung)
"""


def test_a_request_rings_the_bell_that_workers_hear(tmp_path):
    """In a thread, as gunicorn has them: Celery keeps its current app for each thread apart."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "fundtracker.settings", "BROKER_DIR": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", QUEUED], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.stdout == "['filesystem://localhost//']\n", result.stderr[-500:]
    assert len(list((tmp_path / "messages").iterdir())) == 1


def test_the_web_server_starts_with_the_tests_own_settings():
    result = start()
    assert (result.returncode, result.stderr) == (0, "")


def test_a_worker_refuses_to_start_without_its_database():
    command = [sys.executable, "-m", "celery", "--app", "fundtracker", "worker", "--pool", "solo"]
    env = {**os.environ, "DATABASE_URL": NOWHERE}
    result = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 3
    assert "Cannot reach the database at 127.0.0.1:9 (DATABASE_URL)" in result.stderr
    assert "hidden-password" not in result.stdout + result.stderr


def test_a_worker_refuses_to_start_without_a_key_in_one_line():
    command = [sys.executable, "-m", "celery", "--app", "fundtracker", "worker"]
    env = {**os.environ, "SECRET_KEY": ""}
    result = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1


def explained() -> dict[str, str]:
    """Each name in .env.example with the line above it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = zip(lines, lines[1:], strict=False)
    found = ((re.match(r"#?([A-Z_]+)=", line), above) for above, line in pairs)
    return {name[1]: above for name, above in found if name}


def test_the_example_names_every_variable_that_the_settings_read():
    read = re.findall(r'(?:env\.?\w*|_required)\("([A-Z_]+)"', (ROOT / "fundtracker/settings.py").read_text())
    assert {"SECRET_KEY", "REDIS_URL", "LOG_LEVEL"} <= set(read)
    assert set(read) - set(explained()) == set()


def test_the_example_names_every_variable_of_the_containers():
    read = re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())
    read += re.findall(r'environ\.get\("([A-Z_]+)"', (ROOT / "deploy/web.py").read_text())
    assert set(read) - set(explained()) == set()


def test_each_variable_of_the_example_is_explained():
    grouped = {"HTTPS_PORT", "WEB_THREADS", "WORKERS"}
    unexplained = {name for name, above in explained().items() if not above.startswith("# ")}
    assert unexplained == grouped


def test_the_form_to_an_organisations_own_sign_in_may_lead_there():
    names = {
        "OIDC_ISSUER": "https://id.example.org/realms/one",
        "OIDC_CLIENT_ID": "x",
        "OIDC_CLIENT_SECRET": "x",
    }
    shown = "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    assert (
        manage("shell", "--verbosity", "0", "--command", shown, **names).stdout.strip()
        == "[\"'self'\", 'https://id.example.org']"
    )


def test_behind_nginx_the_address_that_limits_count_is_the_visitors():
    web = (ROOT / "docker-compose.yml").read_text().partition("\n  web:\n")[2].partition("\n  worker:\n")[0]
    assert 'PROXIES: "1"' in web
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in (ROOT / "deploy/nginx.conf").read_text()

"""Everything that reads the code without running the site; all of it runs, and one failure fails it."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet

from deploy.postgres import Cluster, PostgresError

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS: dict[str, Sequence[str]] = {
    "style": [f"{BIN}/ruff", "check", "."],
    "form": [f"{BIN}/ruff", "format", "--check", "."],
    "types": [f"{BIN}/mypy", "."],
    "layers": [f"{BIN}/lint-imports"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "templates": [f"{BIN}/djlint", "--lint", "--quiet", "templates"],
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="fundtracker-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        try:
            with Cluster(home / "postgres", {"fsync": "off"}) as cluster:
                failed = _failed(_like_a_server(home, cluster.url))
        except PostgresError as error:
            print(f"fundtracker: {error}", file=sys.stderr)
            return 1
    print("check: " + (f"FAILED: {', '.join(failed)}" if failed else "all passed"), flush=True)
    return 1 if failed else 0


def _failed(env: Mapping[str, str]) -> list[str]:
    """All at once: the types take as long as the others together."""
    failed = []
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        results = pool.map(partial(_run, env=env), CHECKS.values())
        for name, result in zip(CHECKS, results, strict=True):
            print(f"{name:<12}{'ok' if result.returncode == 0 else 'FAILED'}", flush=True)
            if result.returncode != 0:
                print(result.stdout + result.stderr, flush=True)
                failed.append(name)
    return failed


def _run(command: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _like_a_server(home: Path, database_url: str) -> Mapping[str, str]:
    foreign = ("DEBUG", "REDIS_URL", "STATIC_BACKEND", "DB_POOL")
    return {
        **{name: value for name, value in os.environ.items() if name not in foreign},
        "DJANGO_SETTINGS_MODULE": "fundtracker.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "GIVER_KEY": secrets.token_urlsafe(50),
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "SITE_URL": "https://fundtracker.example.org",
        "ALLOWED_HOSTS": "fundtracker.example.org",
        "DATABASE_URL": database_url,
        "BROKER_DIR": str(home / "broker"),
    }


if __name__ == "__main__":
    sys.exit(main())

"""What the demonstration remembers between two starts: its keys, its sign-in, its ports."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

from deploy.children import claim, free_port

EMAIL = "staff@example.org"
# Set on this machine for something else, they would make the demonstration another one.
_FOREIGN = ("DEBUG", "REDIS_URL", "EMAIL_URL", "FETCH_PROXIES", "DB_POOL", "LOG_LEVEL")


def _key() -> str:
    return secrets.token_urlsafe(50)


@dataclass
class State:
    file: Path
    secret_key: str = field(default_factory=_key)
    giver_key: str = field(default_factory=_key)
    token_key: str = field(default_factory=lambda: Fernet.generate_key().decode())
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    port: int = 8000
    sandbox_port: int = 0

    @classmethod
    def load(cls, home: Path) -> Self:
        file = home / "state.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        state = cls(file, **{key.name: known[key.name] for key in fields(cls) if key.name in known})
        state.save()
        return state

    def save(self) -> None:
        values = {name: value for name, value in asdict(self).items() if name != "file"}
        fresh = self.file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            json.dump(values, output, indent=2)
        # Whole or not at all: without its giver key the demonstration's books are lost.
        fresh.replace(self.file)

    def choose_ports(self, port: int) -> None:
        """The sandbox keeps its port, which is the address of a source, as long as nobody else took it."""
        self.port = port
        try:
            claim(self.sandbox_port)
        except OSError:
            self.sandbox_port = 0
        self.sandbox_port = self.sandbox_port or free_port()
        self.save()

    def environment(self, database_url: str) -> Mapping[str, str]:
        home, sandbox = self.file.parent, f"127.0.0.1:{self.sandbox_port}"
        inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "fundtracker.settings",
            "SECRET_KEY": self.secret_key,
            "GIVER_KEY": self.giver_key,
            "TOKEN_KEYS": self.token_key,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DATABASE_URL": database_url,
            "BROKER_DIR": str(home / "broker"),
            "MEDIA_ROOT": str(home / "media"),
            "STATIC_ROOT": str(home / "static"),
            # A server's files are packed as well, which takes half a minute and saves nothing on this machine.
            "STATIC_BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
            "SANDBOX_URL": f"http://{sandbox}",
            "FETCH_ALLOW": sandbox,
            "RATES_URL": f"http://{sandbox}/eurofxref",
            # Nobody sets up a second factor to look around on their own machine.
            "MFA_REQUIRED": "false",
            "DEMO_EMAIL": EMAIL,
            "DEMO_PASSWORD": self.password,
        }

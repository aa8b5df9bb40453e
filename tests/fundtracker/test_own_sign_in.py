"""An organisation's own sign-in (OpenID Connect), played by a server on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse

from fundtracker import accounts
from fundtracker.models import User

pytestmark = pytest.mark.django_db


class Organisation(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer
    said: dict[str, object] = {}

    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        addresses = {f"{name}_endpoint": f"{here}/{name}" for name in ("authorization", "token", "userinfo")}
        self._say(self.said if self.path == "/userinfo" else {"issuer": here, **addresses})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"access_token": "token", "token_type": "Bearer"})

    def _say(self, body):
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture(autouse=True)
def organisation(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Organisation)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    app = {
        "provider_id": "organisation",
        "name": "Example Foundation",
        "client_id": "fundtracker",
        "secret": "secret",
        "settings": {"server_url": f"http://127.0.0.1:{server.server_port}"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield
    server.shutdown()
    server.server_close()


def come_back(client, **said):
    Organisation.said = {"sub": "42", **said}
    start = client.post(reverse("openid_connect_login", args=["organisation"]))
    state = parse_qs(urlsplit(start.url).query)["state"][0]
    return client.get(
        reverse("openid_connect_callback", args=["organisation"]), {"code": "x", "state": state}
    )


def test_who_was_invited_comes_in(client):
    ann = accounts.make("ann@example.org", role="viewer")
    answer = come_back(client, email="ann@example.org", email_verified=True)
    assert answer.url == reverse("staff:today")
    assert client.session["_auth_user_id"] == str(ann.pk)


def test_the_second_factor_is_asked_for_here_too(client):
    ann = accounts.make("ann@example.org", role="editor")
    TOTP.activate(ann, "JBSWY3DPEHPK3PXP")
    answer = come_back(client, email="ann@example.org", email_verified=True)
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_who_is_no_longer_let_in_stays_out(client):
    accounts.make("ann@example.org", role="editor", is_active=False)
    come_back(client, email="ann@example.org", email_verified=True)
    assert "_auth_user_id" not in client.session


def test_nobody_else_does(client):
    answer = come_back(client, email="eve@example.org", email_verified=True)
    assert "_auth_user_id" not in client.session
    assert (answer.status_code, User.objects.count()) == (200, 0)


def test_an_address_that_the_organisation_did_not_check_opens_nothing(client):
    accounts.make("ann@example.org", role="administrator")
    come_back(client, email="ann@example.org", email_verified=False)
    assert "_auth_user_id" not in client.session


def test_the_entrance_shows_its_button_only_where_there_is_one(client, settings):
    assert "Example Foundation" in client.get(reverse("account_login")).content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "Example Foundation" not in client.get(reverse("account_login")).content.decode()

"""Who asks: a treasurer or a viewer, on the day at which the clock stands."""

import re
from html import unescape

import pytest

from funders import tasks
from fundtracker.models import Role
from tests import factories
from tests.funders.sandboxes import sandbox


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    """Which sources a worker was told of."""
    rung = []
    monkeypatch.setattr(tasks.sync_source, "apply_async", lambda args, **more: rung.append(args[0]))
    return rung


@pytest.fixture
def tess(client):
    """A treasurer at whose browser `client` sits, by the true clock."""
    factories.SiteFactory()
    user = factories.UserFactory(email="tess@example.org", role=Role.TREASURER)
    client.force_login(user)
    return user


@pytest.fixture
def server(settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    with sandbox() as server:
        yield server


@pytest.fixture
def treasurer(client, today):
    client.force_login(factories.UserFactory(email="ann@example.org", role="treasurer"))
    return client


@pytest.fixture
def viewer(client, today):
    client.force_login(factories.UserFactory(role="viewer"))
    return client


@pytest.fixture
def words():
    """What a page says, without its tags."""

    def said(answer):
        main = answer.content.decode().partition("<main")[2]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())

    return said


@pytest.fixture
def fields():
    """What a form holds, as a browser would send it."""

    def held(form):
        shown = {form.add_prefix(name): form[name].value() for name in form.fields}
        return {name: value for name, value in shown.items() if value not in (None, False)}

    return held

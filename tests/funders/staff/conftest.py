import pytest

from fundtracker.models import Role
from tests import factories
from tests.funders.sandboxes import sandbox


@pytest.fixture(autouse=True)
def bells(monkeypatch):
    """Which sources a worker was told of."""
    from funders import tasks

    rung = []
    monkeypatch.setattr(tasks.sync_source, "apply_async", lambda args, **more: rung.append(args[0]))
    return rung


@pytest.fixture
def treasurer(client):
    factories.SiteFactory()
    user = factories.UserFactory(email="tess@example.org", role=Role.TREASURER)
    client.force_login(user)
    return user


@pytest.fixture
def server(settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    with sandbox() as server:
        yield server

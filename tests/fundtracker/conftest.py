from contextlib import ExitStack

import pytest

from tests import factories
from tests.fundtracker.loopback import Server


@pytest.fixture
def serve(settings):
    """Starts servers that fetch may reach; they stop with the test."""
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    settings.FETCH_PROXIES = False
    with ExitStack() as stack:
        yield lambda *answers, **options: stack.enter_context(Server(*answers, **options))


@pytest.fixture
def staff(client):
    factories.SiteFactory()
    user = factories.UserFactory(email="bob@example.org", role="administrator")
    client.force_login(user)
    return user

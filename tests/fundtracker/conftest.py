from contextlib import ExitStack

import pytest

from tests.fundtracker.loopback import Server


@pytest.fixture
def serve(settings):
    """Starts servers that fetch may reach; they stop with the test."""
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    settings.FETCH_PROXIES = False
    with ExitStack() as stack:
        yield lambda *answers, **options: stack.enter_context(Server(*answers, **options))

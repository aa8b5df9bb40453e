"""What tests of several folders share."""

import pytest
import time_machine

from tests.factories import NOW, SiteFactory


@pytest.fixture
def today(db):
    """A site whose clock stands still at NOW."""
    SiteFactory()
    with time_machine.travel(NOW, tick=False):
        yield

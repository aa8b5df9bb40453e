"""Who works on campaigns."""

import pytest
from django.test import Client

from tests import factories


@pytest.fixture
def signed_in():
    def person(name="ann", role="editor"):
        client = Client()
        client.force_login(factories.UserFactory(email=f"{name}@example.org", role=role))
        return client

    return person

"""Who asks, at a clock that stands still, and a project of theirs."""

import pytest
from django.test import Client

from tests import factories


@pytest.fixture(autouse=True)
def clock(today):
    """A site at NOW."""


@pytest.fixture
def project():
    return factories.ProjectFactory(name="Castles", slug="castles")


@pytest.fixture
def signed_in():
    def client(role):
        found = Client()
        found.force_login(factories.UserFactory(role=role))
        return found

    return client


@pytest.fixture
def treasurer(signed_in):
    return signed_in("treasurer")


@pytest.fixture
def editor(signed_in):
    return signed_in("editor")


@pytest.fixture
def held():
    """What the form of a page would send."""

    def fields(answer):
        form = answer.context["form"]
        shown = {field.html_name: field.value() for field in form}
        return {name: value for name, value in shown.items() if value not in (None, False)}

    return fields

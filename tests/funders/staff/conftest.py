"""Who asks: a treasurer, on the day at which the clock stands."""

import re
from html import unescape

import pytest

from tests import factories


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

"""What is too large is refused by its announced length, before a byte of it is read."""

import io

import pytest
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


class Unread(io.BytesIO):
    def read(self, *arguments):
        raise AssertionError("nothing of it is read")


def send(client, path, length):
    headers = {
        "CONTENT_LENGTH": str(length),
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "wsgi.input": Unread(),
    }
    return client.generic("POST", path, **headers)


def test_an_upload_of_200_mb_is_refused_unread():
    client = Client()
    client.force_login(UserFactory(role="administrator"))
    answer = send(client, "/staff/campaigns/", 200 * 1024 * 1024)
    assert (answer.status_code, answer["Connection"]) == (413, "close")
    assert "It has 200.0\xa0MB, and at most 64.0\xa0MB can be read at once." in answer.content.decode()


def test_public_addresses_take_less():
    assert send(Client(), "/hooks/somewhere/", 6 * 1024 * 1024).status_code == 413


@pytest.mark.parametrize("length", ["", "many", "-5"])
def test_a_length_that_is_none_is_read_as_usual(length):
    assert Client().generic("POST", "/en/", CONTENT_LENGTH=length).status_code == 405

"""What every public answer carries, and what is served while the database is away."""

import os
import subprocess
import sys

import pytest
import time_machine
from django.core.cache import caches
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from fundtracker import middleware
from fundtracker.middleware import PUBLIC, PublicPages
from tests.factories import NOW, CampaignFactory, SiteFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept():
    caches["pages"].clear()
    SiteFactory()


@pytest.fixture
def campaign():
    return CampaignFactory(slug="spring", name="Spring", sources=[SourceFactory()])


@pytest.fixture
def database_away():
    def refuse(*arguments):
        raise OperationalError("connection refused")

    return lambda: connection.execute_wrapper(refuse)


ADDRESSES = [
    "/en/",
    "/en/campaigns/spring/",
    "/en/campaigns/spring/figures/",
    "/en/campaigns/spring/chart.json",
    "/api/v1/campaigns/",
    "/api/v1/openapi.json",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_any_cache_may_hold_a_public_page(client, campaign, address):
    response = client.get(address, headers={"accept-language": "de"})
    assert response["Cache-Control"] == PUBLIC
    assert response["ETag"]
    assert not response.cookies
    assert "Vary" not in response


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_the_page_already_gets_none(client, campaign, address):
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert again["Cache-Control"] == PUBLIC


def test_a_changed_figure_is_a_new_page(client, campaign):
    etag = client.get("/en/campaigns/spring/")["ETag"]
    CampaignFactory._meta.model.objects.update(target_minor=5)
    assert client.get("/en/campaigns/spring/", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_head_of_an_answer_is_the_same_as_the_answers(client, campaign, address):
    with time_machine.travel(NOW, tick=False):
        whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


def test_private_pages_are_kept_by_nobody(client):
    client.force_login(UserFactory(role="administrator"))
    assert client.get("/admin/")["Cache-Control"] == "private, no-store"


def test_a_visitor_who_is_signed_in_sees_the_same_page(client, campaign):
    anonymous = client.get("/en/campaigns/spring/").content
    client.force_login(UserFactory(role="administrator"))
    response = client.get("/en/campaigns/spring/")
    assert response.content == anonymous
    assert response["Cache-Control"] == PUBLIC


@pytest.mark.parametrize("address", ["/en/", "/en/campaigns/spring/", "/api/v1/campaigns/"])
def test_a_cookie_changes_nothing_of_a_public_page(client, campaign, caplog, address):
    client.cookies["session"] = "x"
    response = client.get(address)
    assert response["Cache-Control"] == PUBLIC
    assert "Vary" not in response
    assert not response.cookies
    assert caplog.messages == []


def test_a_page_and_its_confirmation_say_when_they_were_made(client, campaign):
    with time_machine.travel(NOW, tick=False) as clock:
        page = client.get("/en/campaigns/spring/figures/")
        clock.shift(60)
        again = client.get("/en/campaigns/spring/figures/", headers={"if-none-match": page["ETag"]})
    assert page["X-Made"] == "Tue, 30 Jun 2026 12:00:00 GMT"
    assert (again.status_code, again["X-Made"]) == (304, "Tue, 30 Jun 2026 12:01:00 GMT")


@pytest.mark.parametrize("address", ADDRESSES[:-1])
def test_without_the_database_the_last_copy_is_served_and_says_so(client, campaign, database_away, address):
    before = client.get(address)
    with database_away():
        response = client.get(address)
    assert response.status_code == 200
    assert response["X-Stale"]
    assert response["Content-Type"] == before["Content-Type"]
    if "html" in before["Content-Type"]:
        assert b"An older copy of this page" in response.content
        assert b"Spring" in response.content or b"figures" in response.content
    else:
        assert response.content == before.content


def test_an_unknown_question_gets_the_copy_of_the_page_and_is_not_kept_itself(
    client, campaign, database_away
):
    client.get("/en/?utm=1")
    with database_away():
        assert client.get("/en/?utm=1").status_code == 503
    client.get("/en/")
    with database_away():
        assert client.get("/en/?utm=2").status_code == 200


def test_without_a_copy_a_plain_page_needs_no_database(client, database_away):
    with database_away():
        response = client.get("/en/")
    assert response.status_code == 503
    assert b"The figures cannot be read at the moment" in response.content
    assert (response["Cache-Control"], response["Retry-After"]) == ("no-store", "30")


def test_a_cache_that_is_away_too_breaks_no_page(client, campaign, database_away, monkeypatch):
    def refuse(*arguments, **options):
        raise ConnectionError

    monkeypatch.setattr(caches["pages"], "set", refuse)
    monkeypatch.setattr(caches["pages"], "get", refuse)
    assert client.get("/en/").status_code == 200
    with database_away():
        assert client.get("/en/").status_code == 503


def test_large_pages_are_not_kept(client, campaign, database_away, monkeypatch):
    monkeypatch.setattr(middleware, "KEPT_BYTES", 100)
    client.get("/en/")
    with database_away():
        assert client.get("/en/").status_code == 503


def answered(response):
    return PublicPages(lambda request: response)(RequestFactory().get("/en/"))


def test_a_page_that_sets_a_cookie_is_never_public():
    response = HttpResponse("x")
    response.set_cookie("session", "secret")
    assert answered(response)["Cache-Control"] == "private, no-store"


def test_a_page_that_read_a_cookie_is_never_public():
    assert answered(HttpResponse("x", headers={"Vary": "Cookie"}))["Cache-Control"] == "private, no-store"


def test_errors_are_not_kept(client, database_away):
    assert client.get("/en/campaigns/none/").status_code == 404
    with database_away():
        assert client.get("/en/campaigns/none/").status_code == 503


def test_the_front_door_alone_reads_the_browsers_language(client):
    response = client.get("/", headers={"accept-language": "fr, en;q=0.5"})
    assert (response.status_code, response["Location"]) == (302, reverse("home"))
    assert response["Cache-Control"] == "private, no-store"


def test_healthz_asks_the_database(client, database_away):
    assert (client.get("/healthz").status_code, client.get("/healthz").content) == (200, b"ok")
    with database_away():
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/en/", "/en/none/", "/admin/login/"])
def test_no_page_allows_what_is_unsafe(client, address):
    policy = client.get(address)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_erasure_in_one_process_reaches_the_copies_that_another_would_serve(client):
    caches["pages"].set("pages:7", {"/en/": "a copy"})
    forgets = "import django; django.setup(); from fundtracker import middleware; middleware.forget_copies()"
    subprocess.run([sys.executable, "-c", forgets], check=True, env={**os.environ})
    assert caches["pages"].get("pages:7") is None

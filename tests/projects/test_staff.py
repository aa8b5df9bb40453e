"""Staff read a project's manifest in the admin, see what it would change, and apply exactly that."""

import re

import pytest
from django.urls import reverse

from funders.sandbox.speech import Answer
from projects.models import Cost, Manifest
from tests.campaigns.test_views import words
from tests.factories import ChannelFactory, ProjectFactory, SiteFactory, SourceFactory, UserFactory
from tests.funders.sandboxes import sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    SiteFactory()
    with sandbox() as server:
        yield server


@pytest.fixture
def page(client, server):
    client.force_login(UserFactory(role="administrator"))
    project = ProjectFactory(name="Castles", repository_url="https://code.example.org/sandcastles")
    return reverse("admin:projects_project_manifest", args=[project.pk])


def asked(server, **fields):
    return {"url": f"{server.url}/manifests/funding.json", "guid": "", "shown": ""} | fields


def hidden(response):
    return dict(
        re.findall(r'<input type="hidden" name="(url|guid|shown)" value="(.+?)"', response.content.decode())
    )


def test_what_it_would_change_is_shown_and_nothing_is_changed(client, server, page):
    shown = words(client.post(page, asked(server)))
    assert "Need “Hosting” – €1,200.50, yearly changes" in shown
    assert "https://code.example.org/sandcastles: the manifest names no list" in shown
    assert "This manifest asks for 2 projects together" in shown
    assert (Cost.objects.count(), Manifest.objects.count()) == (0, 0)


def test_what_was_shown_is_applied_by_a_button(client, server, page):
    shown = client.post(page, asked(server))
    applied = client.post(page, hidden(shown), follow=True)
    assert "The manifest was applied: 12 changes." in words(applied)
    assert (Cost.objects.count(), Manifest.objects.get().guid) == (4, "sandcastles")
    assert "Nothing: all that it says is here already." in words(client.post(page, asked(server)))
    assert f'value="{server.url}/manifests/funding.json"' in client.get(page).content.decode()


def test_a_manifest_that_has_changed_meanwhile_is_shown_again(client, server, page):
    shown = hidden(client.post(page, asked(server)))
    server.meddle = lambda question, answer: (
        Answer(200, answer.body | {"version": "v1.0.0"}) if question.path == "/funding.json" else answer
    )
    again = client.post(page, shown)
    assert "Nothing was applied: the manifest or the project has changed meanwhile." in words(again)
    assert hidden(again)["shown"] != shown["shown"]
    assert Cost.objects.count() == 0
    client.post(page, hidden(again))
    assert Cost.objects.count() == 4


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("broken/decimals.json", "funding.plans[0].amount: 2500.005 has more decimals than EUR has (2)"),
        ("none.json", "has nothing at this address (404)"),
    ],
)
def test_what_is_wrong_with_it_stands_at_its_address(client, server, page, path, problem):
    response = client.post(page, asked(server, url=f"{server.url}/manifests/{path}"))
    assert problem in words(response)
    assert hidden(response) == {}


def test_where_it_takes_money_a_source_can_be_added_from_the_page(client, server, page):
    SourceFactory(kind="github", account="sandbox")
    response = client.post(page, asked(server))
    assert "sponsors: https://github.com/sponsors/sandbox – connected" in words(response)
    [add] = re.findall(r'href="([^"]+)">Add collective as a source', response.content.decode())
    form = client.get(add.replace("&amp;", "&")).content.decode()
    assert "<h1>Open Collective</h1>" in re.sub(r"\s*(</?h1>)\s*", r"\1", form)
    assert 'name="account" value="sandbox"' in form


def test_known_channels_are_there_before_anything_is_read(client, page):
    ChannelFactory(
        project_id=int(page.split("/")[-3]), guid="collective", address="https://opencollective.com/sand"
    )
    assert "collective: https://opencollective.com/sand Add collective as a source" in words(client.get(page))


def test_the_project_links_to_the_page(client, page):
    form = client.get(page.replace("manifest/", "change/")).content.decode()
    assert page in form


@pytest.mark.parametrize("role", ["", "viewer", "editor", "treasurer"])
def test_only_administrators_may_read_it(client, server, page, role):
    client.force_login(UserFactory(role=role))
    assert client.get(page).status_code == 403
    assert client.post(page, asked(server, guid="buckets")).status_code == 403


def test_a_stranger_is_sent_to_sign_in_and_nothing_is_asked(client, server, page):
    client.logout()
    asked_of = []

    def meddle(question, answer):
        asked_of.append(question.path)
        return answer

    server.meddle = meddle
    assert client.post(page, asked(server)).status_code == 302
    assert asked_of == []

"""manage.py manifest: it says what it would change, and changes only when told to."""

import pytest
from django.core.management import CommandError, call_command

from projects.models import Cost
from tests.factories import ProjectFactory, SiteFactory
from tests.funders.sandboxes import sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def url():
    SiteFactory()
    ProjectFactory(slug="castles", summary="Ours")
    with sandbox() as server:
        yield f"{server.url}/manifests/funding.json"


def test_it_changes_only_with_apply(url, capsys):
    call_command("manifest", "castles", url, "--project", "sandcastles")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "kept: in a few sentences: Ours → Castles of sand, rebuilt after every tide."
    assert "change: need “Hosting”: – → €1,200.50, yearly" in said
    assert said[-3].startswith(
        "not verified: https://code.example.org/sandcastles: the manifest names no list"
    )
    assert said[-1] == "12 changes; --apply makes them."
    assert Cost.objects.count() == 0
    call_command("manifest", "castles", url, "--project", "sandcastles", "--apply")
    assert capsys.readouterr().out.endswith("\n12 changes made.\n")
    assert Cost.objects.count() == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sand"], "There is no project “sand”. There are: castles."),
        (
            ["castles"],
            r"projects: say which of its projects is meant, by its guid: sandcastles \(Sandcastles\)",
        ),
    ],
)
def test_it_says_what_it_needs(url, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("manifest", *arguments, url)

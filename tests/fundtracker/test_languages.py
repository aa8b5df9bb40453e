"""Every language that the site offers is whole."""

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

from tests.factories import CampaignFactory, SiteFactory, StatementFactory

FOLDERS = [
    Path(settings.LOCALE_PATHS[0], code, "LC_MESSAGES") for code, _ in settings.LANGUAGES if code != "en"
]


def key(message):
    context = message.context.decode() if isinstance(message.context, bytes) else message.context
    return context, message.id if isinstance(message.id, str) else tuple(message.id)


def said(message):
    return message.string if isinstance(message.string, str) else tuple(message.string)


def catalogue(folder):
    with (folder / "django.po").open("rb") as file:
        return {key(message): message for message in read_po(file) if message.id}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_message_is_translated_and_compiled(folder):
    written = catalogue(folder)
    assert [name for name, message in written.items() if not message.string or message.fuzzy] == []
    with (folder / "django.mo").open("rb") as file:
        compiled = {key(message): said(message) for message in read_mo(file) if message.id}
    assert compiled == {name: said(message) for name, message in written.items()}


@pytest.mark.django_db
def test_a_page_in_german_says_the_same_and_leads_to_the_english_one(client):
    SiteFactory()
    StatementFactory(
        campaign=CampaignFactory(slug="spring", target_minor=90_000_000), amount_minor=41_500_000
    )
    body = client.get("/de/campaigns/spring/").content.decode()
    assert '<html lang="de"' in body
    assert "von 900.000\xa0£, 46 %" in body
    assert "<strong>415.000\xa0£</strong>" in body
    assert "4. April 2026" in body
    assert re.search(r'<a href="/en/campaigns/spring/"\s+hreflang="en"\s+lang="en">English</a>', body)


def test_the_front_door_leads_to_the_browsers_language(client):
    assert client.get("/", headers={"accept-language": "de-AT, en;q=0.5"})["Location"] == "/de/"

"""Keys are changed without typing a token again: resumable, complete, and loud where it cannot be done."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils import timezone

from funders import rotation, todo
from funders.models import Delivery, Source
from funders.models.deliveries import sealed_item
from funders.models.sealing import is_newest, sealed
from funders.sync import sync
from tests import factories

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def thousand(settings):
    """500 sources with a token and a secret each, a delivery, and some without any."""
    fill(settings, 500)


@pytest.fixture
def few(settings, monkeypatch):
    """The same with 5 sources, in as many batches."""
    monkeypatch.setattr(rotation, "BATCH", 1)
    fill(settings, 5)


def fill(settings, number):
    settings.TOKEN_KEYS = [OLD]
    sources = [
        Source(
            slug=f"s{n}", name=f"Source {n}", kind="kofi",
            token_sealed=sealed(f"token {n}"), hook_secret_sealed=sealed(f"secret {n}"),
        )
        for n in range(number)
    ]  # fmt: skip
    Source.objects.bulk_create(sources)
    factories.SourceFactory()
    Delivery.objects.create(source=sources[0], external_id="m", item_sealed=sealed_item({"n": 1}))
    Delivery.objects.create(source=sources[0], external_id="hint")
    settings.TOKEN_KEYS = [NEW, OLD]


def rotate():
    said = StringIO()
    call_command("rotate_tokens", stdout=said)
    return said.getvalue()


def old_ones():
    return sum(not is_newest(seal.text) for seal in rotation.seals())


def test_a_thousand_texts_are_sealed_anew_and_say_what_they_said(thousand, settings):
    assert old_ones() == 1_001
    assert "1,001 sealed anew with the newest key." in rotate()
    settings.TOKEN_KEYS = [NEW]
    assert [one.token for one in Source.objects.filter(kind="kofi").order_by("pk")] == [
        f"token {n}" for n in range(500)
    ]
    assert {one.hook_secret for one in Source.objects.filter(kind="kofi")} == {
        f"secret {n}" for n in range(500)
    }
    assert Delivery.objects.get(external_id="m").item == {"n": 1}


def test_killed_in_between_it_goes_on(few, monkeypatch):
    done, rotate_one = [], rotation.rotate

    def killed(seal):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(rotate_one(seal))
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "rotate", killed)
        with pytest.raises(KeyboardInterrupt):
            rotate()
    assert old_ones() == 8
    assert "8 sealed anew" in rotate()
    assert "0 sealed anew" in rotate()


def test_a_token_put_in_meanwhile_stays(few, settings):
    seal = next(seal for seal in rotation.seals() if seal.field == "token_sealed")
    source = Source.objects.get(pk=seal.pk)
    source.token = "typed just now"
    source.save()
    rotation.rotate(seal)
    assert Source.objects.get(pk=seal.pk).token == "typed just now"


def test_what_no_key_opens_fails_loudly_and_stays_as_it_is(few, settings):
    settings.TOKEN_KEYS = [NEW]
    before = set(Source.objects.values_list("token_sealed", flat=True))
    with pytest.raises(CommandError, match="11 cannot be opened by any of TOKEN_KEYS: delivery"):
        rotate()
    assert set(Source.objects.values_list("token_sealed", flat=True)) == before


def test_a_source_whose_token_no_key_opens_says_so(settings):
    settings.TOKEN_KEYS = [OLD]
    source = factories.SourceFactory(kind="opencollective", account="x", token_sealed=sealed("token"))
    settings.TOKEN_KEYS = [NEW]
    run = sync(source)
    assert (run.state, run.error) == ("failed", "None of TOKEN_KEYS opens this: put the old key back")


def test_today_says_so_until_all_are_sealed_with_the_newest(settings):
    settings.TOKEN_KEYS = [OLD]
    factories.SourceFactory(token_sealed=sealed("token"))

    def lines():
        now = timezone.now()
        return [one.what for one in todo.todos(now=now, today=now.date())]

    assert lines() == []
    settings.TOKEN_KEYS = [NEW, OLD]
    assert lines() == ["Some tokens are still sealed with an old key"]
    rotate()
    assert lines() == []


def test_its_every_field_is_found_by_its_name():
    found = {
        (model.__name__, field.name)
        for model in (Source, Delivery)
        for field in model._meta.concrete_fields
        if field.name.endswith("_sealed")
    }
    assert found == {
        ("Source", "token_sealed"),
        ("Source", "hook_secret_sealed"),
        ("Delivery", "item_sealed"),
    }

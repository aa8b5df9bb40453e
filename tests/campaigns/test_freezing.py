"""Frozen figures: of the last day, once, signed, never changed; what moves later is a difference from them."""

import hashlib
import json
import re
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from campaigns import freezing
from campaigns.models import Campaign, Frozen
from funders import ledger
from funders.connectors.base import Kind, Receipt
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
END = date(2026, 5, 31)


@pytest.fixture
def source():
    return factories.SourceFactory()


@pytest.fixture
def campaign(source):
    made = factories.CampaignFactory(slug="appeal", name="Appeal", sources=[source], ends_on=END)
    give(source, pounds(300), pounds(115), on=date(2026, 5, 1))
    return made


@pytest.fixture
def tess():
    client = Client()
    client.force_login(factories.UserFactory(email="tess@example.org", role="treasurer"))
    return client


def url():
    return reverse("staff:campaign_end", args=["appeal"])


def freeze(client, **fields):
    shown = client.get(url()).context["shown"]
    return client.post(url(), {"freeze": "1", "shown": shown} | fields)


def read(client, path="/en/campaigns/appeal/"):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(path).content.decode()))


def test_the_document_is_what_the_api_said_on_that_day(campaign, tess, source):
    give(source, pounds(5), on=date(2026, 6, 1), prefix="after")
    assert freeze(tess).status_code == 302
    row = Frozen.objects.get()
    said = row.figures
    assert (row.day, said["day"], said["campaign"]["raised"], row.headline) == (
        END,
        "2026-05-31",
        "415.00",
        pounds(415),
    )
    assert row.document == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_anyone_can_check_the_proof(campaign, tess, client):
    freeze(tess)
    proof = client.get("/en/campaigns/appeal/frozen/proof.json").json()
    document = client.get("/en/campaigns/appeal/frozen/document.json").content
    assert document.decode() == proof["document"]
    digest = hashlib.sha256(document).digest()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(proof["public_key"]))
    key.verify(bytes.fromhex(proof["signature"]), digest)
    assert digest.hex() == proof["digest"]
    assert client.get("/en/campaigns/frozen-key.pem").content.startswith(b"-----BEGIN PUBLIC KEY-----")
    assert "Digest and signature are right" in read(client, "/en/campaigns/appeal/frozen/")
    assert client.get("/api/v1/campaigns/appeal/").json()["frozen"]["digest"] == proof["digest"]


def test_a_double_click_freezes_once_and_never_again(campaign, tess):
    freeze(tess)
    assert tess.post(url(), {"freeze": "1", "shown": "x"}).status_code == 200
    assert Frozen.objects.count() == 1
    for change in (lambda: Frozen.objects.update(digest=""), lambda: Frozen.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_what_was_shown_is_what_is_frozen(campaign, tess, source):
    shown = tess.get(url()).context["shown"]
    give(source, pounds(5), on=date(2026, 5, 2), prefix="late")
    page = tess.post(url(), {"freeze": "1", "shown": shown})
    assert "the figures have moved meanwhile" in page.content.decode()
    assert (Frozen.objects.count(), page.context["shown"]) == (0, "2026-05-31 420.00 GBP")


@pytest.mark.parametrize(
    ("ends_on", "words"),
    [(None, "Set the last day first."), (date(2026, 6, 30), "The last day has to be over")],
)
def test_a_campaign_that_goes_on_is_not_frozen(campaign, tess, ends_on, words):
    Campaign.objects.update(ends_on=ends_on)
    assert words in tess.get(url()).content.decode()
    tess.post(url(), {"freeze": "1", "shown": ""})
    assert Frozen.objects.count() == 0


def test_what_waits_is_decided_first(campaign, tess):
    factories.StatementFactory(campaign=campaign, needs_second=True)
    assert "A total waits for a second person" in tess.get(url()).content.decode()


def test_without_a_figure_there_is_none_to_freeze(tess):
    factories.CampaignFactory(slug="appeal", ends_on=END)
    assert "No figure was published" in tess.get(url()).content.decode()


def test_the_last_day_is_set_after_a_look_at_what_it_does(campaign, tess):
    day = {"ends_on": "2026-04-30"}
    page = tess.post(url(), day)
    assert [page.context[name].received for name in ("before", "after")] == [pounds(415), pounds(0)]
    assert Campaign.objects.get().ends_on == END
    tess.post(url(), day | {"publish": "1"})
    assert Campaign.objects.get().ends_on == date(2026, 4, 30)
    page = tess.post(url(), {"ends_on": "2020-01-01", "publish": "1"})
    assert "The last day is before the first." in page.content.decode()


def test_the_page_shows_the_frozen_figure_and_what_moved_since_by_cause(campaign, tess, client, source):
    freeze(tess)
    assert "Frozen £415 at the end of 31 May 2026. Nothing has moved since." in read(client)
    give(source, pounds(120), on=date(2026, 5, 3), prefix="late")
    back = Receipt(
        "back", Kind.REFUND, pounds(-50), date(2026, 6, 20), NOW, refunds_external_id="gift-2026-05-01-0"
    )
    ledger.record(source, [back])
    page = read(client)
    assert "Refunds and chargebacks −£50 Payments booked or corrected since +£120" in page
    assert "Since then, together +£70" in page
    assert client.get("/api/v1/campaigns/appeal/").json()["raised"] == "485.00"
    assert Frozen.objects.get().headline == pounds(415)


def test_a_total_that_is_stated_later_is_a_cause_of_its_own(campaign, tess, client):
    freeze(tess)
    factories.StatementFactory(campaign=campaign, as_of=END, amount_minor=50_000)
    assert "Totals stated or withdrawn since +£85" in read(client)


def test_a_frozen_campaign_keeps_its_days_and_currency(campaign, tess):
    freeze(tess)
    for change in ({"ends_on": NOW.date()}, {"currency": "EUR"}, {"slug": "other"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Campaign.objects.update(**change)
    assert Campaign.objects.update(name="Another name") == 1


def tamper(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE campaigns_frozen DISABLE TRIGGER frozen_append_only")
        cursor.execute(f"UPDATE campaigns_frozen SET {sql}", values)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("document = replace(document, '415.00', '999.00')", "The digest is not that of the document."),
        ("signature = '00'", "The signature is not of this digest."),
        ("day = day - 1", "The document is of another campaign or another day."),
    ],
)
def test_whatever_was_touched_is_found(campaign, tess, client, sql, words, capsys):
    freeze(tess)
    call_command("verify_figures")
    assert "All frozen figures are as they were signed." in capsys.readouterr().out
    tamper(sql)
    with pytest.raises(CommandError):
        call_command("verify_figures")
    assert words in capsys.readouterr().out
    assert words in read(client, "/en/campaigns/appeal/frozen/")


def test_another_secret_key_leaves_old_figures_to_be_checked_with_their_own(campaign, tess, settings, capsys):
    freeze(tess)
    old = freezing.public_key()
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(CommandError):
        call_command("verify_figures")
    call_command("verify_figures", "--trust", old)
    assert "as they were signed" in capsys.readouterr().out


@pytest.mark.parametrize(("role", "status"), [("editor", 403), ("treasurer", 200)])
def test_only_a_treasurer_ends_and_freezes(campaign, client, role, status):
    client.force_login(factories.UserFactory(role=role))
    assert client.get(url()).status_code == status


def test_what_is_not_frozen_or_not_public_has_no_proof(campaign, tess, client):
    pages = [f"/en/campaigns/appeal/frozen/{name}" for name in ("", "document.json", "proof.json")]
    assert [client.get(page).status_code for page in pages] == [404] * 3
    freeze(tess)
    assert [client.get(page).status_code for page in pages] == [200] * 3
    Campaign.objects.update(is_public=False)
    assert [client.get(page).status_code for page in pages] == [404] * 3

"""Sources in the admin: a secret never leaks, and what was typed undoes nothing that a sync wrote."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.forms import ModelForm
from django.urls import reverse

from funders import leases, ledger
from funders.connections import SecretsForm
from funders.connectors import CONNECTORS, receiver
from funders.models import Delivery, Source, Standing
from funders.models.deliveries import sealed_item
from tests import factories
from tests.factories import give, pounds

pytestmark = pytest.mark.django_db


def change_of(source):
    return reverse("admin:funders_source_change", args=[source.pk])


def source_form(source, **fields):
    typed = {
        "name": source.name, "slug": source.slug, "kind": source.kind, "base_url": source.base_url, "every_minutes": "60", "rank": "0",
        "due_at_0": "2026-01-01", "due_at_1": "12:00", "time_zone": "UTC", "options": "{}", "aggregators": "[]",
        "tiers-TOTAL_FORMS": "0", "tiers-INITIAL_FORMS": "0",
    }  # fmt: skip
    return typed | fields


# The field that it is typed into, and what staff are told it is.
secrets = pytest.mark.parametrize(
    ("secret", "words"),
    [("token", "its token"), ("hook_secret", "its webhook secret")],
    ids=["token", "hook"],
)
NETWORKED = [kind for kind, connector in CONNECTORS.items() if not connector.ATOMIC]
HOME = "https://api.example.org/graphql"


@secrets
def test_a_secret_goes_in_and_never_comes_out(client, staff, secret, words):
    change = change_of(factories.SourceFactory())
    assert (
        client.post(change, source_form(Source.objects.get(), **{f"new_{secret}": "s3cret"})).status_code
        == 302
    )
    assert getattr(Source.objects.get(), secret) == "s3cret"
    body = client.get(change).content.decode()
    assert "s3cret" not in body
    assert getattr(Source.objects.get(), f"{secret}_sealed") not in body


@secrets
def test_a_secret_stays_when_nothing_is_typed_and_goes_when_asked(client, staff, secret, words):
    source = factories.SourceFactory()
    source.token = source.hook_secret = "s3cret"
    source.save()
    change = change_of(source)
    client.post(change, source_form(source))
    assert (Source.objects.get().token, Source.objects.get().hook_secret) == ("s3cret", "s3cret")
    client.post(change, source_form(source, **{f"forget_{secret}": "on"}))
    left = {"token": Source.objects.get().token, "hook_secret": Source.objects.get().hook_secret}
    assert left == {"token": "s3cret", "hook_secret": "s3cret"} | {secret: ""}


@pytest.fixture
def tokened(request):
    source = factories.SourceFactory(kind=request.param, base_url=HOME)
    source.token = source.hook_secret = "s3cret"
    source.save()
    return source


@pytest.mark.parametrize("tokened", NETWORKED, indirect=True)
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"base_url": "http://api.example.org/graphql"},
        {"base_url": "https://api.example.net/graphql"},
        {"base_url": "https://api.example.org:8443/graphql"},
        {"base_url": ""},
        {"kind": "manual"},
    ],
    ids=lambda fields: "-".join(fields.values()) or "none",
)
def test_a_source_that_moves_loses_its_secrets_and_staff_are_told(client, staff, tokened, elsewhere):
    body = client.post(change_of(tokened), source_form(tokened, **elsewhere), follow=True).content.decode()
    assert (Source.objects.get().token, Source.objects.get().hook_secret) == ("", "")
    assert ("its token was forgotten" in body, "its webhook secret was forgotten" in body) == (True, True)


@secrets
@pytest.mark.parametrize("tokened", NETWORKED, indirect=True)
def test_a_source_that_moves_takes_the_secret_typed_with_it(client, staff, tokened, secret, words):
    typed = source_form(tokened, base_url="https://api.example.net/", **{f"new_{secret}": "another"})
    response = client.post(change_of(tokened), typed, follow=True)
    assert getattr(Source.objects.get(), secret) == "another"
    assert f"{words} was forgotten" not in response.content.decode()


@pytest.mark.parametrize("tokened", NETWORKED, indirect=True)
@pytest.mark.parametrize("same", ["https://API.example.org:443/other", HOME])
def test_another_path_of_the_same_server_keeps_the_secrets(client, staff, tokened, same):
    client.post(change_of(tokened), source_form(tokened, base_url=same))
    assert (Source.objects.get().token, Source.objects.get().hook_secret) == ("s3cret", "s3cret")


@pytest.mark.parametrize(
    ("fields", "goes_on"),
    [
        ({}, True),
        ({"name": "Another name"}, True),
        ({"account": "other"}, False),
        ({"kind": "liberapay"}, False),
        ({"base_url": "https://api.example.org/other"}, False),
    ],
    ids=str,
)
def test_a_source_that_moves_is_read_from_its_beginning_and_no_run_brings_the_old_place_back(
    client, staff, fields, goes_on
):
    source = factories.SourceFactory(
        kind="opencollective", base_url=HOME, account="one", cursor={"since": "2026"}
    )
    lease = leases.claim(source)
    client.post(change_of(source), source_form(source, account="one") | fields)
    assert Source.objects.get().cursor == ({"since": "2026"} if goes_on else {})
    with nullcontext() if goes_on else pytest.raises(leases.LeaseLost):
        leases.move(source, lease, cursor={"since": "2027"})


@pytest.mark.parametrize("kind", CONNECTORS)
def test_the_address_of_webhooks_is_told_where_the_provider_sends_any(client, staff, kind):
    body = client.get(change_of(factories.SourceFactory(kind=kind, slug="one"))).content.decode()
    assert ("http://127.0.0.1:8000/hooks/one/" in body) is (receiver(kind) is not None)
    assert ("This kind of source has none." in body) is (receiver(kind) is None)


def test_a_new_source_can_be_added(client, staff):
    assert client.get(reverse("admin:funders_source_add")).status_code == 200


def test_messages_can_be_looked_at_without_what_they_say(client, staff):
    one = Delivery.objects.create(
        source=factories.SourceFactory(),
        external_id="message-7",
        item_sealed=sealed_item({"amount": "3.00"}),
        error="a new word",
    )
    for page in (
        reverse("admin:funders_delivery_changelist"),
        reverse("admin:funders_delivery_change", args=[one.pk]),
    ):
        body = client.get(page).content.decode()
        assert ("message-7" in body, "a new word" in body) == (True, True)
        assert (one.item_sealed in body, "3.00" in body) == (False, False)
    assert client.get(reverse("admin:funders_delivery_add")).status_code == 403
    assert client.post(reverse("admin:funders_delivery_delete", args=[one.pk])).status_code == 403
    assert (
        client.post(reverse("admin:funders_delivery_change", args=[one.pk]), {"error": ""}).status_code == 403
    )


def test_a_run_shows_how_far_it_is(client, staff):
    run = factories.SyncRunFactory(
        state="running", pages=2, rows=1_500, expected=10_000, started_at=factories.NOW,
        read_at=factories.NOW + timedelta(seconds=5),
    )  # fmt: skip
    for page in (
        reverse("admin:funders_syncrun_changelist"),
        reverse("admin:funders_syncrun_change", args=[run.pk]),
    ):
        told = "2 pages, 1,500 of 10,000 records, 300 a second, 0:00:28 left"
        assert told in client.get(page).content.decode()


@pytest.mark.parametrize(
    "fields", [{"rank": "5"}, {"aggregators": '["someone"]'}], ids=["rank", "aggregators"]
)
def test_what_counts_twice_is_settled_when_its_rule_is_saved(client, staff, monkeypatch, fields):
    source, settled = factories.SourceFactory(), []
    monkeypatch.setattr(ledger, "restand", settled.append)
    client.post(change_of(source), source_form(source))
    assert settled == []
    client.post(change_of(source), source_form(source, **fields))
    assert settled == [source]


def test_a_declared_transfer_no_longer_counts_once_saved(client, staff):
    source = factories.SourceFactory()
    give(source, pounds(5), name="Alice")
    [giver] = source.givers.values_list("external_id", flat=True)
    typed = source_form(source, aggregators=f'["{giver}"]')
    assert client.post(change_of(source), typed).status_code == 302
    assert [one.counted_as for one in Standing.objects.all()] == ["transfer"]


def test_a_rule_that_cannot_be_settled_is_not_saved(client, staff, monkeypatch):
    def fail(source):
        raise RuntimeError("no")

    monkeypatch.setattr(ledger, "restand", fail)
    source = factories.SourceFactory()
    with pytest.raises(RuntimeError):
        client.post(change_of(source), source_form(source, rank="5"))
    assert Source.objects.get().rank == 0


def test_what_a_sync_wrote_meanwhile_stays(client, staff, monkeypatch):
    def synced(form):
        Source.objects.update(cursor={"page": 7}, failures=3)
        return ModelForm.clean(form)

    monkeypatch.setattr(SecretsForm, "clean", synced)
    source = factories.SourceFactory()
    client.post(change_of(source), source_form(source, name="Bank"))
    after = Source.objects.get()
    assert (after.name, after.cursor, after.failures) == ("Bank", {"page": 7}, 3)

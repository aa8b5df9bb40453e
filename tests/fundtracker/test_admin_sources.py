"""Sources in the admin: a token never leaks, and what was typed undoes nothing that a sync wrote."""

import pytest
from django.urls import reverse

from funders import ledger
from funders.admin import SourceForm
from funders.connectors import CONNECTORS
from funders.models import Source, Standing
from fundtracker.forms import AmountsForm
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


def test_a_token_goes_in_and_never_comes_out(client, staff):
    source = factories.SourceFactory()
    change = change_of(source)
    assert client.post(change, source_form(source, new_token="s3cret-token")).status_code == 302
    assert Source.objects.get().token == "s3cret-token"
    body = client.get(change).content.decode()
    assert "s3cret-token" not in body
    assert Source.objects.get().token_sealed not in body


def test_a_token_stays_when_nothing_is_typed_and_goes_when_asked(client, staff):
    source = factories.SourceFactory()
    source.token = "s3cret-token"
    source.save()
    change = change_of(source)
    client.post(change, source_form(source))
    assert Source.objects.get().token == "s3cret-token"
    client.post(change, source_form(source, forget_token="on"))
    assert Source.objects.get().token == ""


NETWORKED = [kind for kind, connector in CONNECTORS.items() if not connector.ATOMIC]
HOME = "https://api.example.org/graphql"


@pytest.fixture
def tokened(request):
    source = factories.SourceFactory(kind=request.param, base_url=HOME)
    source.token = "s3cret-token"
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
def test_a_source_that_moves_loses_its_token_and_staff_are_told(client, staff, tokened, elsewhere):
    typed = source_form(tokened, **elsewhere)
    response = client.post(change_of(tokened), typed, follow=True)
    assert Source.objects.get().token == ""
    assert "its token was forgotten" in response.content.decode()


@pytest.mark.parametrize("tokened", NETWORKED, indirect=True)
def test_a_source_that_moves_takes_the_token_typed_with_it(client, staff, tokened):
    typed = source_form(tokened, base_url="https://api.example.net/", new_token="another")
    response = client.post(change_of(tokened), typed, follow=True)
    assert Source.objects.get().token == "another"
    assert "its token was forgotten" not in response.content.decode()


@pytest.mark.parametrize("tokened", NETWORKED, indirect=True)
@pytest.mark.parametrize("same", ["https://API.example.org:443/other", HOME])
def test_another_path_of_the_same_server_keeps_the_token(client, staff, tokened, same):
    client.post(change_of(tokened), source_form(tokened, base_url=same))
    assert Source.objects.get().token == "s3cret-token"


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
        return AmountsForm.clean(form)

    monkeypatch.setattr(SourceForm, "clean", synced)
    source = factories.SourceFactory()
    client.post(change_of(source), source_form(source, name="Bank"))
    after = Source.objects.get()
    assert (after.name, after.cursor, after.failures) == ("Bank", {"page": 7}, 3)

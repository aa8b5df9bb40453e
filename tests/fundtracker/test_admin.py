"""The admin: every figure can be entered, nothing that was said can be changed in secret."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from campaigns.models import Campaign, Statement
from funders.models import DailyTotal, Delivery, Entry, Rate, Standing, SyncRun, Upload
from fundtracker.models import Site, User
from projects.models import Manifest, Year
from tests import factories
from tests.factories import give, pounds

pytestmark = pytest.mark.django_db
READ_ONLY = [DailyTotal, Delivery, Entry, Rate, Standing, Statement, SyncRun, Manifest, User, Year]
OURS = [
    m
    for m in admin.site._registry
    if m._meta.app_label in {"campaigns", "projects", "funders", "fundtracker"}
]


def label(model):
    return model._meta.model_name


def address(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def filled():
    source = factories.SourceFactory()
    campaign = factories.CampaignFactory(sources=[source])
    give(source, pounds(5))
    for make in (
        factories.LevelFactory, factories.UpdateFactory, factories.StatementFactory,
    ):  # fmt: skip
        make(campaign=campaign)
    factories.InstalmentFactory(
        commitment__source=source, commitment__tier=factories.TierFactory(source=source)
    )
    for make in (
        factories.ProgrammeFactory, factories.RateFactory, factories.SyncRunFactory, factories.UploadFactory,
        factories.CostFactory, factories.ManifestFactory, factories.YearFactory,
    ):  # fmt: skip
        make()


@pytest.mark.parametrize("model", OURS, ids=label)
def test_every_list_and_form_opens(client, staff, model):
    filled()
    assert client.get(address(model, "changelist")).status_code == 200
    row = model.objects.first()
    if row is not None:
        assert client.get(address(model, "change", row.pk)).status_code == 200
    addable = client.get(address(model, "add")).status_code
    assert addable == (403 if model in {*READ_ONLY, Site, Upload} else 200)


@pytest.mark.parametrize("model", READ_ONLY, ids=label)
def test_the_ledger_can_only_be_looked_at(client, staff, model):
    filled()
    row = model.objects.first()
    if row is not None:
        assert client.post(address(model, "change", row.pk), {}).status_code == 403
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def campaign_form(project, *, levels=0, **fields):
    inlines = {
        f"{prefix}-{name}": value
        for prefix, total in (("levels", levels), ("updates", 0))
        for name, value in (("TOTAL_FORMS", total), ("INITIAL_FORMS", 0))
    }
    typed = {
        "name": "Bridges", "slug": "bridges", "project": project.pk, "mode": "total", "currency": "GBP",
        "target_minor": "£900,000", "starts_on": "2026-01-01", "ends_on": "2026-12-31",
        "purposes": ["security"], "give_links": "[]", "is_public": "on",
    }  # fmt: skip
    return typed | inlines | fields


def test_a_campaign_with_its_levels_can_be_entered(client, staff):
    level = {"levels-0-kind": "full", "levels-0-amount_minor": "900k", "levels-0-if_missed": "They close."}
    typed = campaign_form(factories.ProjectFactory(), levels=1, **level)
    response = client.post(address(Campaign, "add"), typed)
    assert response.status_code == 302, response.context["errors"]
    campaign = Campaign.objects.get()
    assert (campaign.target, campaign.purposes) == (pounds(900_000), ["security"])
    assert campaign.levels.get().amount == pounds(900_000)


def test_an_amount_is_shown_in_whole_units(client, staff):
    campaign = factories.CampaignFactory(target_minor=123_456)
    assert 'value="1234.56"' in client.get(address(Campaign, "change", campaign.pk)).content.decode()


@pytest.mark.parametrize(
    ("currency", "minor", "shown"),
    [("GBP", 41_500_000, "415000,00"), ("KWD", 415_250, "415,250"), ("JPY", 415_000, "415000")],
)
def test_an_amount_saved_untouched_in_german_stays_what_it_was(client, staff, currency, minor, shown):
    campaign = factories.CampaignFactory(currency=currency, target_minor=minor)
    change, german = address(Campaign, "change", campaign.pk), {"accept-language": "de"}
    body = client.get(change, headers=german).content.decode()
    [value] = re.findall(r'name="target_minor" value="([^"]*)"', body)
    assert value == shown
    typed = campaign_form(campaign.project, currency=currency, target_minor=value)
    assert client.post(change, typed, headers=german).status_code == 302
    campaign.refresh_from_db()
    assert campaign.target_minor == minor


@pytest.mark.parametrize("contact", ["mailto:figures@example.org", "https://example.org/contact"])
def test_the_contact_is_a_page_or_a_mail_address(client, staff, contact):
    typed = {"name": "Fund", "time_zone": "UTC", "contact_url": contact}
    assert client.post(address(Site, "change", 1), typed).status_code == 302
    assert Site.objects.get().contact_url == contact


def test_a_contact_that_is_a_script_is_refused(client, staff):
    typed = {"name": "Fund", "time_zone": "UTC", "contact_url": "javascript:alert(1)"}
    assert client.post(address(Site, "change", 1), typed).status_code == 200
    assert Site.objects.get().contact_url == "https://example.org/contact"


def test_the_last_administrator_stays_here_too(client, staff):
    pages = [address(User, "add"), address(User, "change", staff.pk), address(User, "delete", staff.pk)]
    answers = [client.post(page, {"email": "eve@example.org", "post": "yes"}).status_code for page in pages]
    assert answers == [403, 403, 403]
    assert list(User.objects.administrators()) == [staff]


def test_a_stranger_is_sent_to_sign_in(client):
    assert client.get(address(Campaign, "changelist")).status_code == 302


def test_while_a_limit_holds_nobody_moves_money_here_alone(client):
    client.force_login(factories.UserFactory(role="administrator"))
    campaign = factories.CampaignFactory(sources=[factories.SourceFactory()])
    stream = campaign.streams.get()
    pages = [
        f"/admin/campaigns/campaign/{campaign.pk}/change/",
        f"/admin/projects/stream/{stream.pk}/change/",
    ]
    before = [client.get(page).content.decode() for page in pages]
    factories.limit(100)
    now = [client.get(page).content.decode() for page in pages]
    fields = ('name="ends_on"', 'name="starts_on"')
    assert [(old in page, old in new) for page, new, old in zip(before, now, fields, strict=True)] == [
        (True, False),
        (True, False),
    ]
    assert f"/staff/campaigns/{campaign.slug}/edit/" in now[0]
    assert client.post("/admin/projects/stream/add/", {}).status_code == 403
    assert "Say where money goes" in client.get("/admin/projects/stream/").content.decode()

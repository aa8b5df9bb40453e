"""Updates: drafts, plans, and changes that readers can see."""

import re
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from campaigns.models import Update
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def campaign():
    return factories.CampaignFactory(slug="appeal")


@pytest.fixture
def ann(signed_in):
    return signed_in("ann")


def opened(client, url):
    page = client.get(url)
    form = {field.name: field.value() or "" for field in page.context["form"]}
    return form | {"seen": page.context["seen"], "key": page.context["update"].key or ""}


def write(client, **fields):
    url = reverse("staff:update_new", args=["appeal"])
    return client.post(url, opened(client, url) | {"title": "Half way", "body": "**Thank you.**"} | fields)


def change(client, **fields):
    url = reverse("staff:update_edit", args=["appeal", Update.objects.get().pk])
    return client.post(url, opened(client, url) | fields)


def read(client, campaign):
    body = client.get(campaign.get_absolute_url()).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_a_draft_is_read_by_nobody_until_it_is_published(ann, client, campaign):
    write(ann, draft="1")
    assert "Half way" not in read(client, campaign)
    change(ann, publish="1")
    assert "30 June 2026 Half way Thank you." in read(client, campaign)


def test_a_preview_saves_nothing(ann, campaign):
    page = write(ann, look="1")
    assert "<strong>Thank you.</strong>" in page.content.decode()
    part = write(ann, live="1").content.decode().strip()
    assert (part.startswith('<section class="preview"'), Update.objects.count()) == (True, 0)


def test_a_double_click_tells_it_once(ann, campaign):
    url = reverse("staff:update_new", args=["appeal"])
    typed = opened(ann, url) | {"title": "Half way", "body": "Thanks", "publish": "1"}
    assert [ann.post(url, typed).status_code for _ in range(2)] == [302, 302]
    assert Update.objects.count() == 1


def test_a_planned_one_appears_by_itself_under_its_day(ann, client, campaign):
    write(ann, publish="1", publish_at="2026-07-02T08:00")
    assert "Half way" not in read(client, campaign)
    with time_machine.travel("2026-07-02T08:00Z", tick=False):
        assert "2 July 2026 Half way" in read(client, campaign)


def test_a_change_of_what_was_read_is_seen(ann, client, campaign):
    factories.UpdateFactory(campaign=campaign, published_on=date(2026, 4, 4), title="Half way")
    change(ann, publish="1")
    assert "changed on" not in read(client, campaign)
    change(ann, body="We were wrong.", publish="1")
    assert "4 April 2026 · changed on 30 June 2026 Half way We were wrong." in read(client, campaign)


def test_it_can_be_taken_off_the_page(ann, client, campaign):
    factories.UpdateFactory(campaign=campaign, title="Half way")
    change(ann, draft="1")
    assert "Half way" not in read(client, campaign)


def test_the_second_of_two_people_sees_the_change_of_the_first(ann, signed_in, campaign):
    row = factories.UpdateFactory(campaign=campaign, title="Half way")
    bob, url = signed_in("bob"), reverse("staff:update_edit", args=["appeal", row.pk])
    first, second = opened(ann, url), opened(bob, url)
    ann.post(url, first | {"title": "Nearly there", "publish": "1"})
    page = bob.post(url, second | {"body": "Mine", "publish": "1"})
    assert "Somebody changed it while you were typing" in page.content.decode()
    assert "Nearly there" in page.content.decode()
    assert Update.objects.get().title == "Nearly there"
    bob.post(url, second | {"body": "Mine", "seen": page.context["seen"], "publish": "1"})
    assert (Update.objects.get().title, Update.objects.get().body) == ("Half way", "Mine")


def test_what_is_missing_is_said_and_what_was_typed_stays(ann, campaign):
    page = write(ann, title="", body="kept", publish="1").content.decode()
    assert ("This field is required." in page, "kept" in page, Update.objects.count()) == (True, True, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(ann, campaign, django_assert_num_queries, count):
    factories.UpdateFactory.create_batch(count, campaign=campaign)
    ann.get(reverse("staff:updates", args=["appeal"]))
    with django_assert_num_queries(11):
        assert ann.get(reverse("staff:updates", args=["appeal"])).content.decode().count("row-name") == count

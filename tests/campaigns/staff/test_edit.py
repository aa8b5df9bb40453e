"""A campaign: typed as people understand it, seen before it is public, public when it should be, never over a colleague."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, Counted
from funders.models import Asked
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
NEW = "/staff/campaigns/new/"
LEVEL = {"stay_alive-amount_minor": "600", "stay_alive-if_missed": "The bridges are switched off."}


@pytest.fixture
def campaign():
    return factories.CampaignFactory(
        slug="appeal", name="Appeal", sources=[factories.SourceFactory()], give_links=[{"name": "Give", "url": "https://give.example/"}]
    )  # fmt: skip


@pytest.fixture
def ann(signed_in):
    return signed_in("ann")


def url(slug="appeal"):
    return reverse("staff:campaign_edit", args=[slug])


def opened(client, address=None):
    """What the form would send."""
    page = client.get(address or url())
    sheet = page.context["sheet"]
    typed = {"seen": page.context["seen"], "key": page.context["campaign"].key or ""}
    for form in [sheet.form, sheet.links.management_form, *sheet.links, *sheet.levels]:
        for field in form:
            value = field.value()
            value = [getattr(one, "pk", one) for one in value] if isinstance(value, list) else value
            if not isinstance(value, bool) or value:
                typed[field.html_name] = "" if value is None else value
    return typed


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_a_sheet_that_is_sent_as_it_came_changes_nothing(ann, campaign):
    factories.LevelFactory(campaign=campaign)
    before = ann.get(campaign.get_absolute_url()).content
    events = campaign.events.count()
    assert ann.post(url(), opened(ann) | {"publish": "1"}).status_code == 302
    assert ann.get(campaign.get_absolute_url()).content == before
    assert (campaign.events.count(), Counted.pgh_event_model.objects.count()) == (events, 1)


def test_a_new_campaign_is_a_draft_first_and_made_once(ann, client):
    project, stream = factories.ProjectFactory(), factories.StreamFactory()
    typed = opened(ann, NEW) | LEVEL | {
        "name": "Keep the bridges", "project": project.pk, "currency": "gbp", "target_minor": "900k",
        "streams": [stream.pk], "purposes": ["security"], "draft": "1",
        "links-0-name": "Give", "links-0-url": "give.example", "starts_on": "2026-01-01",
    }  # fmt: skip
    assert [ann.post(NEW, typed).url for _ in range(2)] == [url("keep-the-bridges")] * 2
    made = Campaign.objects.get()
    assert (made.target, made.levels.get().amount, made.purposes) == (
        pounds(900_000),
        pounds(600),
        ["security"],
    )
    assert (made.give_links, list(made.streams.all())) == (
        [{"name": "Give", "url": "https://give.example"}],
        [stream],
    )
    assert client.get(made.get_absolute_url()).status_code == 404


def test_a_preview_is_the_page_that_would_be_and_saves_nothing(ann, campaign):
    typed = opened(ann) | LEVEL | {"name": "New name", "target_minor": "2000"}
    with CaptureQueriesContext(connection) as asked:
        page = ann.post(url(), typed | {"look": "1"})
    assert "New name" in page.context["preview"]
    assert "The bridges are switched off." in page.context["preview"]
    assert "/en/campaigns/appeal/figures/" not in page.context["preview"]
    assert not any("FOR NO KEY UPDATE" in query["sql"] for query in asked)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.levels.count(), campaign.events.count()) == ("Appeal", 0, 1)


def test_the_live_preview_is_that_part_alone(ann, campaign):
    typed = opened(ann) | {"name": "New name", "live": "1"}
    assert ann.post(url(), typed).content.decode().strip().startswith('<section class="preview" id="preview"')
    incomplete = ann.post(url(), typed | {"name": ""})
    assert (incomplete.status_code, "when the form is complete" in words(incomplete)) == (200, True)


def test_a_new_campaign_can_be_previewed_before_it_is_there(ann):
    typed = opened(ann, NEW) | {"name": "Soon", "project": factories.ProjectFactory().pk, "currency": "EUR"}
    assert "Soon" in ann.post(NEW, typed | {"look": "1"}).context["preview"]
    assert Campaign.objects.count() == 0
    assert ann.post(NEW, typed | {"draft": "1"}).status_code == 302


def test_a_planned_campaign_becomes_public_by_itself(ann, client, campaign):
    factories.SiteFactory._meta.model.objects.update(time_zone="Europe/Berlin")
    ann.post(url(), opened(ann) | {"publish_at": "2026-07-01T09:00", "publish": "1"})
    campaign.refresh_from_db()
    assert campaign.publish_at == datetime(2026, 7, 1, 7, tzinfo=UTC)
    places = [campaign.get_absolute_url(), f"/api/v1/campaigns/{campaign.slug}/"]
    assert [client.get(place).status_code for place in places] == [404, 404]
    assert "Appeal" not in client.get("/en/").content.decode()
    with time_machine.travel(campaign.publish_at, tick=False):
        assert [client.get(place).status_code for place in places] == [200, 200]
        assert "Appeal" in client.get("/en/").content.decode()


def test_it_can_be_made_a_draft_again(ann, client, campaign):
    ann.post(url(), opened(ann) | {"draft": "1"})
    assert client.get(campaign.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"target_minor": "lots"}, "is not an amount in GBP"),
        ({"currency": "XXQ"}, "is not a currency"),
        ({"ends_on": "2025-01-01"}, "The last day is before the first."),
        ({"full-amount_minor": "5"}, "Say what happens"),
        ({"full-if_missed": "We stop."}, "Say the amount"),
        ({"links-1-name": "Give here"}, "A button takes both a text and an address."),
        ({"links-1-name": "Trap", "links-1-url": "javascript:alert(1)"}, "Enter a valid URL."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(ann, campaign, typed, said):
    page = ann.post(url(), opened(ann) | {"summary": "kept as typed"} | typed | {"publish": "1"})
    assert said in words(page)
    assert "kept as typed" in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.summary == ""


def test_the_second_of_two_people_sees_the_change_of_the_first_and_chooses(ann, signed_in, campaign):
    bob = signed_in("bob")
    first, second = opened(ann), opened(bob)
    ann.post(url(), first | {"target_minor": "2000", "publish": "1"})
    page = bob.post(url(), second | {"name": "Bob’s", "publish": "1"})
    assert "It was ann@example.org." in words(page)
    assert [tuple(change) for change in page.context["changes"]] == [
        ("Name", "Appeal", "Bob’s"), ("Target", "£2,000", "£1,000"),
    ]  # fmt: skip
    campaign.refresh_from_db()
    assert campaign.name == "Appeal"
    bob.post(url(), second | {"name": "Bob’s", "seen": page.context["seen"], "publish": "1"})
    campaign.refresh_from_db()
    assert (campaign.name, campaign.target) == ("Bob’s", pounds(1000))


def test_a_level_whose_amount_is_emptied_is_gone(ann, campaign):
    factories.LevelFactory(campaign=campaign)
    emptied = {"stay_alive-amount_minor": "", "stay_alive-if_missed": ""}
    ann.post(url(), opened(ann) | emptied | {"publish": "1"})
    assert campaign.levels.count() == 0


def test_which_streams_count_is_in_history_with_who_changed_it(ann, campaign):
    stream = factories.StreamFactory(project=campaign.project)
    ann.post(url(), opened(ann) | {"streams": [stream.pk], "publish": "1"})
    events = Counted.pgh_event_model.objects.order_by("pgh_id")
    assert [(one.pgh_label, one.stream_id == stream.pk) for one in events] == [
        ("insert", False), ("delete", False), ("insert", True),
    ]  # fmt: skip
    assert events.last().pgh_context.metadata["user"] == ann.get(url()).wsgi_request.user.pk


def test_the_currency_of_stated_totals_stays(ann, campaign):
    factories.StatementFactory(campaign=campaign)
    ann.post(url(), opened(ann) | {"currency": "EUR", "publish": "1"})
    campaign.refresh_from_db()
    assert campaign.currency == "GBP"


def test_streams_are_ticked_under_their_source(ann, campaign):
    bank = factories.SourceFactory(name="Bank")
    factories.StreamFactory(source=bank, designation="bridges", project=campaign.project, share_bp=5_000)
    choices = dict(ann.get(url()).context["sheet"].form.fields["streams"].choices)
    assert [label for _, label in choices["Bank"]] == [f"{campaign.project}: bridges, 50 %"]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"is_public": False}, "draft"),
        ({"publish_at": NOW + timedelta(days=1)}, "planned"),
        ({"starts_on": date(2026, 7, 1)}, "coming"),
        ({}, "running"),
        ({"ends_on": date(2026, 6, 29)}, "over"),
    ],
)
def test_the_list_says_where_each_is_in_its_life(ann, fields, state):
    factories.CampaignFactory(**fields)
    [(_, shown)] = ann.get(reverse("staff:campaigns")).context["rows"]
    assert shown == state


@pytest.mark.parametrize("count", [1, 3])
def test_the_sheet_asks_the_same_number_of_questions(ann, django_assert_num_queries, count):
    campaign = factories.CampaignFactory(slug="appeal", sources=factories.SourceFactory.create_batch(count))
    for kind in ["stay_alive", "full", "ambition"][:count]:
        factories.LevelFactory(campaign=campaign, kind=kind)
    ann.get(url())
    with django_assert_num_queries(18):
        ann.get(url())


def _counted(campaign):
    factories.limit(100)
    give(campaign.streams.get().source, pounds(500), on=date(2026, 6, 1))
    return campaign


def agree(client, row=None, **typed):
    row = row or Asked.objects.latest("pk")
    return client.post(reverse("staff:decide_campaign", args=[row.pk]), typed or {"agree": "1"})


@pytest.mark.parametrize("role", ["editor", "treasurer", "administrator"])
@pytest.mark.parametrize("again", ["publish", "draft"])
def test_nobody_moves_the_figure_alone_by_what_counts(signed_in, campaign, again, role):
    """Nor by way of a draft."""
    ann = signed_in("ann", role)
    _counted(campaign)
    if again == "draft":
        ann.post(url(), opened(ann) | {"draft": "1"})
    page = ann.post(url(), opened(ann) | {"streams": [], "summary": "said", again: "1"}, follow=True)
    assert "It waits for a second person." in words(page)
    assert [page.context[when].received for when in ("before", "after")] == [pounds(500), None]
    assert agree(ann).status_code == 403
    assert (campaign.streams.count(), Campaign.objects.get().summary) == (1, campaign.summary)
    assert ann.post(url(), opened(ann) | {"summary": "Only words.", again: "1"}).status_code == 302
    assert Campaign.objects.get().summary == "Only words."


def test_a_second_person_agrees_to_just_what_was_asked(signed_in, ann, campaign):
    _counted(campaign)
    typed = opened(ann) | {"streams": [], "summary": "said", "publish": "1"}
    assert [ann.post(url(), typed).status_code for _ in range(2)] == [302, 302]
    bob = signed_in("bob")
    assert [agree(bob).status_code for _ in range(2)] == [302, 302]
    changed = Campaign.objects.get()
    assert (Asked.objects.count(), changed.streams.count(), changed.summary) == (1, 0, "said")


def test_what_changed_meanwhile_is_agreed_to_by_nobody(signed_in, ann, campaign):
    _counted(campaign)
    ann.post(url(), opened(ann) | {"streams": [], "publish": "1"})
    Campaign.objects.update(summary="Another hand.")
    bob = signed_in("bob")
    assert "Nothing was done: it has changed" in words(bob.post(*_yes(), follow=True))
    assert (campaign.streams.count(), Asked.objects.waiting().count()) == (1, 0)
    assert "nobody can agree to it any more" in words(bob.get(_yes()[0]))


def test_a_second_editor_comes_to_pages_that_are_theirs(signed_in, ann, campaign):
    _counted(campaign)
    ann.post(url(), opened(ann) | {"streams": [], "publish": "1"})
    bob = signed_in("bob", "editor")
    assert reverse("staff:waiting") not in bob.get(_yes()[0]).content.decode()
    answer = bob.post(*_yes(), follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, reverse("staff:today"))


def _yes():
    return reverse("staff:decide_campaign", args=[Asked.objects.get().pk]), {"agree": "1"}


def test_amounts_are_read_in_the_language_in_which_they_were_typed(signed_in, ann, campaign):
    _counted(campaign)
    german = {"HTTP_ACCEPT_LANGUAGE": "de"}
    typed = opened(ann) | {"streams": [], "target_minor": "1.500,00", "publish": "1"}
    ann.post(url(), typed, **german)
    agree(signed_in("bob"))
    assert Campaign.objects.get().target_minor == 150_000


def test_another_currency_is_another_figure(ann, campaign):
    _counted(campaign)
    ann.post(url(), opened(ann) | {"currency": "EUR", "publish": "1"})
    assert (Campaign.objects.get().currency, Asked.objects.waiting().count()) == ("GBP", 1)


def test_nor_is_the_last_day_set_alone(signed_in, campaign):
    _counted(campaign)
    eve = signed_in("eve", "treasurer")
    end = reverse("staff:campaign_end", args=["appeal"])
    assert "a second person is asked there" in words(eve.post(end, {"ends_on": "2026-03-01", "publish": "1"}))
    assert Campaign.objects.get().ends_on == campaign.ends_on

"""A new total: typed as people type, seen before it is public, published once, and never over a colleague unseen."""

import re
import threading
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns import statements
from campaigns.models import Statement
from fundtracker.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def campaign():
    return factories.CampaignFactory(slug="appeal", name="Appeal", target_minor=90_000_000)


@pytest.fixture
def url(campaign):
    return reverse("staff:figure", args=["appeal"])


def editor(email="ann@example.org"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role="editor"))
    return client


def opened(client, url):
    """What the form would send."""
    page = client.get(url).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(seen|key)"(?: value="([^"]*)")?', page))
    return {"as_of": "2026-06-30", "evidence": "Bank statement", "note": "", "evidence_url": "", **fields}


def shown(answer):
    """What the form of an answer would send."""
    form = answer.context["form"]
    return {field.name: field.value() or "" for field in form if field.name != "upload"}


def stated():
    return list(Statement.objects.order_by("pk").values_list("amount_minor", flat=True))


@pytest.mark.parametrize("typed", ["415k", "£415,000", "415000.00", "415 000"])
def test_amounts_are_typed_as_people_type_them(url, typed):
    client = editor()
    client.post(url, opened(client, url) | {"amount_minor": typed, "publish": "1"})
    assert stated() == [41_500_000]


def test_in_german_too(url):
    client = editor()
    client.get(url, headers={"Accept-Language": "de"})
    typed = {"amount_minor": "415.000,00", "publish": "1"}
    client.post(url, opened(client, url) | typed, headers={"Accept-Language": "de"})
    assert stated() == [41_500_000]


def test_a_preview_shows_the_page_before_and_after_and_publishes_nothing(url, campaign):
    factories.StatementFactory(campaign=campaign, amount_minor=10_000_000, as_of=date(2026, 4, 4))
    client = editor()
    page = client.post(url, opened(client, url) | {"amount_minor": "415k"})
    before, after = page.context["before"], page.context["after"]
    assert (before.progress.percent, after.progress.percent) == (11, 46)
    assert "The page then" in page.content.decode()
    assert stated() == [10_000_000]


def test_who_stated_it_is_kept(url):
    client = editor()
    client.post(url, opened(client, url) | {"amount_minor": "5", "publish": "1"})
    assert str(Statement.objects.get().recorded_by) == "ann@example.org"


def test_a_double_click_states_it_once(url):
    client = editor()
    form = opened(client, url) | {"amount_minor": "5", "publish": "1"}
    answers = [client.post(url, form).status_code for _ in range(3)]
    assert (answers, stated()) == ([302, 302, 302], [500])


def test_the_second_of_two_people_sees_the_change_of_the_first(url):
    ann, bob = editor(), editor("bob@example.org")
    first, second = opened(ann, url), opened(bob, url)
    ann.post(url, first | {"amount_minor": "5", "publish": "1"})
    answer = bob.post(url, second | {"amount_minor": "7", "publish": "1"})
    assert "ann@example.org stated £5" in answer.content.decode()
    assert stated() == [500]
    bob.post(url, shown(answer) | {"publish": "1"})
    assert stated() == [500, 700]


def test_going_back_and_typing_another_figure_is_another_statement(url):
    client = editor()
    form = opened(client, url) | {"amount_minor": "5", "publish": "1"}
    client.post(url, form)
    answer = client.post(url, form | {"amount_minor": "6"})
    assert "ann@example.org stated £5" in answer.content.decode()
    assert client.post(url, shown(answer) | {"publish": "1"}).status_code == 302
    assert stated() == [500, 600]


def test_a_figure_that_was_withdrawn_is_stated_again_from_the_same_form(url):
    client = editor()
    form = opened(client, url) | {"amount_minor": "5", "publish": "1"}
    client.post(url, form)
    statements.withdraw(Statement.objects.get(), User.objects.get(), "A slip.")
    assert client.post(url, form).status_code == 302
    assert (stated(), Statement.objects.filter(withdrawn_at=None).count()) == ([500, 500], 1)


def test_looking_and_previewing_wait_for_nobody(url):
    client = editor()
    with CaptureQueriesContext(connection) as asked:
        client.post(url, opened(client, url) | {"amount_minor": "5"})
    assert not any("FOR UPDATE" in query["sql"] for query in asked)
    assert stated() == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount_minor": "lots"}, "is not an amount in GBP"),
        ({"amount_minor": "-5"}, "A total cannot be less than 0."),
        ({"as_of": "2026-07-01"}, "This day has not come yet."),
        ({"as_of": ""}, "This field is required."),
        ({"evidence_url": "javascript:alert(1)"}, "Enter a valid URL."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(url, typed, words):
    client = editor()
    page = client.post(
        url, opened(client, url) | {"amount_minor": "5", "note": "kept"} | typed | {"publish": "1"}
    )
    assert words in page.content.decode()
    assert "kept" in page.content.decode()
    assert stated() == []


def test_a_campaign_that_is_over_takes_totals_of_its_own_days_only(url, campaign):
    type(campaign).objects.update(ends_on=date(2026, 3, 31))
    client = editor()
    assert client.get(url).context["form"].initial["as_of"] == date(2026, 3, 31)
    page = client.post(url, opened(client, url) | {"amount_minor": "5", "publish": "1"})
    assert "The campaign ended on March 31, 2026" in page.content.decode()
    client.post(url, opened(client, url) | {"amount_minor": "5", "as_of": "2026-03-31", "publish": "1"})
    assert stated() == [500]


def test_a_viewer_changes_nothing(url):
    client = Client()
    client.force_login(factories.UserFactory(role="viewer"))
    assert client.post(url, {"amount_minor": "5", "publish": "1"}).status_code == 403
    assert stated() == []
    assert "New total" not in client.get(reverse("staff:campaigns")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(django_assert_num_queries, count):
    client = editor()
    for _ in range(count):
        factories.StatementFactory(campaign=factories.CampaignFactory(sources=[factories.SourceFactory()]))
    client.get(reverse("staff:campaigns"))
    with django_assert_num_queries(19):
        assert client.get(reverse("staff:campaigns")).content.decode().count("New total") == count


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_the_same_time_one_is_asked_again(campaign, url):
    people = [editor(), editor("bob@example.org")]
    forms = [
        opened(client, url) | {"amount_minor": str(n), "publish": "1"} for n, client in enumerate(people, 5)
    ]
    answers = []

    def publish(client, form):
        answers.append(client.post(url, form).status_code)
        connection.close()

    threads = [threading.Thread(target=publish, args=pair) for pair in zip(people, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 302]
    assert len(stated()) == 1

"""Today: each thing that needs a person has its line, and loses it when it is mended."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns import todo as campaigns
from campaigns.models import Campaign
from campaigns.outbox import Message
from campaigns.questions import Question
from campaigns.todo import groups
from funders import corrections, ledger
from funders import todo as funders
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import Commitment, Entry, Limit, Source
from funders.models.sources import file_kinds
from fundtracker.money import Money
from projects import todo as projects
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = NOW.date()


def lines():
    everything = [
        *funders.todos(now=timezone.now(), today=TODAY), *projects.todos(today=TODAY), *campaigns.todos(today=TODAY),
    ]  # fmt: skip
    # What projects need has tests of its own: tests/projects/test_todo.py.
    return [todo.what for todo in everything if "nobody has said what it needs" not in todo.what]


def fetched(**fields):
    return factories.SourceFactory(name="Giving page", kind="opencollective", **fields)


def test_nothing_needs_anybody_at_first(client):
    client.force_login(factories.UserFactory(role="viewer"))
    assert "Nothing needs you today." in client.get(reverse("staff:today")).content.decode()


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"failures": 2, "error": "It refused the token (401)."}, "Giving page cannot be read"),
        ({"synced_at": NOW - timedelta(days=3)}, "Giving page has not been read for too long"),
        ({"synced_at": None}, "Giving page has never been read"),
    ],
)
def test_a_source_that_fails(fields, line):
    source = fetched(**fields)
    assert lines() == [line]
    Source.objects.filter(pk=source.pk).update(failures=0, synced_at=NOW)
    assert lines() == []


def test_rejected_rows_of_the_last_run():
    source = fetched()
    why = [{"where": "page 1, item 2", "why": "an amount cannot be booked"}]
    factories.SyncRunFactory(source=source, rejected=1, rejections=why)
    assert lines() == ["1 record of Giving page cannot be booked"]
    [todo] = funders.todos(now=timezone.now(), today=TODAY)
    assert todo.why == "page 1, item 2: an amount cannot be booked."
    factories.SyncRunFactory(source=source)  # it read only what was new
    assert lines() == ["1 record of Giving page cannot be booked"]
    factories.SyncRunFactory(source=source, full=True)
    assert lines() == []


def test_rejected_rows_of_a_file_until_a_better_one_comes():
    source = factories.SourceFactory(name="Bank", kind=file_kinds()[0])
    factories.SyncRunFactory(source=source, state="failed", rejected=2)
    assert lines() == ["2 records of Bank cannot be booked"]
    factories.SyncRunFactory(source=source)
    assert lines() == []


def test_a_paused_source_needs_nobody():
    source = fetched(active=False, failures=3)
    factories.SyncRunFactory(source=source, rejected=1)
    assert lines() == []


def test_a_file_that_is_late_is_uploaded_not_waited_for():
    factories.SourceFactory(name="Bank", kind=file_kinds()[0], synced_at=NOW - timedelta(days=30))
    [todo] = funders.todos(now=timezone.now(), today=TODAY)
    assert todo.why == "Its next file has not been uploaded."


def everything_at_once():
    source = fetched(failures=2, error="It refused the token (401).")
    factories.SyncRunFactory(source=source, rejected=1)
    bank = factories.SourceFactory(name="Bank")
    ledger.record(bank, [Receipt("back", Kind.REFUND, pounds(-5), TODAY, NOW, refunds_external_id="gift")])
    ledger.record(bank, [Receipt("x", Kind.DONATION, pounds(5), TODAY, NOW, designation="Tea & cake #1")])
    factories.CommitmentFactory(source=bank, frequency="yearly", ends_on=TODAY)
    factories.CampaignFactory(slug="appeal", sources=[given := factories.SourceFactory()])
    factories.CostFactory(project=Campaign.objects.get().project)
    give(given, Money.of(5, "XAF"))


@pytest.mark.parametrize(
    ("role", "count"), [("viewer", 4), ("editor", 5), ("treasurer", 6), ("administrator", 6)]
)
def test_each_line_leads_where_its_reader_may_go_or_says_who_may(client, role, count):
    everything_at_once()
    client.force_login(factories.UserFactory(role=role))
    page = client.get(reverse("staff:today")).content.decode()
    links = re.findall(r'class="row-name" href="([^"]+)"', page)
    assert [client.get(unescape(link)).status_code for link in links] == [200] * count
    assert page.count("Who can mend it:") == 6 - count


def test_money_of_a_designation_leads_to_a_stream_of_it(client):
    everything_at_once()
    client.force_login(factories.UserFactory(role="administrator"))
    [todo] = projects.todos(today=TODAY)
    assert client.get(todo.url).context["form"].initial["designation"] == "Tea & cake #1"


def test_a_stated_total_settles_what_has_no_rate():
    everything_at_once()
    assert len(list(campaigns.todos(today=TODAY))) == 1
    factories.StatementFactory(campaign=Campaign.objects.get(), as_of=TODAY)
    assert list(campaigns.todos(today=TODAY)) == []


def test_a_refund_whose_gift_is_unknown():
    source = factories.StreamFactory(source__name="Bank").source
    back = Receipt("back", Kind.REFUND, pounds(-5), TODAY, NOW, refunds_external_id="gift")
    ledger.record(source, [back])
    assert lines() == ["1 refund of Bank waits for its gift"]
    ledger.record(source, [Receipt("gift", Kind.DONATION, pounds(5), date(2026, 6, 1), NOW, GiverRef("a"))])
    assert lines() == []


def test_what_waits_for_a_second_person():
    row = factories.correction(factories.SourceFactory(), needs_second=True)
    Limit.objects.create(currency="GBP", needs_second=True)
    assert lines() == [
        "Waits for a second person: 1 in the books",
        "Waits for a second person: the limit for changes made alone",
    ]
    Limit.objects.update(refused_at=NOW)
    type(row).objects.update(refused_at=NOW)
    assert lines() == []


def test_a_record_that_its_source_changed_after_it_was_corrected():
    source = factories.StreamFactory(source__name="Bank").source
    give(source, pounds(5))
    row = factories.correction(source, known_entry=Entry.objects.get().pk)
    assert lines() == []
    ledger.record(
        source,
        [Receipt(row.external_id, Kind.DONATION, pounds(9), date(2026, 6, 1), NOW + timedelta(days=1))],
    )
    assert lines() == [f"Bank changed a record that you corrected: {row.external_id}"]
    corrections.keep(row)
    assert lines() == []


def test_money_without_a_stream():
    source = factories.SourceFactory(name="Bank")
    give(source, pounds(5), pounds(7))
    assert lines() == ["£12 of Bank reach no project"]
    factories.StreamFactory(source=source)
    assert lines() == []


def test_money_before_its_stream_began():
    source = factories.SourceFactory(name="Bank")
    give(source, pounds(5), on=date(2026, 5, 1))
    stream = factories.StreamFactory(source=source, starts_on=date(2026, 5, 2))
    assert lines() == ["£5 of Bank reach no project"]
    type(stream).objects.update(starts_on=None)
    assert lines() == []


def test_a_commitment_that_is_overdue_or_about_to_lapse():
    commitment = factories.CommitmentFactory(
        source__name="Members", amount_minor=1000, currency="GBP", frequency="yearly", ends_on=TODAY + timedelta(days=9)
    )  # fmt: skip
    assert lines() == ["1 about to lapse at Members"]
    Commitment.objects.update(state="overdue")
    assert lines() == ["1 overdue at Members"]
    Commitment.objects.update(state="ended")
    factories.InstalmentFactory(commitment=commitment, due_on=TODAY - timedelta(days=1))
    assert lines() == []
    Commitment.objects.update(state="active", ends_on=None)
    assert lines() == ["1 overdue at Members"]


def test_an_old_statement_and_one_that_entries_exceed():
    source = factories.SourceFactory()
    campaign = factories.CampaignFactory(name="Appeal", sources=[source], restated_every_days=30)
    factories.StatementFactory(campaign=campaign, as_of=date(2026, 5, 1), amount_minor=900)
    give(source, pounds(10), on=date(2026, 4, 30))
    assert lines() == [
        "Appeal: entries exceed the stated total by £1",
        "Appeal: the last figure is of May 1, 2026",
    ]
    factories.StatementFactory(campaign=campaign, as_of=TODAY, amount_minor=1000)
    assert lines() == []


def test_money_without_a_rate():
    source = factories.SourceFactory()
    factories.CampaignFactory(name="Appeal", sources=[source])
    give(source, Money.of(5, "XAF"))
    assert [line.partition(":")[0] for line in lines()] == ["Appeal"]
    assert "without an exchange rate" in lines()[0]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_questions(client, django_assert_num_queries, count):
    client.force_login(factories.UserFactory(role="viewer"))
    for _ in range(count):
        source = fetched(failures=1, error="It refused the token (401).")
        give(source, pounds(5))
        factories.SyncRunFactory(source=source, rejected=1)
        factories.CampaignFactory(restated_every_days=1, sources=[factories.SourceFactory()])
        factories.QuestionFactory()
        factories.MessageFactory(error="The mail server refused it (550).")
    client.get(reverse("staff:today"))
    with django_assert_num_queries(44):
        assert client.get(reverse("staff:today")).status_code == 200


def messages():
    return [todo for title, todos in groups(timezone.now()) for todo in todos if title == "Messages"]


def test_a_question_of_the_public_until_it_is_settled():
    asked = factories.QuestionFactory()
    [todo] = messages()
    assert (todo.what, todo.url) == ("1 question of the public is open", reverse("staff:questions"))
    assert todo.since == Question.objects.get().asked_at
    Question.objects.filter(pk=asked.pk).update(settled_at=timezone.now(), note="It was right.")
    assert messages() == []


def test_a_message_that_could_not_be_sent_until_it_is():
    factories.MessageFactory()
    message = factories.MessageFactory(error="The mail server refused it (550).")
    [todo] = messages()
    assert (todo.what, todo.url) == ("1 message could not be sent", reverse("staff:sending"))
    Message.objects.filter(pk=message.pk).update(sent_at=timezone.now(), error="")
    assert messages() == []


def test_each_group_says_how_many_and_each_line_since_when(client):
    everything_at_once()
    client.force_login(factories.UserFactory(role="viewer"))
    page = client.get(reverse("staff:today")).content.decode()
    assert re.findall(r'<span class="badge">(\d+)</span>', page) == ["4", "1", "1"]
    assert page.count("Since 30 June 2026.") == 3


def test_the_page_renews_its_lines_and_sends_its_reader_to_sign_in_when_the_session_is_over(client):
    client.force_login(factories.UserFactory(role="viewer"))
    assert 'hx-trigger="click, every 60s"' in client.get(reverse("staff:today")).content.decode()
    client.logout()
    answer = client.get(reverse("staff:today"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")

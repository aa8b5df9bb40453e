"""A maintainer's own pages: their hours, what they publish, their statement, and nothing of anybody else."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from campaigns.questions import Question
from projects import own, people
from projects.models import Role
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)


@pytest.fixture
def ada(client):
    """She maintains the bridges for £1,000 and 80 hours a month; £500 a month come in."""
    user = factories.UserFactory(email="ada@example.org", last_login=NOW)
    client.force_login(user)
    return factories.MaintainerFactory(name="Ada Lovelace", user=user)


@pytest.fixture
def bridges():
    return factories.ProjectFactory(slug="bridges", name="Bridges")


def works(maintainer, project, **said):
    return factories.RoleFactory(
        maintainer=maintainer, cost__project=project, cost__amount_minor=100_000,
        cost__starts_on=date(2025, 1, 1), **said,
    )  # fmt: skip


def monthly(project, amount, until, purpose="maintenance"):
    """A commitment of so many pounds a month to it."""
    stream = factories.StreamFactory(project=project, purpose=purpose)
    return factories.CommitmentFactory(
        source=stream.source, title="The bridge grant", amount_minor=amount * 100, currency="GBP",
        frequency="monthly", starts_on=date(2026, 1, 1), ends_on=until,
    )  # fmt: skip


def words(answer):
    import re
    from html import unescape

    main = answer.content.decode().partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_it_says_how_many_hours_are_paid_for_this_month_and_until_when(client, ada, bridges):
    works(ada, bridges)
    monthly(bridges, 500, date(2026, 9, 30))
    answer = client.get("/me/")
    assert "This month 40 of your 80 hours are paid for: 50%." in words(answer)
    assert "From October 2026 on: 0 of 80 hours, instead of 40." in words(answer)
    assert (len(answer.context["past"]), len(answer.context["ahead"])) == (12, 25)


def test_nothing_known_has_a_sentence_each(client, ada, bridges):
    assert "No work is entered for you this month." in words(client.get("/me/"))
    works(ada, bridges)
    said = words(client.get("/me/"))
    assert "This month 0 of your 80 hours are paid for: 0%." in said
    assert "No money is known to reach it: no stream leads there yet." in said
    assert "Nothing that is known runs out within two years." in said


def test_in_kind_is_paid_for_by_who_gives_it(client, ada, bridges):
    works(ada, bridges, cost__in_kind=True)
    assert "This month 80 of your 80 hours are paid for: 100%." in words(client.get("/me/"))


def test_where_it_would_tell_what_one_other_person_earns_it_is_not_shown(client, ada, bridges):
    works(ada, bridges)
    works(factories.MaintainerFactory(), bridges)
    monthly(bridges, 500, None)
    said = words(client.get("/me/"))
    assert "This month your work takes 80 hours. How many of them are paid for is not shown" in said
    works(factories.MaintainerFactory(), bridges)
    # Three together cost £3,000, and £500 of it is covered.
    assert "This month 13.3 of your 80 hours are paid for: 16%." in words(client.get("/me/"))


def test_an_account_without_a_record_reads_whom_to_ask(client):
    client.force_login(factories.UserFactory())
    assert "Your account is not linked" in words(client.get("/me/"))
    for page in ("me:publish", "me:message"):
        assert client.get(reverse(page)).status_code == 404
    assert client.get("/me/statement/2026/").status_code == 404


def test_it_is_nobody_elses_and_in_no_cache_or_search(client, ada):
    for url in ("/me/", "/me/public/", "/me/message/", "/me/statement/2026/", "/me/statement/2026.pdf"):
        answer = client.get(url)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
        assert url.endswith("pdf") or '<meta name="robots" content="noindex">' in answer.content.decode()
        assert Client().get(url)["Location"] == f"/staff/account/login/?next={url}"


@pytest.mark.parametrize(("role", "page"), [("", "me:home"), ("viewer", "staff:today")])
def test_who_signs_in_lands_on_their_own_page(rf, role, page):
    from fundtracker.accounts import Adapter

    request = rf.get("/")
    request.user = factories.UserFactory(role=role)
    factories.MaintainerFactory(user=request.user)
    assert Adapter(request).get_login_redirect_url(request) == reverse(page)


def switch(client, **on):
    return client.post("/me/public/", {"_": "", **on})


def test_nothing_is_public_until_it_is_switched_on_and_then_only_that(client, ada, bridges):
    role = works(ada, bridges)
    assert people.published(bridges, on=TODAY) == []
    asked = {"name": "on", f"hours-{role.pk}": "on"}
    answer = switch(client, **asked)
    assert [one.name for one in answer.context["reads"]] == ["Ada Lovelace"]
    assert people.published(bridges, on=TODAY) == []  # only looked at
    switch(client, **asked, publish="1")
    assert people.published(bridges, on=TODAY) == [
        people.Published("Ada Lovelace", "maintenance", Decimal(80), None, "", in_kind=False)
    ]
    switch(client, **{f"cost-{role.pk}": "on"}, publish="1")
    [read] = people.published(bridges, on=TODAY)
    assert (read.name, read.hours, read.cost, read.frequency) == ("", None, pounds(1000), "monthly")
    switch(client, publish="1")
    assert people.published(bridges, on=TODAY) == []


def test_what_is_taken_back_is_taken_back_for_the_past_too(ada, bridges):
    old = works(ada, bridges, publishes_cost=True, cost__ends_on=date(2026, 5, 31))
    new = factories.RoleFactory(
        maintainer=ada, publishes_cost=True, cost__project=bridges, cost__follows=old.cost,
        cost__starts_on=date(2026, 6, 1),
    )  # fmt: skip
    people.publish(new, hours=True, cost=True)
    assert list(Role.objects.order_by("pk").values_list("publishes_hours", "publishes_cost")) == [
        (False, True), (True, True),
    ]  # fmt: skip
    people.publish(new, hours=False, cost=False)
    assert list(Role.objects.order_by("pk").values_list("publishes_hours", "publishes_cost")) == [
        (False, False), (False, False),
    ]  # fmt: skip


def test_what_has_ended_is_taken_back_too(client, ada, bridges):
    old = works(ada, bridges, publishes_cost=True, publishes_hours=True, cost__ends_on=date(2026, 5, 31))
    kept = {f"cost-{old.pk}": "on"}
    assert client.get("/me/public/").context["reads"] == []  # nobody reads of it now
    switch(client, **kept, publish="1")
    switch(client, publish="1")
    old.refresh_from_db()
    assert (old.publishes_hours, old.publishes_cost) == (False, False)
    assert list(client.get("/me/public/").context["form"].fields) == ["name"]


def test_nobody_publishes_for_somebody_else(client, ada, bridges):
    other = works(factories.MaintainerFactory(), bridges)
    switch(client, **{f"cost-{other.pk}": "on", f"hours-{other.pk}": "on"}, publish="1")
    other.refresh_from_db()
    assert (other.publishes_hours, other.publishes_cost) == (False, False)


def pdf_text(answer):
    return " ".join(
        "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split()
    )


def test_the_statement_says_the_same_on_page_and_paper(client, ada, bridges):
    ada.name = "Ada #let x = 1 ] Lovelace"
    ada.save()
    works(ada, bridges)
    works(ada, factories.ProjectFactory(name="Server"), cost__currency="EUR", cost__in_kind=True)
    monthly(bridges, 500, None)
    paper, page = pdf_text(client.get("/me/statement/2026.pdf")), words(client.get("/me/statement/2026/"))
    for text in (
        "Ada #let x = 1 ] Lovelace", "Statement of funding 2026", "Bridges, maintenance", "January 2026 – June 2026",
        "Server, maintenance, in kind", "£6,000", "€6,000", "The work took 960 hours", "As of 30 June 2026",
        "The year has not ended",
    ):  # fmt: skip
        assert text in page, text
        assert text in paper, text


def test_a_statement_is_of_a_year_with_work_that_has_begun(client, ada, bridges):
    works(ada, bridges)
    assert own.years(ada, on=TODAY) == [2026, 2025]
    statuses = {
        year: client.get(f"/me/statement/{year}.pdf").status_code for year in (2024, 2025, 2026, 2027)
    }
    assert statuses == {2024: 404, 2025: 200, 2026: 200, 2027: 404}
    assert "The year has not ended" not in words(client.get("/me/statement/2025/"))


def test_an_empty_year_and_another_language(client, ada):
    assert "No work is entered for this year." in words(client.get("/me/statement/2026/"))
    answer = client.get("/me/statement/2026.pdf", headers={"accept-language": "de"})
    root: Any = PdfReader(io.BytesIO(answer.content)).trailer["/Root"]
    assert root["/Lang"] == "de"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_with_one_and_with_three(client, ada, count, django_assert_num_queries):
    for _ in range(count):
        project = factories.ProjectFactory()
        works(ada, project)
        monthly(project, 500, None)
        give(project.streams.get().source, pounds(5))
    with django_assert_num_queries(24):
        client.get("/me/")


def test_a_message_reaches_the_questions_of_the_staff_with_the_senders_name(client, ada, bridges):
    works(ada, bridges)
    factories.ProjectFactory(name="Not hers")
    form = client.get("/me/message/").context["form"]
    assert [str(label) for _, label in form.fields["project"].choices] == ["my record as a whole", "Bridges"]
    for _ in range(2):  # a double click
        answer = client.post("/me/message/", {"project": bridges.pk, "text": "It is 70 hours."})
        assert (answer.status_code, answer.url) == (302, "/me/")
    question = Question.objects.get()
    assert (question.name, question.email, question.project, question.text) == (
        "Ada Lovelace", "ada@example.org", bridges, "It is 70 hours.",
    )  # fmt: skip


def test_a_message_without_words_is_not_sent(client, ada):
    assert client.post("/me/message/", {"project": ""}).context["form"].errors == {
        "text": ["This field is required."]
    }
    assert Question.objects.count() == 0


def test_a_message_that_was_typed_before_the_session_ended_is_there_again(client, ada):
    client.logout()
    client.post("/me/message/", {"project": "", "text": "It is 70 hours."})
    client.force_login(ada.user)
    assert client.get("/me/message/").context["form"]["text"].value() == "It is 70 hours."

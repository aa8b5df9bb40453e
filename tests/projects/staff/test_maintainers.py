"""Staff enter who maintains what, change it from a day on, invite the person, and erase them."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from fundtracker import accounts, changes, seals
from fundtracker.models import User
from projects import people
from projects.models import Cost, Maintainer, Role
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("today")


def page(name, *arguments):
    return reverse(f"staff:{name}", args=arguments)


@pytest.fixture
def treasurer(client, today):
    client.force_login(factories.UserFactory(email="ann@example.org", role="treasurer"))
    return client


@pytest.fixture
def bridges():
    return factories.ProjectFactory(slug="bridges", name="Bridges")


def typed(**said):
    """What is sent to enter Ada: 80 hours a month for £4,000."""
    return {
        "key": uuid.uuid4(), "person_name": "Ada Lovelace", "purpose": "maintenance", "hours": "80",
        "amount_minor": "4k", "currency": "GBP", "frequency": "monthly", "starts_on": "2026-01-01", **said,
    }  # fmt: skip


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def link_in(message):
    [link] = re.findall(r"http://testserver(/me/invitation/\S+)", message.body)
    return link


def test_a_maintainer_is_entered_with_hours_and_cost_and_a_double_click_enters_one(treasurer, bridges):
    sent = typed()
    for _ in range(2):
        answer = treasurer.post(page("project_maintainer_new", "bridges"), sent)
        assert (answer.status_code, answer.url) == (302, "/staff/projects/bridges/maintainers/")
    role = Role.objects.get()
    assert (role.maintainer.name, int(role.hours), str(role.cost.amount)) == (
        "Ada Lovelace",
        80,
        "4000.00 GBP",
    )
    assert (role.cost.label, role.cost.is_person, role.cost.purpose) == ("Maintainer", True, "maintenance")
    assert (role.publishes_hours, role.publishes_cost, role.maintainer.publishes_name) == (False,) * 3


def test_a_post_that_an_employer_pays_is_worked_out(treasurer, bridges):
    post = {"fte_percent": "50", "day_rate_minor": "600", "days_per_year": "220", "in_kind": "on"}
    treasurer.post(page("project_maintainer_new", "bridges"), typed(amount_minor="", **post))
    cost = Cost.objects.get()
    assert (cost.amount_minor, cost.frequency, cost.in_kind) == (6_600_000, "yearly", True)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"person_name": ""}, "person_name"),
        ({"hours": "745"}, "hours"),
        ({"hours": "0"}, "hours"),
        ({"hours": "1.234"}, "hours"),
        ({"hours": "many"}, "hours"),
        ({"amount_minor": "-1"}, "amount_minor"),
        ({"currency": ""}, "currency"),
        ({"ends_on": "2025-12-31"}, "ends_on"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(treasurer, bridges, said, field):
    answer = treasurer.post(page("project_maintainer_new", "bridges"), typed(**said))
    assert field in answer.context["form"].errors
    assert answer.context["form"]["hours"].value() == said.get("hours", "80")
    assert Maintainer.objects.count() == 0


def change_hours(client, role, **said):
    seen = client.get(page("role", role.pk)).context["form"]["seen"].value()
    return client.post(page("role", role.pk), {"hours": "60", "why": "she said so", "seen": seen, **said})


def test_hours_change_from_a_day_on_and_what_was_stays(treasurer, bridges):
    role = factories.RoleFactory(
        cost__starts_on=date(2026, 1, 1), cost__project=bridges, publishes_hours=True
    )
    for _ in range(2):  # a double click
        change_hours(treasurer, role, since="2026-07-01")
    before, after = Role.objects.order_by("pk")
    assert (int(before.hours), before.cost.ends_on) == (80, date(2026, 6, 30))
    assert (int(after.hours), after.cost.starts_on, after.cost.ends_on) == (60, date(2026, 7, 1), None)
    assert (after.cost.follows, after.publishes_hours, after.publishes_cost) == (before.cost, True, False)


def test_hours_that_were_entered_here_change_here(treasurer, bridges):
    treasurer.post(page("project_maintainer_new", "bridges"), typed())
    assert change_hours(treasurer, Role.objects.get(), since="2026-07-01").status_code == 302
    assert [int(hours) for hours in Role.objects.order_by("pk").values_list("hours", flat=True)] == [80, 60]


def test_hours_that_were_wrong_are_corrected_in_their_place(treasurer):
    role = factories.RoleFactory()
    change_hours(treasurer, role)
    assert list(Role.objects.values_list("hours", flat=True)) == [Decimal(60)]


def test_of_two_who_change_hours_the_second_reads_what_the_first_did(treasurer):
    role = factories.RoleFactory()
    seen = treasurer.get(page("role", role.pk)).context["form"]["seen"].value()
    change_hours(treasurer, role)
    answer = treasurer.post(page("role", role.pk), {"hours": "70", "why": "no", "seen": seen})
    assert ("hours a month", Decimal(80), Decimal(60)) in answer.context["change"].fields
    assert Role.objects.get().hours == 60


def invite(client, maintainer, email):
    return client.post(page("maintainer_invite", maintainer.pk), {"person_email": email})


def test_an_address_without_an_account_gets_one_without_a_role(treasurer, mailoutbox):
    ada = factories.MaintainerFactory(name="Ada Lovelace")
    invite(treasurer, ada, "Ada@Example.org")
    ada.refresh_from_db()
    assert (ada.user.email, ada.user.role, ada.invited_to) == ("ada@example.org", "", "ada@example.org")
    assert [message.to for message in mailoutbox] == [["ada@example.org"]]
    assert "/staff/account/password/reset/key/" in mailoutbox[0].body
    assert "Ada Lovelace" not in mailoutbox[0].body


@pytest.fixture
def ben():
    """Somebody with an account."""
    return accounts.make("ben@example.org", password="a horse that is quite correct", last_login=NOW)


def test_an_account_is_linked_only_once_it_takes_up_the_link_sent_to_it(treasurer, mailoutbox, ben):
    ada = factories.MaintainerFactory()
    invite(treasurer, ada, "ben@example.org")
    link = link_in(mailoutbox[0])
    ada.refresh_from_db()
    assert ada.user is None
    eve = signed_in(factories.UserFactory(email="eve@example.org", role="administrator"))
    assert (eve.get(link).status_code, eve.post(link, {"agreed": "on"}).status_code) == (404, 404)
    assert "agreed" in signed_in(ben).post(link, {"agreed": ""}).context["form"].errors
    assert signed_in(ben).post(link, {"agreed": "on"}).url == "/me/"
    ada.refresh_from_db()
    assert ada.user == ben
    assert signed_in(ben).get(link).status_code == 404  # once


def test_a_link_ends_after_three_days_or_with_the_next_one_or_when_it_is_taken_back(
    treasurer, mailoutbox, ben
):
    ada, mine = factories.MaintainerFactory(), signed_in(ben)
    invite(treasurer, ada, "ben@example.org")
    first = link_in(mailoutbox[0])
    with time_machine.travel(NOW + timedelta(days=2, hours=23)):
        assert mine.get(first).status_code == 200
    with time_machine.travel(NOW + timedelta(days=3, seconds=1)):
        assert signed_in(ben).get(first).status_code == 404
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        invite(treasurer, ada, "ben@example.org")
        assert (mine.get(first).status_code, mine.get(link_in(mailoutbox[1])).status_code) == (404, 200)
        treasurer.post(page("maintainer_invite", ada.pk), {"unlink": "1"})
        assert mine.get(link_in(mailoutbox[1])).status_code == 404
    assert mine.get(first[:-2] + "x/").status_code == 404


def test_nobody_gets_two_records_and_no_record_two_people(treasurer, mailoutbox, ben):
    factories.MaintainerFactory(user=ben)
    answer = invite(treasurer, factories.MaintainerFactory(), "ben@example.org")
    assert answer.context["invitation"].errors == {
        "person_email": ["Somebody else signs in with this address already."]
    }
    assert mailoutbox == []


def test_an_invitation_that_cannot_be_sent_leaves_nothing_behind(treasurer, monkeypatch):
    def fail(*arguments):
        raise ConnectionRefusedError

    monkeypatch.setattr(accounts, "invite", fail)
    ada = factories.MaintainerFactory()
    invite(treasurer, ada, "ada@example.org")
    ada.refresh_from_db()
    assert (ada.user, ada.invited_to, User.objects.filter(email="ada@example.org").count()) == (None, "", 0)


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_with_one_and_with_three(treasurer, bridges, count, django_assert_num_queries):
    for number in range(count):
        user = factories.UserFactory(last_login=NOW)
        ada = factories.MaintainerFactory(name=f"Ada {number}", user=user)
        for _ in range(count):
            factories.RoleFactory(maintainer=ada, cost__project=bridges)
    with django_assert_num_queries(12):
        assert len(treasurer.get(page("maintainers")).context["maintainers"]) == count
    with django_assert_num_queries(11):
        treasurer.get(page("project_maintainers", "bridges"))
    with django_assert_num_queries(15):
        assert len(treasurer.get(page("maintainer", ada.pk)).context["roles"]) == count


def erase(client, maintainer, **said):
    return client.post(
        page("maintainer_erase", maintainer.pk), {"why": "asked on 3 May", "confirm": "erase", **said}
    )


def test_who_is_erased_is_in_no_row_and_no_event_and_no_total_moves(treasurer, mailoutbox):
    ada = factories.MaintainerFactory(name="Ada Lovelace")
    invite(treasurer, ada, "ada@example.org")
    role = factories.RoleFactory(
        maintainer=ada, hours=Decimal("71.25"), cost__description="Ada Lovelace's work"
    )
    factories.QuestionFactory(text="Ada Lovelace works more", email="ada@example.org")
    factories.OfferFactory(contact="Ada Lovelace, ada@example.org")
    seals.seal()
    before = Cost.objects.values_list("pk", "amount_minor").get()
    assert erase(treasurer, ada).url == "/staff/maintainers/"
    assert erase(treasurer, ada).url == "/staff/maintainers/"  # erasing twice is erasing once
    seals.seal()
    assert list(seals.check()) == []
    assert Cost.objects.values_list("pk", "amount_minor").get() == before
    assert (Maintainer.objects.count(), Role.objects.count()) == (0, 0)
    assert [row for row in everything() if re.search("Lovelace|ada@|71.25", row)] == []
    assert role.pk in changes.tracked()["projects.Role"].objects.values_list("pgh_obj_id", flat=True)


def everything():
    """Every row of every table, as text."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            yield from (f"{table} {row}" for (row,) in cursor.fetchall())


def test_what_is_public_by_an_address_that_names_them_alone_is_taken_down():
    ada = factories.MaintainerFactory(name="Ada Lovelace", invited_to="ada@example.org")
    address = "https://ministry.example/?from=ada@example.org"
    reliance = factories.RelianceFactory(evidence="", evidence_url=address)
    people.erase(ada)
    reliance.refresh_from_db()
    assert (reliance.state, reliance.evidence_url) == ("removed", "")


def test_a_reason_that_names_the_person_is_refused(treasurer):
    ada = factories.MaintainerFactory(name="Ada Lovelace")
    answer = erase(treasurer, ada, why="Ada lovelace left", confirm="yes")
    assert sorted(answer.context["form"].errors) == ["confirm", "why"]
    assert Maintainer.objects.count() == 1


def test_a_staff_account_outlives_its_record(treasurer):
    user = factories.UserFactory(role="editor")
    people.erase(factories.MaintainerFactory(user=user))
    user.refresh_from_db()
    assert (user.is_active, user.role) == (True, "editor")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_viewers_and_editors_read_nothing_of_maintainers(role):
    ada = factories.RoleFactory(maintainer__name="Ada")
    client = signed_in(factories.UserFactory(role=role))
    for url in (
        page("maintainers"), page("maintainer", ada.maintainer.pk), page("role", ada.pk),
        page("project_maintainers", ada.cost.project.slug),
    ):  # fmt: skip
        assert client.get(url).status_code == 403

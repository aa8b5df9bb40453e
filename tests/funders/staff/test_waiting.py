"""The two-person rule, tried by force: no way around it."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from funders import corrections
from funders.models import Alone, Correction, DailyTotal, Entry, Limit, TakeBack, Upload
from fundtracker.models import User
from tests import factories
from tests.factories import give, pounds
from tests.funders.staff.test_corrections import opened, treasurer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def source():
    source = factories.SourceFactory(slug="bank", name="Bank")
    give(source, *[pounds(100)] * 5)
    Limit.objects.create(amount_minor=10_000, currency="GBP")
    return source


@pytest.fixture
def ann(source):
    return treasurer()


def correct(client, n=0, amount="250", **typed):
    url = reverse("staff:correct", args=[Entry.objects.filter(external_id=f"gift-2026-06-01-{n}").first().pk])
    return client.post(url, opened(client, url, amount_minor=amount, why="…", publish="1") | typed)


def decide(client, row=None, **typed):
    row = row or Correction.objects.get()
    return client.post(reverse("staff:decide", args=[row.pk]), typed)


def booked():
    return sum(DailyTotal.objects.values_list("amount_minor", flat=True))


def test_a_second_person_agrees_and_it_is_booked_once(ann):
    correct(ann)
    assert booked() == 50_000
    page = treasurer("bob@example.org").get(reverse("staff:decide", args=[Correction.objects.get().pk]))
    assert [(move.before, move.after) for move in page.context["moves"]] == [(pounds(500), pounds(650))]
    bob = Client()
    bob.force_login(User.objects.get(email="bob@example.org"))
    assert [decide(bob, agree="1").status_code for _ in range(3)] == [302, 302, 302]
    assert (booked(), Entry.objects.filter(correction__isnull=False).count()) == (65_000, 2)


def test_refusing_takes_a_reason(ann):
    correct(ann)
    bob = treasurer("bob@example.org")
    assert "Say why, for whoever asked." in decide(bob, why="").content.decode()
    decide(bob, why="The bank says 100.")
    assert (booked(), Correction.objects.get().refused_why) == (50_000, "The bank says 100.")
    assert "refused it meanwhile" in decide(treasurer("cy@example.org"), agree="1").wsgi_request._messages._queued_messages[0].message  # fmt: skip


def by_the_asker(ann):
    correct(ann)
    decide(ann, agree="1")
    decide(ann, agree="1", recorded_by="2", needs_second="")


def by_an_edited_form(ann):
    correct(ann, needs_second="", agreed_by="1", agreed_at="2026-06-30", recorded_by="1", known_entry="0")
    correct(ann, 1, currency="JPY", source="99", external_id="x")


def by_replay(ann):
    for _ in range(5):
        correct(ann, key="6c1f4b0e-0000-4000-8000-000000000000")


def by_small_steps(ann):
    for amount in ("170", "240", "310"):
        correct(ann, 0, amount)
    for n in range(1, 5):
        correct(ann, n, "135")


def by_cutting_up_what_is_typed_in(ann):
    for n in range(6):
        new = "/staff/entries/new/"
        ann.post(new, opened(ann, new, amount_minor="60", currency="GBP", why=f"cheque {n}", publish="1"))


def by_moving_it_about(ann):
    correct(ann, 0, "100", kind="transfer")
    correct(ann, 1, "100.00", day="2026-01-01")


def by_an_editor(ann):
    correct(ann)
    eve = Client()
    eve.force_login(factories.UserFactory(role="editor"))
    decide(eve, agree="1")


def by_somebody_who_is_no_longer_let_in(ann):
    correct(ann)
    bob = treasurer("bob@example.org")
    User.objects.filter(email="bob@example.org").update(is_active=False)
    decide(bob, agree="1")


def by_somebody_whose_role_was_lowered(ann):
    correct(ann)
    bob = treasurer("bob@example.org")
    User.objects.filter(email="bob@example.org").update(role="editor")
    decide(bob, agree="1")


WAYS = [
    by_the_asker, by_an_edited_form, by_replay, by_small_steps, by_cutting_up_what_is_typed_in, by_moving_it_about,
    by_an_editor, by_somebody_who_is_no_longer_let_in, by_somebody_whose_role_was_lowered,
]  # fmt: skip


def moved_alone():
    """What was booked without a second person, in minor units."""
    return sum(Alone.objects.values_list("amount_minor", flat=True))


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
def test_0_bypasses(ann, way):
    way(ann)
    bypassed = [row for row in Correction.objects.all() if row.agreed_at is not None]
    assert (len(bypassed), moved_alone() <= 10_000) == (0, True)
    assert Correction.objects.waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_of_20_who_agree_at_once_one_does(source, ann):
    correct(ann)
    row = Correction.objects.get()
    people = [factories.UserFactory(role="treasurer") for _ in range(20)]
    agreed = []

    def agree(user):
        agreed.append(corrections.agree(Correction.objects.get(pk=row.pk), user))
        connection.close()

    threads = [threading.Thread(target=agree, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(agreed), booked(), Entry.objects.filter(correction=row).count()) == (1, 65_000, 2)


@pytest.mark.django_db(transaction=True)
def test_many_windows_at_once_find_no_room_for_more_than_the_limit(source, ann):
    forms = []
    for n in range(5):
        url = reverse("staff:correct", args=[Entry.objects.get(external_id=f"gift-2026-06-01-{n}").pk])
        forms.append((url, opened(ann, url, amount_minor="160", why="…", publish="1")))

    def post(url, form):
        client = Client()
        client.cookies = ann.cookies
        client.post(url, form)
        connection.close()

    threads = [threading.Thread(target=post, args=form) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (booked(), Correction.objects.waiting().count()) == (56_000, 4)


def administrator(email):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role="administrator"))
    return client


def test_a_looser_limit_takes_a_second_administrator(source):
    bob, cy = administrator("bob@example.org"), administrator("cy@example.org")
    bob.post("/staff/limit/", {"amount_minor": "5k", "currency": "GBP"})
    wanted = Limit.objects.waiting().get()
    url = reverse("staff:decide_limit", args=[wanted.pk])
    assert bob.post(url, {"agree": "1"}).status_code == 403
    assert treasurer().post(url, {"agree": "1"}).status_code == 403
    assert "£100" in bob.get("/staff/limit/").content.decode()
    assert cy.post(url, {"agree": "1"}).status_code == 302
    assert Limit.objects.in_force().first().amount == pounds(5000)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount_minor": "100"}, "This is the limit already."),
        ({"amount_minor": "-1"}, "cannot be less than 0"),
        ({"amount_minor": "5", "currency": "gb"}, "is not a currency"),
    ],
)
def test_what_is_wrong_with_a_limit_is_said(source, typed, words):
    page = administrator("bob@example.org").post("/staff/limit/", {"currency": "GBP"} | typed)
    assert words in page.content.decode()


def test_an_import_that_is_to_be_taken_back_is_listed(source, ann):
    upload = Upload.objects.create(source=source, name="gifts.csv", digest="d")
    user = User.objects.get(email="ann@example.org")
    back = TakeBack.objects.create(upload=upload, why="the wrong year", recorded_by=user, needs_second=True)
    page = ann.get("/staff/waiting/").content.decode()
    assert reverse("staff:decide_take_back", args=[back.pk]) in page
    assert "Nothing waits." not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(source, ann, django_assert_num_queries, count):
    for n in range(count):
        correct(ann, n)
    ann.get("/staff/waiting/")
    with django_assert_num_queries(13):
        assert len(ann.get("/staff/waiting/").context["corrections"]) == count

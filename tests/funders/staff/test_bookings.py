"""A large import takes a second person, tried by force: nothing of it is booked before somebody else agrees."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from funders import bookings, imports, ledger, sync
from funders.connectors.base import Kind, Receipt
from funders.models import Alone, Booking, DailyTotal, Limit, Source, Upload
from fundtracker.models import User
from fundtracker.money import Money
from tests import factories
from tests.factories import NOW
from tests.funders.staff.test_imports import GIFTS, HEAD, confirm, media, seen, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today", media.__name__)]


@pytest.fixture
def ann(client):
    client.force_login(factories.UserFactory(email="ann@example.org", role="treasurer"))
    Limit.objects.create(amount_minor=1_000, currency="EUR")
    return client


def bob(role="treasurer"):
    client = Client()
    client.force_login(factories.UserFactory(role=role))
    return client


def decide(client, booking=None, **typed):
    booking = booking or Booking.objects.latest("pk")
    return client.post(reverse("staff:decide_booking", args=[booking.pk]), typed or {"agree": "1"})


def work():
    """What the workers do, as often as their bells ring."""
    for upload in Upload.objects.to_preview():
        imports.preview(upload)
    for source in Source.objects.due():
        sync.sync(source)


def another(client, upload, content):
    """A later file of the same source, seen."""
    later = send(client, content)
    imports.place(later, upload.source)
    Upload.objects.filter(pk=later.pk).update(uploaded_at=NOW + timedelta(seconds=1))
    work()
    later.refresh_from_db()
    return later


def booked():
    return sum(DailyTotal.objects.values_list("amount_minor", flat=True))


def test_a_second_person_agrees_and_it_is_booked_once(ann):
    confirm(ann, seen(ann))
    work()
    assert booked() == 0
    shown = bob().get(reverse("staff:decide_booking", args=[Booking.objects.get().pk])).content.decode()
    assert "2 records, €17.50" in shown
    assert reverse("staff:import", args=[Upload.objects.get().pk]) in shown
    cas = bob()
    assert [decide(cas).status_code for _ in range(3)] == [302, 302, 302]
    work()
    assert (booked(), Upload.objects.get().confirmed_by.email) == (1_750, "ann@example.org")


def test_a_small_one_is_booked_at_once_and_adds_up(ann):
    confirm(ann, seen(ann, HEAD + "2026-04-03,6,Alice,a1\n"))
    work()
    assert (booked(), Booking.objects.count(), Alone.objects.get().amount_minor) == (600, 0, 600)


def test_money_that_only_changes_its_day_is_moved_too(ann):
    upload = seen(ann)
    confirm(ann, upload)
    decide(bob())
    work()
    later = another(ann, upload, GIFTS.replace("2026-04-03", "2026-03-03"))
    assert later.preview["moved"] == [{"what": "", "currency": "EUR", "records": 0, "minor": 1_050}]


def test_refused_it_stays_unbooked_and_may_be_asked_for_again(ann):
    upload = seen(ann)
    confirm(ann, upload)
    assert "Say why, for whoever asked." in decide(bob(), refuse="1").content.decode()
    decide(bob(), why="The wrong year.")
    work()
    assert (booked(), Upload.objects.get().state) == (0, "seen")
    confirm(ann, upload)
    assert Booking.objects.waiting().count() == 1


def test_what_is_forgotten_waits_for_nobody(ann):
    upload = seen(ann)
    confirm(ann, upload)
    ann.post(reverse("staff:import_forget", args=[upload.pk]))
    assert (Upload.objects.count(), Booking.objects.count()) == (0, 0)


def by_the_asker(ann, upload):
    decide(ann)
    decide(ann, agree="1", recorded_by="2", needs_second="")


def by_sending_it_again(ann, upload):
    for _ in range(3):
        confirm(ann, upload)


def by_an_editor(ann, upload):
    decide(bob("editor"))


def by_somebody_whose_role_was_lowered(ann, upload):
    cas = bob()
    User.objects.exclude(email="ann@example.org").update(role="editor")
    decide(cas)


def by_agreeing_to_what_was_read_anew(ann, upload):
    imports.again(upload)
    work()
    decide(bob())


def by_agreeing_to_another_preview(ann, upload):
    Upload.objects.update(shown="another")
    decide(bob())


def by_agreeing_after_the_books_moved(ann, upload):
    decide(bob())
    ledger.record(upload.source, [Receipt("a1", Kind.DONATION, Money.of(90, "EUR"), NOW, NOW - timedelta(1))])
    work()
    upload.refresh_from_db()
    assert upload.state == "seen"
    confirm(ann, upload)
    DailyTotal.objects.all().delete()


def by_agreeing_to_what_was_refused(ann, upload):
    decide(bob(), why="The wrong year.")
    decide(bob())


def by_pieces(ann, upload):
    decide(bob(), why="The wrong year.")
    for n in range(4):
        confirm(ann, another(ann, upload, HEAD + f"2026-05-0{n + 1},4,Alice,p{n}\n"))
    work()
    assert booked() == 800
    DailyTotal.objects.all().delete()


def by_another_source(ann, upload):
    imports.place(upload, factories.SourceFactory(kind="table", options=upload.source.options))
    work()
    decide(bob())


WAYS = [
    by_the_asker, by_sending_it_again, by_an_editor, by_somebody_whose_role_was_lowered,
    by_agreeing_to_what_was_read_anew, by_agreeing_to_another_preview, by_agreeing_after_the_books_moved,
    by_agreeing_to_what_was_refused, by_pieces, by_another_source,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
def test_0_bypasses(ann, way):
    upload = seen(ann)
    confirm(ann, upload)
    way(ann, upload)
    work()
    assert (booked(), sum(Alone.objects.values_list("amount_minor", flat=True)) <= 1_000) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_of_8_who_agree_at_once_one_does(ann):
    confirm(ann, seen(ann))
    agreed = []
    people = [factories.UserFactory(role="treasurer") for _ in range(8)]

    def agree(user):
        agreed.append(bookings.agree(Booking.objects.get(), user))
        connection.close()

    threads = [threading.Thread(target=agree, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert (sum(agreed), booked()) == (1, 1_750)

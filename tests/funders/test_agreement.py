"""Above the limit a change takes a second person, however it is cut up, and whoever tries."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from funders import agreement
from funders.models import Alone, Limit
from fundtracker.money import Money
from tests.factories import NOW, RateFactory, UserFactory, pounds

TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return UserFactory(email="ann@example.org", role="treasurer")


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org", role="administrator")


@pytest.fixture
def thousand(bob):
    return agreement.change_limit(bob, pounds(1000), "GBP")


def asked(user, *changes):
    return agreement.takes_second(user, changes, on=TODAY)


def test_without_a_limit_everyone_works_alone(ann):
    assert not asked(ann, pounds(1_000_000))
    assert Alone.objects.count() == 0


@pytest.mark.usefixtures("thousand")
@pytest.mark.parametrize(
    ("change", "second"), [(pounds(1000), False), (pounds("1000.01"), True), (pounds("-1000.01"), True)]
)
def test_up_to_the_limit_is_alone_and_above_it_is_not(ann, change, second):
    assert asked(ann, change) is second


@pytest.mark.usefixtures("thousand")
def test_many_small_changes_in_a_day_are_a_large_one(ann, bob):
    assert [asked(ann, pounds(400)) for _ in range(3)] == [False, False, True]
    assert [asked(ann, pounds(-200)), asked(ann, pounds(1))] == [False, True]
    assert not asked(bob, pounds(400))
    Alone.objects.update(recorded_at=timezone.now() - timedelta(hours=25))
    assert not asked(ann, pounds(400))


@pytest.mark.usefixtures("thousand")
def test_another_currency_is_converted_and_one_without_a_rate_takes_a_second(ann):
    RateFactory(currency="GBP", day=TODAY, per_euro="0.5")
    assert not asked(ann, Money.of(1999, "EUR"))
    assert asked(ann, Money.of(2, "EUR"))
    assert asked(ann, Money.of(1, "JPY"))


def test_a_stricter_limit_holds_at_once_and_a_looser_one_takes_two(ann, bob, thousand):
    carol = UserFactory(role="administrator")
    assert not agreement.change_limit(bob, pounds(500), "GBP").waits
    for looser in (pounds(501), None, Money.of(1, "EUR")):
        wanted = agreement.change_limit(bob, looser, "GBP" if looser is None else looser.currency)
        assert (wanted.waits, agreement.limit().amount) == (True, pounds(500))
    assert agreement.agree(wanted, carol)
    assert agreement.limit().amount == Money.of(1, "EUR")


def test_nobody_agrees_with_themselves(bob, thousand):
    wanted = agreement.change_limit(bob, None, "GBP")
    with pytest.raises(PermissionDenied):
        agreement.agree(wanted, bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        Limit.objects.filter(pk=wanted.pk).update(agreed_by=bob, agreed_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Limit.objects.filter(pk=wanted.pk).update(agreed_at=timezone.now())
    assert agreement.limit().amount == pounds(1000)


def test_what_is_decided_is_decided(ann, bob, thousand):
    wanted = agreement.change_limit(bob, None, "GBP")
    assert agreement.refuse(wanted, ann, "Not without the board.")
    assert (wanted.waits, wanted.refused_why) == (False, "Not without the board.")
    assert not agreement.agree(wanted, ann)
    assert agreement.limit().amount == pounds(1000)


@pytest.mark.django_db(transaction=True)
def test_many_windows_at_once_find_no_room_for_more_than_the_limit():
    ann = UserFactory(role="treasurer")
    Limit.objects.create(amount_minor=100_000, currency="GBP")
    alone = []

    def change():
        alone.append(not asked(ann, pounds(400)))
        connection.close()

    threads = [threading.Thread(target=change) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(alone), Alone.objects.count()) == (2, 2)

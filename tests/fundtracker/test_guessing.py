"""Guesses at passwords are counted where every process sees them, and sessions that are over go."""

from datetime import timedelta

import pytest
from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from fundtracker import accounts, tasks
from fundtracker.models import User
from tests.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = "/staff/account/login/"


@pytest.fixture
def evaluated(monkeypatch):
    """The guesses that reached a password."""
    tried, check = [], User.check_password

    def counted(user, password):
        tried.append(password)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", counted)
    return tried


def test_of_a_thousand_wrong_passwords_ten_are_looked_at_whatever_address_is_invented(evaluated, monkeypatch):
    # A thousand times the same page would be most of the time.
    monkeypatch.setattr(LoginView, "render_to_response", lambda view, context, **more: HttpResponse())
    SiteFactory()
    for number in range(10):
        accounts.make(f"ann{number}@example.org", password="a horse that is quite correct")
    for number in range(1_000):
        guess = {"login": f"ann{number % 10}@example.org", "password": f"wrong horse {number}"}
        invented = f"203.0.113.{number % 250}, 198.51.100.{number % 7}"
        Client().post(LOGIN, guess, headers={"x-forwarded-for": invented})
    assert 1 <= len(evaluated) <= 10


def test_what_is_counted_is_in_the_database_and_what_stands_in_for_it_is_not(django_assert_num_queries):
    cache.set("tries", 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fundtracker_cache WHERE cache_key LIKE '%%tries'")
        assert cursor.fetchone() == (1,)
    with django_assert_num_queries(0):
        caches["pages"].set("page", "copy")
        assert caches["pages"].get("page") == "copy"


def test_sessions_that_are_over_go_with_what_was_known_of_them():
    ann, here, gone = UserFactory(), Client(), Client()
    here.force_login(ann)
    gone.force_login(ann)
    for client, days in ((here, 3), (gone, -3)):
        key = client.session.session_key
        Session.objects.filter(pk=key).update(expire_date=timezone.now() + timedelta(days=days))
        UserSession.objects.create(user=ann, session_key=key, ip="127.0.0.1", user_agent="x")
    tasks.clear_sessions()
    keys = [here.session.session_key]
    assert list(Session.objects.values_list("session_key", flat=True)) == keys
    assert list(UserSession.objects.values_list("session_key", flat=True)) == keys

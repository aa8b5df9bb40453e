"""From an invitation to a second factor, as somebody does it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from fundtracker import accounts
from fundtracker.models import Role, User
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db
PASSWORD = "a horse that is quite correct"
LOGIN = "/staff/account/login/"


@pytest.fixture(autouse=True)
def site():
    cache.clear()  # the limits of the test before
    return SiteFactory(name="Example Foundation")


@pytest.fixture
def boss():
    client = Client()
    client.force_login(accounts.make("boss@example.org", role=Role.ADMINISTRATOR))
    return client


def invite(boss, role=Role.EDITOR):
    boss.post(reverse("staff:people"), {"email": "Ann@Example.org", "role": role})
    [letter] = [letter for letter in mail.outbox if letter.to == ["ann@example.org"]]
    [link] = re.findall(r"http://testserver(\S+/key/\S+)", letter.body)
    return link


def choose_password(client, link):
    form = client.get(link, follow=True)
    return client.post(
        form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD}, follow=True
    )


def sign_in(client, email="ann@example.org", password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def code(secret):
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"


def activate(client):
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    if "reauthenticate" in page.request["PATH_INFO"]:
        page = client.post(
            page.request["PATH_INFO"] + "?next=" + reverse("mfa_activate_totp"),
            {"password": PASSWORD},
            follow=True,
        )
    secret = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)}, follow=True)
    return secret


def test_an_invitation_becomes_an_account_with_a_second_factor(boss, settings):
    link, client = invite(boss), Client()
    settings.MFA_REQUIRED = True
    choose_password(client, link)
    assert sign_in(client).url == reverse("staff:today")
    assert client.get(reverse("staff:today")).url == reverse("mfa_index")
    activate(client)
    assert client.get(reverse("staff:today")).status_code == 200
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_an_invitation_works_once(boss):
    link = invite(boss)
    choose_password(Client(), link)
    again = Client().get(link, follow=True)
    assert again.context["token_fail"] is True


def test_the_second_factor_is_asked_for_at_the_next_sign_in(boss):
    client = Client()
    choose_password(client, invite(boss))
    sign_in(client)
    secret = activate(client)
    fresh = Client()
    answer = sign_in(fresh)
    assert urlsplit(answer.url).path == reverse("mfa_authenticate")
    assert fresh.get(reverse("staff:today")).status_code == 302
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    cache.clear()  # a code works once: this one was used a moment ago
    fresh.post(reverse("mfa_authenticate"), {"code": code(secret)})
    assert fresh.get(reverse("staff:today")).status_code == 200


def test_guessing_ends_after_a_few_tries(boss):
    choose_password(Client(), invite(boss))
    client = Client()
    answers = [sign_in(client, password=f"wrong horse number {n}") for n in range(20)]
    assert sum("too many" in answer.content.decode().lower() for answer in answers) >= 10
    assert "_auth_user_id" not in client.session
    assert "too many" in sign_in(client).content.decode().lower()


def test_an_address_that_does_not_exist_gets_the_same_answer(boss):
    choose_password(Client(), invite(boss))
    bodies = {
        re.sub(r'(value|name="login")="[^"]*"', "", sign_in(Client(), email, "wrong horse").content.decode())
        for email in ("ann@example.org", "nobody@example.org")
    }
    assert len({len(body) for body in bodies}) == 1


def test_sessions_are_listed_and_ended(boss):
    here, there = Client(), Client()
    choose_password(here, invite(boss))
    sign_in(here)
    sign_in(there)
    assert there.get(reverse("staff:today")).status_code == 200
    assert here.get(reverse("usersessions_list")).context["session_count"] == 2
    here.post(reverse("usersessions_list"))
    assert there.get(reverse("staff:today")).status_code == 302
    assert here.get(reverse("staff:today")).status_code == 200


def test_the_last_administrator_stays(boss):
    alone = User.objects.get()
    answer = boss.post(reverse("staff:person", args=[alone.pk]), {"role": "viewer", "is_active": "on"})
    assert "last administrator" in answer.content.decode()
    assert User.objects.get().role == Role.ADMINISTRATOR


def test_who_is_no_longer_let_in_is_out_at_once(boss):
    client = Client()
    choose_password(client, invite(boss))
    sign_in(client)
    ann = User.objects.get(email="ann@example.org")
    boss.post(reverse("staff:person", args=[ann.pk]), {"role": "editor"})
    assert client.get(reverse("staff:today")).status_code == 302
    assert parse_qs(urlsplit(client.get(reverse("staff:today")).url).query)["next"] == ["/staff/"]


def test_an_address_is_invited_once(boss):
    invite(boss)
    answer = boss.post(reverse("staff:people"), {"email": "ann@example.org", "role": "viewer"})
    assert "has an account already" in answer.content.decode()
    assert User.objects.count() == 2

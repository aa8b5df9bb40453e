"""From an invitation to a second factor, as somebody does it."""

import re
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.db import connection
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
    [link] = re.findall(r"http://testserver(\S+/key/\S+)", str(letter.body))
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
    assert client.get(reverse("staff:today"))["Location"] == reverse("mfa_index")
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
    assert parse_qs(urlsplit(client.get(reverse("staff:today"))["Location"]).query)["next"] == ["/staff/"]


def test_an_address_is_invited_once(boss):
    invite(boss)
    answer = boss.post(reverse("staff:people"), {"email": "ann@example.org", "role": "viewer"})
    assert "has an account already" in answer.content.decode()
    assert User.objects.count() == 2


def test_an_account_made_at_the_console_signs_in(client):
    User.objects.create_superuser("root@example.org", PASSWORD)
    assert sign_in(client, "root@example.org").url == reverse("staff:today")
    assert mail.outbox == []


def test_strangers_get_no_letter(client):
    client.post(reverse("account_reset_password"), {"email": "stranger@example.org"})
    assert mail.outbox == []


def test_a_new_password_alone_is_no_second_factor(boss):
    client = Client()
    choose_password(client, invite(boss))
    sign_in(client)
    activate(client)
    mail.outbox.clear()
    fresh = Client()
    fresh.post(reverse("account_reset_password"), {"email": "ann@example.org"})
    [link] = re.findall(r"http://testserver(\S+/key/\S+)", str(mail.outbox[0].body))
    choose_password(fresh, link)
    assert "_auth_user_id" not in fresh.session
    assert urlsplit(sign_in(fresh).url).path == reverse("mfa_authenticate")


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_ends_sessions_that_began_without_it(boss):
    here, there = Client(), Client()
    choose_password(here, invite(boss, Role.VIEWER))
    sign_in(here)
    sign_in(there)
    assert there.get(reverse("staff:today")).status_code == 200
    activate(here)
    assert here.get(reverse("staff:today")).status_code == 200
    assert there.get(reverse("staff:today")).status_code == 302


def test_who_is_let_in_again_signs_in_again(boss):
    client = Client()
    choose_password(client, invite(boss))
    sign_in(client)
    page = reverse("staff:person", args=[User.objects.get(email="ann@example.org").pk])
    boss.post(page, {"role": "editor"})
    boss.post(page, {"role": "editor", "is_active": "on"})
    assert client.get(reverse("staff:today")).status_code == 302


def test_only_who_never_came_is_invited_again(boss):
    invite(boss)
    ann = User.objects.get(email="ann@example.org")
    page = reverse("staff:person", args=[ann.pk])
    boss.post(page, {"invite": "1"})
    assert len(mail.outbox) == 2
    User.objects.filter(pk=ann.pk).update(is_active=False)
    boss.post(page, {"invite": "1", "role": "editor"})
    assert "Send the invitation again" not in boss.get(page).content.decode()
    assert len(mail.outbox) == 2


def test_an_invitation_that_cannot_be_sent_is_said(boss, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    fields = {"email": "ann@example.org", "role": "editor"}
    answer = boss.post(reverse("staff:people"), fields, follow=True)
    assert "the invitation could not be sent" in answer.content.decode()
    assert User.objects.filter(email="ann@example.org").exists()


def test_who_has_no_role_is_shown_their_own_account(client):
    accounts.make("zoe@example.org", password=PASSWORD)
    assert sign_in(client, "zoe@example.org").url == reverse("mfa_index")


def test_nobody_is_led_astray_after_signing_in(client):
    accounts.make("zoe@example.org", password=PASSWORD, role="viewer")
    fields = {"login": "zoe@example.org", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(LOGIN, fields).url == reverse("staff:today")


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_take_each_others_role_one_stays():
    people = [accounts.make(f"{name}@example.org", role=Role.ADMINISTRATOR) for name in ("ann", "bob")]
    clients = [Client() for _ in people]
    for client, user in zip(clients, people, strict=True):
        client.force_login(user)
        client.get(reverse("staff:people"))

    def demote(client, user):
        client.post(reverse("staff:person", args=[user.pk]), {"role": "viewer", "is_active": "on"})
        connection.close()

    both = zip(clients, reversed(people), strict=True)
    threads = [threading.Thread(target=demote, args=pair) for pair in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.administrators().count() == 1


def test_the_entrance_bears_the_sites_own_name(client):
    page = client.get(LOGIN).content.decode()
    assert ("Example Foundation" in page, "testserver" in page) == (True, False)

"""The outbox: each message once, again after a crash, and in the end given up where people see it."""

import base64
import hashlib
import hmac
import json
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone

from campaigns import outbox, sending
from campaigns.outbox import Message, Webhook, Wishes
from tests import factories
from tests.fundtracker.loopback import reply

pytestmark = pytest.mark.django_db
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NOBODY = "tests.campaigns.test_sending.Broken"


class Broken:
    """A mail server as the test wants it."""

    problem: BaseException = ConnectionRefusedError("mail.example.org")

    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        raise self.problem


def broken(settings, problem):
    settings.EMAIL_BACKEND = NOBODY
    Broken.problem = problem


def again():
    """The next try is now, and not after its rest."""
    Message.objects.update(due_at=Now(), lease_until=None)


def hook(url):
    row = Webhook(pk=1, url=url)
    row.secret = SECRET
    row.save()


def test_a_message_is_sent_once():
    message = factories.MessageFactory(subject="A milestone", html="<p>Something happened.</p>")
    assert (sending.deliver(), sending.deliver()) == (1, 0)
    [sent] = mail.outbox
    assert (sent.subject, sent.to) == ("A milestone", ["ann@example.org"])
    assert sent.alternatives[0].content == "<p>Something happened.</p>"
    assert sent.extra_headers["Message-ID"] == f"<{message.uid}@127.0.0.1>"


def test_one_event_is_one_message_for_each_reader():
    for number in range(3):
        factories.UserFactory(email=f"user{number}@example.org", role="viewer")
    for _ in range(2):
        outbox.post("alarm 1 failing", Wishes.objects.alerted(), subject="Alarm", body="It fails.")
    assert sorted(Message.objects.values_list("to", flat=True)) == [
        "user0@example.org", "user1@example.org", "user2@example.org",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_posting_asks_the_same_number_of_questions(django_assert_num_queries, count):
    factories.UserFactory.create_batch(count, role="viewer")
    with django_assert_num_queries(2):
        outbox.post("alarm 1 failing", Wishes.objects.alerted(), subject="Alarm", body="It fails.")


def test_a_worker_that_dies_while_it_sends_holds_a_message_for_the_length_of_its_lease(settings):
    factories.MessageFactory()
    broken(settings, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        sending.deliver()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert sending.deliver() == 0
    Message.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert (sending.deliver(), len(mail.outbox)) == (1, 1)
    assert Message.objects.get().attempts == 2


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ConnectionRefusedError(), "The mail server cannot be reached (ConnectionRefusedError)."),
        (smtplib.SMTPDataError(554, b"eve@example.org is spam"), "The mail server refused it (554)."),
        (smtplib.SMTPRecipientsRefused({}), "The mail server did not take it (SMTPRecipientsRefused)."),
        (ValueError("eve@example.org"), "It cannot be sent as it is (ValueError): see the server's log."),
    ],
)
def test_what_went_wrong_is_said_and_names_nobody(settings, problem, words):
    factories.MessageFactory()
    broken(settings, problem)
    assert sending.deliver() == 0
    message = Message.objects.get()
    assert (message.error, message.state, message.lease_until) == (words, "failing", None)


def test_each_failure_doubles_the_rest_until_it_is_given_up(settings):
    factories.MessageFactory()
    broken(settings, ConnectionRefusedError())
    rests = []
    for _ in range(sending.MOST_TRIES):
        sending.deliver()
        rests.append(round((Message.objects.get().due_at - timezone.now()).total_seconds() / 60))
        again()
    assert rests == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360]
    assert Message.objects.get().state == "given up"
    assert sending.deliver() == 0


def test_one_that_cannot_be_sent_holds_up_no_other(settings):
    factories.MessageFactory(subject="Two\nlines")
    factories.MessageFactory(subject="One line")
    assert (sending.deliver(), sending.deliver()) == (0, 1)
    assert [sent.subject for sent in mail.outbox] == ["One line"]


def test_a_webhook_is_signed_as_its_standard_has_it(serve):
    server = serve(reply(204))
    hook(server.url + "hooks/1")
    outbox.call("milestone 1 50%", kind="milestone.reached", text="Half.", url="http://x/", at=factories.NOW)
    assert sending.deliver() == 1
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    sent = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert json.loads(body) == {
        "type": "milestone.reached", "text": "Half.", "url": "http://x/", "at": "2026-06-30T12:00:00+00:00",
    }  # fmt: skip
    told = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, told, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert sent["webhook-id"] == f"msg_{Message.objects.get().uid}"


def test_the_signature_is_that_of_the_standards_own_example():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = sending.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_that_is_busy_is_called_again_with_the_same_id(serve):
    server = serve(reply(503), reply(200))
    hook(server.url)
    outbox.call("test 1", kind="test", text="Test.", url="http://x/", at=factories.NOW)
    assert sending.deliver() == 0
    again()
    assert sending.deliver() == 1
    ids = [line for asked in server.requests for line in asked.split(b"\r\n") if b"webhook-id" in line]
    assert ids[0] == ids[1]


def test_a_webhook_that_is_gone_is_given_up_at_once(serve):
    hook(serve(reply(410)).url)
    outbox.call("test 1", kind="test", text="Test.", url="http://x/", at=factories.NOW)
    assert (sending.deliver(), Message.objects.get().state) == (0, "given up")


def test_nothing_is_sent_into_a_private_network(settings):
    settings.FETCH_ALLOW = []
    hook("http://127.0.0.1:9/")
    outbox.call("test 1", kind="test", text="Test.", url="http://x/", at=factories.NOW)
    assert sending.deliver() == 0
    assert "not on the public internet" in Message.objects.get().error


def test_without_a_webhook_nothing_is_called():
    outbox.call("test 1", kind="test", text="Test.", url="http://x/", at=factories.NOW)
    assert Message.objects.count() == 0


def test_what_was_sent_is_forgotten_after_thirty_days():
    for days in (29, 31):
        factories.MessageFactory(sent_at=timezone.now() - timedelta(days=days))
    factories.MessageFactory()
    assert Message.objects.old().delete()[0] == 1

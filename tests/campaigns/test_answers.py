"""Questions of the public: read, answered through the outbox, and settled, each once and by one person at a time."""

from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from campaigns import sending
from campaigns.outbox import Message
from campaigns.questions import Question
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def question():
    return factories.QuestionFactory(campaign=factories.CampaignFactory(name="Appeal"))


def staff(email="ann@example.org", role="editor"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role=role))
    return client


def url(question):
    return reverse("staff:question", args=[question.pk])


def opened(client, question):
    """What the form would send."""
    form = client.get(url(question)).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_an_answer_goes_out_by_e_mail(question):
    client = staff()
    answer = client.post(url(question), opened(client, question) | {"answer": "You are right."}, follow=True)
    assert "Your answer is on its way." in answer.content.decode()
    assert sending.deliver() == 1
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["eve@example.org"], f"Your question {question.reference}")
    assert sent.body.startswith("You are right.\n\n-- \n")
    assert "badge-good" in client.get(url(question)).content.decode()


def test_it_is_settled_with_a_note_and_leaves_the_open_ones(question):
    client = staff()
    client.post(url(question), opened(client, question) | {"note": "Corrected.", "settle": "1"})
    question.refresh_from_db()
    assert (question.note, question.settled_by.email) == ("Corrected.", "ann@example.org")
    page = client.get(reverse("staff:questions"))
    assert (list(page.context["open"]), list(page.context["settled"])) == ([], [question])


def test_a_double_click_answers_once_and_settles_once(question):
    client = staff()
    typed = opened(client, question) | {"answer": "You are right."}
    for _ in range(2):
        assert client.post(url(question), typed).status_code == 302
    assert Message.objects.count() == 1
    typed = opened(client, question) | {"note": "Corrected.", "settle": "1"}
    for _ in range(2):
        assert client.post(url(question), typed).status_code == 302


def test_the_second_of_two_sees_what_the_first_did_and_chooses(question):
    ann, bob = staff(), staff("bob@example.org")
    first, second = opened(ann, question), opened(bob, question)
    ann.post(url(question), first | {"answer": "You are right."})
    page = bob.post(url(question), second | {"answer": "No, it is right."})
    assert "While you were writing" in page.content.decode()
    assert "You are right." in page.content.decode()
    form = page.context["form"]
    assert (form["answer"].value(), Message.objects.count()) == ("No, it is right.", 1)
    bob.post(url(question), {name: form[name].value() or "" for name in form.fields})
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({}, {"answer": ["Write an answer first."]}),
        ({"settle": "1"}, {"note": ["Say in a few words how it was settled."]}),
        (
            {"settle": "1", "note": "Done.", "answer": "Dear Eve"},
            {"answer": ["This has not been sent yet: send it first, or take it out."]},
        ),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(question, typed, errors):
    client = staff()
    form = client.post(url(question), opened(client, question) | typed).context["form"]
    assert form.errors == errors
    assert form["note"].value() == typed.get("note", "")
    assert Question.objects.open().count() == 1


def test_who_left_no_address_gets_no_answer():
    question = factories.QuestionFactory(email="")
    client = staff()
    client.post(url(question), {"key": uuid4(), "seen": "0-None", "answer": "You are right."})
    assert (list(opened(client, question)), Message.objects.count()) == (["note", "seen", "key"], 0)


def test_what_the_public_writes_is_text(question):
    Question.objects.update(text="<script>alert(1)</script>", name="<b>Eve</b>")
    page = staff().get(url(question)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>Eve" not in page


def test_a_viewer_reads_no_questions(question):
    client = staff(role="viewer")
    assert client.get(reverse("staff:questions")).status_code == 403
    assert client.get(url(question)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions(django_assert_num_queries, count):
    for number in range(count):
        factories.QuestionFactory(campaign=factories.CampaignFactory())
        factories.QuestionFactory(text=str(number), settled_at=factories.NOW, note="Corrected.")
    client = staff()
    client.get(reverse("staff:questions"))
    with django_assert_num_queries(11):
        client.get(reverse("staff:questions"))

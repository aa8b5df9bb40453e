"""A figure is doubted in public and the question answered by staff, and news goes where staff say: by keyboard alone."""

import pytest
from django.core import mail

from campaigns import sending
from campaigns.outbox import Message, Webhook, Wishes
from campaigns.questions import Question
from fundtracker import accounts
from tests import factories
from tests.e2e.test_staff import PASSWORD, SIZES, press, sign_in

pytestmark = [pytest.mark.django_db(transaction=True)]
STAFF = ("", "messages/", "messages/webhook/", "messages/sending/", "questions/", "questions/{pk}/")
PUBLIC = ("question/", "question/campaigns/appeal/", "question/thanks/ABCD2345/")
LONG = "The total of May should be £500,000 and not £50,000, as the annual report says on page 12. " * 5


@pytest.fixture(autouse=True)
def site():
    factories.SiteFactory(name="Example Foundation")
    accounts.make("ann@example.org", password=PASSWORD, role="administrator")
    factories.CampaignFactory(slug="appeal", name="Keep the bridges open")


def signed_in(visit, **options):
    page = visit("/staff/account/login/", **options)
    page.locator("#id_login").focus()
    sign_in(page)
    return page


def test_a_figure_is_doubted_and_the_question_answered_and_settled(visit):
    page = visit("/en/question/campaigns/appeal/", java_script_enabled=False)
    page.locator("#id_text").focus()
    page.keyboard.type("May should be £500.")
    press(page, "Tab", "Tab", "Tab")
    page.keyboard.type("eve@example.org")
    press(page, "Tab", "Tab", "Enter")  # past the link to the privacy page
    page.get_by_role("heading", name="Thank you").wait_for()
    question = Question.objects.get()
    assert page.get_by_text(question.reference).count() == 1

    page = signed_in(visit)
    page.get_by_role("link", name="1 question of the public is open").focus()
    press(page, "Enter")
    page.get_by_role("link", name="May should be £500.").focus()
    press(page, "Enter")
    page.locator("#id_answer").focus()
    page.keyboard.type("You are right, thank you.")
    press(page, "Tab", "Enter")
    page.get_by_text("Your answer is on its way.").wait_for()
    page.locator("#id_note").focus()
    page.keyboard.type("Corrected.")
    press(page, "Tab", "Enter")
    page.get_by_text("Nobody is waiting.").wait_for()
    assert sending.deliver() == 1
    assert [(sent.to, sent.body.partition("\n")[0]) for sent in mail.outbox] == [
        (["eve@example.org"], "You are right, thank you.")
    ]


def test_who_gets_what_and_where_news_goes(visit):
    page = signed_in(visit)
    page.goto(page.url + "messages/")
    page.locator("#id_digest_0").focus()
    press(page, "ArrowDown", "Tab", "Space", "Tab", "Enter")
    page.get_by_text("Saved.").wait_for()
    assert [(one.digest, one.alerts) for one in Wishes.objects.all()] == [("weekly", False)]
    page.get_by_role("link", name="Webhook").focus()
    press(page, "Enter")
    page.locator("#id_url").focus()
    page.keyboard.type("https://chat.example.org/hooks/1")
    proposed = page.locator("#id_secret").input_value()
    press(page, "Enter")
    page.get_by_text("Saved. Send a test").wait_for()
    assert [(row.url, row.secret) for row in Webhook.objects.all()] == [
        ("https://chat.example.org/hooks/1", proposed)
    ]
    page.get_by_role("button", name="Send a test").focus()
    press(page, "Enter")
    page.get_by_text("waiting").wait_for()
    Message.objects.update(sent_at=factories.NOW)
    page.get_by_text("arrived").wait_for()  # the list renews itself


@pytest.mark.parametrize(
    ("viewport", "color_scheme"), list(zip(SIZES, ("light", "dark"), strict=True)), ids=["360", "1440"]
)
def test_nothing_stands_in_anybodys_way(visit, axe, viewport, color_scheme):
    question = factories.QuestionFactory(text=LONG, evidence_url="https://example.org/" + "report" * 30)
    factories.MessageFactory(subject="Long " * 30, error="The mail server refused it (550).", kind="webhook")
    factories.MessageFactory(question=question, key="answer", sent_at=factories.NOW)
    page = signed_in(visit, viewport=viewport, color_scheme=color_scheme)
    origin = page.url.partition("/staff/")[0]
    places = [f"/staff/{place.format(pk=question.pk)}" for place in STAFF]
    for place in [*places, *(f"/en/{place}" for place in PUBLIC)]:
        page.goto(origin + place)
        assert axe(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

"""Staff make a brief for one buyer, and write down what is offered."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from projects.models import Offer
from tests.campaigns.test_views import words
from tests.factories import CostFactory, OfferFactory, ProjectFactory, RelianceFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAGE, FILE, OFFER = (
    reverse(f"staff:project_{name}", args=["matrix"]) for name in ("brief", "brief_pdf", "offer")
)
ASKED = {
    "organisation": "ministry",
    "reference": "2026/17",
    "years": "2",
    "share": "fair",
    "contact": "Ann Example",
}


@pytest.fixture
def project(client):
    client.force_login(UserFactory(role="editor"))
    found = ProjectFactory(slug="matrix", name="Matrix")
    CostFactory(project=found, amount_minor=90_000_000, frequency="yearly")
    RelianceFactory(project=found, organisation="Rail", seats=600)
    RelianceFactory(project=found, organisation="Ministry", seats=300)
    return found


def test_a_brief_names_whom_it_is_for_and_what_was_chosen(client, project):
    page = words(client.get(PAGE, ASKED))
    for said in (
        "A brief for ministry.", "Reference 2026/17", "Contact Ann Example",
        "Chosen: £600,000 for 2 years, which is £300,000 a year. Share: The implied fair share (an estimate).",
        "Implied fair share: £900,000 × 300 seats ÷ 900 seats on record. An estimate.",
    ):  # fmt: skip
        assert said in page, said
    assert page.index("Ministry – 300") < page.index("Rail – 600")


def test_the_file_says_the_same(client, project):
    answer = client.get(FILE, ASKED)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert answer["Content-Type"] == "application/pdf"
    assert ("2026/17" in text, "£600,000 for 2 years" in text) == (True, True)


def test_a_fair_share_that_nobody_can_work_out_is_refused_beside_its_field(client, project):
    asked = ASKED | {"organisation": "Somebody else"}
    page = client.get(PAGE, asked)
    assert page.context["form"].errors["share"] == [
        "How many seats it has is not on public record: a fair share cannot be worked out."
    ]
    assert 'value="2026/17"' in page.content.decode()
    answer = client.get(FILE, asked)
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, PAGE)


def test_nothing_is_kept_of_whom_a_brief_was_made_for(client, project, django_assert_num_queries):
    client.get(PAGE, ASKED)
    assert Offer.objects.count() == 0
    with django_assert_num_queries(22):
        client.get(PAGE, ASKED)


def test_the_offers_words_stand_in_every_brief(client, project):
    client.post(OFFER, {"scope": "All of it.", "legal_name": "Matrix C.I.C.", "seen": "0.0"})
    assert "Scope All of it." in words(client.get("/en/projects/matrix/brief/"))
    assert Offer.objects.get().events.count() == 1  # type: ignore[attr-defined]


def test_the_second_of_two_people_sees_what_the_first_changed(client, project):
    OfferFactory(project=project, scope="Old.")
    typed = {"scope": "Mine.", "tax": "Net.", "seen": client.get(OFFER).context["form"]["seen"].value()}
    Offer.objects.update(scope="Theirs.")
    page = client.post(OFFER, typed)
    assert "scope: Old. → Theirs." in words(page)
    assert (Offer.objects.get().scope, "Mine." in page.content.decode()) == ("Theirs.", True)
    client.post(OFFER, typed | {"seen": page.context["form"]["seen"].value()})
    assert (Offer.objects.get().scope, Offer.objects.get().tax) == ("Mine.", "Net.")


def test_a_text_that_four_pages_would_not_hold_is_refused_and_kept(client, project):
    page = client.post(OFFER, {"scope": "x" * 1_001, "seen": "0.0"})
    assert "scope" in page.context["form"].errors
    assert "x" * 1_001 in page.content.decode()

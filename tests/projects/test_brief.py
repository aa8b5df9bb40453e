"""The brief for a public buyer: what it says, what it does not make up, and that four pages hold it."""

import io

import pytest
from pypdf import PdfReader

from tests.factories import CostFactory, OfferFactory, ProjectFactory, RelianceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PAGE, FILE = "/en/projects/matrix/brief/", "/en/projects/matrix/brief.pdf"


def project(**offer):
    found = ProjectFactory(slug="matrix", name="Matrix", summary="An open network.")
    CostFactory(project=found, amount_minor=90_000_000, frequency="yearly", purpose="maintenance")
    if offer:
        OfferFactory(project=found, **offer)
    return found


def pages(answer):
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


LONG = {
    "legal_name": "Stiftung " * 20, "scope": "Wartungsumfang und Gewährleistung. " * 28, "security": "Sicherheitsmeldungen " * 28,
    "releases": "Veröffentlichungen " * 26, "support": "Unterstützungszeitraum " * 17, "deliverables": "Ein vierteljährlicher Bericht\n" * 40,
    "acceptance": "Abnahmebedingungen. " * 50, "tax": "Umsatzsteuer " * 15, "contact": "Geschäftsstelle " * 18,
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
def test_four_pages_hold_the_longest_texts(client, language):
    found = project(**LONG)
    found.summary = "Ein offenes Netz. " * 200
    found.save()
    RelianceFactory.create_batch(
        20,
        project=found,
        seats=1_234_567,
        deployment="Behördenmessenger " * 11,
        evidence="Vergabeunterlagen " * 27,
    )
    found = pages(client.get(FILE.replace("en", language, 1)))
    for number, text in enumerate(found):
        print(number, len(text))
    assert len(found) <= 4

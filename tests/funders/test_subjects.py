"""Finding a person, and all that is held of them."""

from datetime import date

import pytest

from funders import ledger, subjects
from funders.connectors.base import GiverRef, Kind, Receipt
from funders.models import Giver
from fundtracker.models import Site
from tests import factories
from tests.factories import NOW, pounds

pytestmark = pytest.mark.usefixtures("today")


def gift(source, external_id, name="", amount=5):
    giver = GiverRef(external_id, name, public=bool(name))
    day = date(2026, 6, 1)
    ledger.record(
        source, [Receipt(f"of {external_id} {name}", Kind.DONATION, pounds(amount), day, NOW, giver=giver)]
    )


def found(words):
    givers, funders = subjects.find(words)
    return [str(giver) for giver in givers], [funder.name for funder in funders]


def test_a_name_finds_identities_and_funders():
    gift(factories.SourceFactory(), "1", "Alice Smith")
    factories.FunderFactory(name="Smith & Co")
    factories.GiverFactory(name="Bob")
    assert found("smith") == (["Alice Smith"], ["Smith & Co"])


@pytest.mark.parametrize("words", ["alice@example.org", "Alice@Example.org"])
def test_who_gave_anonymously_is_found_by_the_id_they_quote_and_by_nothing_else(words):
    gift(factories.SourceFactory(), "alice@example.org")
    assert found(words) == (["an unnamed giver"], [])
    assert found("alice") == ([], [])


def test_a_named_and_an_anonymous_gift_are_not_shown_together():
    source = factories.SourceFactory()
    gift(source, "7", "Alice")
    gift(source, "7")
    [alice] = Giver.objects.filter(name="Alice")
    assert [giver.pk for giver in subjects.of_giver(alice).givers] == [alice.pk]


def held(subject, **options):
    return {section.title: section.rows for section in subjects.held(subject, Site.current().zone, **options)}


def test_all_that_is_held_is_shown_in_words():
    source = factories.SourceFactory(name="Giving page")
    gift(source, "7", "Alice")
    funder = factories.FunderFactory(name="Alice Smith", kind="person", url="https://alice.example/")
    giver = Giver.objects.get()
    Giver.objects.update(funder=funder)
    factories.CommitmentFactory(source=source, giver=giver, title="A plan", amount_minor=500, currency="GBP")
    factories.UploadFactory(source=source, name="gifts.csv", file="uploads/gifts.csv")
    shown = held(subjects.of_funder(funder))
    assert set(shown) == {
        "Givers", "History: Givers", "Funders", "History: Funders", "Entries", "Commitments", "History: Commitments",
        "Files that may name the person",
    }  # fmt: skip
    [entry] = shown["Entries"]
    assert (entry["Amount"], entry["Source"], entry["Giver"]) == ("£5", "Giving page", "Alice")
    assert shown["Files that may name the person"] == [{"Source": "Giving page", "File": "gifts.csv"}]


def test_what_others_wrote_of_a_person_and_to_them_is_held_too():
    source = factories.SourceFactory()
    gift(source, "7", "Alice Smith")
    funder = factories.FunderFactory(name="Alice Smith", kind="person", contact="alice@example.org")
    Giver.objects.update(funder=funder)
    factories.correction(source, "of 7 Alice Smith", needs_second=True, why="Alice Smith wrote to us.")
    factories.QuestionFactory(email="alice@example.org", text="Is it in?")
    factories.QuestionFactory(text="Bob gave more.")
    factories.MessageFactory(to="alice@example.org", subject="Yes, it is")
    shown = held(subjects.of_funder(funder))
    assert [one["Why"] for one in shown["Corrections"]] == ["Alice Smith wrote to us."]
    assert [one["What seems wrong?"] for one in shown["Questions"]] == ["Is it in?"]
    assert len(shown["Messages"]) == 1


def test_what_they_reported_themselves_is_held():
    factories.RelianceFactory(organisation="The ministry", reporter_email="Alice@example.org")
    funder = factories.FunderFactory(kind="person", contact="alice@example.org")
    shown = held(subjects.of_funder(funder))
    assert [one["Organisation"] for one in shown["Reliances"]] == ["The ministry"]


def test_an_organisations_identity_stands_alone_and_is_no_person():
    company = factories.FunderFactory(kind="company")
    giver = factories.GiverFactory(funder=company)
    factories.GiverFactory(funder=company)
    assert subjects.of_giver(giver) == subjects.Subject([giver], None)
    assert not subjects.of_funder(company).is_person


@pytest.mark.parametrize("number", [1, 3])
def test_it_asks_as_much_for_one_gift_as_for_three(number, django_assert_num_queries):
    source = factories.SourceFactory()
    for amount in range(number):
        day = date(2026, 6, 1 + amount)
        ledger.record(
            source,
            [Receipt(f"{amount}", Kind.DONATION, pounds(5), day, NOW, giver=GiverRef("7", "Alice", True))],
        )
    subject = subjects.of_giver(Giver.objects.select_related("source", "funder").get())
    with django_assert_num_queries(QUERIES):
        assert len(held(subject)["Entries"]) == number


QUERIES = 27


def test_of_many_rows_the_first_are_shown_and_it_is_said():
    source = factories.SourceFactory()
    for day in range(1, 5):
        gift(source, "7", "A", amount=day)
        ledger.record(source, [Receipt(f"{day}", Kind.DONATION, pounds(day), date(2026, 6, day), NOW, giver=GiverRef("7", "A", True))])  # fmt: skip
    [entries] = [one for one in subjects.held(subjects.of_giver(Giver.objects.get()), Site.current().zone, most=2) if one.title == "Entries"]  # fmt: skip
    assert (len(entries.rows), entries.more) == (2, True)

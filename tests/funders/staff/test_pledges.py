"""Pledges with their schedules; what is paid, and by which entry."""

from datetime import date

import pytest
from django.urls import reverse

from campaigns.progress import measure
from funders import corrections, pledges, tasks
from funders.models import Commitment, Correction, Instalment
from tests import factories
from tests.factories import NOW, give, pounds

pytestmark = pytest.mark.django_db


def page(name, *arguments):
    return reverse(f"staff:{name}", args=arguments)


def sheet(answer, fields):
    """Everything that the page's form and table would send."""
    held = fields(answer.context["form"])
    parts = answer.context["parts"]
    held |= {f"parts-{name}": value for name, value in parts.management_form.initial.items()}
    for form in parts:
        held |= fields(form)
    return held


def row(number, due, amount):
    return {f"parts-{number}-due_on": due, f"parts-{number}-amount_minor": amount}


@pytest.fixture
def sent(treasurer, fields):
    """A new pledge of £1,000 in two parts."""
    factories.SourceFactory(name="Promises")
    funder = factories.FunderFactory(name="Example Foundation")
    whole = {"funder": funder.pk, "title": "Bridges", "amount_minor": "1k", "currency": "gbp"}
    start = sheet(treasurer.get(page("pledge_new")), fields)
    return {**start, **whole, **row(0, "2026-06-01", "400"), **row(1, "2026-12-01", "500.50")}


def test_a_pledge_comes_with_its_schedule_once(treasurer, sent, words):
    for _ in range(2):
        answer = treasurer.post(page("pledge_new"), sent, follow=True)
    one = Commitment.objects.get()
    assert list(one.instalments.values_list("due_on", "amount_minor")) == [
        (date(2026, 6, 1), 40_000),
        (date(2026, 12, 1), 50_050),
    ]
    said = words(answer)
    assert "Pending £500.50 Overdue £400 Not scheduled £99.50" in said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (row(2, "2027-01-01", "500"), "The parts come to £1,400.50, which is more."),
        (row(2, "2027-01-01", "soon"), "“soon” is not an amount in GBP"),
        (row(2, "2027-01-01", "-5"), "The amount must be more than 0."),
        (row(2, "2027-01-01", ""), "This field is required."),
        ({"amount_minor": "0"}, "The amount must be more than 0."),
        ({"starts_on": "2026-02-01", "ends_on": "2026-01-01"}, "The last day is before the first."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(treasurer, sent, typed, words):
    answer = treasurer.post(page("pledge_new"), {**sent, **typed})
    text = answer.content.decode()
    assert (words in text, 'value="500.50"' in text, Commitment.objects.count()) == (True, True, 0)


def test_an_edited_schedule_keeps_what_is_paid(treasurer, sent, fields):
    treasurer.post(page("pledge_new"), sent)
    one = Commitment.objects.get()
    one.instalments.filter(position=0).update(paid=True)
    held = sheet(treasurer.get(page("pledge_edit", one.pk)), fields)
    typed = {"parts-1-DELETE": "on", **row(0, "2020-01-01", "1"), **row(2, "2027-01-01", "600")}
    treasurer.post(page("pledge_edit", one.pk), {**held, **typed})
    assert list(one.instalments.values_list("due_on", "amount_minor", "paid")) == [
        (date(2026, 6, 1), 40_000, True),
        (date(2027, 1, 1), 60_000, False),
    ]


def test_the_second_of_two_sees_that_the_first_changed_it(treasurer, sent, fields, words):
    treasurer.post(page("pledge_new"), sent)
    one = Commitment.objects.get()
    held = sheet(treasurer.get(page("pledge_edit", one.pk)), fields)
    Commitment.objects.update(title="Tunnels")
    answer = treasurer.post(page("pledge_edit", one.pk), {**held, "title": "Roads"})
    assert "what for: Bridges → Tunnels" in words(answer)
    treasurer.post(
        page("pledge_edit", one.pk),
        {**held, "title": "Roads", "seen": answer.context["form"]["seen"].value()},
    )
    assert Commitment.objects.get().title == "Roads"


def test_an_entry_settles_an_instalment_beside_the_ledger(treasurer, sent, words):
    treasurer.post(page("pledge_new"), sent)
    one = Commitment.objects.get()
    give(one.source, pounds(400), pounds(7))
    part = one.instalments.first()
    answer = treasurer.get(page("part", part.pk))
    assert "No payment of this funder in this currency is in the books." in words(answer)
    type(one.giver).objects.filter(entries__source=one.source).update(funder=one.giver.funder)
    choice = treasurer.get(page("part", part.pk)).context["form"].fields["entry"]
    assert [label for _, label in choice.choices][1:] == [
        f"2026-06-01 · £7 · {one.source}", f"2026-06-01 · £400 · {one.source}"
    ]  # fmt: skip
    entry = one.source.entries.get(amount_minor=40_000)
    treasurer.post(page("part", part.pk), {"entry": entry.pk})
    part.refresh_from_db()
    assert (part.paid, part.settled_by) == (True, entry)
    treasurer.post(page("part", part.pk), {"open": "1"})
    part.refresh_from_db()
    assert (part.paid, part.settled_by) == (False, None)


def test_a_campaigns_figures_follow_the_schedule(treasurer, sent):
    treasurer.post(page("pledge_new"), sent)
    one = Commitment.objects.get()
    campaign = factories.CampaignFactory(sources=[one.source])

    def figures():
        [now] = measure([type(campaign).objects.get(pk=campaign.pk)], on=NOW.date())
        return now.committed, now.pledged, now.overdue

    assert figures() == (pounds("500.50"), pounds(0), pounds(400))
    treasurer.post(page("part", one.instalments.first().pk), {"entry": ""})
    assert figures() == (pounds("500.50"), pounds(0), pounds(0))
    Commitment.objects.update(certainty="pledged")
    assert figures() == (pounds(0), pounds("500.50"), pounds(0))


def test_a_providers_grant_can_only_be_looked_at(treasurer, words):
    part = factories.InstalmentFactory(commitment__source__kind="threesixty")
    said = words(treasurer.get(page("pledge", part.commitment_id)))
    assert ("Edit" in said, "Mark paid" in said) == (False, False)
    for name, pk in (("pledge_edit", part.commitment_id), ("part", part.pk)):
        assert treasurer.post(page(name, pk), {}).status_code == 404
    assert Instalment.objects.get().paid is False


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_much_for_one_as_for_three(viewer, number, django_assert_num_queries):
    for _ in range(number):
        factories.InstalmentFactory()
    with django_assert_num_queries(12):
        viewer.get(page("pledges"))


@pytest.fixture
def settled(treasurer, sent):
    """A part, and the entry that settled it."""
    treasurer.post(page("pledge_new"), sent)
    one = Commitment.objects.get()
    give(one.source, pounds(400))
    part, entry = one.instalments.earliest("position"), one.source.entries.get()
    pledges.settle(part, paid=True, by=entry)
    return part, entry


def test_what_was_settled_by_a_payment_that_is_taken_back_is_awaited_again(settled):
    part, entry = settled
    assert pledges.reopen() == 0
    correction = Correction(
        source=entry.source, external_id=entry.external_id, says="nothing", currency="GBP"
    )
    corrections.make(correction, factories.UserFactory(role="treasurer"), on=NOW.date())
    assert (tasks.follow_calendar(), tasks.follow_calendar()) == (1, 0)
    part.refresh_from_db()
    assert (part.paid, part.settled_by) == (False, None)


def test_the_second_of_two_sees_that_the_first_settled_it(treasurer, sent, fields, words):
    treasurer.post(page("pledge_new"), sent)
    part = Instalment.objects.first()
    held = fields(treasurer.get(page("part", part.pk)).context["form"])
    for _ in range(2):  # a double click is no second person
        assert treasurer.post(page("part", part.pk), {**held, "entry": ""}).status_code == 302
    answer = treasurer.post(page("part", part.pk), {**held, "open": "1"})
    assert "paid: – → True" in words(answer)
    assert Instalment.objects.get(pk=part.pk).paid is True


def test_the_link_fills_in_the_payment(treasurer, sent):
    treasurer.post(page("pledge_new"), sent)
    part = Instalment.objects.last()
    form = treasurer.get(treasurer.get(page("part", part.pk)).context["entry_url"]).context["form"]
    shown = [form[name].value() for name in ("amount_minor", "currency", "source", "giver_name", "consent")]
    assert shown == ["500.50", "GBP", part.commitment.source_id, "Example Foundation", None]


@pytest.mark.parametrize("query", ["minor=x&currency=GBP", "minor=1&currency=?", "giver=x&source=-1"])
def test_a_link_that_says_nothing_fills_in_nothing(treasurer, query):
    assert treasurer.get(f"{page('entry_new')}?{query}").status_code == 200

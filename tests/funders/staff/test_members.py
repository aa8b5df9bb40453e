"""Members' pages: entered, moved, renewed, edited; providers' beside them."""

from datetime import date

import pytest
from django.urls import reverse

from funders.models import Commitment, Membership
from tests import factories

pytestmark = pytest.mark.django_db


def page(name, *arguments):
    return reverse(f"staff:{name}", args=arguments)


@pytest.fixture
def tier(today):
    price = factories.TierPriceFactory(tier__name="Gold", tier__source__name="Memberships")
    factories.TierPriceFactory(tier=price.tier, starts_on=date(2026, 7, 1), amount_minor=60_000)
    return price.tier


def start(client, fields, tier, **typed):
    funder = factories.FunderFactory(name="Example Ltd", is_public=False)
    form = client.get(page("member_new")).context["form"]
    return {**fields(form), "funder": funder.pk, "tier": tier.pk, **typed}


def test_a_member_needs_no_more_than_who_and_which_tier(treasurer, fields, tier):
    sent = start(treasurer, fields, tier)
    assert treasurer.post(page("member_new"), sent).status_code == 302
    one = Membership.objects.get()
    got = one.commitment
    assert (one.state, str(got.amount), got.frequency, got.who) == (
        "invoiced",
        "500.00 GBP",
        "yearly",
        "Example Ltd",
    )
    assert (got.starts_on, got.ends_on, got.source) == (date(2026, 6, 30), date(2027, 6, 29), tier.source)
    treasurer.post(page("member_new"), sent)
    assert Membership.objects.count() == 1


def test_the_price_is_that_of_the_first_day(treasurer, fields, tier):
    treasurer.post(page("member_new"), start(treasurer, fields, tier, starts_on="2026-07-01"))
    assert str(Commitment.objects.get().amount) == "600.00 GBP"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"amount_minor": "much", "currency": "GBP"}, "amount_minor", "“much” is not an amount in GBP: write it like 415,000 or 415k"),
        ({"amount_minor": "-5", "currency": "GBP"}, "amount_minor", "The amount must be more than 0."),
        ({"starts_on": "2020-01-01"}, "amount_minor", "Say the amount: the tier has no price on that day."),
        ({"ends_on": "2026-06-29"}, "ends_on", "The last day is before the first."),
        ({"tier": ""}, "tier", "This field is required."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    treasurer, fields, tier, typed, field, words
):
    answer = treasurer.post(
        page("member_new"), {**start(treasurer, fields, tier), "designation": "Bridges", **typed}
    )
    form = answer.context["form"]
    assert (form.errors[field], form["designation"].value()) == ([words], "Bridges")
    assert Commitment.objects.count() == 0


def test_a_step_has_its_day_and_its_reason(treasurer, fields, words):
    one = factories.MembershipFactory(state="invoiced", commitment__ends_on=date(2027, 6, 30))
    form = treasurer.get(page("member_move", one.pk)).context["form"]
    sent = {**fields(form), "state": "paid", "day": "2026-06-15", "reason": "bank statement 17"}
    for _ in range(2):
        assert treasurer.post(page("member_move", one.pk), sent).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.since) == ("paid", date(2026, 6, 15))
    said = words(treasurer.get(page("member", one.pk)))
    assert "paid since 15 June 2026 · bank statement 17" in said
    assert said.count("bank statement 17") == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"state": "renewed"}, "state"), ({"state": "applied"}, "state"), ({"day": "2026-07-01"}, "day"), ({"reason": ""}, "reason")],
)  # fmt: skip
def test_what_cannot_be_is_refused(treasurer, fields, typed, field):
    one = factories.MembershipFactory(state="invoiced")
    form = treasurer.get(page("member_move", one.pk)).context["form"]
    sent = {**fields(form), "state": "lapsed", "reason": "gone", **typed}
    answer = treasurer.post(page("member_move", one.pk), sent)
    assert list(answer.context["form"].errors) == [field]
    assert Membership.objects.get().state == "invoiced"


def test_the_second_of_two_sees_what_the_first_did_and_chooses(treasurer, fields, words):
    one = factories.MembershipFactory(state="invoiced", commitment__ends_on=date(2027, 6, 30))
    form = treasurer.get(page("member_move", one.pk)).context["form"]
    sent = {**fields(form), "state": "lapsed", "reason": "no answer"}
    Membership.objects.update(state="paid")
    answer = treasurer.post(page("member_move", one.pk), sent)
    assert "changed this. Save yours over it, or leave it as it is. state: invoiced → paid" in words(answer)
    assert Membership.objects.get().state == "paid"
    treasurer.post(page("member_move", one.pk), {**sent, **fields(answer.context["form"])})
    assert Membership.objects.get().state == "lapsed"


def test_renewing_ends_the_old_term_at_todays_price_and_links_the_two(treasurer, fields, tier):
    old = factories.MembershipFactory(tier=tier, commitment__source=tier.source)
    sent = fields(treasurer.get(page("member_renew", old.pk)).context["form"])
    for _ in range(2):
        treasurer.post(page("member_renew", old.pk), sent)
    old.refresh_from_db()
    new = old.successor.commitment
    assert (old.state, str(old.commitment.amount), str(new.amount)) == ("renewed", "500.00 GBP", "600.00 GBP")
    assert (new.starts_on, new.ends_on, new.who) == (date(2026, 7, 1), date(2027, 6, 30), old.commitment.who)
    assert Membership.objects.count() == 2


def test_an_edited_term_keeps_what_is_paid(treasurer, fields):
    one = factories.MembershipFactory(state="invoiced").commitment
    factories.InstalmentFactory(commitment=one, amount_minor=50_000, paid=True)
    form = treasurer.get(page("member_edit", one.membership.pk)).context["form"]
    sent = {**fields(form), "amount_minor": "700", "ends_on": "2027-06-30"}
    treasurer.post(page("member_edit", one.membership.pk), sent)
    assert list(one.instalments.values_list("amount_minor", "paid")) == [(50_000, True), (70_000, False)]


def test_providers_memberships_stand_beside_ours_and_nobody_can_edit_them(viewer, words):
    factories.MembershipFactory(commitment__giver__funder__name="Ours Ltd")
    factories.CommitmentFactory(
        source__kind="stripe", source__name="Stripe", frequency="monthly", giver__name="Theirs"
    )
    said = words(viewer.get(page("members")))
    assert ("Ours Ltd" in said, "Theirs" in said, "Theirs – active – – Stripe" in said) == (True, True, True)
    said = words(viewer.get(page("members") + "?state=reported"))
    assert ("Ours Ltd" in said, "Theirs" in said) == (False, True)
    assert "New member" not in said


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_much_for_one_as_for_three(viewer, number, django_assert_num_queries):
    for _ in range(number):
        factories.MembershipFactory()
        factories.CommitmentFactory(frequency="monthly")
    with django_assert_num_queries(12):
        viewer.get(page("members"))


def test_a_tier_has_prices_from_days_on_and_old_terms_keep_theirs(treasurer, fields, tier, words):
    answer = treasurer.get(page("tier", tier.pk))
    sent = {
        **fields(answer.context["price_form"]),
        "starts_on": "2026-06-30",
        "amount_minor": "55",
        "price": "1",
    }
    assert treasurer.post(page("tier", tier.pk), sent).status_code == 302
    assert "£55 yearly today" in words(treasurer.get(page("tier", tier.pk)))
    answer = treasurer.post(page("tier", tier.pk), sent)
    assert "This tier has a price from that day on already." in words(answer)
    assert [str(price) for price in tier.prices.all()] == ["£600", "£55", "£500"]


@pytest.mark.parametrize(("kind", "offered"), [("manual", True), ("stripe", False)])
def test_only_a_tier_of_our_own_can_be_called_otherwise(treasurer, kind, offered):
    tier = factories.TierFactory(source__kind=kind)
    form = treasurer.get(page("tier", tier.pk)).context["form"]
    assert ("name" in form.fields, "note" in form.fields) == (offered, True)

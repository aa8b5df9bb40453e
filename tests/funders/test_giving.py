"""A funder's public page and the directory: what each gave to what, and nothing of whoever gives without a name."""

import re
from datetime import date, timedelta

import pytest

from funders import giving, ledger, promises
from funders.connectors.base import GiverRef, Kind, Promise, Purpose, Receipt
from funders.models import Entry, Giver
from fundtracker.money import Money
from tests import factories
from tests.campaigns.test_views import words
from tests.factories import NOW, pounds

pytestmark = pytest.mark.usefixtures("today")
TODAY = date(2026, 6, 30)


@pytest.fixture
def project(today):
    return factories.ProjectFactory(slug="matrix", name="Matrix")


@pytest.fixture
def source(project):
    return factories.StreamFactory(project=project, purpose="maintenance").source


@pytest.fixture
def nlnet(today):
    return factories.FunderFactory(slug="nlnet", name="NLnet", kind="foundation")


def gift(source, amount, name="NLnet", *, funder=None, on=TODAY, public=True, **fields):
    giver = GiverRef(f"id-{name}", name, public=public)
    number = Entry.objects.count()
    amount = amount if isinstance(amount, Money) else pounds(amount)
    ledger.record(source, [Receipt(f"gift-{number}", Kind.GRANT, amount, on, NOW, giver=giver, **fields)])
    if funder:
        Giver.objects.filter(source=source, name=name).update(funder=funder)
    return f"gift-{number}"


def back(source, original, amount, **fields):
    ledger.record(
        source,
        [Receipt("back", Kind.REFUND, pounds(-amount), TODAY, NOW, refunds_external_id=original, **fields)],
    )


def read(client, slug="nlnet"):
    return words(client.get(f"/en/funders/{slug}/"))


def test_it_says_what_it_gave_to_what_for_what_since_when_and_which_share_that_is(client, source, nlnet):
    gift(source, 300, funder=nlnet, on=date(2024, 3, 1))
    gift(source, 100, funder=nlnet, purpose=Purpose.SECURITY)
    gift(source, 700, "Ann")
    said = read(client)
    assert "£400 in public gifts" in said
    assert "Matrix maintenance £300 security £100 1 March 2024 £100 12% £400 36%" in said


def shares(funder):
    [one] = giving.gifts(funder, TODAY).by_project
    return [(some.percent, some.is_withheld) for some in (one.share, one.recent_share)]


@pytest.mark.parametrize(
    ("unnamed", "shown"), [(0, (100, False)), (1, (None, True)), (2, (None, True)), (3, (25, False))]
)
def test_a_share_is_withheld_where_it_would_tell_what_one_unnamed_giver_gave(source, nlnet, unnamed, shown):
    gift(source, 100, funder=nlnet)
    for number in range(unnamed):
        gift(source, 100, f"Secret {number}", public=False)
    assert shares(nlnet) == [shown, shown]


def test_each_span_is_withheld_by_itself(source, nlnet):
    gift(source, 100, funder=nlnet)
    gift(source, 100, "Secret 0", public=False)
    for number in range(1, 3):
        gift(source, 100, f"Secret {number}", public=False, on=date(2024, 1, 1))
    assert shares(nlnet) == [(25, False), (None, True)]


def test_gifts_without_any_giver_may_be_of_one(source, nlnet):
    gift(source, 100, funder=nlnet)
    ledger.record(source, [Receipt("cash", Kind.DONATION, pounds(100), TODAY, NOW)])
    assert shares(nlnet) == [(None, True)] * 2


def test_who_gave_to_another_designation_hides_nobody_here(source, nlnet):
    factories.StreamFactory(source=source, designation="server")
    gift(source, 100, funder=nlnet)
    for number in range(3):
        gift(source, 100, f"Secret {number}", public=False, designation="server")
    assert shares(nlnet) == [(100, False)] * 2


def test_a_gift_of_a_funder_that_staff_keep_unnamed_is_unnamed(source, nlnet):
    gift(source, 100, funder=nlnet)
    gift(source, 100, "Charlie", funder=factories.FunderFactory(is_public=False))
    assert shares(nlnet) == [(None, True)] * 2


@pytest.mark.parametrize("said_of_refund", [{}, {"giver": GiverRef("id-NLnet", "NLnet", public=False)}])
def test_what_was_given_back_is_taken_off_whatever_is_said_of_the_refund(
    client, source, nlnet, said_of_refund
):
    back(source, gift(source, 100, funder=nlnet), 100, **said_of_refund)
    assert "nothing that was not given back" in read(client)
    assert giving.gifts(nlnet, TODAY).in_all == []


def test_an_anonymous_gift_of_a_named_funder_is_in_no_sum_of_it(client, source, nlnet):
    gift(source, 100, funder=nlnet)
    gift(source, 5_000, public=False)
    Giver.objects.filter(source=source).update(funder=nlnet)
    assert giving.gifts(nlnet, TODAY).in_all == [pounds(100)]
    assert "5,0" not in read(client)


def test_two_currencies_are_listed_and_compared_at_the_rate_of_their_day(source, nlnet):
    factories.RateFactory(per_euro="0.5", day=TODAY)
    gift(source, Money.of(100, "EUR"), funder=nlnet)
    gift(source, 50, funder=nlnet)
    gift(source, 100, "Ann")
    [one] = giving.gifts(nlnet, TODAY).by_project
    assert (one.in_all, one.share.percent) == ([Money.of(100, "EUR"), pounds(50)], 50)


def test_without_a_rate_there_is_no_share(client, source, nlnet):
    gift(source, Money.of(100, "EUR"), funder=nlnet)
    gift(source, 50, "Ann")
    assert shares(nlnet) == [(None, False)] * 2
    assert "€100 not known €100 not known" in read(client)


def test_a_stream_takes_its_share_and_a_hidden_project_is_not_named(client, source, nlnet):
    source.streams.update(share_bp=7_500)
    factories.StreamFactory(source=source, share_bp=2_500, project__is_public=False, project__name="Secret")
    gift(source, 100, funder=nlnet)
    found = giving.gifts(nlnet, TODAY)
    assert (found.by_project[0].in_all, found.elsewhere, found.in_all) == (
        [pounds(75)],
        [pounds(25)],
        [pounds(100)],
    )
    assert "To what has no page here: £25" in read(client)
    assert "Secret" not in read(client)


def test_it_says_what_is_promised_and_which_instalments_are_ahead(client, source, nlnet):
    plan = factories.CommitmentFactory(
        source=source, giver__funder=nlnet, title="Bridges", amount_minor=30_000, currency="GBP",
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), purpose="security",
    )  # fmt: skip
    factories.InstalmentFactory(commitment=plan, position=0, paid=True)
    factories.InstalmentFactory(commitment=plan, position=1, due_on=date(2026, 6, 1))
    factories.InstalmentFactory(commitment=plan, position=2, due_on=date(2026, 9, 1))
    said = read(client)
    assert "Bridges £300 (once) Matrix security since 1 January 2026 until 31 December 2026 active" in said
    assert "instalments ahead: £100 1 June 2026 (overdue) £100 1 September 2026" in said


def test_what_it_gives_in_kind_never_tells_what_a_person_costs(client, project, nlnet):
    common = {"project": project, "in_kind": True, "given_by": nlnet, "amount_minor": 123_400}
    factories.CostFactory(label="Racks", is_person=False, **common)
    factories.CostFactory(label="Alice's post", is_person=True, **common)
    factories.CostFactory(label="Bob, perhaps", **common)
    said = read(client)
    assert "Racks Matrix unrestricted £1,234 (monthly)" in said
    assert said.count("Work of its people Matrix unrestricted") == 2
    assert re.findall("Alice|Bob|1,234", said) == ["1,234"]


def test_it_says_which_projects_it_relies_on_and_whether_it_pays_for_them(client, source, project, nlnet):
    gift(source, 100, funder=nlnet)
    factories.RelianceFactory(project=project, funder=nlnet, deployment="Chat", seats=1_200)
    factories.RelianceFactory(project__name="Server", funder=nlnet)
    factories.RelianceFactory(project__name="Hidden", funder=nlnet, state="reported")
    said = read(client)
    assert "Matrix known to pay Chat 1,200 seats" in said
    assert "Server not known to pay" in said
    assert "Hidden" not in said


def names(client, part=""):
    return re.findall(r'row-name" href="[^"]*">([^<]+)<', client.get(f"/en/funders/{part}").content.decode())


def test_the_directory_keeps_people_apart_and_names_them_only_where_a_gift_is_public(client, source, nlnet):
    for kind in ("public_body", "eu_body", "company"):
        factories.FunderFactory(name=f"A {kind}", kind=kind)
    gift(source, 5, "Ann", funder=factories.FunderFactory(name="Ann", kind="person"))
    factories.FunderFactory(name="Bob", kind="person")
    gift(source, 5, "Eve", funder=factories.FunderFactory(name="Eve", kind="person", is_public=False))
    assert names(client) == ["A company", "A eu_body", "A public_body", "NLnet"]
    assert names(client, "kinds/public-bodies/") == ["A eu_body", "A public_body"]
    assert names(client, "kinds/companies/") == ["A company"]
    assert names(client, "kinds/foundations/") == ["NLnet"]
    assert names(client, "kinds/people/") == ["Ann"]
    assert client.get("/en/funders/kinds/robots/").status_code == 404


def test_the_directory_says_who_gives_to_one_project_by_a_gift_or_a_promise(client, source, nlnet):
    factories.StreamFactory(
        source=source, designation="server", project__slug="server", project__name="Server"
    )
    gift(source, 5, funder=nlnet, on=date(2025, 5, 1))
    gift(source, 5, "ACME", funder=factories.FunderFactory(name="ACME"), designation="server")
    ann = factories.FunderFactory(name="Ann", kind="person")
    promises.record(source, [Promise("plan", pounds(5), NOW, giver=GiverRef("ann", "Ann", True))])
    Giver.objects.filter(name="Ann").update(funder=ann)
    gift(source, 5, "Eve", funder=factories.FunderFactory(name="Eve"), public=False)
    assert names(client, "projects/matrix/") == ["Ann", "NLnet"]
    assert names(client, "projects/server/") == ["ACME"]
    assert "NLnet foundation · gives to Matrix since 1 May 2025" in words(client.get("/en/funders/projects/matrix/")).replace(" gives", " · gives")  # fmt: skip
    assert client.get("/en/funders/projects/none/").status_code == 404


def test_a_long_list_has_pages(client, monkeypatch):
    monkeypatch.setattr("funders.views.PAGE", 2)
    for number in range(5):
        factories.FunderFactory(name=f"Company {number}", kind="company")
    assert names(client) == ["Company 0", "Company 1"]
    assert names(client, "pages/3/") == ["Company 4"]
    assert 'href="/en/funders/pages/2/" rel="prev"' in client.get("/en/funders/pages/3/").content.decode()
    assert [client.get(f"/en/funders/pages/{page}/").status_code for page in (0, 4, 10**20)] == [404] * 3


def gifts_of(source, *names):
    """Of each a gift, and a funder."""
    refs = [GiverRef(name, name, public=True) for name in names]
    ledger.record(source, [Receipt(one.name, Kind.GRANT, pounds(5), TODAY, NOW, giver=one) for one in refs])
    for giver in source.givers.all():
        giver.funder = factories.FunderFactory(kind="company")
        giver.save()


@pytest.mark.parametrize("number", [1, 3, 100])
def test_the_directory_asks_the_same_number_of_questions(client, source, number, django_assert_num_queries):
    gifts_of(source, *(f"Company {one}" for one in range(number)))
    with django_assert_num_queries(8):
        client.get("/en/funders/")
    with django_assert_num_queries(14):
        client.get("/en/funders/projects/matrix/")


@pytest.mark.parametrize("number", [1, 3])
def test_a_funders_page_asks_the_same_number_of_questions(client, nlnet, number, django_assert_num_queries):
    for one in range(number):
        source = factories.StreamFactory().source
        gift(source, 5, funder=nlnet, on=TODAY - timedelta(days=one))
    factories.InstalmentFactory.create_batch(
        number, commitment__source=source, commitment__giver__funder=nlnet
    )
    factories.CostFactory.create_batch(number, in_kind=True, given_by=nlnet)
    factories.RelianceFactory.create_batch(number, funder=nlnet)
    with django_assert_num_queries(24):
        client.get("/en/funders/nlnet/")

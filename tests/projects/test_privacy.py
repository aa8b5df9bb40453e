"""What one of fifty maintainers costs and works is in no page, file or history that anybody else may read."""

import re
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from fundtracker.access import ANYONE
from fundtracker.models import Role as Rank
from projects.models import Project, Role
from tests import factories
from tests.fundtracker.test_access import names, row
from tests.papers import said

pytestmark = pytest.mark.usefixtures("today")
# How many private people a project has: too few to be told together, just enough, many.
TEAMS = {"alone": 1, "pair": 2, "team": 3, "crowd": 44}
PURPOSES = ("maintenance", "security", "features")
OWN = ("/me/", "/me/statement/2026.pdf")  # the page of a statement says what its paper says
FIGURE = re.compile(r"£([\d,]+(?:\.\d\d)?)")


def hours(number):
    return Decimal(301 + number) + Decimal("0.4")


def minor(number):
    """Of a month, in pence: in no regular steps, so that no other sum here comes to it by chance."""
    return 400_137 + pow(number + 2, 5, 999_983)


def forms(number):
    """How their cost, of a month and of a year, and their hours are written."""
    for amount in (minor(number), minor(number) * 12):
        plain = f"{Decimal(amount) / 100:,.2f}"
        yield from (plain, plain.replace(",", ""), plain.translate(str.maketrans(",.", ".,")), str(amount))
    yield from (f"{hours(number)}", f"{hours(number)}".replace(".", ","))


@pytest.fixture
def fifty():
    """Each has a role in one project, the first ten another one in the crowd; the last member of a team changes in May."""
    people = []
    for slug, count in TEAMS.items():
        project = factories.ProjectFactory(slug=slug)
        stream = factories.StreamFactory(project=project, source__slug=slug)
        factories.CommitmentFactory(
            source=stream.source,
            amount_minor=123_400,
            currency="GBP",
            frequency="monthly",
            starts_on=date(2026, 1, 1),
        )
        factories.CostFactory(project=project, amount_minor=77_700, starts_on=date(2026, 1, 1))
        for _ in range(count):
            number, user = len(people), factories.UserFactory()
            maintainer = factories.MaintainerFactory(name=f"Canary {number}", user=user)
            people.append(maintainer)
            starts = date(2026, 5 if number % 5 == 4 else 1, 1)
            work(maintainer, project, number, starts_on=starts, purpose=PURPOSES[number % 3])
    for number, maintainer in enumerate(people[:10]):
        work(maintainer, Project.objects.get(slug="crowd"), number, starts_on=date(2026, 1, 1))
    return people


def work(maintainer, project, number, **cost):
    return factories.RoleFactory(
        maintainer=maintainer, hours=hours(number), cost__project=project, cost__amount_minor=minor(number),
        **{f"cost__{name}": value for name, value in cost.items()},
    )  # fmt: skip


def read(client, url):
    return said(client.get(url))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def addresses(need):
    arguments = [(), ("csv",), ("json",), *((slug,) for slug in TEAMS), *((slug, "csv") for slug in TEAMS)]
    for name in names():
        for given in arguments if row(name) == need else ():
            try:
                yield reverse(name, args=given)
            except NoReverseMatch:
                continue


def everything(people):
    """(who reads, where, what it says): the public, a viewer, an editor, and each of the fifty on their own pages."""
    readers = {
        ANYONE: Client(),
        Rank.VIEWER: signed_in(factories.UserFactory(role="viewer")),
        Rank.EDITOR: signed_in(factories.UserFactory(role="editor")),
    }
    for need, client in readers.items():
        yield from ((None, url, read(client, url)) for url in addresses(need))
    for number, maintainer in enumerate(people):
        client = signed_in(maintainer.user)
        yield from ((number, url, read(client, url)) for url in OWN)


def seen(text, numbers):
    found = {word: number for number in numbers for word in forms(number)}
    net = re.compile(r"(?<![\d.,])(?:" + "|".join(map(re.escape, found)) + r")(?![\d])")
    return {found[word] for word in net.findall(text)}


def test_nobody_reads_what_another_costs_or_works(fifty):
    everyone, pages, readers = set(range(50)), 0, set()
    for reader, url, text in everything(fifty):
        found = seen(text, everyone)
        assert found - {reader} == set(), (reader, url)
        if reader is not None:
            assert found == {reader} or url != "/me/", url  # so the net catches
        pages, readers = pages + 1, readers | {reader}
    print(f"{pages} pages, {len(readers) + 2} readers, 50 people: 0 hits")
    assert len(readers) == 51
    assert pages > 250


def test_no_two_public_figures_differ_by_what_one_person_costs(fifty):
    for role in Role.objects.filter(cost__project__slug="crowd", hours__gt=hours(10))[:2]:
        Role.objects.filter(pk=role.pk).update(
            publishes_cost=True
        )  # a total less what is published tells nothing
    private = Role.objects.filter(publishes_cost=False).values_list("cost__amount_minor", flat=True)
    costs = {amount for one in private if one for amount in (one, one * 12)}
    for slug in TEAMS:
        text = "\n".join(read(Client(), url) for url in addresses(ANYONE) if f"/{slug}/" in url)
        figures = {int(Decimal(figure.replace(",", "")) * 100) for figure in FIGURE.findall(text)} | {0}
        differences = {abs(one - other) for one, other in combinations(figures, 2)}
        near = {amount + more for amount in differences for more in (-1, 0, 1)}
        assert near & costs == set(), slug

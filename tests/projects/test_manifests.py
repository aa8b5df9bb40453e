"""A project's own manifest over HTTP: what is read, what it would change, and that staff's words stay."""

import threading
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.forms.models import model_to_dict

from funders.sandbox.speech import Answer
from fundtracker.http import FetchError
from projects import manifests
from projects.documents import Refused
from projects.models import Channel, Cost, Manifest, Year
from tests.factories import ProjectFactory, SiteFactory
from tests.funders.sandboxes import sandbox

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def server():
    SiteFactory()
    with sandbox() as server, time_machine.travel(DAY, tick=False):
        yield server


@pytest.fixture
def castles(server):
    project = ProjectFactory(
        slug="castles", name="Castles", repository_url="https://code.example.org/sandcastles"
    )
    return project, manifests.read(f"{server.url}/manifests/funding.json", project)


def again(server, project, change, kind="funding.json"):
    """The manifest as `change` makes it, read anew."""

    def meddle(question, answer):
        if question.path != f"/{kind}":
            return answer
        body = deepcopy(answer.body)
        change(body)
        return replace(answer, body=body)

    server.meddle = meddle
    return manifests.read(f"{server.url}/manifests/{kind}", project)


def rows():
    return [[model_to_dict(one) for one in model.objects.order_by("pk")] for model in (Cost, Channel, Year)]


def plan_of(document, guid):
    return next(plan for plan in document["funding"]["plans"] if plan["guid"] == guid)


def test_its_plans_become_needs_and_nothing_is_rounded(castles):
    project, draft = castles
    manifests.apply(project, draft)
    assert {one.manifest_guid: (str(one.amount), one.frequency) for one in project.costs.all()} == {
        "maintainer": ("2500.00 EUR", "monthly"),
        "hosting": ("1200.50 EUR", "yearly"),
        "spades": ("637.00 GBP", "yearly"),
        "whatever": ("None", "once"),
    }
    assert {
        (one.label, one.purpose, one.starts_on) for one in project.costs.filter(manifest_guid="spades")
    } == {("Spades", "unrestricted", None)}


def test_its_years_and_channels_are_kept_with_it(castles):
    project, draft = castles
    manifests.apply(project, draft)
    assert [
        (one.year, one.income_minor, one.expenses_minor, one.taxes_minor) for one in project.years.all()
    ] == [(2024, 4_100_000, 3_800_075, None), (2025, 5_200_000, None, 12_000)]
    assert [
        (one.guid, one.suggestion) for one in project.channels.filter(guid__in=["bank", "collective"])
    ] == [
        ("bank", None),
        ("collective", ("opencollective", "sandbox")),
    ]


def test_an_e_mail_address_or_a_telephone_number_is_nowhere(castles):
    project, draft = castles
    manifests.apply(project, draft)
    stored = str(rows()) + str(Manifest.objects.values())
    assert "@example.org" not in stored
    assert "000-0000" not in stored
    assert "email" not in stored
    assert Channel.objects.get(guid="paypal").description == "Or ask […]"


def test_what_is_shown_first_is_what_is_done(castles):
    project, draft = castles
    shown = manifests.changes(project, draft)
    assert rows() == [[], [], []]
    assert manifests.apply(project, draft, shown=manifests.fingerprint(draft, shown)) == shown
    assert ("need “Hosting”", "", "€1,200.50, yearly", False) in shown
    assert ("need “Whatever you like”", "", "any amount, once", False) in shown
    assert ("year 2024 EUR", "", "income €41,000 · expenses €38,000.75", False) in shown


def test_applying_twice_changes_nothing(castles):
    project, draft = castles
    manifests.apply(project, draft)
    before = rows()
    assert manifests.changes(project, draft) == []
    assert manifests.apply(project, draft) == []
    assert rows() == before
    assert Manifest.objects.count() == 1


def test_what_has_changed_since_it_was_shown_is_not_applied(server, castles):
    project, draft = castles
    shown = manifests.fingerprint(draft, manifests.changes(project, draft))
    dearer = again(server, project, lambda said: plan_of(said, "hosting").update(amount=1300))
    with pytest.raises(manifests.Changed):
        manifests.apply(project, dearer, shown=shown)
    project.costs.create(label="Hosting", currency="EUR", manifest_guid="hosting")
    with pytest.raises(manifests.Changed):
        manifests.apply(project, draft, shown=shown)
    assert Cost.objects.count() == 1


def test_a_plan_that_changes_is_the_same_need(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    before = project.costs.get(manifest_guid="hosting").pk
    dearer = again(
        server,
        project,
        lambda said: plan_of(said, "hosting").update(amount=100, frequency="monthly", name="Servers"),
    )
    assert manifests.apply(project, dearer) == [
        ("need “Hosting”: name", "Hosting", "Servers", False),
        ("need “Servers”: amount", "€1,200.50, yearly", "€100, monthly", False),
    ]
    cost = project.costs.get(manifest_guid="hosting")
    assert (cost.pk, cost.label, str(cost.amount), cost.frequency) == (
        before,
        "Servers",
        "100.00 EUR",
        "monthly",
    )


@pytest.mark.parametrize("how", ["gone", "resting"])
def test_a_plan_that_is_gone_or_rests_ends_today_and_may_come_back(server, castles, how):
    project, draft = castles
    manifests.apply(project, draft)

    def drop(said):
        if how == "resting":
            plan_of(said, "hosting")["status"] = "inactive"
        else:
            said["funding"]["plans"] = [one for one in said["funding"]["plans"] if one["guid"] != "hosting"]

    without = again(server, project, drop)
    assert manifests.apply(project, without) == [("need “Hosting”", "goes on", "ends on 2026-06-30", False)]
    assert project.costs.get(manifest_guid="hosting").ends_on == date(2026, 6, 30)
    assert manifests.apply(project, without) == []
    assert manifests.apply(project, again(server, project, lambda said: None)) == [
        ("need “Hosting”", "ends on 2026-06-30", "goes on", False)
    ]
    assert project.costs.get(manifest_guid="hosting").ends_on is None


def test_what_staff_typed_stays_and_is_shown(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    typed = project.costs.create(label="Rent", currency="EUR", amount_minor=5)
    project.costs.filter(manifest_guid="hosting").update(amount_minor=99_900, purpose="infrastructure")
    type(project).objects.filter(pk=project.pk).update(summary="Ours")
    project.refresh_from_db()
    dearer = again(
        server, project, lambda said: plan_of(said, "hosting").update(amount=1300, description="More")
    )
    assert manifests.apply(project, dearer) == [
        ("in a few sentences", "Ours", "Castles of sand, rebuilt after every tide.", True),
        ("need “Hosting”: description", "", "More", False),
        ("need “Hosting”: amount", "€999, yearly", "€1,300, yearly", True),
    ]
    cost = project.costs.get(manifest_guid="hosting")
    assert (cost.amount_minor, cost.purpose, cost.description) == (99_900, "infrastructure", "More")
    project.refresh_from_db()
    assert project.summary == "Ours"
    assert project.costs.get(pk=typed.pk).ends_on is None


def test_an_end_that_staff_typed_stays(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    project.costs.filter(manifest_guid="hosting").update(ends_on=date(2026, 12, 31))
    assert manifests.apply(project, draft) == []
    gone = again(server, project, lambda said: plan_of(said, "hosting").update(status="inactive"))
    assert manifests.apply(project, gone) == []
    assert project.costs.get(manifest_guid="hosting").ends_on == date(2026, 12, 31)


def test_empty_fields_of_the_project_are_filled_and_typed_ones_kept(server):
    project = ProjectFactory(
        url="https://sand.example.org", repository_url="https://Code.example.org/sandcastles.git"
    )
    draft = manifests.read(f"{server.url}/manifests/funding.json", project)
    found = {change.what: (change.before, change.kept) for change in manifests.apply(project, draft)}
    assert found["in a few sentences"] == ("", False)
    assert found["web page"] == ("https://sand.example.org", True)
    assert found["source code"] == ("https://Code.example.org/sandcastles.git", True)
    project.refresh_from_db()
    assert project.summary == "Castles of sand, rebuilt after every tide."
    assert project.url == "https://sand.example.org"


def test_what_the_manifest_no_longer_lists_of_years_and_channels_is_gone(server, castles):
    project, draft = castles
    manifests.apply(project, draft)

    def shorter(said):
        said["funding"]["history"] = said["funding"]["history"][1:]
        said["funding"]["channels"][3]["address"] = "Another bank"
        plan_of(said, "whatever")["channels"] = []
        del said["funding"]["channels"][2]

    assert manifests.apply(project, again(server, project, shorter)) == [
        ("year 2024 EUR", "income €41,000 · expenses €38,000.75", "", False),
        ("channel bank", "bank · Sandbox Bank, account 0000", "bank · Another bank", False),
        ("channel paypal", "payment-provider · […] · Or ask […]", "", False),
    ]
    assert [one.year for one in project.years.all()] == [2025]


def test_a_page_that_lists_the_manifest_is_verified_and_the_others_are_named(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    assert Manifest.objects.get().unverified == ["https://code.example.org/sandcastles"]
    assert "names no list" in draft.unverified["https://code.example.org/sandcastles"]


def test_a_page_whose_list_lacks_the_manifest_is_not_verified(server, castles):
    project, _ = castles
    server.meddle = lambda question, answer: (
        Answer(200, "https://example.org/funding.json\n", kind="text/plain")
        if "well-known" in question.path
        else answer
    )
    unsure = manifests.read(f"{server.url}/manifests/funding.json", project).unverified
    elsewhere = f"{server.url}/manifests".replace("127.0.0.1", "localhost")
    assert unsure[elsewhere] == f"{elsewhere}/.well-known/funding-manifest-urls does not list this manifest"


@pytest.mark.parametrize("status", [404, 302])
def test_a_list_that_cannot_be_read_or_lies_elsewhere_confirms_nothing(server, castles, status):
    project, _ = castles
    other = {"Location": f"{server.url}/manifests/.well-known/funding-manifest-urls"}
    server.meddle = lambda question, answer: (
        Answer(status, "", other) if question.headers["Host"].startswith("localhost") else answer
    )
    assert len(manifests.read(f"{server.url}/manifests/funding.json", project).unverified) == 2


def test_of_several_projects_ours_is_named_by_guid_or_found_by_its_repository(server):
    url = f"{server.url}/manifests/funding.json"
    unknown = ProjectFactory()
    with pytest.raises(Refused, match=r"sandcastles \(Sandcastles\), buckets \(Buckets\)"):
        manifests.read(url, unknown)
    with pytest.raises(Refused, match="say which of its projects is meant"):
        manifests.read(url, unknown, "spade")
    draft = manifests.read(url, unknown, "buckets")
    assert (draft.guid, draft.listed, draft.unverified) == ("buckets", 2, {})
    manifests.apply(unknown, draft)
    assert manifests.read(url, unknown).guid == "buckets"
    ours = ProjectFactory(repository_url=f"{server.url}/manifests/buckets/source/")
    assert manifests.read(url, ours).guid == "buckets"


def test_the_older_version_of_one_project_needs_no_choice(server):
    project = ProjectFactory()
    draft = manifests.read(f"{server.url}/manifests/v1.0.0/funding.json", project)
    assert (draft.guid, draft.document["version"], draft.listed) == ("buckets", "v1.0.0", 1)
    # It lies in a folder of its own, beside the pages that it speaks of.
    assert set(draft.unverified) == {
        f"{server.url}/manifests/buckets",
        f"{server.url}/manifests/buckets/source",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.json", "is cut short or is not valid JSON"),
        ("version.json", "version: must be v1.0.0 or v1.1.0"),
        ("decimals.json", r"funding.plans\[0\].amount: 2500.005 has more decimals than EUR has \(2\)"),
        ("channel.json", r"funding.plans\[0\].channels\[0\]: “purse” is not in funding.channels"),
        ("FUNDING.yml", "It has YAML anchors or aliases"),
        ("none.json", "has nothing at this address"),
    ],
)
def test_a_broken_manifest_says_what_is_wrong_and_changes_nothing(server, name, words):
    with pytest.raises((FetchError, Refused), match=words):
        manifests.read(f"{server.url}/manifests/broken/{name}", ProjectFactory())


@pytest.mark.parametrize(
    "url", ["funding.json", "ftp://example.org/funding.json", "https://bob:pw@example.org/f"]
)
def test_what_is_no_address_is_not_asked(url):
    with pytest.raises(Refused, match="must start with https://"):
        manifests.read(url, ProjectFactory())


def test_a_manifest_that_can_no_longer_be_read_says_so_until_it_can(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    server.meddle = lambda question, answer: Answer(500, "")
    with pytest.raises(FetchError):
        manifests.read(draft.url, project)
    assert "has a fault on its side (500)" in Manifest.objects.get().error
    again(server, project, lambda said: None)
    assert Manifest.objects.get().error == ""


def test_a_larger_answer_than_any_manifest_is_refused(server):
    server.meddle = lambda question, answer: Answer(200, "[" * 600_000)
    with pytest.raises(FetchError, match="sends more than 0.5 MB"):
        manifests.read(f"{server.url}/manifests/funding.json", ProjectFactory())


def test_funding_yml_brings_channels_and_leaves_all_else(server, castles):
    project, draft = castles
    manifests.apply(project, draft)
    before = rows()
    url = f"{server.url}/manifests/FUNDING.yml"
    listing = manifests.read(url, project)
    manifests.apply(project, listing)
    assert manifests.changes(project, listing) == []
    costs, _, years = rows()
    assert [costs, years] == [before[0], before[2]]
    assert {one.guid: one.address for one in project.channels.filter(listed_in="FUNDING.yml")} == {
        "custom:1": "https://example.org/give",
        "custom:2": "https://example.org/sand",
        "github:sandbox": "https://github.com/sponsors/sandbox",
        "github:sandbox-giver-1": "https://github.com/sponsors/sandbox-giver-1",
        "liberapay:sandbox": "https://liberapay.com/sandbox",
        "open_collective:sandbox": "https://opencollective.com/sandbox",
        "thanks_dev:u/gh/sandbox": "https://thanks.dev/u/gh/sandbox",
    }
    assert project.channels.filter(listed_in="funding.json").count() == 4
    assert Manifest.objects.get(kind="FUNDING.yml").unverified == [url]


def test_funding_yml_of_the_projects_own_repository_is_verified(server):
    project = ProjectFactory(repository_url=f"{server.url}/manifests")
    assert manifests.read(f"{server.url}/manifests/FUNDING.yml", project).unverified == {}


def test_an_address_that_is_left_out_makes_no_text_longer_than_its_column(server, castles):
    project, _ = castles
    addresses = "a@b.co " * 35

    def change(said):
        said["funding"]["channels"][3].update(address=addresses, description=addresses * 2)
        said["funding"]["plans"][0].update(name=addresses)
        said["projects"][0].update(description=addresses * 8)

    manifests.apply(project, again(server, project, change))
    bank = Channel.objects.get(guid="bank")
    assert (bank.address, "@" in bank.description) == ("[…] " * 35, False)


@pytest.mark.django_db(transaction=True)
def test_what_staff_type_while_a_manifest_is_applied_is_not_written_over(server, castles, monkeypatch):
    project, draft = castles
    manifests.apply(project, draft)
    cost = project.costs.get(manifest_guid="hosting")
    dearer = again(server, project, lambda said: plan_of(said, "hosting").update(amount=1300))
    plain, typed = manifests._steps, []

    def type_it():
        Cost.objects.filter(pk=cost.pk).update(label="Two servers")
        typed.append(True)
        connection.close()

    staff = threading.Thread(target=type_it)

    def steps(*asked):
        found = plain(*asked)
        staff.start()
        staff.join(1)
        return found

    monkeypatch.setattr(manifests, "_steps", steps)
    manifests.apply(project, dearer)
    staff.join(10)
    cost.refresh_from_db()
    assert (typed, cost.label, cost.amount_minor) == ([True], "Two servers", 130_000)

"""Funders: entered, recognised, merged, named only with consent; their logos."""

import io

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from funders import merging
from funders.models import Commitment, Funder, Giver
from fundtracker import middleware
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
CONSENT = {"agreed_on": "2026-06-01", "evidence": "e-mail from their director"}


def page(name, *arguments):
    return reverse(f"staff:{name}", args=arguments)


@pytest.fixture
def member(today):
    """Of a campaign that lists its givers; it has not been asked whether it may be named."""
    funder = factories.FunderFactory(name="Example Ltd", slug="example", is_public=False)
    one = factories.MembershipFactory(
        commitment__giver__funder=funder, commitment__giver__name="", commitment__show_name=True
    )
    factories.CampaignFactory(slug="appeal", sources=[one.commitment.source])
    return funder


def public(client):
    """Where it is named."""
    pages = ("/en/campaigns/appeal/", "/en/funders/example/", "/api/v1/campaigns/appeal/")
    return ["Example Ltd" in client.get(one).content.decode() for one in pages]


def test_nobody_is_named_without_consent_and_everywhere_with_it(treasurer, member):
    assert public(treasurer) == [False, False, False]
    assert treasurer.post(page("funder_listing", member.pk), CONSENT).status_code == 302
    assert public(treasurer) == [True, True, False]
    [consent] = member.consents.all()
    assert (str(consent.agreed_on), str(consent.recorded_by), consent.evidence) == (
        "2026-06-01", "ann@example.org", "e-mail from their director",
    )  # fmt: skip


def test_consent_is_withdrawn_at_once_everywhere_and_stays_on_record(treasurer, member):
    treasurer.post(page("funder_listing", member.pk), CONSENT)
    assert public(treasurer)[:2] == [True, True]
    treasurer.post(page("funder_listing", member.pk), {"why": "they asked"})
    assert public(treasurer) == [False, False, False]
    [consent] = member.consents.all()
    assert (str(consent.withdrawn_on), str(consent.withdrawn_by), consent.withdrawn_why) == (
        "2026-06-30", "ann@example.org", "they asked",
    )  # fmt: skip


def test_no_spare_copy_of_a_page_outlives_a_withdrawal(
    treasurer, member, rf, django_capture_on_commit_callbacks
):
    treasurer.post(page("funder_listing", member.pk), CONSENT)
    treasurer.get("/en/funders/example/")
    copy = middleware._last_copy(rf.get("/en/funders/example/"))
    assert b"Example Ltd" in copy.content
    with django_capture_on_commit_callbacks(execute=True):
        treasurer.post(page("funder_listing", member.pk), {"why": "they asked"})
    assert middleware._last_copy(rf.get("/en/funders/example/")) is None
    cache.clear()


@pytest.mark.parametrize(
    ("typed", "field"), [({"evidence": ""}, "evidence"), ({"agreed_on": "2026-07-01"}, "agreed_on")]
)
def test_a_consent_has_a_day_and_words(treasurer, member, typed, field):
    answer = treasurer.post(page("funder_listing", member.pk), {**CONSENT, **typed})
    assert list(answer.context["form"].errors) == [field]
    assert Funder.objects.get().is_public is False


@pytest.mark.parametrize(("kind", "named"), [("stripe", True), ("manual", False)])
def test_who_is_public_at_a_provider_needs_no_consent_and_who_was_typed_does(treasurer, member, kind, named):
    factories.GiverFactory(funder=member, source__kind=kind, name="Example Ltd")
    treasurer.post(page("funder_listing", member.pk), {"show": "1"})
    assert Funder.objects.get().is_public is named


def test_the_admin_cannot_name_anybody_without_consent_either(client, member):
    client.force_login(factories.UserFactory(role="administrator"))
    sent = {"name": "Example Ltd", "slug": "example", "kind": "company", "is_public": "on"}
    answer = client.post(reverse("admin:funders_funder_change", args=[member.pk]), sent)
    assert list(answer.context["adminform"].form.errors) == ["is_public"]


def test_a_funder_is_entered_once_and_its_contact_is_for_staff(treasurer, words):
    sent = {"name": "Ex & Ample", "kind": "company", "url": "example.org", "contact": "Eve, eve@example.org"}
    for _ in range(2):
        treasurer.post(page("funder_new"), sent)
    one = Funder.objects.get()
    assert (one.slug, one.url, one.is_public) == ("ex-ample", "https://example.org", False)
    assert "Eve, eve@example.org" in words(treasurer.get(page("funder", one.pk)))
    Funder.objects.update(is_public=True)
    assert "eve@example.org" not in treasurer.get("/en/funders/ex-ample/").content.decode()


def test_the_second_of_two_sees_what_the_first_changed(treasurer, fields, words, member):
    form = treasurer.get(page("funder_edit", member.pk)).context["form"]
    Funder.objects.update(kind="company")
    answer = treasurer.post(page("funder_edit", member.pk), {**fields(form), "name": "Other Ltd"})
    assert "kind: not known → company" in words(answer)
    assert Funder.objects.get().name == "Example Ltd"


def test_givers_are_recognised_and_let_go_again(treasurer, member):
    giver = factories.GiverFactory(name="Example Limited", source__kind="stripe")
    hidden = factories.GiverFactory(name="", source__kind="stripe")
    found = treasurer.get(page("funder_givers", member.pk) + "?q=limited").context["found"]
    assert list(found) == [giver]
    treasurer.post(page("funder_givers", member.pk), {"link": [giver.pk, hidden.pk]})
    assert [Giver.objects.get(pk=one.pk).funder for one in (giver, hidden)] == [member, None]
    treasurer.post(page("funder_givers", member.pk), {"free": [giver.pk]})
    assert Giver.objects.get(pk=giver.pk).funder is None


def test_two_that_are_one_are_merged_with_all_that_is_theirs(treasurer, member):
    other = factories.FunderFactory(name="Example Limited")
    programme = factories.ProgrammeFactory(funder=member)
    treasurer.post(page("funder_listing", member.pk), CONSENT)
    treasurer.post(page("funder_merge", member.pk), {"into": other.pk})
    assert list(Funder.objects.all()) == [other]
    programme.refresh_from_db()
    assert (programme.funder, other.consents.count()) == (other, 1)
    assert [one.giver.funder for one in Commitment.objects.all()] == [other]
    gone = type(other).pgh_event_model.objects.filter(pgh_obj=member.pk).latest("pgh_id")
    assert (gone.pgh_label, gone.name) == ("delete", "Example Ltd")


def picture():
    made = io.BytesIO()
    Image.new("RGB", (400, 200), "red").save(made, "PNG")
    return SimpleUploadedFile("Their logo (final).png", made.getvalue(), "image/png")


def test_a_logo_is_public_only_while_its_funder_is(treasurer, member, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    assert treasurer.post(page("funder_logo", member.pk), {"file": picture()}).status_code == 302
    name = Funder.objects.get().logo
    assert sorted(file.name for file in tmp_path.rglob("*.webp")) == [f"{name}-320.webp", f"{name}-96.webp"]
    assert treasurer.get(f"/logos/{name}-96.webp").status_code == 404
    Funder.objects.update(is_public=True)
    answer = treasurer.get(f"/logos/{name}-96.webp")
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/webp",
        "nosniff",
    )
    assert (answer["Cache-Control"], answer.cookies) == (
        "public, max-age=31536000, s-maxage=60, immutable",
        {},
    )
    assert (
        f'src="/logos/{name}-320.webp" alt="Example Ltd"'
        in treasurer.get("/en/funders/example/").content.decode()
    )
    treasurer.post(page("funder_logo", member.pk), {"remove": "1"})
    assert list(tmp_path.rglob("*.webp")) == []


@pytest.mark.parametrize("name", ["x-96", "-96", "..-96", "96", "x-5000", "uploads"])
def test_nothing_but_logos_is_served(client, name):
    assert client.get(f"/logos/{name}.webp").status_code == 404


def test_an_svg_is_refused_in_words(treasurer, member):
    file = SimpleUploadedFile("logo.png", b"<svg onload='alert(1)'/>", "image/png")
    answer = treasurer.post(page("funder_logo", member.pk), {"file": file})
    assert answer.context["form"].errors["file"] == [
        "An SVG can carry scripts, so it is not taken: save the logo as PNG, at least 320 pixels wide."
    ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_much_for_one_as_for_three(viewer, number, django_assert_num_queries):
    for _ in range(number):
        factories.MembershipFactory()
    with django_assert_num_queries(11):
        viewer.get(page("funders"))


def test_who_was_recognised_by_somebody_else_meanwhile_is_said_and_nothing_is_saved(treasurer, member, words):
    other = factories.FunderFactory(name="Other Ltd")
    giver = factories.GiverFactory(name="Example Limited", source__kind="stripe", funder=other)
    answer = treasurer.post(page("funder_givers", member.pk), {"link": [giver.pk]})
    assert "Example Limited → Other Ltd" in words(answer)
    assert Giver.objects.get(pk=giver.pk).funder == other


def test_whose_only_public_gift_is_somebody_elses_is_named_no_more(treasurer, member):
    giver = factories.GiverFactory(name="Example Ltd", source__kind="stripe", funder=member)
    treasurer.post(page("funder_listing", member.pk), {"show": "1"})
    assert Funder.objects.get().is_public is True
    treasurer.post(page("funder_givers", member.pk), {"free": [giver.pk]})
    assert Funder.objects.get().is_public is False


def test_the_second_of_two_sees_what_changed_before_a_merge(treasurer, fields, words, member):
    other = factories.FunderFactory(name="Example Limited")
    form = treasurer.get(page("funder_merge", member.pk)).context["form"]
    Funder.objects.filter(pk=member.pk).update(kind="company")
    answer = treasurer.post(page("funder_merge", member.pk), {**fields(form), "into": other.pk})
    assert "kind: not known → company" in words(answer)
    assert Funder.objects.count() == 2


def test_a_merge_does_not_bring_back_a_consent_that_was_withdrawn_meanwhile(member):
    user = factories.UserFactory()
    into = factories.FunderFactory(name="Other Ltd", is_public=True)
    Funder.objects.filter(pk=into.pk).update(is_public=False)
    merging.merge(member, into, user, on=NOW.date())
    assert Funder.objects.get().is_public is False


def test_nobody_is_merged_into_an_erased_person(treasurer, member):
    gone = factories.FunderFactory(name="erased person")
    Funder.objects.filter(pk=gone.pk).update(slug=gone.erased_slug)
    treasurer.post(page("funder_merge", member.pk), {"into": gone.pk})
    assert Funder.objects.count() == 2


def test_the_second_click_leads_to_the_saved_page(treasurer):
    sent = {"name": "Example Ltd", "kind": "company"}
    first, second = (treasurer.post(page("funder_new"), sent) for _ in range(2))
    assert first.url == second.url == page("funder", Funder.objects.get().pk)
    other = treasurer.post(page("funder_new"), {**sent, "kind": "foundation"})
    assert list(other.context["form"].errors) == ["name"]


def test_a_merge_that_is_clicked_twice_leads_to_where_it_went(treasurer, member):
    other = factories.FunderFactory(name="Example Limited")
    sent = [treasurer.post(page("funder_merge", member.pk), {"into": other.pk}).url for _ in range(2)]
    assert sent == [page("funder", other.pk)] * 2

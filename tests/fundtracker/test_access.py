"""Who reaches which address: the table knows every one, and each role gets what it may."""

from collections import Counter
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.test import Client
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver, reverse

from fundtracker import access
from fundtracker.models import Role, User
from fundtracker.urls import staff_pages
from tests.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
ROLES = ["", *Role]


def names(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """The view name of every pattern there is; the pattern itself where it has none."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{before}{pattern.name or pattern.pattern}"
        else:
            yield from names(pattern, f"{before}{pattern.namespace}:" if pattern.namespace else before)


def row(name: str) -> str | Role | None:
    return access.ACCESS.get(name) or access.ACCESS.get(f"{name.partition(':')[0]}:*")


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


def test_every_address_is_in_the_table():
    assert {name for name in names() if row(name) is None} == set()


def test_every_row_of_the_table_is_an_address():
    known = set(names())
    namespaces = {f"{name.partition(':')[0]}:*" for name in known}
    assert set(access.ACCESS) - known - namespaces == set()


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "options"])
def test_staff_pages_send_strangers_to_the_entrance(client, method):
    page = reverse("staff:people")
    answer = getattr(client, method)(page)
    assert (answer.status_code, answer.url) == (302, f"/staff/account/login/?next={page}")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_address_lets_in_whom_its_row_names(rf, role, method):
    user = AnonymousUser() if role is None else UserFactory(role=role)
    ranks = ["", *Role]
    for name in names():
        need = row(name)
        outcome = ask(rf, user, method, name)
        if need in (access.ANYONE, access.ENTRANCE):
            assert outcome == "let in", name
        elif need == access.CLOSED:
            assert outcome == 404, name
        elif role is None:
            assert outcome == 302, name
        elif need == access.SIGNED_IN or ranks.index(role) >= ranks.index(need):
            assert outcome == "let in", name
        else:
            assert outcome == 403, name


def never(*arguments, **options):
    raise AssertionError("no view is called")


def ask(rf, user, method, name):
    """What the table answers before any view; no view is called."""
    request = rf.generic(method, "/somewhere/")
    request.user, request.resolver_match = user, ResolverMatch(never, (), {})
    request.resolver_match.view_name = name
    try:
        answer = access.DefaultDeny(never).process_view(request, never)
    except Http404:
        return 404
    return answer.status_code if answer else "let in"


METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
WORDS = {"let in": "let in", 302: "sent to sign in", 403: "refused", 404: "closed"}


def test_the_whole_table_comes_to_these_counts(rf):
    found = {}
    for role in [None, *ROLES]:
        user = AnonymousUser() if role is None else UserFactory(role=role)
        who = "stranger" if role is None else role or "no role"
        found[str(who)] = Counter(
            WORDS[ask(rf, user, method, name)] for name in names() for method in METHODS
        )
    print(*(f"{who}: {dict(counts)}" for who, counts in found.items()), sep="\n")
    assert found == {
        "stranger": {"let in": 348, "sent to sign in": 2076, "closed": 12},
        "no role": {"let in": 492, "refused": 1932, "closed": 12},
        "viewer": {"let in": 666, "refused": 1758, "closed": 12},
        "editor": {"let in": 870, "refused": 1554, "closed": 12},
        "treasurer": {"let in": 1236, "refused": 1188, "closed": 12},
        "administrator": {"let in": 2424, "closed": 12},
    }


SAMPLES = {"pk": 1, "run": 1, "funder": 1, "slug": "x", "kind": "csv"}


def staff_urls():
    """The name and an address of each staff page; nothing need be there."""
    for page in staff_pages:
        arguments = {name: SAMPLES[name] for name in page.pattern.regex.groupindex}
        yield f"staff:{page.name}", reverse(f"staff:{page.name}", kwargs=arguments)


def test_a_stranger_is_sent_to_sign_in_from_every_staff_page(client):
    found = Counter()
    for _, url in staff_urls():
        for answer in (client.get(url), client.post(url)):
            found[
                answer.status_code, answer.headers.get("Location") == f"/staff/account/login/?next={url}"
            ] += 1
    assert found == {(302, True): 262}


def test_a_viewer_is_refused_on_every_staff_page_that_takes_more():
    viewer, found = signed_in(Role.VIEWER), Counter()
    for name, url in staff_urls():
        if row(name) != Role.VIEWER:
            found.update([viewer.get(url).status_code, viewer.post(url).status_code])
    assert found == {403: 204}


def test_an_address_that_is_not_in_the_table_is_nobodys(rf, caplog):
    assert ask(rf, UserFactory(role="administrator"), "GET", "staff:new_page") == 404
    assert "staff:new_page is in no row" in caplog.text


def test_who_is_refused_reads_it_on_the_sites_own_page(client):
    SiteFactory(name="Example Foundation")
    answer = signed_in(Role.VIEWER).get(reverse("admin:index"))
    assert (answer.status_code, "Example Foundation" in answer.content.decode()) == (403, True)


def test_nobody_signs_up(client):
    assert client.get("/staff/account/signup/").status_code == 404
    assert client.post("/staff/account/signup/", {"email": "eve@example.org"}).status_code == 404
    assert User.objects.count() == 0


def test_each_role_reaches_what_it_may():
    found = Counter()
    for role in ROLES:
        client = signed_in(role)
        for page in ("staff:today", "staff:people", "admin:index", "mfa_index"):
            found[role or "none", client.get(reverse(page)).status_code] += 1
    assert found == {
        ("none", 403): 3, ("none", 200): 1,
        ("viewer", 200): 2, ("viewer", 403): 2,
        ("editor", 200): 2, ("editor", 403): 2,
        ("treasurer", 200): 2, ("treasurer", 403): 2,
        ("administrator", 200): 4,
    }  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [("viewer", 200), ("editor", 302), ("treasurer", 302)])
def test_who_can_change_money_needs_a_second_factor(settings, role, status):
    settings.MFA_REQUIRED = True
    answer = signed_in(role).get(reverse("staff:today"))
    assert answer.status_code == status
    assert status == 200 or answer["Location"] == reverse("mfa_index")


def test_a_role_that_is_taken_away_is_gone_at_once():
    client = signed_in(Role.ADMINISTRATOR)
    assert client.get(reverse("staff:people")).status_code == 200
    User.objects.update(role=Role.VIEWER)
    assert client.get(reverse("staff:people")).status_code == 403

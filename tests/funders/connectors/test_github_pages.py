"""GitHub's lists over HTTP: they are walked to their end, or the run says in words why not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from funders.connectors import github, github_pages
from funders.connectors.base import Account, Page, Promise, SchemaChanged
from funders.sandbox.github_sponsors import sponsors
from funders.sandbox.speech import Answer, Question
from fundtracker.http import FetchError
from tests.funders.sandboxes import sandbox

LATER = datetime(2026, 9, 20, 12, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def server(settings):
    settings.FETCH_ALLOW = ["127.0.0.1:*"]
    with sandbox(lambda: LATER, live=FAR) as server:
        yield server


def account(server: Any, **changes: Any) -> Account:
    return replace(Account("sandbox", base_url=f"{server.url}/github/graphql", token="sandbox"), **changes)


def walk(source: Account, cursor: dict[str, Any] | None = None, *, full: bool = False) -> list[Page]:
    return list(github.fetch(source, cursor or {}, full=full))


def said(pages: list[Page], source: Account) -> dict[str, Any]:
    items = [(item, page.asked_at) for page in pages for _, item in page.items]
    return {one.external_id: one for item, asked_at in items for one in github.parse(item, source, asked_at)}


def spoil(server: Any, change: Callable[[Any, Any], Any]) -> None:
    """`change(operation, body)` alters each answer in place, or gives another."""

    def meddle(question: Question, answer: Answer) -> Answer:
        body = json.loads(answer.content)
        other = change(json.loads(question.body)["operationName"], body)
        return replace(answer, body=other or body) if not isinstance(other, Answer) else other

    server.meddle = meddle


def failing(**error: Any) -> Callable[[Any, Any], Any]:
    return lambda operation, body: {"data": None, "errors": [{"message": "Not so.", **error}]}


def test_small_pages_hold_what_one_large_page_holds(server, monkeypatch):
    source = account(server)
    large = walk(source)
    monkeypatch.setattr(github_pages, "LIMIT", 7)
    small = walk(source)
    known = [
        {key: replace(one, seen=LATER) for key, one in said(pages, source).items()}
        for pages in (small, large)
    ]
    assert (len(small) > 8, known[0]) == (True, known[1])


def test_every_running_plan_is_a_promise_of_its_price(server):
    source = account(server)
    active = [one for one in said(walk(source), source).values() if one.state == "active"]
    paid_here = [
        one for one in sponsors(server.foundation, LATER) if one.plan and one.active and not one.at_patreon
    ]
    assert len(active) == len(paid_here) > 5
    assert sum(one.amount.minor for one in active) == sum(
        one.plan.cents if one.plan else 0 for one in paid_here
    )


def test_starts_and_ends_are_those_of_the_plans(server):
    source = account(server)
    promises = said(walk(source), source)
    plans = {one.id: one.plan for one in sponsors(server.foundation, LATER) if one.plan and not one.left}
    ended = {key: plan for key, plan in plans.items() if plan.ended(LATER) and key in promises}
    assert ended
    assert {key: promises[key].ends_on for key in ended} == {
        key: plan.ends.date() for key, plan in ended.items()
    }
    assert {key: one.starts_on for key, one in promises.items() if key in plans} == {
        key: plan.started.date() for key, plan in plans.items() if key in promises
    }


def test_nobody_is_named_who_is_private_or_has_left(server):
    source = account(server)
    shown = {one.giver.name for one in said(walk(source), source).values() if one.giver and one.giver.name}
    public = {one.giver for one in sponsors(server.foundation, LATER) if one.public and not one.left}
    assert shown
    assert shown <= {giver.name for giver in public} | {giver.handle for giver in public}


def test_a_whole_run_is_whole_and_leaves_the_notes_of_the_others_alone(server):
    source = account(server, options={"book_observed": True})
    notes = dict(walk(source)[-1].cursor)
    whole = walk(source, full=True)
    assert [page.whole for page in whole] == [False] * (len(whole) - 1) + [True]
    assert not any(page.last for page in whole)
    assert list(notes) == ["observed"]
    assert walk(account(server))[-1].cursor == {}


def test_a_list_that_ends_before_its_own_count_is_not_whole(server):
    def change(operation, body):
        body["data"]["repositoryOwner"]["page"]["totalCount"] += 1

    spoil(server, change)
    assert not any(page.whole for page in walk(account(server)))


@pytest.mark.parametrize("operation", ["Activities", "Sponsorships", "LifetimeValues"])
@pytest.mark.parametrize("nodes", [True, False])
def test_the_same_page_for_ever_is_an_error(server, operation, nodes):
    def change(asked, body):
        page = body["data"]["repositoryOwner"]["page"]
        if asked == operation:
            page["pageInfo"]["hasNextPage"] = True
            page["nodes"] = page["nodes"] if nodes else []

    spoil(server, change)
    with pytest.raises(FetchError, match="the same page again"):
        walk(account(server, options={"book_observed": True}))


def test_an_account_that_nobody_knows_is_named(server):
    with pytest.raises(FetchError, match="GitHub Sponsors knows no account “nobody”") as failure:
        walk(account(server, slug="nobody"))
    assert failure.value.permanent


def test_an_account_that_takes_no_part_is_named(server):
    def change(operation, body):
        body["data"]["repositoryOwner"]["hasSponsorsListing"] = False

    spoil(server, change)
    with pytest.raises(FetchError, match="“sandbox” does not take part in GitHub Sponsors"):
        walk(account(server))


def test_a_token_that_is_refused_is_never_repeated(server):
    with pytest.raises(FetchError, match=r"refused the token \(401\)") as failure:
        walk(account(server, token="secret-token"))
    assert (failure.value.permanent, "secret-token" in str(failure.value)) == (True, False)


@pytest.mark.parametrize(
    ("error", "words", "permanent"),
    [
        ({"type": "INSUFFICIENT_SCOPES"}, "lacks a permission: .* tick “read:org” and “read:user”", True),
        (
            {"type": "FORBIDDEN", "path": ["repositoryOwner"]},
            r"refuses this token \(Not so\): .*“read:org”",
            True,
        ),
        ({"type": "NOT_FOUND"}, "does not find it: Not so", True),
        ({"type": "SOMETHING"}, "answered with an error: Not so", False),
        ({}, "answered with an error: Not so", False),
    ],
)
def test_an_error_in_a_200_says_what_to_do(server, error, words, permanent):
    spoil(server, failing(**error))
    with pytest.raises(FetchError, match=words) as failure:
        walk(account(server))
    assert failure.value.permanent is permanent


def test_a_used_up_limit_is_waited_for_until_its_reset(server):
    now = datetime.now(UTC).timestamp()
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{now + 1800:.0f}"}
    server.limiter.take = lambda *asked: ({**headers, "Retry-After": "1"}, 1800.0)
    with pytest.raises(FetchError, match="come back in") as failure:
        walk(account(server))
    assert (failure.value.permanent, 1750 < (failure.value.retry_after or 0) < 1810) == (False, True)


@pytest.mark.parametrize(("headers", "wait"), [({}, 60.0), ({"Retry-After": "90"}, 90.0)])
def test_a_secondary_limit_in_a_200_is_waited_for(server, headers, wait):
    words = "You have exceeded a secondary rate limit. Please wait a few minutes."
    spoil(server, lambda *_: Answer(200, {"errors": [{"message": words}]}, headers))
    with pytest.raises(FetchError) as failure:
        walk(account(server))
    assert failure.value.retry_after == wait


def test_a_secondary_limit_in_a_403_is_waited_for(server):
    spoil(server, lambda *_: Answer(403, {"message": "secondary rate limit"}, {"Retry-After": "90"}))
    with pytest.raises(FetchError, match="come back in 90 seconds") as failure:
        walk(account(server))
    assert (failure.value.permanent, failure.value.retry_after) == (False, 90.0)


def test_an_organisation_that_hides_itself_is_left_out_and_the_list_is_not_whole(server):
    def change(operation, body):
        if operation == "Sponsorships":
            body["data"]["repositoryOwner"]["page"]["nodes"][3] = None
            path = ["repositoryOwner", "page", "nodes", 3]
            body["errors"] = [{"type": "FORBIDDEN", "path": path, "message": "single sign-on"}]

    source = account(server)
    before = walk(source)
    spoil(server, change)
    after = walk(source)
    assert len(list(after[0].items)) == len(list(before[0].items)) - 1
    assert (before[-1].whole, after[-1].whole) == (True, False)


@pytest.mark.parametrize("operation", ["Activities", "Sponsorships", "LifetimeValues"])
@pytest.mark.parametrize("node", [None, {}, "surprise"])
def test_a_record_of_another_shape_needs_a_developer(server, operation, node):
    def change(asked, body):
        if asked == operation:
            body["data"]["repositoryOwner"]["page"]["nodes"][1] = node

    spoil(server, change)
    with pytest.raises(SchemaChanged, match="this needs a developer"):
        walk(account(server, options={"book_observed": True}))


def test_the_token_and_the_kind_of_ids_go_along(server):
    heads = []

    def meddle(question, answer):
        heads.append(question.headers)
        return answer

    server.meddle = meddle
    walk(account(server))
    assert {(one["Authorization"], one["X-Github-Next-Global-ID"]) for one in heads} == {
        ("bearer sandbox", "1")
    }
    assert all(one["User-Agent"].startswith("fundtracker") for one in heads)


def test_one_time_gifts_are_listed_and_are_no_promises(server):
    source = account(server)
    pages = walk(source)
    once = [item for page in pages for _, item in page.items if item["isOneTimePayment"]]
    assert len(once) > 10
    assert not said([replace(pages[0], items=[("", item) for item in once])], source)
    assert all(isinstance(one, Promise) for one in said(pages, source).values())

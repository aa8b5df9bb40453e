"""The bad-input matrix: whatever a provider gets wrong, the books are true or say that they are not.

Each provider of cases.py is asked at the sandbox over HTTP, clean once, and then once for each spoiled answer.
FUNDTRACKER_MUTATIONS=all tries every change, FUNDTRACKER_SEED another choice, FUNDTRACKER_MUTATION=“words” only
those with these words in their name. With -s a table says what was tried.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count

import pytest

from funders.models import Source
from funders.sandbox.speech import Answer, Question
from funders.sync import sync
from fundtracker import http
from fundtracker.replies import MEBIBYTE
from tests.funders.connectors.cases import CASES, Case
from tests.funders.connectors.matrix import (
    DEADLINE,
    Books,
    Meddle,
    Trial,
    books,
    complaint,
    few,
    stream,
    trial,
    undone,
)
from tests.funders.connectors.mutations import Mutation, mutations, written

pytestmark = pytest.mark.django_db
KINDS = pytest.mark.parametrize("kind", CASES)
LEAST = 30
SEED = int(os.environ.get("FUNDTRACKER_SEED", "1"))
MOST = os.environ.get("FUNDTRACKER_MUTATIONS", "36")
ONLY = os.environ.get("FUNDTRACKER_MUTATION", "")
MOST_REQUESTS = 60
WRONG = "a-wrong-secret-token"
TABLE: dict[str, Counter[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def _table() -> Iterator[None]:
    yield
    print(f"\n{'':24}{'tried':>8}{'refused':>8}{'harmless':>9}{'wrong':>7}")
    for kind, counts in TABLE.items():
        print(f"{kind:24}{counts.total():8}{counts['refused']:8}{counts['harmless']:9}{counts['wrong']:7}")


def chosen(case: Case, answers: list[str]) -> list[Mutation]:
    found = mutations(case, answers, SEED)
    assert len(found) >= LEAST
    if ONLY:
        return [one for one in found if ONLY in one.name]
    return found if MOST == "all" else found[: int(MOST)]


def spoiled(mutation: Mutation) -> Meddle:
    def meddle(question: Question, said: Answer) -> Answer:
        body = mutation.spoil(json.loads(said.content))
        return replace(said, body=written(body))

    return meddle


def is_harmless(case: Case, field: str) -> bool:
    return any(field == one or field.startswith(f"{one}.") for one in case.harmless)


def attempt(one: Trial, meddle: Meddle) -> Books | str:
    try:
        return one.run(meddle)
    except Exception as error:
        return f"crashed: {type(error).__name__}: {error}"


def verdict(one: Trial, mutation: Mutation, clean: Books) -> tuple[str, str]:
    found = attempt(one, spoiled(mutation))
    if isinstance(found, str):
        return "wrong", found
    wrong = complaint(found, clean, allows=mutation.allows, harmless=is_harmless(one.case, mutation.field))
    return ("wrong", wrong) if wrong else ("harmless" if found.silent else "refused", "")


@KINDS
def test_whatever_is_wrong_in_an_answer_the_books_are_true_or_say_so(kind, monkeypatch):
    case, wrong, counts = CASES[kind], [], TABLE.setdefault(kind, Counter())
    with trial(case, monkeypatch) as one:
        clean, answers = one.clean()
        for place, mutation in enumerate(chosen(case, answers)):
            with undone():
                how, why = verdict(one, mutation, clean)
                counts[how] += 1
                if why:
                    wrong.append(f"{kind} seed {SEED}: {mutation.name}: {why}")
                if place % 15 == 0:
                    after(one, clean)
    assert not wrong, "\n".join(["", *wrong])


def after(one: Trial, clean: Books) -> None:
    """Another source of the same database is read as if nothing had been."""
    Source.objects.filter(slug="one").update(slug="before")
    found = one.run(slug="another")
    assert (found.silent, found.money) == (True, clean.money)


def always(**changes: object) -> Meddle:
    return lambda question, said: replace(said, **changes)  # type: ignore[arg-type]


def status(code: int) -> Meddle:
    return always(status=code, body={"message": "no"}, headers={})


def late(meddle: Meddle) -> Meddle:
    """Only from the second answer on."""
    numbers = count()
    return lambda question, said: meddle(question, said) if next(numbers) else said


FAULTS: dict[str, Callable[[], Meddle]] = {
    "half of an answer": lambda: always(cut=True),
    "half of JSON": lambda: lambda question, said: replace(said, body=said.content[: len(said.content) // 2]),
    "21 MB": lambda: lambda question, said: replace(said, body=said.content + b" " * (21 * MEBIBYTE)),
    "drops": lambda: always(pause=DEADLINE * 2),
    "a page for people": lambda: always(body="<html><title>Welcome</title></html>", kind="text/html"),
    "nothing": lambda: always(body=b""),
    **{str(code): partial(status, code) for code in (401, 403, 404, 429, 500, 502)},
    **{f"{code} in the middle": partial(late, status(code)) for code in (401, 404, 500)},
}


@KINDS
def test_however_a_provider_fails_it_is_said_in_words(kind, monkeypatch):
    monkeypatch.setitem(http.fetch.__kwdefaults__, "deadline", DEADLINE)
    wrong = []
    with trial(CASES[kind], monkeypatch) as one:
        clean, answers = one.clean()
        for name, fault in FAULTS.items():
            with undone():
                found = attempt(one, fault())
                why = found if isinstance(found, str) else complaint(found, clean)
                if not why and isinstance(found, Books) and found.silent and not one_answer(name, answers):
                    why = "nobody noticed"
                if why:
                    wrong.append(f"{kind}: {name}: {why}")
        after(one, clean)
    assert not wrong, "\n".join(["", *wrong])


def one_answer(name: str, answers: list[str]) -> bool:
    return "in the middle" in name and len(answers) == 1


@KINDS
def test_a_wrong_token_and_one_that_is_revoked_in_the_middle_are_said_in_words(kind, monkeypatch):
    assert CASES[kind].token
    refusals: list[Answer] = []

    def keep(question: Question, said: Answer) -> Answer:
        refusals.append(said)
        return said

    with trial(CASES[kind], monkeypatch) as one:
        clean, answers = one.clean()
        for meddle, token in ((keep, WRONG), (late(lambda *asked: refusals[0]), None)):
            with undone():
                found = one.run(meddle, token=token)
                assert not complaint(found, clean)
                assert not found.silent or len(answers) == 1
                assert not any(WRONG in text for text in found.words)
        assert not found.money or len(answers) > 1


def pages_of(kind: str, monkeypatch: pytest.MonkeyPatch, one: Trial) -> tuple[Books, str]:
    """With small pages: what is true, and the listing that needs most of them."""
    few(one.case, monkeypatch)
    clean, _ = one.clean()
    streams = Counter(one.asked)
    several = max(streams, key=lambda name: streams[name])
    assert streams[several] > 1, "the clock of its case must leave it more than one page"
    return clean, several


def shifted(listing: str, case: Case) -> Meddle:
    """The last record of each page comes again on the next: something new was put before it."""
    last: list[str] = []

    def meddle(question: Question, said: Answer) -> Answer:
        if stream(question) != listing:
            return said
        body = json.loads(said.content)
        records = case.records(body)
        if records and last:
            records.insert(0, json.loads(last[0]))
        last[:] = [written(records[-1])] if records else []
        return replace(said, body=written(body))

    return meddle


def repeated(listing: str, loop: int, *, once: bool = False) -> Meddle:
    """The first `loop` answers of a listing for ever; or the first one a second time, and then what is asked for."""
    heard: list[Answer] = []
    numbers = count()

    def meddle(question: Question, said: Answer) -> Answer:
        if stream(question) != listing:
            return said
        number = next(numbers)
        if number < loop:
            heard.append(said)
        return said if once and number != loop else heard[number % loop]

    return meddle


@KINDS
def test_a_page_that_shifts_or_comes_twice_loses_nothing_without_a_word(kind, monkeypatch):
    with trial(CASES[kind], monkeypatch) as one:
        clean, listing = pages_of(kind, monkeypatch, one)
        for meddle in (shifted(listing, one.case), repeated(listing, 1, once=True)):
            with undone():
                assert complaint(one.run(meddle), clean) == ""


@KINDS
@pytest.mark.parametrize("loop", [1, 2])
def test_a_listing_without_an_end_ends_in_words(kind, loop, monkeypatch):
    with trial(CASES[kind], monkeypatch) as one:
        clean, listing = pages_of(kind, monkeypatch, one)
        whole = len(one.asked)
        with undone():
            found = one.run(repeated(listing, loop))
            assert complaint(found, clean) == ""
            assert not found.silent
            assert len(one.asked) <= whole + MOST_REQUESTS


def test_the_matrix_sees_what_it_is_there_for(monkeypatch):
    """An amount that is read with a default, and a test that is booked, would each be found."""
    with trial(CASES["opencollective"], monkeypatch) as one:
        clean, _ = one.clean()
        with undone():
            sync(source := one.source())
            run = sync(source)
            found = books(source, run)
    key = next(iter(found.money))
    assert complaint(found, clean) == ""
    del found.money[key]
    assert complaint(found, clean).startswith("money changed without a word")
    found.words = ["'NoneType' object is not subscriptable"]
    assert complaint(found, clean).startswith("no words for staff")
    found.words = ["page 1, item 1: no amount."]
    assert complaint(found, clean) == ""
    found.money[key] = ("donation", 1, "EUR", found.latest, "")
    assert complaint(found, clean).startswith("refused, but booked")

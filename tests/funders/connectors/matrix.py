"""One sync of one provider of the sandbox, with its answers spoiled or not, and what it left in the books."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import transaction

from funders import connectors
from funders.models import Commitment, Entry, Source, SyncRun
from funders.sandbox.providers import PROVIDERS
from funders.sandbox.server import Server
from funders.sandbox.speech import Answer, Question
from funders.sync import sync
from fundtracker import http
from tests.funders.connectors.cases import Case
from tests.funders.connectors.mutations import written
from tests.funders.sandboxes import sandbox

FEW = 5
DEADLINE = 0.4
# What only a developer can read.
CODE = re.compile(
    r"Traceback|NoneType|<class|object at 0x|\w+(Error|Exception)\b|\b(int|str|dict|list|float|Decimal|datetime)\b['(]"
    r"|'(int|str|dict|list|float|bool|decimal\.\w+)'|subscriptable|unhashable|attribute|indices must|base 10|unpack"
)
PLACE = re.compile(r"“[^”]+”|\b(page|line|item) \d|127\.0\.0\.1")
Row = tuple[Any, ...]
Meddle = Callable[[Question, Answer], Answer]


class Undo(Exception):
    """Takes back what one trial wrote."""


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


@dataclass
class Books:
    """What one source has after one run. `money` is what must never be wrong, `rest` what a harmless field may change."""

    state: str
    words: list[str]
    money: dict[tuple[str, str], Row]
    rest: dict[tuple[str, str], Row]
    references: dict[tuple[str, str], str]
    names: dict[tuple[str, str], str]
    promises: dict[str, Row]
    latest: datetime

    @property
    def silent(self) -> bool:
        return self.state == SyncRun.State.COMPLETE and not self.words


@dataclass
class Trial:
    """A sandbox server at one case's clock. `asked` are the questions of the last run, as streams."""

    case: Case
    server: Server
    asked: list[str] = field(default_factory=list)

    def source(self, slug: str = "one", token: str | None = None) -> Source:
        case = self.case
        source = Source(
            slug=slug, name="One", kind=case.kind, account=case.account, options=dict(case.options)
        )
        source.base_url, source.token = self.server.url + case.path, case.token if token is None else token
        source.save()
        return source

    def run(self, meddle: Meddle | None = None, **source: Any) -> Books:
        """A new source, read once. Whatever it wrote stays: see `undone`."""
        self.asked.clear()

        def answer(question: Question, said: Answer) -> Answer:
            self.asked.append(stream(question))
            return meddle(question, said) if meddle else said

        self.server.meddle = answer
        one = self.source(**source)
        run = sync(one)
        return books(one, run)

    def clean(self) -> tuple[Books, list[str]]:
        """What is true, and the answers that say so."""
        answers: list[str] = []

        def keep(question: Question, said: Answer) -> Answer:
            answers.append(written(json.loads(said.content)))
            return said

        with undone():
            found = self.run(keep)
        assert found.silent, (found.state, found.words)
        assert found.money or found.promises, "nothing to spoil: set the clock of this case later"
        return found, answers


def stream(question: Question) -> str:
    """Questions that page through one listing have this in common."""
    operation = ""
    if question.body.startswith(b"{"):
        operation = json.loads(question.body).get("operationName") or ""
    return f"{question.path} {operation}"


@contextmanager
def trial(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """Nothing waits for real, and equal questions are answered from memory: the clock stands still."""
    monkeypatch.setitem(http.fetch.__kwdefaults__ or {}, "pause", lambda seconds: None)
    for provider in PROVIDERS:
        monkeypatch.setattr(provider, "answer", remembered(provider.answer))
    with sandbox(lambda: case.now, live=case.now + timedelta(days=1)) as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield Trial(case, server)


def remembered(answer: Callable[[Question], Answer]) -> Callable[[Question], Answer]:
    known: dict[Any, Answer] = {}

    def again(question: Question) -> Answer:
        headers = tuple(
            sorted((k, v) for k, v in question.headers.items() if k not in ("Host", "Content-Length"))
        )
        key = question.method, question.path, question.query, question.body, headers
        if key not in known:
            known[key] = answer(question)
        return known[key]

    return again


def few(case: Case, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Small pages, where this connector can have them."""
    if case.limit:
        module, _, name = case.limit.rpartition(".")
        monkeypatch.setattr(import_module(f"funders.connectors.{module}"), name, FEW)
    return bool(case.limit)


def books(source: Source, run: SyncRun) -> Books:
    source.refresh_from_db()
    last: dict[tuple[str, str], Entry] = {}
    for entry in source.entries.select_related("giver").order_by("revision"):
        last[entry.external_id, entry.part] = entry
    live = {key: entry for key, entry in last.items() if entry.revision % 2 == 0}
    promises: list[Commitment] = list(source.commitments.all())
    seen = [*(one.seen for one in live.values()), *(one.seen for one in promises)]
    why = [f"{one['where']}: {one['why']}" for one in run.rejections]
    return Books(
        state=run.state,
        words=[text for text in (source.error, *why) if text],
        money={
            key: (one.kind, one.amount_minor, one.currency, one.occurred_at, one.refunds_external_id)
            for key, one in live.items()
        },
        rest={key: (one.designation, one.frequency, one.purpose) for key, one in live.items()},
        references={key: one.payment_ref for key, one in live.items()},
        names={key: one.giver.name if one.giver and one.show_name else "" for key, one in live.items()},
        promises={
            one.external_id: (one.amount_minor, one.currency, one.frequency, one.state) for one in promises
        },
        latest=max(seen, default=datetime(1970, 1, 1, tzinfo=UTC)),
    )


def complaint(found: Books, clean: Books, *, allows: str = "exact", harmless: bool = False) -> str:
    """What is wrong with books that came of a spoiled answer; nothing where they are true, or say that they are not."""
    if found.latest > datetime.now(UTC) + timedelta(days=2):
        return f"a version of {found.latest:%Y-%m-%d}: nothing will ever be newer"
    if not found.silent:
        return _refusal(found, clean, allows)
    if allows == "keys":
        return (
            ""
            if found.money.keys() == clean.money.keys()
            else f"other records: {_difference(found.money, clean.money)}"
        )
    checked: tuple[tuple[str, Mapping[Any, Any], Mapping[Any, Any]], ...] = (
        ("money", found.money, clean.money),
        ("promises", running(found, harmless), running(clean, harmless)),
    )
    if not harmless:
        checked += (("rest", found.rest, clean.rest), ("payment", found.references, clean.references))
    for what, said, true in checked:
        if said != true and not (allows == "subset" and said.items() <= true.items()):
            return f"{what} changed without a word: {_difference(said, true)}"
    if any(reference not in ("", clean.references.get(key)) for key, reference in found.references.items()):
        return "another payment without a word"
    shown = {key: name for key, name in found.names.items() if name and name != clean.names.get(key)}
    if any(not clean.names.get(key) for key in shown) or (shown and not harmless):
        return f"a name that must not be shown: {shown}"
    return ""


def running(found: Books, harmless: bool) -> Mapping[str, Row]:
    """A promise that is over changes nothing: a harmless field may bring it or take it away."""
    return {key: row for key, row in found.promises.items() if not harmless or row[-1] != "ended"}


def _refusal(found: Books, clean: Books, allows: str) -> str:
    if bad := [text for text in found.words if not in_words(text)]:
        return f"no words for staff: {bad[0]}"
    if not found.words:
        return f"{found.state} without a word"
    wrong = (
        found.money.keys() - clean.money.keys()
        if allows == "keys"
        else found.money.items() - clean.money.items()
    )
    if wrong:
        return f"refused, but booked {sorted(map(str, wrong))[:3]}"
    if found.promises.items() - clean.promises.items():
        return f"refused, but promised {_difference(found.promises, clean.promises)}"
    if any(name and name != clean.names[key] for key, name in found.names.items() if key in clean.names):
        return "refused, and shows a name"
    return ""


def in_words(text: str) -> bool:
    """Whether staff can read it: it names a place, a host or a provider, shows no code, and comes to an end."""
    named = PLACE.search(text) or any(module.LABEL in text for module in connectors.CONNECTORS.values())
    return bool(named) and not CODE.search(text) and (text[-1].isalnum() or text[-1] in ".)”?!")


def _difference(said: Mapping[Any, Any], true: Mapping[Any, Any]) -> str:
    keys = [key for key in {**said, **true} if said.get(key) != true.get(key)]
    return "; ".join(f"{key}: {true.get(key)} → {said.get(key)}" for key in keys[:2])

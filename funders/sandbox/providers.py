"""The providers of the sandbox: one line each, and mypy holds each module to the protocol at its line."""

from typing import Protocol

from funders.sandbox import (
    bank,
    civicrm,
    donorbox,
    github,
    givewp,
    kofi,
    liberapay,
    manifests,
    opencollective,
    patreon,
    rates,
    stripe,
)
from funders.sandbox.speech import Answer, Question


class Provider(Protocol):
    """PREFIX is where its addresses begin, NOTICE what the front page says of it, one line an address."""

    PREFIX: str
    NOTICE: str

    def answer(self, question: Question) -> Answer: ...


PROVIDERS: tuple[Provider, ...] = (
    givewp,
    bank,
    civicrm,
    donorbox,
    github,
    kofi,
    manifests,
    opencollective,
    patreon,
    liberapay,
    rates,
    stripe,
)

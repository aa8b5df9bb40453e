"""The sandbox foundation's own funding manifests: funding.json in both versions, FUNDING.yml, and broken ones.

Its pages are at this server under two names, 127.0.0.1 and localhost, so that there is something to confirm.
"""

import json
from copy import deepcopy
from typing import Any

from funders.sandbox.speech import Answer, Question, text

PREFIX = "/manifests"
NOTICE = (
    "GET  /manifests/funding.json            the foundation's funding manifest, v1.1.0\n"
    "GET  /manifests/v1.0.0/funding.json     the same in v1.0.0, of one project\n"
    "GET  /manifests/FUNDING.yml\n"
    "GET  /manifests/broken/cut.json         and version, decimals, channel, FUNDING.yml\n"
)
LIST = "/.well-known/funding-manifest-urls"


def answer(question: Question) -> Answer:
    port = (question.headers.get("Host") or "").rpartition(":")[2]
    here = f"http://127.0.0.1:{port}{PREFIX}"
    newest = manifest(here, f"http://localhost:{port}{PREFIX}")
    pages = {
        "/funding.json": newest,
        "/v1.0.0/funding.json": _older(newest),
        LIST: f"{here}/funding.json\n",
        "/FUNDING.yml": FUNDING_YML,
        "/broken/cut.json": json.dumps(newest)[:500],
        "/broken/version.json": newest | {"version": "v2.0.0"},
        "/broken/decimals.json": _with(newest, ("funding", "plans", 0, "amount"), 2500.005),
        "/broken/channel.json": _with(newest, ("funding", "plans", 0, "channels"), ["purse"]),
        "/broken/FUNDING.yml": "a: &a [x]\ngithub: [*a, *a]\n",
    }
    page = pages.get(question.path)
    if page is None:
        return text("There is no such manifest\n", 404)
    return text(page) if isinstance(page, str) else Answer(200, page)


def manifest(here: str, elsewhere: str) -> dict[str, Any]:
    """`here` is where it lies; what is at `elsewhere` it must be confirmed for."""
    return {
        "$schema": "https://fundingjson.org/schema/v1.1.0.json",
        "version": "v1.1.0",
        "entity": {
            "type": "organisation",
            "role": "steward",
            "name": "Sandbox Foundation",
            "email": "sandbox@example.org",
            "phone": "000-0000",
            "description": "It keeps sand in boxes. Nothing of it exists.",
            "webpageUrl": {"url": here},
        },
        "projects": [
            {
                "guid": "sandcastles",
                "name": "Sandcastles",
                "description": "Castles of sand, rebuilt after every tide.",
                "webpageUrl": {"url": elsewhere, "wellKnown": f"{elsewhere}{LIST}"},
                "repositoryUrl": {"url": "https://code.example.org/sandcastles"},
                "licenses": ["spdx:Apache-2.0"],
                "tags": ["sand", "castles"],
            },
            {
                "guid": "buckets",
                "name": "Buckets",
                "description": "What sand is carried in.",
                "webpageUrl": {"url": f"{here}/buckets"},
                "repositoryUrl": {"url": f"{here}/buckets/source", "wellKnown": ""},
                "licenses": ["spdx:MIT"],
                "tags": ["sand"],
            },
        ],
        "funding": {"channels": CHANNELS, "plans": PLANS, "history": HISTORY},
    }


CHANNELS = [
    {"guid": "collective", "type": "payment-provider", "address": "https://opencollective.com/sandbox"},
    {"guid": "sponsors", "type": "payment-provider", "address": "https://github.com/sponsors/sandbox"},
    {
        "guid": "paypal",
        "type": "payment-provider",
        "address": "giving@example.org",
        "description": "Or ask giving@example.org",
    },
    {"guid": "bank", "type": "bank", "address": "Sandbox Bank, account 0000"},
]
PLANS = [
    {
        "guid": "maintainer",
        "status": "active",
        "name": "A maintainer for three days a week",
        "description": "Tides come twice a day.",
        "amount": 2500,
        "currency": "EUR",
        "frequency": "monthly",
        "channels": ["collective", "sponsors"],
    },
    {
        "guid": "hosting",
        "status": "active",
        "name": "Hosting",
        "amount": 1200.5,
        "currency": "EUR",
        "frequency": "yearly",
        "channels": ["collective"],
    },
    {
        "guid": "spades",
        "status": "active",
        "name": "Spades",
        "amount": 12.25,
        "currency": "GBP",
        "frequency": "weekly",
        "channels": ["bank"],
    },
    {
        "guid": "whatever",
        "status": "active",
        "name": "Whatever you like",
        "amount": 0,
        "currency": "USD",
        "frequency": "one-time",
        "channels": ["paypal"],
    },
    {
        "guid": "moat",
        "status": "inactive",
        "name": "A moat",
        "amount": 90000,
        "currency": "JPY",
        "frequency": "one-time",
        "channels": [],
    },
]
HISTORY = [
    {"year": 2024, "income": 41000, "expenses": 38000.75, "currency": "EUR"},
    {"year": 2025, "income": 52000, "taxes": 120, "currency": "EUR", "description": "The year of the tide"},
]
FUNDING_YML = """\
# Sandbox data
github: [sandbox, sandbox-giver-1]
open_collective: sandbox
liberapay: sandbox
patreon:
thanks_dev: u/gh/sandbox
custom: ["https://example.org/give", example.org/sand]
"""


def _older(newest: dict[str, Any]) -> dict[str, Any]:
    return newest | {
        "$schema": "https://fundingjson.org/schema/v1.0.0.json",
        "version": "v1.0.0",
        "projects": newest["projects"][1:],
    }


def _with(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed = part = deepcopy(document)
    for step in path[:-1]:
        part = part[step]  # type: ignore[index]
    part[path[-1]] = value  # type: ignore[index]
    return changed

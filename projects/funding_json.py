"""funding.json (fundingjson.org), v1.0.0 and v1.1.0: read, verified, and its words in ours.

A plan and a year are of the whole manifest, whichever of its projects is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext
from pydantic import ValidationError

from fundtracker.money import Money
from projects import well_known
from projects.documents import Facts, Problem, Refused, is_web_address, without_e_mails
from projects.funding_schema import WORDS, FundingJson, Page

# How often a plan is paid → (how often a cost is, how many of the one are one of the other).
FREQUENCIES = {
    "one-time": ("once", 1),
    "weekly": ("yearly", 52),  # exactly, as no number of months would be
    "fortnightly": ("yearly", 26),
    "monthly": ("monthly", 1),
    "yearly": ("yearly", 1),
    "other": ("other", 1),
}


def read(raw: Any, url: str) -> dict[str, Any]:
    """What is public of the manifest found at `url`, ready to be stored. Refused with every reason."""
    try:
        manifest = FundingJson.model_validate(raw)
    except ValidationError as error:
        raise Refused(map(_problem, error.errors(include_url=False, include_input=False))) from None
    if problems := list(_contradictions(manifest, url)):
        raise Refused(problems)
    document: dict[str, Any] = without_e_mails(manifest.model_dump(mode="json", by_alias=True))
    if manifest.entity.type == "individual":
        # The bank account or the postal address of a person: we have no use for it.
        for channel in document["funding"]["channels"]:
            if not is_web_address(channel["address"]):
                channel["address"] = ""
    return document


def _problem(error: Mapping[str, Any]) -> Problem:
    where = ""
    for step in error["loc"]:
        where += f"[{step}]" if isinstance(step, int) else f".{step}"
    return Problem(where.lstrip("."), str(WORDS[error["type"]]) % error.get("ctx", {}))


def _contradictions(manifest: FundingJson, url: str) -> Iterator[Problem]:
    """Between parts that are sound each by itself."""
    funding = manifest.funding
    years = [f"{one.year} {one.currency}" for one in funding.history]
    for path, names in (
        ("projects[%d].guid", [one.guid for one in manifest.projects]),
        ("funding.channels[%d].guid", [one.guid for one in funding.channels]),
        ("funding.plans[%d].guid", [one.guid for one in funding.plans]),
        ("funding.history[%d].year", years),
    ):
        for place, name in enumerate(names):
            if name in names[:place]:
                yield Problem(path % place, gettext("“%(name)s” is there twice: keep one") % {"name": name})
    known = {channel.guid for channel in funding.channels}
    for number, plan in enumerate(funding.plans):
        for place, guid in enumerate(plan.channels):
            if guid not in known:
                yield Problem(
                    f"funding.plans[{number}].channels[{place}]",
                    gettext("“%(guid)s” is not in funding.channels: add it there or take it out here")
                    % {"guid": guid},
                )
    for path, page in _pages(manifest):
        if (
            page.well_known
            and well_known.needed(url, page.url)
            and not well_known.fits(page.well_known, page.url)
        ):
            yield Problem(
                f"{path}.wellKnown",
                gettext("must be on the same host as %(url)s, at its root or below that address")
                % {"url": page.url},
            )


def _pages(manifest: FundingJson) -> Iterator[tuple[str, Page]]:
    yield "entity.webpageUrl", manifest.entity.webpage_url
    for place, one in enumerate(manifest.projects):
        yield f"projects[{place}].webpageUrl", one.webpage_url
        yield f"projects[{place}].repositoryUrl", one.repository_url


def listed(document: Mapping[str, Any], guid: str) -> Mapping[str, Any]:
    """One of the projects of a manifest. KeyError where it is not there."""
    projects: list[Mapping[str, Any]] = document["projects"]
    return {str(one["guid"]): one for one in projects}[guid]


def unverified(document: Mapping[str, Any], guid: str, url: str) -> dict[str, str]:
    """Address → why it cannot be said that this manifest speaks for it: of the entity and of one project."""
    project = listed(document, guid)
    pages = (document["entity"]["webpageUrl"], project["webpageUrl"], project["repositoryUrl"])
    asked: dict[str, str] = {}
    doubts = {}
    for page in pages:
        list_at = page["wellKnown"]
        if well_known.needed(url, page["url"]) and list_at not in asked:
            asked[list_at] = well_known.doubt(list_at, url)
        if well_known.needed(url, page["url"]) and asked[list_at]:
            doubts[page["url"]] = asked[list_at]
    return doubts


def facts(document: Mapping[str, Any], guid: str) -> Facts:
    """Only plans that are active: one that rests has ended until it is active again."""
    project, funding = listed(document, guid), document["funding"]
    return Facts(
        project={
            "summary": project["description"],
            "url": project["webpageUrl"]["url"],
            "repository_url": project["repositoryUrl"]["url"],
        },
        plans={plan["guid"]: _cost(plan) for plan in funding["plans"] if plan["status"] == "active"},
        channels={
            channel["guid"]: {name: channel[name] for name in ("type", "address", "description")}
            for channel in funding["channels"]
        },
        years={(one["year"], one["currency"]): _year(one) for one in funding["history"]},
    )


def _cost(plan: Mapping[str, Any]) -> dict[str, Any]:
    frequency, times = FREQUENCIES[plan["frequency"]]
    minor = _minor(plan["amount"], plan["currency"]) or 0
    return {
        "label": plan["name"],
        "description": plan["description"],
        "amount_minor": minor * times or None,  # 0 is the standard's word for any amount
        "currency": plan["currency"],
        "frequency": frequency,
    }


def _year(one: Mapping[str, Any]) -> dict[str, Any]:
    sums = {f"{name}_minor": _minor(one[name], one["currency"]) for name in ("income", "expenses", "taxes")}
    return {**sums, "description": one["description"]}


def _minor(amount: str | None, currency: str) -> int | None:
    return None if amount is None else Money.of(amount, currency).minor

"""A project's own manifest: read it, show what it would change (see merging), and change exactly that."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from fundtracker.http import FetchError
from fundtracker.models import Site
from projects import funding_json, funding_yml, well_known
from projects.documents import Facts, Problem, Refused, is_web_address
from projects.merging import Change, Step, steps
from projects.models import Manifest, Project

LARGEST = 512 * 1024  # bytes
SECONDS = 10.0
Kind = Manifest.Kind


class Changed(Exception):
    """What would be applied is no longer what was shown."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest that was read and is sound. `guid` is the project's name in it; `unverified` says why of each."""

    url: str
    kind: str
    read_at: datetime
    document: Mapping[str, Any]
    facts: Facts
    guid: str = ""
    unverified: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed(self) -> int:
        """How many projects it asks for together: its plans and years are of all of them."""
        return len(self.document.get("projects", [])) if self.kind == Kind.FUNDING_JSON else 1


def read(url: str, project: Project, guid: str = "") -> Draft:
    """The manifest at `url`, and which of its projects is ours. FetchError or Refused say what is wrong.

    Where this manifest was applied before, its row then says so too, until it can be read again.
    """
    known = project.manifests.filter(url=url)
    try:
        draft = _read(url, project, guid)
    except (FetchError, Refused) as error:
        known.update(error=str(error))
        raise
    known.update(error="")
    return draft


def _read(url: str, project: Project, guid: str) -> Draft:
    if len(url) > 250 or not is_web_address(url):
        wanted = gettext(
            "This is not the address of a manifest: it must start with https:// and name a host."
        )
        raise Refused([Problem("", wanted)])
    if urlsplit(url).path.lower().endswith((".yml", ".yaml")):
        reply = well_known.answer(url, funding_yml.LARGEST, SECONDS)
        listing = funding_yml.read(reply.text())
        return Draft(
            url, Kind.FUNDING_YML, reply.asked_at, listing, funding_yml.facts(listing),
            unverified=_not_in_repository(url, project),
        )  # fmt: skip
    reply = well_known.answer(url, LARGEST, SECONDS)
    document = funding_json.read(reply.json(), url)
    guid = _ours(document, project, guid)
    return Draft(
        url, Kind.FUNDING_JSON, reply.asked_at, document, funding_json.facts(document, guid), guid,
        funding_json.unverified(document, guid, url),
    )  # fmt: skip


def _not_in_repository(url: str, project: Project) -> dict[str, str]:
    home = project.repository_url
    if home and not well_known.needed(url, home):
        return {}
    return {url: gettext("it does not lie in the project's own repository")}


def _ours(document: Mapping[str, Any], project: Project, guid: str) -> str:
    listed = {str(one["guid"]): one for one in document["projects"]}
    before = project.manifests.filter(kind=Kind.FUNDING_JSON).values_list("guid", flat=True).first()
    if guid or before in listed:
        chosen = guid or str(before)
    elif len(listed) == 1:
        [chosen] = listed
    else:
        home = _same(project.repository_url)
        found = [name for name, one in listed.items() if home == _same(one["repositoryUrl"]["url"])]
        chosen = found[0] if len(found) == 1 else ""
    if chosen not in listed:
        names = ", ".join(f"{name} ({one['name']})" for name, one in listed.items())
        wanted = gettext("say which of its projects is meant, by its guid: %(names)s") % {"names": names}
        raise Refused([Problem("projects", wanted)])
    return chosen


def _same(address: str) -> str:
    return address.lower().rstrip("/").removesuffix(".git")


def changes(project: Project, draft: Draft) -> list[Change]:
    """What applying the draft would change, and what it would keep."""
    return [step.change for step in _steps(Project.objects.get(pk=project.pk), draft)]


def fingerprint(draft: Draft, shown: list[Change]) -> str:
    """Equal where the same manifest would make the same changes."""
    said = [draft.url, draft.guid, draft.document, draft.unverified, shown]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def apply(project: Project, draft: Draft, *, shown: str = "") -> list[Change]:
    """Make the changes, in one transaction. With the fingerprint of what was `shown`: exactly those, or Changed."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        # So that nothing typed from here on is written over.
        list(project.costs.select_for_update().order_by("pk"))
        found = _steps(project, draft)
        made = [step.change for step in found]
        if shown and fingerprint(draft, made) != shown:
            raise Changed
        for step in found:
            if step.row is not None and step.delete:
                step.row.delete()
            elif step.row is not None:
                step.row.save()
        Manifest.objects.update_or_create(
            project=project,
            kind=draft.kind,
            defaults={
                "url": draft.url, "guid": draft.guid, "read_at": draft.read_at, "applied_at": timezone.now(),
                "document": draft.document, "unverified": list(draft.unverified), "error": "",
            },
        )  # fmt: skip
    return made


def _steps(project: Project, draft: Draft) -> list[Step]:
    last = project.manifests.filter(kind=draft.kind).first()
    today = timezone.localdate(timezone=Site.current().zone)
    return list(steps(project, draft.kind, draft.facts, _facts_of(last) if last else Facts(), today))


def _facts_of(manifest: Manifest) -> Facts:
    if manifest.kind == Kind.FUNDING_YML:
        return funding_yml.facts(manifest.document)
    return funding_json.facts(manifest.document, manifest.guid)

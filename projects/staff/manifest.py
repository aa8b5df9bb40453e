"""Read a project's own manifest, and apply what was shown of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funders.models import Source
from fundtracker.http import FetchError
from projects import manifests
from projects.accounts import Suggestion, suggested
from projects.documents import Refused
from projects.models import Project


class ManifestForm(forms.Form):
    """`shown` is the fingerprint of what the page showed: only exactly that is applied."""

    url = forms.URLField(
        label=_("Address of the manifest"),
        max_length=250,
        assume_scheme="https",
        help_text=_("Such as https://example.org/funding.json, or a FUNDING.yml in its repository."),
    )
    guid = forms.CharField(
        label=_("Which of its projects"),
        max_length=32,
        required=False,
        help_text=_("The guid that the manifest gives it. Only where it lists several."),
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)


class Place(NamedTuple):
    """Where the project takes money, and where a source that reads it can be added."""

    name: str
    address: str
    add: str = ""
    connected: bool = False


def manifest(request: HttpRequest, project: Project, here: "admin.ModelAdmin[Any]") -> HttpResponse:
    last = project.manifests.first()
    form = ManifestForm(request.POST or None, initial={"url": last.url, "guid": last.guid} if last else None)
    channels = {one.guid: {"address": one.address} for one in project.channels.all()}
    page: dict[str, Any] = {
        **here.admin_site.each_context(request),
        "title": gettext("Read the project's funding manifest"),
        "opts": here.opts, "project": project, "form": form, "places": _places(channels),
    }  # fmt: skip
    try:
        if form.is_valid():
            typed = form.cleaned_data
            draft = manifests.read(typed["url"], project, typed["guid"])
            if typed["shown"]:
                made = manifests.apply(project, draft, shown=typed["shown"])
                here.log_change(request, project, gettext("Applied %(url)s") % typed)
                count = len([change for change in made if not change.kept])
                messages.success(
                    request, gettext("The manifest was applied: %(count)s changes.") % {"count": count}
                )
                return redirect("admin:projects_project_change", project.pk)
            page |= _preview(project, draft)
    except manifests.Changed:
        messages.warning(
            request,
            gettext("Nothing was applied: the manifest or the project has changed meanwhile. Look again."),
        )
        page |= _preview(project, draft)
    except Refused as refusal:
        form.add_error("url", [str(problem) for problem in refusal.problems])
    except FetchError as error:
        form.add_error("url", str(error))
    return TemplateResponse(request, "admin/projects/project/manifest.html", page)


def _preview(project: Project, draft: manifests.Draft) -> dict[str, Any]:
    found = manifests.changes(project, draft)
    return {
        "draft": draft,
        "unverified": dict(draft.unverified),
        "changes": found,
        "shown": manifests.fingerprint(draft, found),
        "places": _places(draft.facts.channels),
    }


def _places(channels: Mapping[str, Mapping[str, Any]]) -> list[Place]:
    """Each of them once asked for, and the sources we have asked for once."""
    known = set(Source.objects.values_list("kind", "account"))
    return [_place(name, one["address"], suggested(one["address"]), known) for name, one in channels.items()]


def _place(name: str, address: str, found: Suggestion | None, known: set[tuple[str, str]]) -> Place:
    if found is None:
        return Place(name, address)
    if any(kind == found.kind and found.account in ("", account) for kind, account in known):
        return Place(name, address, connected=True)
    query = urlencode(
        {"kind": found.kind, "account": found.account, "name": f"{found.account} ({name})".strip()[:120]}
    )
    return Place(name, address, f"{reverse('staff:connect')}?{query}")

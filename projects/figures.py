"""A project's figures as a buyer reads them: each with its day, and a page that shows what is behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from fundtracker.templatetags.money import money
from projects.models import Project
from projects.needs import Need


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    said: str
    as_of: date
    url: str


def of(project: Project, need: Need, *, today: date) -> Iterator[Figure]:
    page = settings.SITE_URL + reverse("projects:project", args=[project.slug])
    yield Figure(_("What a year takes"), money(need.amount) or _("not shown"), need.day, page)

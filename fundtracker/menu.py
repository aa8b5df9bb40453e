"""The staff pages' menu: as far as its reader may go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from fundtracker.access import ACCESS
from fundtracker.models import Role, Site, User

# In its order.
LINKS = (
    ("staff:today", gettext_lazy("Today")),
    ("staff:campaigns", gettext_lazy("Campaigns")),
    ("staff:projects", gettext_lazy("Projects")),
    ("staff:entries", gettext_lazy("Entries")),
    ("staff:imports", gettext_lazy("Imports")),
    ("staff:sources", gettext_lazy("Sources")),
    ("staff:members", gettext_lazy("Members")),
    ("staff:programmes", gettext_lazy("Programmes")),
    ("staff:maintainers", gettext_lazy("Maintainers")),
    ("staff:messages", gettext_lazy("Messages")),
    ("staff:history", gettext_lazy("History")),
    ("staff:people", gettext_lazy("People")),
    ("admin:index", gettext_lazy("All records")),
)


def roles(request: HttpRequest) -> dict[str, Any]:
    """For templates of the staff pages; a public page has no user and asks nothing."""
    if not request.path_info.startswith("/staff/"):
        return {}
    user, site = request.user, Site.current()
    may = user.may if isinstance(user, User) else lambda role: False
    return {
        "may_administer": may(Role.ADMINISTRATOR),
        "may_correct": may(Role.TREASURER),
        "may_edit": may(Role.EDITOR),
        "links": [_link(request, name, label) for name, label in LINKS if may(_role(name))],
        "site": site,
        "books": site,
    }


def _role(name: str) -> Role:
    return Role(ACCESS.get(name) or ACCESS[f"{name.partition(':')[0]}:*"])


def _link(request: HttpRequest, name: str, label: Any) -> tuple[str, Any, bool]:
    """Address, label, and whether the page asked for is one below it. Today is above all others, so no page is below it."""
    url = reverse(name)
    return url, label, name != "staff:today" and request.path.startswith(url)

"""A form that was sent after its session had ended comes back after signing in, with what was typed in it.

Nothing is sent again by itself: the page shows the form filled in, and its reader sends it. For that a view builds
its form with `request.POST or None` and acts only where `request.method` is POST.
"""

import re
import time

from django.contrib import messages
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

KEY = "unsent"
PAGES = ("/staff/", "/me/")
SECONDS = 3600
MOST_BYTES = 64 * 1024
# What must not lie in a session, or has no use there.
LEFT_OUT = re.compile("token|secret|password|csrf|person", re.IGNORECASE)


def keep(request: HttpRequest) -> None:
    """The text fields of a form of these pages; files are gone. Its CSRF token was checked before."""
    if request.method != "POST" or not request.path_info.startswith(PAGES):
        return
    typed = request.POST.copy()
    for name in [name for name in typed if LEFT_OUT.search(name)]:
        del typed[name]
    text = typed.urlencode()
    if len(text) <= MOST_BYTES:
        request.session[KEY] = {"path": request.get_full_path(), "text": text, "at": time.time()}


def bring_back(request: HttpRequest) -> None:
    """On the page where it was sent, within the hour."""
    if request.method != "GET" or not request.path_info.startswith(PAGES):
        return
    kept = request.session.get(KEY)
    if kept is None or kept["path"] != request.get_full_path():
        return
    del request.session[KEY]
    if time.time() - kept["at"] <= SECONDS:
        request.POST = QueryDict(kept["text"])
        messages.info(request, _("You had been signed out, so nothing was sent. What you typed is here again; choose files anew."))  # fmt: skip


def forget() -> None:
    """All of them, whoever typed them: when somebody is erased nothing typed about them may lie about."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        if store.pop(KEY, None) is not None:
            store.save()

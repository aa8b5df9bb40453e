"""Whether an address agrees that a manifest speaks for it (funding.json's .well-known/funding-manifest-urls)."""

import posixpath
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext

from fundtracker.http import FetchError, Reply, fetch
from fundtracker.replies import target

NAME = "/.well-known/funding-manifest-urls"
GITHUB = "github.com"
# Where GitHub keeps the files that it shows at /blob/.
GITHUB_RAW = "raw.githubusercontent.com"
MOST_LINES = 100
LARGEST = 64 * 1024  # bytes of the list
SECONDS = 5.0
_USUAL_PORT = {"http": ":80", "https": ":443"}


def needed(manifest: str, address: str) -> bool:
    """A manifest speaks for what lies beside, below or above it; for all else it needs the other's word."""
    if _host(manifest) != _host(address):
        return True
    home, other = _folder(manifest.removesuffix("funding.json")), _folder(address)
    if home == "/" or home.startswith(other) or other.startswith(home):
        return False
    # A user's repository of the user's own name speaks for all of the user's.
    user, repository, *_ = [*home.strip("/").split("/"), ""]
    return not (_host(manifest) == GITHUB and user == repository and other.startswith(f"/{user}/"))


def fits(list_at: str, address: str) -> bool:
    """Whether the list lies where only the owner of `address` can put it."""
    path = urlsplit(list_at).path
    at_root = path == NAME
    below = path.endswith(NAME) and _folder(list_at).startswith(_folder(address))
    return _host(list_at) == _host(address) and (at_root or below)


def doubt(list_at: str, manifest: str) -> str:
    """Why the list does not confirm the manifest; empty where it does."""
    if not list_at:
        return gettext("the manifest names no list at which it could be confirmed (wellKnown)")
    try:
        lines = answer(list_at, LARGEST, SECONDS).text().splitlines()[:MOST_LINES]
    except FetchError as error:
        return str(error)
    if manifest in lines:
        return ""
    return gettext("%(address)s does not list this manifest") % {"address": list_at}


def answer(address: str, largest: int, seconds: float) -> Reply:
    """What lies at an address, which may not send us to another host: its word would count as this one's."""
    parts = urlsplit(address)
    shown = parts.netloc.lower() == GITHUB and parts.path.split("/")[3:4] == ["blob"]
    reply = fetch(
        address,
        params={"raw": "true"} if shown else None,
        max_bytes=largest,
        deadline=seconds,
        redirects=3,
        tries=1,
    )
    came_from = _host(reply.url)
    if came_from != _host(address) and not (shown and came_from == GITHUB_RAW):
        raise FetchError(
            gettext("%(host)s sends us on to %(other)s: give the address there.")
            % {"host": target(address).netloc, "other": target(reply.url).netloc},
            permanent=True,
        )
    return reply


def _host(address: str) -> str:
    parts = urlsplit(address)
    return parts.netloc.lower().removesuffix(_USUAL_PORT.get(parts.scheme, ""))


def _folder(address: str) -> str:
    """Its path as a server reads it, with one slash at the end: /a/../b is no part of /a/."""
    path = posixpath.normpath("/" + unquote(urlsplit(address).path).lstrip("/"))
    return path.rstrip("/") + "/"

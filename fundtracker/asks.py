"""What we ask, where, and what of it goes along when a server sends us elsewhere; pure."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

import requests
from django.conf import settings
from requests.structures import CaseInsensitiveDict
from urllib3.util import Url

from fundtracker.replies import FetchError, Reply, target

REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: what `fetch` is given, and how much of an answer is taken (seconds, bytes)."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Any
    data: Mapping[str, Any] | bytes | None
    params: Mapping[str, Any] | None
    accept_statuses: Collection[int]
    connect_timeout: float
    max_bytes: int
    given: bool = True  # False where a server sent us


def prepared(ask: Ask) -> requests.PreparedRequest:
    """The request as it will be sent; FetchError, permanent, if it cannot be."""
    # Only encodings whose output can be capped while it is unpacked.
    headers = CaseInsensitiveDict({"User-Agent": f"fundtracker (+{settings.SITE_URL})", **ask.headers})
    headers["Accept-Encoding"] = "gzip, identity"
    request = requests.Request(
        ask.method, ask.url, headers=headers, json=ask.json, data=ask.data, params=ask.params
    )
    with suppress(requests.RequestException, ValueError):
        if all(value.isascii() and value.isprintable() for value in headers.values()):
            return request.prepare()
    raise FetchError(
        f"The address or the token for {target(ask.url).netloc} has a character in it that cannot be sent.",
        permanent=True,
    )


def redirected(ask: Ask, reply: Reply, left: int) -> Ask:
    """What to ask next. Another origin gets none of the headers and no body: they hold tokens."""
    old = target(ask.url)
    location = ""  # stays so where it cannot be joined, and is then refused by target
    with suppress(ValueError):
        location = urljoin(reply.url, reply.headers["Location"])
    new = target(location)
    if left < 1 or (old.scheme, new.scheme) == ("https", "http"):
        raise FetchError(
            f"{old.netloc} sends us on to {new.netloc}, which is not allowed: check the address.",
            permanent=True,
            status=reply.status,
        )
    ask = replace(ask, url=location, params=None, given=False)
    if reply.status == 303 or (reply.status in (301, 302) and ask.method == "POST"):
        ask = replace(ask, method="GET", json=None, data=None)
    if origin(old) == origin(new):
        return ask
    if ask.json is not None or ask.data is not None:
        raise FetchError(
            f"{old.netloc} wants our question sent to {new.netloc}, which is not allowed: check the address.",
            permanent=True,
            status=reply.status,
        )
    return replace(ask, headers={})


def origin(place: Url) -> tuple[str | None, str | None, int]:
    """Scheme, host and port: what a token may be sent to."""
    return place.scheme, place.host, place.port or (443 if place.scheme == "https" else 80)

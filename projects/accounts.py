"""Which source reads an address at which a project takes money. Pure but for the registry of connectors."""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from funders import connectors

# Host → (kind of source, where the account stands in the path). A kind that has no connector is not suggested.
# Donorbox's and Stripe's pages do not name the account.
HOSTS = {
    "buy.stripe.com": ("stripe", r"/.+()"),
    "donate.stripe.com": ("stripe", r"/.+()"),
    "donorbox.org": ("donorbox", r"/.+()"),
    "github.com": ("github", r"/sponsors/([^/]+)"),
    "ko-fi.com": ("kofi", r"/([^/]+)"),
    "liberapay.com": ("liberapay", r"/([^/]+)"),
    "opencollective.com": ("opencollective", r"/([^/]+)"),
    "patreon.com": ("patreon", r"/(?:c/)?([^/]+)"),
}


class Suggestion(NamedTuple):
    kind: str
    account: str


def suggested(address: str) -> Suggestion | None:
    """The kind of a source, and its account where the address names it: https://opencollective.com/example."""
    if not re.match(r"(?i)https?://", address):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    kind, pattern = HOSTS.get(host, ("", ""))
    found = re.match(pattern, parts.path)
    if kind not in connectors.CONNECTORS or not found:
        return None
    return Suggestion(kind, unquote(found[1]))

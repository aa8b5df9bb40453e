"""The registry: one line a provider, and mypy holds each module to the Connector protocol at its line."""

from django.utils.translation import gettext as _

from funders.connectors import (
    camt053,
    civicrm,
    donorbox,
    github,
    github_export,
    givewp,
    kofi,
    kofi_csv,
    liberapay,
    liberapay_csv,
    opencollective,
    opencollective_csv,
    patreon,
    stripe,
    table,
    threesixty,
)
from funders.connectors.base import Connector, Receive
from funders.connectors.heads import Head

CONNECTORS: dict[str, Connector] = {
    "camt053": camt053,
    "civicrm": civicrm,
    "donorbox": donorbox,
    "github": github,
    "github_export": github_export,
    "givewp": givewp,
    "kofi": kofi,
    "kofi_csv": kofi_csv,
    "liberapay": liberapay,
    "liberapay_csv": liberapay_csv,
    "opencollective": opencollective,
    "opencollective_csv": opencollective_csv,
    "patreon": patreon,
    "stripe": stripe,
    "table": table,
    "360giving": threesixty,
}

# Which API tells of the same givers as a file.
EXPORTS = {
    "github_export": "github",
    "kofi_csv": "kofi",
    "liberapay_csv": "liberapay",
    "opencollective_csv": "opencollective",
}

# What staff type themselves has a source too, and nothing to fetch.
MANUAL = "manual"


def choices() -> list[tuple[str, str]]:
    """For a model field: the function itself, so that a new provider makes no migration."""
    return [(MANUAL, _("Typed in by staff")), *((kind, module.LABEL) for kind, module in CONNECTORS.items())]


def get(kind: str) -> Connector:
    """The connector of `kind`. KeyError where there is none."""
    return CONNECTORS[kind]


def receiver(kind: str) -> Receive | None:
    """What reads the webhooks of `kind`; None where there are none."""
    receive: Receive | None = getattr(CONNECTORS.get(kind), "receive", None)
    return receive


def api_of(kind: str) -> str | None:
    """The kind that reads the same account over the network, where `kind` is its export."""
    return EXPORTS.get(kind)


def recognise(head: Head) -> list[str]:
    """The kinds whose file begins like this. None for a table of somebody's own: `table` reads it once told how."""
    tests = {kind: getattr(module, "recognises", None) for kind, module in CONNECTORS.items()}
    return [kind for kind, recognises in tests.items() if recognises and recognises(head)]

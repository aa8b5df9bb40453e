"""An address at which a project takes money, and the source that would read it."""

import pytest

from funders import connectors
from projects.accounts import HOSTS, suggested

PATHS = {
    "https://opencollective.com/sand/donate": ("opencollective", "sand"),
    "opencollective.com/sand": ("opencollective", "sand"),
    "https://www.opencollective.com/sand?a=b#c": ("opencollective", "sand"),
    "https://github.com/sponsors/sand": ("github", "sand"),
    "https://github.com/sand": None,
    "https://liberapay.com/sand/": ("liberapay", "sand"),
    "https://www.patreon.com/c/sand": ("patreon", "sand"),
    "https://patreon.com/sand": ("patreon", "sand"),
    "https://ko-fi.com/sand": ("kofi", "sand"),
    "https://donorbox.org/embed/sand": ("donorbox", ""),
    "https://buy.stripe.com/s4nd": ("stripe", ""),
    "https://donorbox.org": None,
    "https://opencollective.com/": None,
    "https://opencollective.com.example.org/sand": None,
    "https://example.org/opencollective.com/sand": None,
    "Sandbox Bank, account 0000": None,
    "https://[": None,
    "": None,
}


@pytest.mark.parametrize(("address", "found"), PATHS.items())
def test_the_account_is_read_from_the_address(monkeypatch, address, found):
    everything = dict.fromkeys((kind for kind, _ in HOSTS.values()), connectors.get("table"))
    monkeypatch.setattr(connectors, "CONNECTORS", everything)
    assert suggested(address) == found


def test_a_kind_that_nothing_here_reads_is_not_suggested(monkeypatch):
    monkeypatch.setattr(connectors, "CONNECTORS", {})
    assert suggested("https://opencollective.com/sand") is None

"""Which addresses may be spoken to; pure, the sockets are in `fundtracker.http`."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from urllib3.util import Url

from fundtracker.replies import FetchError

# Python 3.11.7 calls these global, but they lead, or can be made to lead, into a private network, or
# are no place for a server.
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",  # NAT64, local use
            "2002::/16",  # 6to4
            "192.88.99.0/24",  # 6to4 relays
            "2001::/32",  # Teredo
            "::/96",  # IPv4-compatible, loopback
            "fec0::/10",  # site-local
            "192.0.0.0/24",  # protocol assignments
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
        ),
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address (text, as getpeername gives it) lies on the public internet."""
    ip = _unmapped(address)
    return ip.is_global and not ip.is_multicast and not any(ip in block for block in NOT_PUBLIC)


def check(asked: Url, address: str, port: int) -> None:
    """FetchError, permanent, unless `asked` may be had from this address; plain http is for FETCH_ALLOW only."""
    if _let_in(address, port):
        return
    if not is_public(address):
        raise FetchError(
            f"{asked.netloc} leads to an address that is not on the public internet, which is not allowed.",
            permanent=True,
        )
    if asked.scheme != "https":
        raise FetchError(f"{asked.netloc} can only be asked over https.", permanent=True)


def _let_in(address: str, port: int) -> bool:
    for entry in settings.FETCH_ALLOW:
        host, _, allowed = entry.rpartition(":")
        try:
            literal = _unmapped(host.strip("[]"))
        except ValueError as error:
            raise ImproperlyConfigured(f"FETCH_ALLOW takes IP addresses with a port, not {entry}") from error
        if literal == _unmapped(address) and allowed in ("*", str(port)):
            return True
    return False


def _unmapped(address: str) -> IPv4Address | IPv6Address:
    # An IPv4 peer of an IPv6 socket is the IPv4 address; a scope such as %eth0 is not part of one.
    ip = ip_address(address.partition("%")[0])
    return getattr(ip, "ipv4_mapped", None) or ip

"""Whom fetch speaks to, and what it tells whom: addresses, redirects, certificates, proxies."""

import socket

import pytest
from django.core.exceptions import ImproperlyConfigured

from fundtracker import http, peers
from tests.fundtracker.loopback import certificate, refusal, reply

INSIDE = """
127.0.0.1 127.8.9.1 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
169.254.169.254 169.254.0.1 100.64.0.1 100.127.255.255 192.0.0.192 192.0.0.8 192.0.2.1 192.88.99.1
198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%lo
fec0::1 ff02::1 ff0e::1
"""
OUTSIDE = """
1.1.1.1 9.9.9.9 172.32.0.1 192.0.1.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::5e ::ffff:1.1.1.1
"""
# What people write so that it does not look like loopback; all of it means this very machine somewhere.
DISGUISED = """
localhost LOCALHOST localhost. 127.1 127.0.1 2130706433 0x7f.1 0x7f000001 0x7f.0.0.1 017700000001
0177.0.0.1 00177.1 127.0.0.1. 0 0x0 00 127.000.000.001 127%2e0%2e0%2e1
\uff11\uff12\uff17.0.0.1 \uff11\uff12\uff17\u30020\u30020\u30021 \u2460\u2461\u2466.0.0.1
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::1%25lo]
1.1.1.1@127.0.0.1 127.0.0.1\\@1.1.1.1
"""


def words(text):
    return text.split()


@pytest.fixture
def canary(serve, settings):
    """A server on every address of this machine that nobody may reach."""
    server = serve(address="::")
    settings.FETCH_ALLOW = []
    return server


# --- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", words(INSIDE))
def test_an_address_that_is_not_on_the_internet_is_not_public(address):
    assert not peers.is_public(address)


@pytest.mark.parametrize("address", words(OUTSIDE))
def test_an_address_on_the_internet_is_public(address):
    assert peers.is_public(address)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", [*words(DISGUISED), *(f"[{ip}]" if ":" in ip else ip for ip in words(INSIDE))]
)
def test_nothing_inside_is_ever_connected_to(canary, scheme, host):
    error = refusal(f"{scheme}://{host}:{canary.port}/", tries=1, connect_timeout=1)
    assert "broke off" not in str(error)
    assert canary.connections == 0


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0x7f.1"]
)
def test_the_canary_would_have_noticed(canary, settings, host):
    settings.FETCH_ALLOW = [f"127.0.0.1:{canary.port}", f"[::1]:{canary.port}"]
    http.fetch(f"http://{host}:{canary.port}/")
    assert len(canary.requests) == 1


def test_a_name_that_leads_inside_is_refused_with_a_sentence(canary):
    error = refusal(f"https://localhost:{canary.port}/")
    assert error.permanent
    assert str(error) == (
        f"localhost:{canary.port} leads to an address that is not on the public internet, which is not allowed."
    )


def test_the_peer_that_picked_up_is_checked_too(canary, settings):
    # Asked for 0.0.0.0, this machine answers as 127.0.0.1: what was looked up is not who picked up.
    settings.FETCH_ALLOW = ["0.0.0.0:*"]
    assert "not on the public internet" in str(refusal(f"http://0.0.0.0:{canary.port}/"))
    assert canary.requests in ([], [b""])


def test_an_allowed_address_is_allowed_on_its_port_only(canary, settings):
    settings.FETCH_ALLOW = [f"127.0.0.1:{canary.port + 1}", "127.0.0.2:*"]
    assert refusal(canary.url).permanent
    assert canary.connections == 0


def test_names_have_no_place_among_the_allowed(canary, settings):
    settings.FETCH_ALLOW = ["localhost:*"]
    with pytest.raises(ImproperlyConfigured, match="takes IP addresses"):
        http.fetch(canary.url)


def test_plain_http_is_refused_outside_before_anything_is_sent(settings, monkeypatch):
    settings.FETCH_ALLOW = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    error = refusal("http://example.org/")
    assert (str(error), error.permanent) == ("example.org can only be asked over https.", True)


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "gopher://a.example", "//a.example", ""]
)
def test_other_schemes_are_refused(url):
    assert str(refusal(url)) == "An address must start with https:// and name a host."


# --- redirects --------------------------------------------------------------------------------


def test_a_redirect_is_refused_unless_allowed(serve):
    server = serve(reply(302, Location="https://evil.example.org/login?next=1"))
    error = refusal(server.url)
    assert error.permanent
    assert str(error) == (
        f"{server.host} sends us on to evil.example.org, which is not allowed: check the address."
    )
    assert len(server.requests) == 1


def test_redirects_are_followed_as_often_as_allowed(serve):
    answers = [reply(302, Location="/b?c=d"), reply(307, Location="e"), reply(200, b"there")]
    server = serve(*answers)
    answer = http.fetch(server.url + "a", params={"secret": "1"}, headers={"Token": "t"}, redirects=2)
    assert (answer.body, answer.url) == (b"there", server.url + "e")
    assert [request.split(b" ")[1] for request in server.requests] == [b"/a?secret=1", b"/b?c=d", b"/e"]
    assert all(b"Token: t" in request for request in server.requests)
    assert refusal(serve(*answers).url, redirects=1).permanent


def test_nothing_that_was_given_goes_along_to_another_host(serve):
    other = serve(reply(200, b"other"))
    server = serve(reply(302, Location=other.url, Set_Cookie="session=canary"))
    secret = {"Authorization": "Bearer canary", "Personal-Token": "canary"}
    assert http.fetch(server.url, headers=secret, params={"key": "canary"}, redirects=1).body == b"other"
    assert b"canary" in server.requests[0]
    assert b"canary" not in other.requests[0]


@pytest.mark.parametrize(("status", "method"), [(301, b"GET"), (302, b"GET"), (303, b"GET"), (307, b"POST")])
def test_a_question_survives_a_redirect_only_where_http_says_so(serve, status, method):
    server = serve(reply(status, Location="/b"), reply(200))
    http.fetch(server.url, method="POST", json={"query": "q"}, redirects=1)
    assert server.requests[1].startswith(method + b" /b ")
    assert server.requests[1].endswith(b'"q"}') == (method == b"POST")


def test_a_question_is_not_sent_to_another_host(serve):
    other = serve()
    server = serve(reply(308, Location=other.url))
    assert refusal(server.url, method="POST", json={"query": "q"}, redirects=1).permanent
    assert other.connections == 0


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://[", "https://u:p@a.example/", "http://169.254.169.254/", ""]
)
def test_each_hop_is_checked_like_the_first(serve, location):
    server = serve(reply(302, Location=location))
    assert refusal(server.url, redirects=5, tries=1).permanent


# --- certificates and proxies -------------------------------------------------------------------


def test_a_certificate_that_nobody_vouches_for_is_refused(serve, tmp_path):
    server = serve(tls=certificate(tmp_path)[0])
    error = refusal(server.url)
    assert str(error) == "127.0.0.1 cannot prove that it is 127.0.0.1: its certificate is not valid."
    assert (error.permanent, server.connections, server.requests) == (False, 1, [])


def test_a_certificate_of_the_operators_own_authority_is_accepted(serve, settings, monkeypatch, tmp_path):
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    server = serve(reply(200, b"safe"), tls=context)
    assert "certificate" in str(refusal(server.url))
    settings.FETCH_PROXIES = True
    assert http.fetch(server.url).body == b"safe"
    assert "certificate" in str(refusal(server.url.replace("127.0.0.1", "localhost")))


@pytest.fixture
def proxy(serve, monkeypatch):
    """A proxy that says so itself, named in the environment."""
    server = serve(reply(200, b"from the proxy"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return server


def test_proxies_of_the_environment_are_used_only_if_a_setting_says_so(serve, proxy, settings):
    server = serve(reply(200, b"direct"))
    assert http.fetch(server.url).body == b"direct"
    settings.FETCH_PROXIES = True
    assert http.fetch(server.url).body == b"from the proxy"


def test_https_goes_through_a_tunnel(proxy, settings):
    settings.FETCH_PROXIES = True
    refusal("https://1.1.1.1/?key=canary", tries=1)
    assert proxy.requests[0].startswith(b"CONNECT 1.1.1.1:443 ")
    assert b"canary" not in proxy.requests[0]


@pytest.mark.parametrize("host", ["localhost", "10.0.0.1", "127.1", "[::1]", "169.254.169.254"])
def test_a_proxy_is_not_asked_for_what_lies_inside(proxy, settings, host):
    settings.FETCH_PROXIES = True
    settings.FETCH_ALLOW = [proxy.host]
    assert refusal(f"https://{host}/").permanent
    assert proxy.connections == 0


def test_a_socks_proxy_is_refused_because_it_connects_past_our_checks(proxy, settings, monkeypatch):
    settings.FETCH_PROXIES = True
    monkeypatch.setenv("https_proxy", proxy.url.replace("http:", "socks5:"))
    assert "SOCKS" in str(refusal("https://1.1.1.1/"))

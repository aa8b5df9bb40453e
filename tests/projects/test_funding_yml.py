"""FUNDING.yml: places where money is taken, and nothing that YAML could do beside."""

import time

import pytest

from funders.ledger import printable
from projects import funding_yml
from projects.documents import Refused
from projects.funding_yml import ADDRESSES, CUSTOM


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("github: [a, b, c, d, e]", "github: has too many entries: at most 4"),
        ("liberapay: [a, b]", "liberapay: has too many entries: at most 1"),
        ("custom: [a.org, b.org, c.org, d.org, e.org]", "custom: has too many entries: at most 4"),
        ("paypal: sand", "paypal: is not known: use buy_me_a_coffee, community_bridge, github"),
        ("github: 42", "github[0]: must be a text: put it in quotation marks"),
        ("patreon: no", "patreon[0]: must be a text: put it in quotation marks"),
        ("ko_fi: {name: sand}", "ko_fi[0]: must be a text: put it in quotation marks"),
        ("ko_fi: https://ko-fi.com/sand", "ko_fi[0]: is not the name of an account"),
        ("github: sand castle", "github[0]: is not the name of an account"),
        ("custom: alice@example.org", "custom[0]: is not a web address"),
        ("custom: 'javascript:alert(1)'", "custom[0]: is not a web address"),
        ("github: [a\nko_fi: b", "line 2: is not YAML: check its quotation marks and brackets"),
        ("a: &x [1]\nb: *x", "It has YAML anchors or aliases (&, *): write it without."),
        ("github: !!python/object/apply:os.system [ls]", "line 1: is not YAML"),
        ("github: 2024-13-45", "It is not YAML that can be read."),
        ("github: a\n---\ngithub: b", "line 2: is not YAML"),
        ("- " * 15_000, "It is not YAML that can be read."),
        ("[" * 32_000, "It has more brackets than such a list needs: write it without."),
        ("[a, {b: " * 4_000, "It has more brackets than such a list needs: write it without."),
        ('"\\0\\ud800key": a', "key: is not known: use buy_me_a_coffee"),
        ("? [a]\n: b", "is not YAML"),
        ("just words", "It must have lines such as “liberapay: name”."),
        ('custom: "https://example.org/\\ud800"', "custom[0]: is not a web address"),
        ('custom: "https://example.org/\\0"', "custom[0]: is not a web address"),
        ("github: \x07", "It is not YAML that can be read."),
    ],
)
def test_each_fault_is_named(text, problem):
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        funding_yml.read(text)
    assert problem in str(refused.value)
    assert printable(str(refused.value).replace("\n", ""))
    assert time.monotonic() - began < 5


def test_every_key_of_github_is_known_and_the_empty_ones_of_its_template_say_nothing():
    template = "".join(f"{key}: # Replace with a name\n" for key in [*ADDRESSES, CUSTOM])
    assert funding_yml.read(template) == {}
    assert funding_yml.read("") == {}
    assert funding_yml.facts(
        funding_yml.read("\n".join(f"{key}: sand" for key in ADDRESSES))
    ).channels.keys() == {f"{key}:sand" for key in ADDRESSES}

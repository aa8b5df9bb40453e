"""For which addresses a manifest may speak unasked, and where the others must say that it does."""

import pytest

from fundtracker.http import FetchError, Reply
from projects import well_known
from tests.factories import NOW

BLOB = "https://github.com/sand/castles/blob/main/funding.json"


@pytest.mark.parametrize(
    ("manifest", "address", "needed"),
    [
        ("https://a.org/funding.json", "https://a.org", False),
        ("https://a.org/funding.json", "https://A.org:443/any/where", False),
        ("https://a.org/funding.json", "https://www.a.org/", True),
        ("https://a.org/funding.json", "https://a.org:8443/", True),
        ("https://a.org/sand/files/funding.json", "https://a.org/sand", False),
        ("https://a.org/sand/funding.json", "https://a.org/sand/castles", False),
        ("https://a.org/sand/funding.json", "https://a.org/sandals", True),
        ("https://a.org/sand/funding.json", "https://a.org/water", True),
        ("https://a.org/sand/funding.json", "https://a.org/sand/../water", True),
        ("https://a.org/sand/funding.json", "https://a.org/sand/%2e%2e/water", True),
        (BLOB, "https://github.com/sand/castles", False),
        (BLOB, "https://github.com/sand/buckets", True),
        ("https://github.com/sand/sand/blob/main/funding.json", "https://github.com/sand/buckets", False),
        ("https://github.com/sand/sand/blob/main/funding.json", "https://github.com/water/buckets", True),
        ("https://codeberg.org/sand/sand/raw/funding.json", "https://codeberg.org/sand/buckets", True),
    ],
)
def test_a_manifest_speaks_for_what_is_beside_below_or_above_it(manifest, address, needed):
    assert well_known.needed(manifest, address) is needed


@pytest.mark.parametrize(
    ("list_at", "address", "fits"),
    [
        ("https://a.org/.well-known/funding-manifest-urls", "https://a.org/sand", True),
        ("https://a.org/sand/.well-known/funding-manifest-urls", "https://a.org/sand", True),
        (
            "https://github.com/sand/castles/blob/main/.well-known/funding-manifest-urls",
            "https://github.com/sand/castles",
            True,
        ),
        (
            "https://github.com/sand/castles2/blob/main/.well-known/funding-manifest-urls",
            "https://github.com/sand/castles",
            False,
        ),
        ("https://a.org/water/.well-known/funding-manifest-urls", "https://a.org/sand", False),
        ("https://b.org/.well-known/funding-manifest-urls", "https://a.org/sand", False),
    ],
)
def test_the_list_lies_where_only_its_owner_can_put_it(list_at, address, fits):
    assert well_known.fits(list_at, address) is fits


@pytest.fixture
def answers(monkeypatch):
    """What is asked for, and an answer that comes from `came_from`."""
    asked = []

    def answer(came_from, body=b"", status=200):
        def fetch(url, **options):
            asked.append((url, options["params"]))
            return Reply(status, {}, body, came_from, NOW)

        monkeypatch.setattr(well_known, "fetch", fetch)
        return asked

    return answer


def test_github_is_asked_for_the_file_and_may_send_us_to_its_own_store(answers):
    asked = answers("https://raw.githubusercontent.com/sand/castles/main/funding.json", b"{}")
    assert well_known.answer(BLOB, 10, 1.0).body == b"{}"
    assert asked == [(BLOB, {"raw": "true"})]


@pytest.mark.parametrize("url", ["https://a.org/funding.json", "https://github.com/sand/castles/raw/x"])
def test_nobody_else_may_send_us_to_another_host(answers, url):
    answers("https://raw.githubusercontent.com/funding.json")
    with pytest.raises(FetchError, match="sends us on to raw.githubusercontent.com: give the address there"):
        well_known.answer(url, 10, 1.0)


@pytest.mark.parametrize(
    ("body", "confirmed"),
    [
        (f"https://b.org/funding.json\n{BLOB}\n", True),
        (f"https://b.org/funding.json\r\n{BLOB}\r\n", True),
        (f"{BLOB}x\n", False),
        (f" {BLOB}\n", False),
        (f"{BLOB}/\n", False),
        ("x\n" * 99 + BLOB, True),
        ("x\n" * 100 + BLOB, False),
        ("", False),
    ],
)
def test_the_list_names_the_manifest_exactly_in_its_first_hundred_lines(answers, body, confirmed):
    list_at = "https://a.org/.well-known/funding-manifest-urls"
    answers(list_at, body.encode())
    assert (well_known.doubt(list_at, BLOB) == "") is confirmed

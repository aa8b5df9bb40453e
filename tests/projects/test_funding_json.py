"""funding.json: what is sound is read, and each thing that is not says where it is and how to mend it."""

import json
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funders.sandbox.manifests import manifest
from projects import funding_json
from projects.documents import Refused

URL = "https://sand.example.org/funding.json"
SOUND = manifest("https://sand.example.org", "https://sand.example.net")
GONE = object()


def read(document, url=URL):
    return funding_json.read(json.loads(json.dumps(document), parse_float=Decimal), url)


def spoilt(path, value):
    document = part = deepcopy(SOUND)
    for step in path[:-1]:
        part = part[step]
    if value is GONE:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return document


def dotted(path):
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


ENTITY, PROJECT, CHANNEL = ("entity",), ("projects", 1), ("funding", "channels", 1)
PLAN, YEAR = ("funding", "plans", 1), ("funding", "history", 1)
BAD = [
    (("version",), "v2.0.0", "must be v1.0.0 or v1.1.0: only version 1 is known here"),
    (("version",), 1.1, "must be a text in quotation marks"),
    (("entity",), GONE, "is missing: add it"),
    (("entity",), [], "must be an object in braces { }"),
    ((*ENTITY, "type"), "company", "must be 'individual', 'group', 'organisation' or 'other'"),
    ((*ENTITY, "role"), "boss", "must be 'owner', 'steward', 'maintainer', 'contributor' or 'other'"),
    ((*ENTITY, "name"), "S", "is too short: it needs 2 characters or more"),
    ((*ENTITY, "name"), "S" * 251, "is too long: at most 250 characters"),
    ((*ENTITY, "name"), "Sand\0", "has a character in it that cannot be stored (\\u0000): take it out"),
    ((*ENTITY, "email"), GONE, "is missing: add it"),
    ((*ENTITY, "email"), "nobody", "is not an e-mail address"),
    ((*ENTITY, "phone"), "0" * 33, "is too long: at most 32 characters"),
    ((*ENTITY, "description"), "Sand", "is too short: it needs 5 characters or more"),
    ((*ENTITY, "webpageUrl"), "https://sand.example.org", "must be an object in braces { }"),
    (
        (*ENTITY, "webpageUrl", "url"), "https://sand.example.org/\0",
        "is not a web address: it must start with https:// or http:// and name a host",
    ),
    (
        (*ENTITY, "webpageUrl", "url"), "",
        "is not a web address: it must start with https:// or http:// and name a host",
    ),
    (
        (*ENTITY, "webpageUrl", "url"), "https://bob:pw@sand.example.org/",
        "is not a web address: it must start with https:// or http:// and name a host",
    ),
    (("projects",), [], "is too short a list: it needs 1 entry or more"),
    (("projects",), SOUND["projects"] * 16, "is too long a list: at most 30 entries"),
    (("projects",), {}, "must be a list in brackets [ ]"),
    ((*PROJECT, "guid"), "sandcastles", "“sandcastles” is there twice: keep one"),
    ((*PROJECT, "guid"), "sb", "is too short: it needs 3 characters or more"),
    ((*PROJECT, "guid"), "s" * 33, "is too long: at most 32 characters"),
    *(
        ((*PROJECT, "guid"), guid, "must be small letters, digits and single dashes between them, such as my-project")
        for guid in ("sand--castles", "Sand", "-sand", "sand_castle", "sänd", "sand\n")
    ),
    ((*PROJECT, "description"), GONE, "is missing: add it"),
    ((*PROJECT, "repositoryUrl"), GONE, "is missing: add it"),
    ((*PROJECT, "licenses"), [], "is too short a list: it needs 1 entry or more"),
    ((*PROJECT, "licenses"), ["spdx:MIT"] * 6, "is too long a list: at most 5 entries"),
    ((*PROJECT, "licenses", 0), None, "must be a text in quotation marks"),
    ((*PROJECT, "tags"), ["sand"] * 11, "is too long a list: at most 10 entries"),
    ((*PROJECT, "tags", 0), "Sand boxes", "must be small letters, digits and dashes, such as developer-tools"),
    (
        ("projects", 0, "webpageUrl", "wellKnown"), "https://sand.example.net/list",
        "must end in /.well-known/funding-manifest-urls",
    ),
    (
        ("projects", 0, "webpageUrl", "wellKnown"), "https://x.example.org/.well-known/funding-manifest-urls",
        "must be on the same host as https://sand.example.net, at its root or below that address",
    ),
    (("funding",), GONE, "is missing: add it"),
    (("funding", "channels"), [], "is too short a list: it needs 1 entry or more"),
    (("funding", "channels"), SOUND["funding"]["channels"] * 3, "is too long a list: at most 10 entries"),
    ((*CHANNEL, "guid"), "collective", "“collective” is there twice: keep one"),
    ((*CHANNEL, "type"), "paypal", "must be 'bank', 'payment-provider', 'cheque', 'cash' or 'other'"),
    ((*CHANNEL, "address"), "x" * 251, "is too long: at most 250 characters"),
    (("funding", "plans"), [], "is too short a list: it needs 1 entry or more"),
    (("funding", "plans"), SOUND["funding"]["plans"] * 3, "is too long a list: at most 10 entries"),
    ((*PLAN, "guid"), "maintainer", "“maintainer” is there twice: keep one"),
    ((*PLAN, "status"), "asleep", "must be 'active' or 'inactive'"),
    ((*PLAN, "name"), "Tea", None),
    ((*PLAN, "name"), "Te", "is too short: it needs 3 characters or more"),
    ((*PLAN, "amount"), "1500", "must be a number without quotation marks, such as 1500 or 99.50"),
    ((*PLAN, "amount"), True, "must be a number without quotation marks, such as 1500 or 99.50"),
    ((*PLAN, "amount"), 99.505, "99.505 has more decimals than EUR has (2)"),
    ((*PLAN, "amount"), -1, "must be 0 or more"),
    ((*PLAN, "amount"), 1_000_000_001, "must be 1000000000 or less"),
    ((*PLAN, "currency"), "EURO", "is not a currency: use a code of ISO 4217, such as EUR"),
    ((*PLAN, "currency"), "eur", "is not a currency: use a code of ISO 4217, such as EUR"),
    (
        (*PLAN, "frequency"), "daily",
        "must be 'one-time', 'weekly', 'fortnightly', 'monthly', 'yearly' or 'other'",
    ),
    ((*PLAN, "channels", 0), "purse", "“purse” is not in funding.channels: add it there or take it out here"),
    ((*YEAR, "year"), "2025", "must be a whole number without quotation marks"),
    ((*YEAR, "year"), 1969, "must be 1970 or more"),
    ((*YEAR, "year"), 2024, "“2024 EUR” is there twice: keep one"),
    ((*YEAR, "currency"), GONE, "is missing: add it"),
    ((*YEAR, "income"), -5, "must be 0 or more"),
    ((*YEAR, "taxes"), 0.125, "0.125 has more decimals than EUR has (2)"),
    ((*YEAR, "description"), "x" * 501, "is too long: at most 500 characters"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "words"), BAD, ids=[f"{dotted(path)}-{number}" for number, (path, *_) in enumerate(BAD)]
)
def test_each_fault_is_named_by_its_place_and_mended_by_its_words(path, value, words):
    if words is None:
        assert read(spoilt(path, value))
        return
    with pytest.raises(Refused) as refused:
        read(spoilt(path, value))
    assert str(refused.value.problems[0]) == f"{dotted(path)}: {words}"
    # A plan misses the channel that has another's name.
    assert len(refused.value.problems) == (2 if "“collective”" in words else 1)


def test_both_versions_of_the_sandbox_are_sound():
    assert read(SOUND)["version"] == "v1.1.0"
    assert read({key: value for key, value in SOUND.items() if key != "version"})["version"] == "v1.1.0"
    assert read(SOUND | {"version": "v1.0.0", "projects": SOUND["projects"][1:]})["version"] == "v1.0.0"


def test_all_faults_are_told_at_once_but_not_endlessly():
    document = deepcopy(SOUND)
    document["projects"] = [{} for _ in range(30)]
    document["entity"]["name"] = ""
    with pytest.raises(Refused) as refused:
        read(document)
    assert len(refused.value.problems) == 30
    assert refused.value.problems[:2] == [
        ("entity.name", "is too short: it needs 2 characters or more"),
        ("projects[0].guid", "is missing: add it"),
    ]


def test_a_wrong_e_mail_address_is_not_repeated():
    with pytest.raises(Refused) as refused:
        read(spoilt(("entity", "email"), "alice at example.org"))
    assert "alice" not in str(refused.value)


def test_what_is_not_of_the_standard_is_not_kept():
    said = read(spoilt(("entity", "postalAddress"), "1 Beach, Sandtown"))
    assert set(said) == {"version", "entity", "projects", "funding"}
    assert set(said["entity"]) == {"type", "role", "name", "description", "webpageUrl"}


def test_e_mail_addresses_are_left_out_of_every_text():
    document = spoilt(
        ("entity", "description"), "Write to alice+sand@mail.example.org or @sand@social.example"
    )
    document["funding"]["channels"][1]["address"] = "https://pay.example.org/?to=alice%40example.org&sum=5"
    said = read(document)
    assert said["entity"]["description"] == "Write to […] or @sand@social.example"
    assert said["funding"]["channels"][1]["address"] == "https://pay.example.org/?to=[…]&sum=5"


@pytest.mark.parametrize(
    ("kind", "kept"), [("individual", ""), ("organisation", "Sandbox Bank, account 0000")]
)
def test_the_bank_account_of_a_person_is_not_kept(kind, kept):
    said = read(spoilt(("entity", "type"), kind))
    assert said["funding"]["channels"][3]["address"] == kept
    assert said["funding"]["channels"][0]["address"] == "https://opencollective.com/sandbox"


@pytest.mark.parametrize(
    ("frequency", "amount", "currency", "minor", "becomes"),
    [
        ("weekly", 100, "EUR", 520_000, "yearly"),
        ("fortnightly", 0.07, "EUR", 182, "yearly"),
        ("monthly", 2.5, "KWD", 2_500, "monthly"),
        ("yearly", 1000, "JPY", 1_000, "yearly"),
        ("one-time", 10.5, "EUR", 1_050, "once"),
        ("other", 1, "EUR", 100, "other"),
        ("monthly", 0, "EUR", None, "monthly"),
    ],
)
def test_amounts_are_exact_in_the_minor_unit(frequency, amount, currency, minor, becomes):
    document = deepcopy(SOUND)
    document["funding"]["plans"][1] |= {"frequency": frequency, "amount": amount, "currency": currency}
    cost = funding_json.facts(read(document), "buckets").plans["hosting"]
    assert (cost["amount_minor"], cost["currency"], cost["frequency"]) == (minor, currency, becomes)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PLACES = sorted({path for path, *_ in BAD} | {(*PLAN, "description"), (*YEAR, "expenses")}, key=str)


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_anywhere_it_is_read_or_refused_in_words(path, value):
    document = spoilt(path, value)
    with suppress(Refused):  # any other error fails
        json.dumps(funding_json.read(document, URL)).encode()

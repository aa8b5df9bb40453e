"""FUNDING.yml, GitHub's list of places where a project takes money. It says nothing of needs or of years."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from django.utils.translation import gettext

from funders.ledger import legible
from projects.documents import Facts, Problem, Refused, is_web_address, without_e_mails

LARGEST = 32 * 1024  # bytes
MOST_BRACKETS = 100  # thousands inside of each other keep the parser busy for minutes
# Key → the address of what it names. GitHub shows nothing for a key that is not here.
ADDRESSES = {
    "buy_me_a_coffee": "https://buymeacoffee.com/{}",
    "community_bridge": "https://crowdfunding.lfx.linuxfoundation.org/projects/{}",
    "github": "https://github.com/sponsors/{}",
    "issuehunt": "https://issuehunt.io/r/{}",
    "ko_fi": "https://ko-fi.com/{}",
    "lfx_crowdfunding": "https://crowdfunding.lfx.linuxfoundation.org/projects/{}",
    "liberapay": "https://liberapay.com/{}",
    "open_collective": "https://opencollective.com/{}",
    "otechie": "https://otechie.com/{}",
    "patreon": "https://www.patreon.com/{}",
    "polar": "https://polar.sh/{}",
    "thanks_dev": "https://thanks.dev/{}",
    "tidelift": "https://tidelift.com/funding/github/{}",
}
CUSTOM = "custom"
MOST = {"github": 4, CUSTOM: 4}  # of the others one
NAME = re.compile(r"[A-Za-z0-9@_][A-Za-z0-9@_.+/-]{0,99}")


def read(text: str) -> dict[str, list[str]]:
    """Key → names or addresses, ready to be stored. Refused with every reason."""
    raw = _loaded(text)
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise Refused([Problem("", gettext("It must have lines such as “liberapay: name”."))])
    document: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        if key != CUSTOM and key not in ADDRESSES:
            known = ", ".join([*ADDRESSES, CUSTOM])
            problems.append(
                Problem(legible(str(key))[:50], gettext("is not known: use %(known)s") % {"known": known})
            )
        elif value not in (None, "", []):
            values = value if isinstance(value, list) else [value]
            problems += _problems(key, values)
            document[key] = values
    if problems:
        raise Refused(problems)
    public: dict[str, list[str]] = without_e_mails(document)
    return public


def _loaded(text: str) -> Any:
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        wanted = gettext("It has more brackets than such a list needs: write it without.")
        raise Refused([Problem("", wanted)])
    try:
        # An alias may stand for another that stands for another: a few lines, and a billion entries.
        if any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in yaml.scan(text)):
            raise Refused([Problem("", gettext("It has YAML anchors or aliases (&, *): write it without."))])
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        where = gettext("line %(number)s") % {"number": line}
        raise Refused(
            [Problem(where, gettext("is not YAML: check its quotation marks and brackets"))]
        ) from None
    except Refused:
        raise
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise Refused([Problem("", gettext("It is not YAML that can be read."))]) from None


def _problems(key: str, values: list[Any]) -> Iterator[Problem]:
    most = MOST.get(key, 1)
    if len(values) > most:
        yield Problem(key, gettext("has too many entries: at most %(most)s") % {"most": most})
    for place, value in enumerate(values):
        where = f"{key}[{place}]"
        if not isinstance(value, str):
            yield Problem(where, gettext("must be a text: put it in quotation marks"))
        elif key == CUSTOM and not (len(value) <= 240 and is_web_address(_whole(value))):
            yield Problem(where, gettext("is not a web address: write it like https://example.org/donate"))
        elif key != CUSTOM and not NAME.fullmatch(value):
            yield Problem(where, gettext("is not the name of an account: leave out spaces and the address"))


def facts(document: Mapping[str, list[str]]) -> Facts:
    channels = {}
    for key, values in document.items():
        for place, value in enumerate(values, start=1):
            address = _whole(value) if key == CUSTOM else ADDRESSES[key].format(value)
            kind = "other" if key == CUSTOM else "payment-provider"
            name = f"{key}:{place}" if key == CUSTOM else f"{key}:{value}"
            channels[name] = {"type": kind, "address": address, "description": ""}
    return Facts(channels=channels)


def _whole(address: str) -> str:
    return address if re.match(r"(?i)https?://", address) else f"https://{address}"

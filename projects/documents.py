"""What the two kinds of manifest share: how one is refused, what is taken out of it, and the facts that stay. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

# Personal data, also inside of texts and addresses. A handle such as @name@example.org has an @ before it.
E_MAIL = re.compile(r"(?<![\w.+@-])[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# Shorter than any of them: no text outgrows its column.
LEFT_OUT = "[…]"
MOST_PROBLEMS = 30
_web_address = URLValidator(["http", "https"])


class Problem(NamedTuple):
    """`where` is a path such as funding.plans[0].amount; `what` says what is wrong there, and how to mend it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class Refused(ValueError):
    """A manifest that cannot be read, with every reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)[:MOST_PROBLEMS]
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Facts:
    """A manifest in our words: values of Project, and of Cost, Channel and Year by what each is known by."""

    project: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    years: Mapping[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict)


def is_web_address(text: str) -> bool:
    """Whether it names a host on the web, and no user there, in letters that can be stored and read."""
    try:
        _web_address(text)
    except ValidationError:
        return False
    return text.isprintable() and "@" not in text.split("/")[2]


def storable(text: str) -> bool:
    """PostgreSQL takes no zero character."""
    return "\0" not in text


def without_e_mails(value: Any) -> Any:
    """The same lists and dicts, with every e-mail address in their texts left out."""
    if isinstance(value, str):
        return E_MAIL.sub(LEFT_OUT, value)
    if isinstance(value, list):
        return [without_e_mails(one) for one in value]
    if isinstance(value, dict):
        return {key: without_e_mails(one) for key, one in value.items()}
    return value

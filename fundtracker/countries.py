"""Countries by their codes (ISO 3166-1, two letters), named in the reader's language. Pure."""

from collections.abc import Iterable

from babel.core import Locale
from django.utils.translation import get_language


def name(code: str) -> str:
    """Germany; the code itself where it is no country's."""
    locale = Locale.parse((get_language() or "en").replace("-", "_"))
    return str(locale.territories.get(code, code))


def names(codes: Iterable[str]) -> str:
    """Austria, Germany"""
    return ", ".join(sorted(name(code) for code in codes))

"""What lies in the database encrypted, with settings.TOKEN_KEYS: tokens, secrets, messages nobody has booked yet.

A field whose name ends in _sealed holds such a text: that is how rotate_tokens finds all of them.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unopened(ValueError):
    """None of TOKEN_KEYS opens a sealed text."""


def sealed(text: str) -> str:
    """As it may lie in the database; nothing stays nothing."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def unsealed(text: str) -> str:
    """What was sealed. Unopened if none of TOKEN_KEYS opens it."""
    try:
        return _keys().decrypt(text.encode()).decode() if text else ""
    except InvalidToken:
        raise Unopened("None of TOKEN_KEYS opens this: put the old key back") from None


def is_newest(text: str) -> bool:
    """Whether the first of TOKEN_KEYS opens it; nothing needs no key."""
    try:
        return not text or bool(Fernet(settings.TOKEN_KEYS[0]).decrypt(text.encode()))
    except InvalidToken:
        return False


def resealed(text: str) -> str:
    """The same with the first of TOKEN_KEYS. Unopened if none of them opens it."""
    return sealed(unsealed(text))


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])

"""What lies in the database encrypted, with settings.TOKEN_KEYS: tokens, secrets, messages nobody has booked yet."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def sealed(text: str) -> str:
    """As it may lie in the database; nothing stays nothing."""
    return _keys().encrypt(text.encode()).decode() if text else ""


def unsealed(text: str) -> str:
    """What was sealed. ValueError if none of TOKEN_KEYS opens it."""
    try:
        return _keys().decrypt(text.encode()).decode() if text else ""
    except InvalidToken:
        raise ValueError("None of TOKEN_KEYS opens this: put the old key back") from None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])

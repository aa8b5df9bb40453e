"""Who gives in the sandbox. Everybody is evidently invented."""

from random import Random
from typing import Any
from uuid import UUID, uuid5

SPACE = UUID("6f7b1f4e-6e70-4e0b-9d0e-0d9b2f6a5c11")
Account = dict[str, Any]

COMPANIES = (
    "Example Ltd",
    "Example GmbH",
    "Sample SARL",
    "Placeholder Oy",
    "Specimen AB",
    "Example Hosting BV",
)
PEOPLE = 400


def identity(seed: int, name: str) -> str:
    return str(uuid5(SPACE, f"{seed}:{name}"))


def number(text: str) -> int:
    return int(text.replace("-", "")[:7], 16)


def account(kind: str, slug: str, name: str, *, seed: int = 0, currency: str = "EUR", **more: Any) -> Account:
    found = identity(seed, f"account {slug}")
    return {
        "__typename": kind,
        "id": found,
        "legacyId": number(found),
        "publicId": f"acc_{found.replace('-', '')[:20]}",
        "slug": slug,
        "name": name,
        "type": kind.upper(),
        "currency": currency,
        "isIncognito": False,
        "isPrivate": False,
        "isGuest": False,
        **more,
    }


def person(seed: int, place: int) -> Account:
    return account("Individual", f"sandbox-giver-{place}", f"Sandbox Giver {place}", seed=seed)


def company(seed: int, place: int) -> Account:
    name = COMPANIES[place % len(COMPANIES)]
    return account("Organization", name.lower().replace(" ", "-"), name, seed=seed)


def organization(seed: int, slug: str, name: str) -> Account:
    return account("Organization", slug, name, seed=seed)


def anyone(seed: int, dice: Random) -> Account:
    """A person mostly; one in ten gives incognito, and one in ten as a guest without an account."""
    place, chance = dice.randrange(PEOPLE), dice.random()
    if chance < 0.1:
        slug = f"incognito-{identity(seed, f'hidden {place}')[:8]}"
        return account("Individual", slug, "Incognito", seed=seed, isIncognito=True)
    if chance < 0.2:
        slug = f"guest-{identity(seed, f'guest {place}')[:8]}"
        return account("Individual", slug, "Guest", seed=seed, isGuest=True)
    return person(seed, place)

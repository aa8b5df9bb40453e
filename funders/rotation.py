"""Sealed texts move to the newest of TOKEN_KEYS: every field whose name ends in _sealed, of every model."""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import models

from funders.models.sealing import is_newest, resealed

BATCH = 500


class Seal(NamedTuple):
    """One sealed text, and where it is kept."""

    model: type[models.Model]
    field: str
    pk: int
    text: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name} {self.pk}, {self.field}"


def seals() -> Iterator[Seal]:
    """All there are, each asked for when its turn comes: what is new or changed meanwhile is seen as it is."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.name.endswith("_sealed"):
                yield from _of(model, field.name)


def _of(model: type[models.Model], field: str) -> Iterator[Seal]:
    last = 0
    while True:
        rows = model._default_manager.filter(pk__gt=last).exclude(**{field: ""}).order_by("pk")
        found = list(rows.values_list("pk", field)[:BATCH])
        yield from (Seal(model, field, pk, text) for pk, text in found)
        if not found:
            return
        last = found[-1][0]


def rotate(seal: Seal) -> bool:
    """Whether it had to be sealed anew. Unopened if none of TOKEN_KEYS opens it.

    The text that was read is named, so that one put in meanwhile stays; killed in between, the next run goes on.
    """
    if is_newest(seal.text):
        return False
    fresh = {seal.field: resealed(seal.text)}
    seal.model._default_manager.filter(pk=seal.pk, **{seal.field: seal.text}).update(**fresh)
    return True


def is_under_way() -> bool:
    """Whether there are old keys that something still needs. With one key there is none."""
    return len(settings.TOKEN_KEYS) > 1 and any(not is_newest(seal.text) for seal in seals())

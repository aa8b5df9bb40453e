"""What the forms of these pages share: a click counts once, and nobody overwrites what they have not seen."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db import models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from funders.models import Commitment, Instalment
from fundtracker.models import Site, User


def today() -> date:
    return timezone.now().astimezone(Site.current().zone).date()


def day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class Keyed(forms.Form):
    """`key` makes a double click one."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class Seen(forms.Form):
    """`seen` is the version of the row that the form's author knew of."""

    seen = forms.RegexField(r"^\d+\.\d+$", widget=forms.HiddenInput, required=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody else changed meanwhile: `who`, and fields with what they were and are."""

    who: str
    fields: list[tuple[str, Any, Any]]


def version(row: models.Model) -> str:
    """The last event of the row, and of its instalments: history has one for each change."""
    own, parts = (query.aggregate(last=Max("pgh_id"))["last"] or 0 for query in _histories(row))
    return f"{own}.{parts}"


def overtaken(form: Any, row: models.Model, now: str) -> Change | None:
    """What changed after the version that the form knew; None if nothing did. Sent again, the form knows of it."""
    seen = form.cleaned_data.get("seen")
    if seen in ("", now):
        return None
    typed = form.data.copy()
    typed["seen"] = now
    form.data = typed
    own, parts = (query.select_related("pgh_context").order_by("-pgh_id") for query in _histories(row))
    before = own.filter(pgh_id__lte=int(seen.partition(".")[0])).first()
    newer = own.first()
    if before is None or newer == before:
        return Change(_who(parts.first()), [])
    return Change(_who(newer), list(_differences(type(row), before, newer)))


def _differences(model: type[models.Model], before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Names as the forms say them; a choice in its words."""
    for field in model._meta.concrete_fields:
        was, now = (getattr(event, field.attname, None) for event in (before, after))
        if was != now and not field.is_relation:
            words = dict(field.flatchoices)
            yield str(field.verbose_name).partition(",")[0], words.get(was, was), words.get(now, now)


def _who(event: Any) -> str:
    """The context of a change names its user; a worker's has none."""
    context = event.pgh_context if event else None
    user = User.objects.filter(pk=context.metadata.get("user")).first() if context else None
    return str(user or _("somebody"))


def _histories(row: models.Model) -> "tuple[models.QuerySet[Any], models.QuerySet[Any]]":
    """The events of a row, and of a promise's instalments."""
    own, parts = type(row), Instalment  # type: Any, Any
    about = row.pk if isinstance(row, Commitment) else None
    return own.pgh_event_model.objects.filter(pgh_obj=row.pk), parts.pgh_event_model.objects.filter(
        commitment=about
    )

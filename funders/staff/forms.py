"""What the forms of these pages share: a click counts once, and nobody overwrites what they have not seen."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody else changed meanwhile: `who`, and fields with what they were and are."""

    who: str
    fields: list[tuple[str, Any, Any]]


def version(row: models.Model) -> int:
    """When the row was last changed, or one of its instalments, in microseconds: history has each change."""
    made = [query.aggregate(last=Max("pgh_created_at"))["last"] for query in _histories(row)]
    return max((int(when.timestamp() * 1_000_000) for when in made if when), default=0)


def overtaken(form: Any, row: models.Model, now: int) -> Change | None:
    """What changed after the version that the form knew; None if nothing did. Sent again, the form knows of it."""
    seen = form.cleaned_data.get("seen")
    if seen in (None, now):
        return None
    typed = form.data.copy()
    typed["seen"] = str(now)
    form.data = typed
    since = datetime.fromtimestamp(seen / 1_000_000, UTC) + timedelta(microseconds=1)
    own, *parts = _histories(row)
    newer = own.filter(pgh_created_at__gt=since).select_related("pgh_context").order_by("-pgh_id").first()
    before = own.filter(pgh_created_at__lte=since).order_by("-pgh_id").first()
    if newer is None or before is None:
        last = [q.select_related("pgh_context").order_by("-pgh_id").first() for q in (*parts, own)]
        return Change(_who(last[0]), [])
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
    pk = (event.pgh_context.metadata or {}).get("user") if event.pgh_context else None
    return str(User.objects.filter(pk=pk).first() or _("somebody"))


def _histories(row: models.Model) -> "list[models.QuerySet[Any]]":
    """The events of a row, and of a promise's instalments too."""
    own: Any = type(row)
    found = [own.pgh_event_model.objects.filter(pgh_obj=row.pk)]
    if isinstance(row, Commitment):
        parts: Any = Instalment
        found.append(parts.pgh_event_model.objects.filter(commitment=row.pk))
    return found

"""Erasing a person: their name, ids, addresses and words go from every table; the money stays as it was booked.

What stays is the keyed digest of each identity. It says nothing to anybody without the key, and stops the next sync
from naming the person again. No entry is touched, so totals and revisions are what they were.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext as _
from pghistory.models import Context

from funders import logos, subjects
from funders.connectors import heads
from funders.connectors.base import Rejected
from funders.ledger import giver_digest
from funders.models import Delivery, Funder, Giver, Source, SyncRun, Upload
from funders.subjects import ADDRESS, WORDS, Subject, belonging, digests, naming, quotes
from fundtracker import changes, middleware, seals, unsent

ERASED = "erased person"
# What says nothing without its person.
EMPTIED = ("giver_name", "name", "reporter_name", "contact", "evidence_url")
# What of each kind of row is personal and goes. Each text of a row that hangs on a person is either here or in STAYS.
PERSONAL: Mapping[str, tuple[str, ...]] = {
    "funders.Giver": ("external_id", "name", "url"),
    "funders.Funder": ("slug", "name", "url", "summary", "contact", "logo"),
    "funders.Consent": ("evidence", "withdrawn_why"),
    "funders.Commitment": ("title", "url"),
}
# What stays, and why.
STAYS: Mapping[str, str] = {
    "funders.Giver.digest": "keyed: it keeps the next sync from naming the person again",
    "funders.Commitment.external_id": "the provider's id of the promise: without it the next sync would book it anew",
    "funders.Commitment.designation": "decides which project the money reaches",
    "funders.Commitment.currency": "of an amount",
    "funders.Entry": "never changed: it holds no name, and only ids of payments",
    "funders.Programme": "an organisation's offer",
    "projects.Cost": "a project's need: what is given in kind for it is still given",
    "projects.Reliance": "an organisation that depends on a project; what of it names the person goes, see WORDS",
}
# What was written about a source's data, and may quote them.
_QUOTES = ((SyncRun, "error"), (Delivery, "error"), (Upload, "refused"))


@transaction.atomic
def erase(subject: Subject, *, quoted: str = "") -> bool:
    """Forget the person. False where that is done already. `quoted` is an id of theirs that is not kept here."""
    pks = [giver.pk for giver in subject.givers]
    givers = list(Giver.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk"))
    funder = Funder.objects.select_for_update().get(pk=subject.funder.pk) if subject.funder else None
    if Subject(givers, funder).is_erased:
        return False
    needles = subjects.needles(subject, quoted)
    addresses = set(ADDRESS.findall(" ".join([quoted, *needles, funder.contact if funder else ""])))
    needles = sorted({*needles, *addresses})
    instead: dict[type[models.Model], dict[str, Any]] = {Giver: {"named_at": None, "erased_at": Now()}}
    if funder:
        instead[Funder] = {"name": ERASED, "slug": funder.erased_slug, "is_public": False}
    for model, rows in belonging(subject).items():
        if model._meta.label in PERSONAL:
            _blank(rows, needles, instead.get(model, {}))
    _stop_public_ids(givers, quoted)
    sources = [giver.source_id for giver in givers]
    _forget_quotes(sources, needles)
    _forget_messages(sources, needles)
    _forget_rejections(needles)
    _forget_unbooked(needles)
    forget_files(Upload.objects.filter(source__in=sources))
    take_down(needles)
    for label, fields in WORDS.items():
        forget_words(label, fields, needles)
    forget_letters(needles, addresses)
    unsent.forget()
    transaction.on_commit(middleware.forget_copies)
    return True


def readmit(subject: Subject) -> None:
    """With new consent the next sync, and staff, may name the person again."""
    Giver.objects.filter(pk__in=[giver.pk for giver in subject.givers]).update(erased_at=None)
    if subject.funder:
        Funder.objects.filter(pk=subject.funder.pk).update(slug=f"funder-{subject.funder.pk}")


def forget_files(uploads: "models.QuerySet[Upload]", *, before: datetime | None = None) -> int:
    """Delete files that are booked: all of them, or those booked before a time. How many those were."""
    booked = uploads.exclude(file="").exclude(booked_at=None)
    if before:
        booked = booked.filter(booked_at__lt=before)
    names = dict(booked.values_list("pk", "file"))
    Upload.objects.filter(pk__in=names).update(file="")
    _delete_files(names.values())
    return len(names)


def names_the_person(subject: Subject, text: str) -> bool:
    return quotes(text, subjects.needles(subject, ""))


def _blank(rows: "models.QuerySet[Any]", needles: list[str], instead: Mapping[str, Any]) -> None:
    """The personal fields of rows, of what the history keeps of them, and of what the admin noted."""
    model, pks = rows.model, list(rows.values_list("pk", flat=True))
    fields = PERSONAL[model._meta.label]
    logos_lost = set(rows.exclude(logo="").values_list("logo", flat=True)) if model is Funder else set()
    empty = dict.fromkeys(fields, "")
    model._base_manager.filter(pk__in=pks).update(**{**empty, **instead})
    # One picture may be the logo of two: its name is its content.
    logos_lost -= set(Funder.objects.filter(logo__in=logos_lost).values_list("logo", flat=True))
    _delete_files(logos.file_name(one, box) for one in logos_lost for box in logos.SIZES)
    if model._meta.label in changes.tracked():
        blank_history(model._meta.label, pks, empty, needles)
    kind = ContentType.objects.get_for_model(model)
    noted = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in pks])
    noted.update(object_repr=ERASED, change_message="")


def blank_history(label: str, pks: list[int], empty: Mapping[str, str], needles: list[str]) -> None:
    """Who changed it, when and what else stays. The address and the reason go where they name the person."""
    model = changes.tracked()[label]
    mine = Q(pgh_obj_id__in=pks)
    if label == "funders.Funder":  # and of those who were merged into this one, and are rows no more
        gone_rows = ~Q(pgh_obj_id__in=Funder.objects.values("pk"))
        mine |= gone_rows & (Q(name__in=needles) | Q(url__in=needles))
    events = model._default_manager.filter(mine)
    kept = {field.name for field in model._meta.fields}
    gone = {name: value for name, value in empty.items() if name in kept}
    if gone:
        seals.blank(label, events)
        with pgtrigger.ignore(f"{model._meta.label}:append_only"):
            events.update(**gone)
    for context in Context.objects.filter(pk__in=events.values("pgh_context_id")):
        clean = {key: "" if quotes(str(said), needles) else said for key, said in context.metadata.items()}
        if clean != context.metadata:
            Context.objects.filter(pk=context.pk).update(metadata=clean)


def take_down(needles: list[str]) -> None:
    """What is public by an address alone that names the person has no evidence left."""
    reliances = apps.get_model("projects.Reliance")._base_manager.filter(state="public", evidence="")
    reliances.filter(naming("evidence_url", needles)).update(state="removed")


def forget_words(label: str, fields: tuple[str, ...], needles: list[str]) -> None:
    """Rows of a kind, and its history, where a text names the person."""
    model, events = apps.get_model(label), changes.tracked().get(label)
    for name in fields:
        empty = "" if name in EMPTIED else ERASED
        model._base_manager.filter(naming(name, needles)).update(**{name: empty})
        if events and name in {field.name for field in events._meta.fields}:
            quoting = events._default_manager.filter(naming(name, needles))
            pks = list(quoting.values_list("pk", flat=True))
            seals.blank(label, quoting)
            with pgtrigger.ignore(f"{events._meta.label}:append_only"):
                events._default_manager.filter(pk__in=pks).update(**{name: empty})


def forget_letters(needles: list[str], addresses: set[str]) -> None:
    """What somebody with these addresses asked, and every message to them or about them, sent or not."""
    for label in ("campaigns.Question", "projects.Reliance"):
        kind: Any = apps.get_model(label)
        for address in addresses:
            kind.objects.of(address).forget()
    found = naming("to", sorted(addresses))
    for field in ("subject", "body", "html", "error"):
        found |= naming(field, needles)
    apps.get_model("campaigns.Message")._base_manager.filter(found).delete()


def _stop_public_ids(givers: Iterable[Giver], quoted: str) -> None:
    """Who was found by an id of anonymous gifts stays unnamed too when a gift of theirs is called public."""
    if not quoted:
        return
    known = set(digests(quoted))
    for giver in givers:
        if giver.digest in known:
            for spelling in {quoted, quoted.lower()}:
                public = giver_digest(giver.source_id, spelling, public=True)
                Giver.objects.get_or_create(
                    source_id=giver.source_id, digest=public, defaults={"erased_at": Now()}
                )


def _forget_quotes(sources: list[int], needles: list[str]) -> None:
    """What a run said of records that it could not read may name the person."""
    for model, field in _QUOTES:
        quoting = naming(field, needles)
        model._base_manager.filter(quoting, source__in=sources).update(**{field: ERASED})
    Source.objects.filter(naming("error", needles), pk__in=sources).update(error=ERASED)
    told = SyncRun.objects.annotate(text=Cast("rejections", TextField())).filter(source__in=sources)
    for run in told.filter(naming("text", needles)):
        clean = [_clean(one, needles) for one in run.rejections]
        SyncRun.objects.filter(pk=run.pk).update(rejections=clean)


def _forget_rejections(needles: list[str]) -> None:
    """What a preview says of rows that cannot be booked."""
    previews = Upload.objects.annotate(text=Cast("preview__rejections", TextField()))
    for upload in previews.filter(naming("text", needles)):
        seen = upload.preview or {}
        clean = [_clean(one, needles) for one in seen["rejections"]]
        Upload.objects.filter(pk=upload.pk).update(preview={**seen, "rejections": clean})


def _clean(rejection: Mapping[str, str], needles: list[str]) -> Mapping[str, str]:
    said = json.dumps(rejection, ensure_ascii=False)
    return {"where": ERASED, "why": ERASED} if quotes(said, needles) else rejection


def _forget_unbooked(needles: list[str]) -> None:
    """Files that nobody has booked yet, if they name the person: exported anew they no longer should."""
    for upload in Upload.objects.filter(booked_at=None).exclude(file=""):
        if _names(upload, needles):
            _delete_files([str(upload.file.name)])
            Upload.objects.filter(pk=upload.pk).update(
                file="", refused=_("It named a person who was erased: export it anew."), confirmed_at=None
            )


def _names(upload: Upload, needles: list[str]) -> bool:
    """Whether a line of it does. What nobody can read is taken for one that does."""
    try:
        return any(
            quotes(" ".join(cells), needles)
            for _place, cells in heads.lines(Path(upload.file.path), upload.options)
        )
    except FileNotFoundError:
        return False
    except (Rejected, ValueError, OSError):
        return True


def _forget_messages(sources: list[int], needles: list[str]) -> None:
    """Sealed messages that could not be booked. Those that wait are booked soon, and forgotten then."""
    kept = Delivery.objects.filter(source__in=sources).exclude(error="").exclude(item_sealed="")
    for message in kept:
        if quotes(str(message.item), needles):
            Delivery.objects.filter(pk=message.pk).update(item_sealed="")


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        transaction.on_commit(lambda name=name: default_storage.delete(name))  # type: ignore[misc]

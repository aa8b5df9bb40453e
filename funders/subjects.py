"""What is held of one person: found by a name, or by an id or an e-mail address that they quote themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pghistory.models import Event

from funders.ledger import giver_digest
from funders.models import Commitment, Delivery, Funder, Giver, Source, Upload
from fundtracker import changes
from fundtracker.templatetags.text import moment

MOST_FOUND = 50
PEOPLE = (Funder.Kind.PERSON, Funder.Kind.UNKNOWN)
# What rows of a person hang on; what hangs on those is theirs too.
_PARENTS = (Giver, Funder, Commitment)
# What staff and the public wrote in free words anywhere. Where it names the person those words go.
WORDS: Mapping[str, tuple[str, ...]] = {
    "funders.Correction": ("giver_name", "why", "evidence", "evidence_url", "refused_why"),
    "funders.Booking": ("refused_why",),
    "funders.Asked": ("about", "why", "typed", "refused_why"),
    "funders.Limit": ("refused_why",),
    "funders.TakeBack": ("why", "refused_why"),
    "funders.Upload": ("name", "refused"),
    "campaigns.Question": ("text", "name", "evidence_url", "note"),
    "campaigns.Statement": ("note", "evidence", "evidence_url", "withdrawn_why", "refused_why"),
    "campaigns.Withdrawal": ("why", "refused_why"),
    "campaigns.Update": ("title", "body"),
    "projects.Offer": ("contact",),
    "projects.WorkItem": ("why", "formerly_funded_by"),
    "projects.Reliance": (
        "organisation",
        "deployment",
        "evidence",
        "evidence_url",
        "note",
        "remark",
        "reporter_name",
    ),
}
# Where the address stands of who sent it, or to whom it was sent.
SENT = {"campaigns.Question": "email", "projects.Reliance": "reporter_email", "campaigns.Message": "to"}
ADDRESS = re.compile(r"[^\s<>,;:()]+@[^\s<>,;:()]+\w")
SHORTEST = 3  # fewer letters are found in too many words that have nothing to do with the person
Rows = Mapping[type[models.Model], "models.QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One person as far as we know: an identity alone, or a funder with all of its identities."""

    givers: Sequence[Giver]
    funder: Funder | None

    @property
    def name(self) -> str:
        named = (str(one.name) for one in (self.funder, *self.givers) if one and one.name)
        return next(named, _("an unnamed giver"))

    @property
    def is_person(self) -> bool:
        """An organisation's own data are no person's."""
        return self.funder is None or self.funder.kind in PEOPLE

    @property
    def is_erased(self) -> bool:
        return all(giver.erased_at for giver in self.givers) and (
            self.funder is None or self.funder.slug == self.funder.erased_slug
        )

    @property
    def sources(self) -> list[Source]:
        return list({giver.source_id: giver.source for giver in self.givers}.values())


def of_giver(giver: Giver) -> Subject:
    """With all else that is known of the person; an organisation's identity stands alone."""
    if giver.funder and giver.funder.kind in PEOPLE:
        return of_funder(giver.funder)
    return Subject([giver], None)


def of_funder(funder: Funder) -> Subject:
    return Subject(list(funder.givers.select_related("source", "funder").order_by("pk")), funder)


def find(words: str) -> tuple[list[Giver], list[Funder]]:
    """Up to MOST_FOUND identities and funders by a part of the name, or by the whole of an id or e-mail address.

    Anonymous givers have no name here and no id: only who quotes the id finds them.
    """
    givers = Giver.objects.filter(
        Q(name__icontains=words) | Q(external_id=words) | Q(digest__in=digests(words))
    ).select_related("source", "funder")
    addresses = [field.name for field in Funder._meta.fields if isinstance(field, models.EmailField)]
    named = Q(name__icontains=words)
    for address in addresses:
        named |= Q(**{f"{address}__iexact": words})
    return list(givers.order_by("pk")[:MOST_FOUND]), list(Funder.objects.filter(named)[:MOST_FOUND])


def digests(words: str) -> list[str]:
    """The keys that an id has at each source, for its public and for its anonymous gifts."""
    spellings = {words, words.lower()}
    return [
        giver_digest(source, spelling, public=public)
        for source in Source.objects.values_list("pk", flat=True)
        for spelling in spellings
        for public in (True, False)
    ]


def belonging(subject: Subject) -> Rows:
    """Every row that hangs on the person, by its model; new models come in by their foreign keys."""
    found: dict[type[models.Model], Q] = {
        Giver: Q(pk__in=[giver.pk for giver in subject.givers]),
        Funder: Q(pk=subject.funder.pk if subject.funder else None),
    }
    for parent in _PARENTS:
        mine = list(parent._base_manager.filter(found[parent]).values_list("pk", flat=True))
        for relation in parent._meta.related_objects:
            child = relation.related_model
            if child not in (Giver, Funder) and not issubclass(child, Event):
                found[child] = found.get(child, Q()) | Q(**{f"{relation.field.name}__in": mine})
    return {model: model._base_manager.filter(wanted).order_by("pk") for model, wanted in found.items()}


@dataclass(frozen=True, slots=True)
class Section:
    """What is held of one kind: rows of headings and values. `more` where only the first are shown."""

    title: str
    rows: list[dict[str, str]]
    more: bool = False


def held(subject: Subject, zone: ZoneInfo, *, most: int | None = None) -> list[Section]:
    """All that is held of the person, and its history; of each kind at most `most` rows."""
    sections, histories, kinds = [], [], changes.tracked()
    for model, rows in belonging(subject).items():
        title = capfirst(str(model._meta.verbose_name_plural))
        sections.append(_section(title, _with_owners(rows), zone, most))
        if model._meta.label in kinds:
            events = kinds[model._meta.label]._default_manager.filter(pgh_obj_id__in=rows.values("pk"))
            history = events.order_by("pgh_id")
            histories.append(_section(_("History: %(what)s") % {"what": title}, history, zone, most))
    told = (_section(title, _with_owners(rows), zone, most) for title, rows in _told(subject))
    return [section for section in (*sections, *told, *_unread(subject), *histories) if section.rows]


def _told(subject: Subject) -> "Iterator[tuple[str, models.QuerySet[Any]]]":
    """What others wrote that names the person, and what was written to or by an address of theirs."""
    said = needles(subject, "")
    contact = subject.funder.contact if subject.funder else ""
    addresses = set(ADDRESS.findall(" ".join([*said, contact])))
    for label, fields in {**WORDS, "campaigns.Message": ("subject", "body", "html")}.items():
        model = apps.get_model(label)
        wanted = Q(pk__in=[])
        for field in fields:
            wanted |= naming(field, [*said, *addresses])
        if label in SENT:
            for address in addresses:
                wanted |= Q(**{f"{SENT[label]}__iexact": address})
        yield (
            capfirst(str(model._meta.verbose_name_plural)),
            model._base_manager.filter(wanted).order_by("pk"),
        )


def _with_owners(rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    pointing = [field.name for field in rows.model._meta.concrete_fields if field.is_relation]
    return rows.select_related(*pointing) if pointing else rows


def _section(title: str, rows: "models.QuerySet[Any]", zone: ZoneInfo, most: int | None) -> Section:
    every = rows.iterator() if most is None else rows[: most + 1]
    shown = [_row(row, zone) for row in islice(every, most)]
    return Section(title, shown, more=most is not None and len(every) > most)  # type: ignore[arg-type]


def _row(row: Any, zone: ZoneInfo) -> dict[str, str]:
    said = {_("When"): moment(row.pgh_created_at, zone)} if isinstance(row, Event) else {}
    return said | dict(_fields(row, zone))


def _fields(row: Any, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    for field in changes.content(row):
        if field.is_relation and isinstance(row, Event):
            continue  # the row itself says where it belongs; what it once pointed to may be gone
        value = getattr(row, field.name)
        text = changes.written(field, value, currency=_currency(row), zone=zone)
        if text:
            yield changes.heading(field), text


def _currency(row: Any) -> str:
    return str(getattr(row, "currency", "") or getattr(getattr(row, "commitment", None), "currency", ""))


def _unread(subject: Subject) -> Iterator[Section]:
    """Files and sealed messages of the person's sources: what is in them is only known by reading them."""
    files = Upload.objects.filter(source__in=subject.sources).exclude(file="")
    messages = Delivery.objects.filter(source__in=subject.sources).exclude(item_sealed="")
    if rows := [
        {_("Source"): str(one.source), _("File"): str(one)} for one in files.select_related("source")
    ]:
        yield Section(_("Files that may name the person"), rows)
    if waiting := messages.count():
        yield Section(_("Sealed messages that may name the person"), [{_("Messages"): str(waiting)}])


def needles(subject: Subject, quoted: str) -> list[str]:
    """What a text that names the person has in it."""
    said = {quoted}
    for giver in subject.givers:
        said |= {giver.name, giver.external_id, giver.url}
    if subject.funder:
        said |= {subject.funder.name, subject.funder.url, subject.funder.slug}
    return sorted(one for one in said if len(one) >= SHORTEST)


def naming(field: str, needles: list[str]) -> Q:
    found = Q(pk__in=[])
    for needle in needles:
        found |= Q(**{f"{field}__iregex": word(needle)})
    return found


def quotes(text: str, needles: list[str]) -> bool:
    return any(re.search(word(needle), text, re.IGNORECASE) for needle in needles)


def word(needle: str) -> str:
    """By itself, for PostgreSQL and Python alike: Ann is in “Ann's gift”, and not in “planning”."""
    return rf"(^|\W){re.escape(needle)}(\W|$)"

"""Promises become commitments: upserted by (source, external_id), and an older version never replaces a newer."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least
from django.utils import timezone

from funders import connectors, ledger
from funders.connectors.base import GiverRef, Promise, Rejected, State
from funders.ledger import ID_LENGTH, Recorded, giver_digest
from funders.models import Commitment, Giver, Instalment, Source, Tier
from fundtracker.models import Site
from fundtracker.money import Money

_FIELDS = (
    "show_name", "title", "amount_minor", "currency", "frequency", "certainty", "state", "purpose", "designation",
    "starts_on", "ends_on", "url",
)  # fmt: skip
TIER_LENGTH, TITLE_LENGTH, URL_LENGTH = 120, 300, 500
MOST_PARTS = 1000
Schedule = list[tuple[int, int, Any, bool]]
# A version with its schedule, which is rows of its own.
Version = tuple[Commitment, Schedule]


def check(promise: Promise) -> None:
    """Rejected, in words for staff, where the ledger cannot hold this promise. Titles and addresses are cut instead."""
    ledger.check_texts(promise.external_id, promise.tier, promise.designation, giver=promise.giver)
    if not promise.external_id or len(promise.external_id) > ID_LENGTH:
        raise Rejected(f"a promise's id must have 1 to {ID_LENGTH} characters")
    if promise.seen.tzinfo is None:
        raise Rejected(f"the version of promise {promise.external_id} has no time zone")
    ledger.check_day(promise.seen)
    if len(promise.tier) > TIER_LENGTH or len(promise.designation) > ID_LENGTH:
        raise Rejected(
            f"the tier of a promise has more than {TIER_LENGTH} characters, or its designation more than {ID_LENGTH}"
        )
    amounts = [promise.amount] if promise.amount is not None else []
    _check_amounts([*amounts, *(due.amount for due in promise.schedule)])
    if len(promise.schedule) > MOST_PARTS:
        raise Rejected(f"a promise in {len(promise.schedule)} parts: more than {MOST_PARTS} cannot be kept")


def _check_amounts(amounts: Sequence[Money]) -> None:
    if len({amount.currency for amount in amounts}) > 1:
        raise Rejected("a promise and its parts are in several currencies: they must be in one")
    for amount in amounts:
        if amount.minor <= 0:
            raise Rejected(f"a promise of {amount}, or a part of it: it must be more than 0")


@transaction.atomic
def record(source: Source, promises: Iterable[Promise]) -> Recorded:
    """Book what was promised. What is unchanged writes nothing but a newer version's `seen`."""
    said = list(promises)
    if not said:
        return Recorded()
    givers = _givers(source, said)
    tiers = _tiers(source, {promise.tier for promise in said if promise.tier})
    newest: dict[str, Version] = {}
    for promise in said:
        version = _version(source, promise, givers, tiers)
        known = newest.get(promise.external_id)
        if known is None or _rank(version) > _rank(known):
            newest[promise.external_id] = version
    before = {
        one.external_id: one
        for one in source.commitments.filter(external_id__in=newest)
        .select_related("giver", "tier")
        .prefetch_related("instalments")
    }
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for external_id, version in newest.items():
        counts[_book(version, before.get(external_id))] += 1
    return Recorded(**counts)


def promising(sources: Mapping[int, Source]) -> set[int]:
    """Those of the sources, by their keys, that know promises."""
    return set(Commitment.objects.filter(source__in=sources).values_list("source_id", flat=True).distinct())


def told_once(sources: Mapping[int, Source], promising: Set[int]) -> set[int]:
    """The sources without the exports of accounts whose API knows promises: both tell of the same givers."""
    told = {(sources[pk].kind, sources[pk].account) for pk in promising}
    return {
        pk for pk, source in sources.items() if (connectors.api_of(source.kind), source.account) not in told
    }


def unlisted(source: Source, listed: Set[str]) -> tuple[list[str], int]:
    """Ids of promises that have not ended and that the whole run did not list, and how many have not ended."""
    running = source.commitments.exclude(state=State.ENDED.value).values_list("external_id", flat=True)
    known = set(running)
    return sorted(known - listed), len(known)


def end(source: Source, external_ids: Set[str]) -> None:
    """What two whole runs no longer listed has ended. Listed again, in the same version too, it goes on: see _rank."""
    today = Value(timezone.now().astimezone(Site.current().zone).date())
    source.commitments.filter(external_id__in=external_ids).update(
        state=State.ENDED.value, ends_on=Least("ends_on", today)
    )


def _version(source: Source, promise: Promise, givers: dict[str, Giver], tiers: dict[str, Tier]) -> Version:
    ref = promise.giver
    giver = givers[giver_digest(source.pk, ref.external_id, public=ref.public)] if ref else None
    # What an erased person's promise is called, and where it was read, may name them again.
    title, url = ("", "") if giver and giver.erased_at else (promise.title, promise.url)
    commitment = Commitment(
        source=source,
        external_id=promise.external_id,
        giver=giver,
        show_name=bool(ref and ref.public),
        tier=tiers.get(promise.tier),
        title=ledger.legible(title)[:TITLE_LENGTH],
        amount_minor=promise.amount.minor if promise.amount else None,
        currency=promise.amount.currency if promise.amount else "",
        frequency=promise.frequency.value,
        certainty=promise.certainty.value,
        state=promise.state.value,
        purpose=promise.purpose.value if promise.purpose else None,
        designation=promise.designation,
        starts_on=promise.starts_on,
        ends_on=promise.ends_on,
        # Half an address leads nowhere.
        url=url if len(url) <= URL_LENGTH and ledger.printable(url) else "",
        seen=promise.seen,
    )
    return commitment, [(n, due.amount.minor, due.due_on, due.paid) for n, due in enumerate(promise.schedule)]


def _content(version: Version) -> list[str]:
    """In an order of its own that no key of ours has a part in."""
    one, schedule = version
    who = (one.giver.digest if one.giver else "", one.tier.name if one.tier else "")
    return [str(value) for value in (*(getattr(one, field) for field in _FIELDS), *who, schedule)]


def _rank(version: Version) -> tuple[datetime, bool, list[str]]:
    """Of two versions seen at one instant the greater wins, so that their order of arrival does not matter.

    What goes on is greater than what has ended: two runs may have concluded an end that the provider does not know.
    """
    one, _ = version
    return one.seen, one.state != State.ENDED.value, _content(version)


def _book(version: Version, known: Commitment | None) -> str:
    draft, schedule = version
    if known is not None:
        parts = [
            (part.position, part.amount_minor, part.due_on, part.paid) for part in known.instalments.all()
        ]
        before = (known, parts)
        if _rank(version) <= _rank(before):
            return "unchanged"
        draft.pk = known.pk
        if _content(version) == _content(before):
            draft.save(update_fields=["seen"])
            return "unchanged"
        known.instalments.all().delete()
    draft.save()
    Instalment.objects.bulk_create(
        Instalment(commitment=draft, position=n, amount_minor=minor, due_on=due_on, paid=paid)
        for n, minor, due_on, paid in schedule
    )
    return "new" if known is None else "changed"


def _givers(source: Source, said: Sequence[Promise]) -> dict[str, Giver]:
    """By digest. New identities are made; public ones follow the newest version, unless they were erased."""
    newest: dict[str, tuple[datetime, GiverRef]] = {}
    for promise in said:
        if promise.giver:
            ref, kept = promise.giver, ledger.known(promise.giver)
            digest = giver_digest(source.pk, ref.external_id, public=ref.public)
            version = (promise.seen, kept)
            newest[digest] = max(newest.get(digest, version), version, key=lambda one: (one[0], one[1].name))
    known = Giver.objects.filter(source=source, digest__in=newest)
    made = {giver.digest for giver in known}
    Giver.objects.bulk_create(
        [
            Giver(source=source, digest=digest, external_id=ref.external_id, named_at=seen, **_names(ref))
            for digest, (seen, ref) in newest.items()
            if digest not in made
        ],
        ignore_conflicts=True,
    )
    givers = {giver.digest: giver for giver in known.all()}
    for digest, (seen, ref) in newest.items():
        _rename(givers[digest], seen, ref)
    return givers


def _rename(giver: Giver, seen: datetime, ref: GiverRef) -> None:
    """As UPSERT_GIVERS of ledger_sql.py does for receipts."""
    if giver.erased_at or not ref.name:
        return
    if giver.named_at and (giver.named_at, giver.name) >= (seen, ref.name):
        return
    if any(getattr(giver, field) != value for field, value in _names(ref).items()):
        Giver.objects.filter(pk=giver.pk, erased_at=None).update(named_at=seen, **_names(ref))


def _names(ref: GiverRef) -> dict[str, str]:
    return {"name": ref.name, "url": ref.url, "kind": ref.kind}


def _tiers(source: Source, names: set[str]) -> dict[str, Tier]:
    Tier.objects.bulk_create(
        [Tier(source=source, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    return {tier.name: tier for tier in source.tiers.filter(name__in=names)}

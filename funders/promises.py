"""Promises become commitments: upserted by (source, external_id), and an older version never replaces a newer."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F
from django.db.models.expressions import Case, Value, When

from funders.connectors.base import GiverRef, Promise
from funders.ledger import Recorded, giver_digest
from funders.models import Commitment, Giver, Instalment, Source, Tier

_FIELDS = (
    "giver_id", "show_name", "tier_id", "title", "amount_minor", "currency", "frequency", "certainty", "state",
    "purpose", "designation", "starts_on", "ends_on", "url",
)  # fmt: skip


@transaction.atomic
def record(source: Source, promises: Iterable[Promise]) -> Recorded:
    """Book what was promised. What is unchanged writes nothing."""
    newest: dict[str, Promise] = {}
    for promise in promises:
        known = newest.get(promise.external_id)
        if known is None or promise.seen >= known.seen:
            newest[promise.external_id] = promise
    if not newest:
        return Recorded()
    givers = _givers(source, [promise.giver for promise in newest.values() if promise.giver])
    tiers = _tiers(source, {promise.tier for promise in newest.values() if promise.tier})
    before = {
        commitment.external_id: commitment
        for commitment in source.commitments.filter(external_id__in=newest).prefetch_related("instalments")
    }
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for external_id, promise in newest.items():
        draft = _draft(source, promise, givers, tiers)
        counts[_book(draft, before.get(external_id), promise)] += 1
    return Recorded(**counts)


def _draft(source: Source, promise: Promise, givers: dict[str, int], tiers: dict[str, int]) -> Commitment:
    giver = promise.giver
    return Commitment(
        source=source,
        external_id=promise.external_id,
        giver_id=givers[giver_digest(source.pk, giver.external_id, public=giver.public)] if giver else None,
        show_name=bool(giver and giver.public),
        tier_id=tiers.get(promise.tier),
        title=promise.title[:300],
        amount_minor=promise.amount.minor if promise.amount else None,
        currency=promise.amount.currency if promise.amount else "",
        frequency=promise.frequency.value,
        certainty=promise.certainty.value,
        state=promise.state.value,
        purpose=promise.purpose.value if promise.purpose else None,
        designation=promise.designation,
        starts_on=promise.starts_on,
        ends_on=promise.ends_on,
        url=promise.url[:500],
        seen=promise.seen,
    )


def _book(draft: Commitment, known: Commitment | None, promise: Promise) -> str:
    schedule = [(n, due.amount.minor, due.due_on, due.paid) for n, due in enumerate(promise.schedule)]
    if known is not None:
        paid = [
            (part.position, part.amount_minor, part.due_on, part.paid) for part in known.instalments.all()
        ]
        same = all(getattr(draft, field) == getattr(known, field) for field in _FIELDS) and paid == schedule
        if same or draft.seen < known.seen:
            return "unchanged"
        draft.pk = known.pk
        known.instalments.all().delete()
    draft.save()
    Instalment.objects.bulk_create(
        Instalment(commitment=draft, position=n, amount_minor=minor, due_on=due_on, paid=paid)
        for n, minor, due_on, paid in schedule
    )
    return "new" if known is None else "changed"


def _givers(source: Source, refs: Sequence[GiverRef]) -> dict[str, int]:
    """Digest → pk; identities that are new are made, and public names follow the provider's."""
    by_digest = {giver_digest(source.pk, ref.external_id, public=ref.public): ref for ref in refs}
    Giver.objects.bulk_create(
        [
            Giver(
                source=source,
                digest=digest,
                external_id=ref.external_id if ref.public and "@" not in ref.external_id else "",
                name=ref.name[:200] if ref.public else "",
                url=ref.url if ref.public else "",
                kind=ref.kind if ref.public else "unknown",
            )
            for digest, ref in by_digest.items()
        ],
        ignore_conflicts=True,
    )
    renamed = Case(
        *[When(digest=digest, then=Value(ref.name[:200])) for digest, ref in by_digest.items() if ref.public],
        default=F("name"),
    )
    known = Giver.objects.filter(source=source, digest__in=by_digest)
    known.filter(erased_at=None).exclude(name=renamed).update(name=renamed)
    return dict(known.values_list("digest", "pk"))


def _tiers(source: Source, names: set[str]) -> dict[str, int]:
    Tier.objects.bulk_create(
        [Tier(source=source, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    return dict(source.tiers.filter(name__in=names).values_list("name", "pk"))

"""The two-person rule: above the limit a change counts only once somebody else agrees.

Who changes figures asks takes_second() in the transaction that writes the change, and writes its answer on the row.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import get_language

from funders import rates
from funders.models import Alone, Asked, Limit
from funders.models.agreement import TwoPersons
from fundtracker.models import Role, User
from fundtracker.money import Money

DAY = timedelta(hours=24)
OUTDATED = "It has changed since."


def limit() -> Limit | None:
    """The one that holds; None where there is none and everyone works alone."""
    last = Limit.objects.in_force().first()
    return last if last and last.amount_minor is not None else None


@transaction.atomic
def takes_second(user: User, changes: Iterable[Money], *, on: date) -> bool:
    """Whether changing figures by `changes` takes a second person, at the rates of `on`.

    What `user` did alone within 24 hours adds up, so that many small changes are a large one. A sum without an
    exchange rate takes a second person. False is remembered: the change must then be written in this transaction.
    """
    holds = limit()
    if holds is None or holds.amount_minor is None:
        return False
    # One of this person's changes at a time: two windows at once must not each find room for the whole limit.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    sizes = [Money(abs(change.minor), change.currency) for change in changes if change]
    worth = _worth([*sizes, *_alone_today(user)], holds.currency, on)
    if worth is None or worth > holds.amount_minor:
        return True
    Alone.objects.bulk_create(
        Alone(user=user, amount_minor=size.minor, currency=size.currency) for size in sizes
    )
    return False


def _alone_today(user: User) -> list[Money]:
    recent = Alone.objects.filter(user=user, recorded_at__gt=Now() - DAY).values_list("currency")
    return [Money(minor, currency) for currency, minor in recent.annotate(sum=Sum("amount_minor"))]


def _worth(sums: Sequence[Money], currency: str, on: date) -> Decimal | None:
    """In minor units of `currency`, exact; None where one has no rate."""
    known = rates.load({currency, *(one.currency for one in sums)}, since=on, until=on)
    worth = [known.convert(Decimal(one.minor), one.currency, currency, on) for one in sums]
    return None if None in worth else sum((one for one in worth if one is not None), Decimal(0))


@transaction.atomic
def change_limit(user: User, amount: Money | None, currency: str) -> Limit:
    """A stricter limit holds at once. A looser one takes a second administrator, or it would be no limit."""
    # One change at a time.
    list(User.objects.administrators().order_by("pk").select_for_update(no_key=True))
    holds = limit()
    looser = holds is not None and (
        amount is None or amount.currency != holds.currency or amount.minor > (holds.amount_minor or 0)
    )
    return Limit.objects.create(
        amount_minor=None if amount is None else amount.minor, currency=currency, recorded_by=user, needs_second=looser
    )  # fmt: skip


def must_be(user: User, role: Role) -> None:
    """PermissionDenied where the role was taken away a moment ago. It stays as it is until the transaction ends."""
    fresh = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not fresh.is_active or not fresh.may(role):
        raise PermissionDenied("your role no longer allows this")


def agree(row: TwoPersons, user: User) -> bool:
    """`row` counts from now on. False where it was decided meanwhile; PermissionDenied for whoever asked for it."""
    if row.recorded_by_id == user.pk:
        raise PermissionDenied("a second person must agree, not the one who asked")
    return _decide(row, Q(recorded_by__isnull=False) & ~Q(recorded_by=user), agreed_at=Now(), agreed_by=user)


def refuse(row: TwoPersons, user: User, why: str) -> bool:
    """`row` never counts. Whoever asked may take it back in the same way. False where it was decided meanwhile."""
    return _decide(row, Q(), refused_at=Now(), refused_by=user, refused_why=why)


def ask(
    kind: Asked.Kind, thing: int, user: User, sent: QueryDict, *, seen: str, about: str, why: str = ""
) -> Asked:
    """Keep a form that takes a second person. What waits of the same thing is overtaken; the same sent again is one."""
    typed = json.dumps(
        {name: sent.getlist(name) for name in sent if name != "csrfmiddlewaretoken"}, ensure_ascii=False
    )
    waits = Asked.objects.waiting().select_for_update(no_key=True).filter(kind=kind, thing=thing).first()
    if waits and (waits.recorded_by_id, waits.typed) == (user.pk, typed):
        return waits
    if waits:
        outdate(waits)
    facts = {
        "seen": seen,
        "about": about[:200],
        "why": why,
        "typed": typed,
        "language": get_language() or "en",
    }
    return Asked.objects.create(kind=kind, thing=thing, recorded_by=user, needs_second=True, **facts)


def carry_out(asked: Asked, user: User, role: Role, do: Callable[[], bool]) -> bool:
    """Agreed, and done: `do` says whether it is still what was looked at. False where it is not, or was decided meanwhile."""
    must_be(user, role)
    try:
        with transaction.atomic():
            if not agree(asked, user):
                return False
            if do():
                return True
            transaction.set_rollback(True)
    except IntegrityError:
        pass  # somebody else's change leaves no room for it
    outdate(asked)
    return False


def outdate(row: TwoPersons) -> None:
    """It has changed since somebody asked for it: nobody can agree to it any more."""
    type(row)._default_manager.filter(pk=row.pk, agreed_at=None, refused_at=None).update(
        refused_at=Now(), refused_why=OUTDATED
    )
    row.refresh_from_db()


def _decide(row: TwoPersons, who: Q, **moves: object) -> bool:
    decided = type(row)._default_manager.filter(
        who, pk=row.pk, needs_second=True, agreed_at=None, refused_at=None
    )
    changed: bool = decided.update(**moves) == 1
    row.refresh_from_db()
    return changed

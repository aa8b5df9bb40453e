"""A statement on its way to the public page, and off it again: with a second person where the figure moves by much."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from campaigns.figures import Figures, measured
from campaigns.models import Campaign, Statement, Withdrawal
from campaigns.progress import measure
from funders import agreement
from fundtracker.models import Site, User
from fundtracker.money import Money


@contextmanager
def as_if() -> Iterator[None]:
    """What is changed inside is seen inside, and then it never was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def today() -> date:
    return timezone.localdate(timezone=Site.current().zone)


def figures(campaign: Campaign) -> Figures:
    """As they stand in the database now."""
    fresh = Campaign.objects.for_staff().get(pk=campaign.pk)
    [made] = measured([fresh], site=Site.current(), now=timezone.now())
    return made


def figures_with(statement: Statement) -> Figures:
    """As they would be if `statement` counted, be it a draft or one that waits."""
    with as_if():
        _count(statement)
        return figures(statement.campaign)


def figures_without(statement: Statement) -> Figures:
    with as_if():
        statement.withdrawals.waiting().update(refused_at=Now())
        _withdraw(statement, "?", None, needs_second=False)
        return figures(statement.campaign)


def would_wait(draft: Statement, user: User) -> bool:
    """Whether a second person would have to agree."""
    with as_if():
        return agreement.takes_second(user, [_effect(draft, _count)], on=today())


def state(draft: Statement, user: User) -> None:
    """Publish it, or let it wait. The caller holds the campaign, so that what was measured still is."""
    draft.recorded_by = user
    draft.needs_second = agreement.takes_second(user, [_effect(draft, _count)], on=today())
    draft.save()


def withdraw(statement: Statement, user: User, why: str) -> Withdrawal:
    """Take it off in sight of everyone, or ask a second person to. The caller holds the campaign."""
    effect = _effect(statement, lambda one: _withdraw(one, why, None, needs_second=False))
    second = agreement.takes_second(user, [effect], on=today())
    return _withdraw(statement, why, user, needs_second=second)


@transaction.atomic
def agree(asked: Statement | Withdrawal, user: User) -> bool:
    """False where it was decided meanwhile; PermissionDenied for whoever asked."""
    agreed = agreement.agree(asked, user)
    if agreed and isinstance(asked, Withdrawal):
        _mark(asked)
    return agreed


def latest(campaign: Campaign) -> Statement | None:
    """The last that somebody recorded for whatever day, and that was neither withdrawn nor refused."""
    made = campaign.statements.filter(withdrawn_at=None, refused_at=None)
    return made.select_related("recorded_by", "campaign").order_by("-recorded_at", "-pk").first()


def _effect(statement: Statement, make: Callable[[Statement], object]) -> Money:
    """By how much `make` moves what was raised, at the end of the statement's day or today, whichever is more."""
    days = sorted({statement.as_of, today()})
    before = _raised(statement.campaign, days)
    with as_if():
        make(statement)
        after = _raised(statement.campaign, days)
    moves = [one - other for one, other in zip(after, before, strict=True)]
    return max(moves, key=lambda move: abs(move.minor))


def moved_by(campaign: Campaign, make: Callable[[], object]) -> list[Money]:
    """How far `make` moves the campaign's figures of today. In another currency all of it is another figure."""
    before = _today(campaign)
    with as_if():
        make()
        after = _today(campaign)
    if before[0].currency != after[0].currency:
        return [*before, *after]
    moves = [one - other for one, other in zip(after, before, strict=True)]
    return [max(moves, key=lambda move: abs(move.minor))]


def _today(campaign: Campaign) -> list[Money]:
    """Raised, and what comes in a month."""
    [made] = measure([Campaign.objects.get(pk=campaign.pk)], on=today())
    nothing = Money(0, made.campaign.currency)
    return [made.raised or nothing, made.monthly or nothing]


def _raised(campaign: Campaign, days: list[date]) -> list[Money]:
    """What nobody published counts as nothing."""
    fresh = Campaign.objects.get(pk=campaign.pk)
    return [measure([fresh], on=day)[0].raised or Money(0, campaign.currency) for day in days]


def _count(statement: Statement) -> None:
    """A copy of it that counts, in its own place among those of its day."""
    kept = {
        field: getattr(statement, field) for field in ("campaign", "as_of", "amount_minor", "recorded_at")
    }
    Statement.objects.bulk_create([Statement(**kept)])


def _withdraw(statement: Statement, why: str, user: User | None, *, needs_second: bool) -> Withdrawal:
    made = Withdrawal.objects.create(
        statement=statement, why=why, recorded_by=user, needs_second=needs_second
    )
    if not needs_second:
        _mark(made)
    return made


def _mark(withdrawal: Withdrawal) -> None:
    Statement.objects.filter(pk=withdrawal.statement_id).update(
        withdrawn_at=Now(), withdrawn_why=withdrawal.why
    )

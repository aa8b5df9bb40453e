"""Who may be named: with consent that is on record, or because a provider names its gifts. Taken back at once."""

from datetime import date

from django.db import transaction

from funders.models import Consent, Funder, Giver
from funders.models.promises import TYPED
from fundtracker.middleware import forget_copies
from fundtracker.models import User


@transaction.atomic
def give(funder: Funder, user: User, *, agreed_on: date, evidence: str) -> None:
    """On record, and named from now on. A second record while one holds changes nothing."""
    Funder.objects.select_for_update(no_key=True).get(pk=funder.pk)
    if not funder.consents.in_force().exists():
        Consent.objects.create(funder=funder, agreed_on=agreed_on, evidence=evidence, recorded_by=user)
    show(funder)


@transaction.atomic
def show(funder: Funder) -> None:
    """For who may be named: agreed to, or public at a provider."""
    assert funder.may_be_named(), "there is neither a consent nor a public gift"
    funder.is_public = True
    funder.save(update_fields=["is_public"])
    follow(funder)


@transaction.atomic
def withdraw(funder: Funder, user: User, *, on: date, why: str) -> None:
    """Named nowhere any more: not on a page, not in a copy that was kept of one."""
    Funder.objects.select_for_update(no_key=True).get(pk=funder.pk)
    funder.consents.in_force().update(withdrawn_on=on, withdrawn_by=user, withdrawn_why=why)
    unname(funder)


def unname(funder: Funder) -> None:
    """On no page from now on, nor in a copy that was kept of one. In a transaction."""
    funder.is_public = False
    funder.save(update_fields=["is_public"])
    follow(funder)
    transaction.on_commit(forget_copies)


def follow(funder: Funder) -> None:
    """What staff typed is named as its funder is now, or not at all."""
    typed = funder.givers.filter(erased_at=None, commitments__external_id__startswith=TYPED)
    Giver.objects.filter(pk__in=typed).update(name=funder.name if funder.is_public else "")

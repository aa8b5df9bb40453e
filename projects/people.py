"""What a person publishes of their work, and how everything personal goes when they are erased."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pgtrigger
from allauth.account.models import EmailAddress
from django.db import transaction

from funders import erasure, subjects
from fundtracker import accounts, changes, middleware, seals, unsent
from fundtracker.models import User
from fundtracker.money import Money
from projects.models import Maintainer, Project, Role


@dataclass(frozen=True, slots=True)
class Published:
    """What anyone may read of one person's work on a project. None is what the person keeps private."""

    name: str  # "" where the person is not named
    purpose: str
    hours: Decimal | None
    cost: Money | None
    frequency: str
    in_kind: bool


def published(project: Project, *, on: date) -> list[Published]:
    """Those who say something, the named ones first. One query."""
    roles = Role.objects.published().on(on).filter(cost__project=project).with_cost()
    return sorted(map(as_published, roles), key=lambda one: (not one.name, one.name.casefold(), one.purpose))


def as_published(role: Role) -> Published:
    cost, tells = role.cost, role.publishes_cost
    return Published(
        name=role.maintainer.name if role.maintainer.publishes_name else "",
        purpose=str(cost.get_purpose_display()),
        hours=role.hours if role.publishes_hours else None,
        cost=cost.amount if tells else None,
        frequency=str(cost.get_frequency_display()) if tells else "",
        in_kind=cost.in_kind and tells,
    )


def latest(roles: Iterable[Role]) -> list[Role]:
    """Of each work the version that no other follows, as it is or will be."""
    every = list(roles)
    followed = {role.cost.follows_id for role in every}
    return [role for role in every if role.cost_id not in followed]


@transaction.atomic
def publish(role: Role, *, hours: bool, cost: bool) -> None:
    """What is published holds from this version on; what is taken back is taken back in all that came before, too."""
    versions = list(_back(role))
    Role.objects.filter(pk=role.pk).update(publishes_hours=hours, publishes_cost=cost)
    if not hours:
        Role.objects.filter(pk__in=versions).update(publishes_hours=False)
    if not cost:
        Role.objects.filter(pk__in=versions).update(publishes_cost=False)
    # What is taken back goes from the copies for when the database is away, too.
    transaction.on_commit(middleware.forget_copies)


def _back(role: Role) -> Iterator[int]:
    """The versions of a work from this one back to its first."""
    by_cost = {one.cost_id: one for one in role.maintainer.roles.select_related("cost")}
    found: Role | None = by_cost[role.cost_id]
    while found:
        yield found.pk
        found = by_cost.get(found.cost.follows_id) if found.cost.follows_id else None


@transaction.atomic
def erase(maintainer: Maintainer) -> None:
    """Who it was and how long they work goes, from the history too. What the work costs stays, so no total moves."""
    user = maintainer.user
    said = {maintainer.name, maintainer.invited_to, user.email if user else ""}
    needles = sorted(one for one in said if len(one) >= subjects.SHORTEST)
    roles = list(maintainer.roles.values_list("pk", flat=True))
    maintainer.roles.all().delete()
    pk = maintainer.pk
    maintainer.delete()
    erasure.blank_history("projects.Maintainer", [pk], {"name": ""}, needles)
    _blank_hours(roles)
    erasure.take_down(needles)
    for label, fields in {**subjects.WORDS, "projects.Cost": ("label", "description")}.items():
        erasure.forget_words(label, fields, needles)
    erasure.forget_letters(needles, {one for one in needles if "@" in one})
    if user and not user.role:
        _close(user, needles)
    unsent.forget()
    transaction.on_commit(middleware.forget_copies)


def _blank_hours(roles: list[int]) -> None:
    events = changes.tracked()["projects.Role"]
    mine = events._default_manager.filter(pgh_obj_id__in=roles)
    seals.blank("projects.Role", mine)
    with pgtrigger.ignore(f"{events._meta.label}:append_only"):
        mine.update(hours=0)


def _close(user: User, needles: list[str]) -> None:
    """An account that was for this record alone: nobody signs in with it again, and it says no address."""
    accounts.sign_out_everywhere(user)
    addresses = list(EmailAddress.objects.filter(user=user).values_list("pk", flat=True))
    EmailAddress.objects.filter(pk__in=addresses).delete()
    user.set_unusable_password()
    user.email, user.is_active = f"erased-{user.pk}@invalid", False
    user.save(update_fields=["email", "is_active", "password"])
    erasure.blank_history("fundtracker.User", [user.pk], {"email": ""}, needles)
    erasure.blank_history("fundtracker.SignInAddress", addresses, {"email": ""}, needles)

"""What projects need, who works on them, who relies on them, and what was awarded to them."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from campaigns.demonstration import Facts, day, minor
from funders import ledger, pledges, promises
from funders.connectors.base import Due, Frequency, GiverRef, Kind, Promise, Purpose, Receipt
from funders.models import Entry, Funder, Giver, Source
from funders.models.promises import TYPED
from fundtracker.models import Role as AccountRole
from fundtracker.models import User
from fundtracker.money import Money
from projects.models import Cost, Maintainer, Offer, Project, Reliance, Reserve, Role, WorkItem, Year

AMOUNTS = ("amount", "day_rate", "restart", "income", "expenses")
DAYS = ("starts_on", "ends_on", "since", "as_of")
NAMES = ("project", "given_by", "funder", "before", "role", "label", "name", "organisation", "year")


def load(facts: Facts) -> None:
    """Those parts of a document that it has. What is there already stays as it is."""
    for one in facts.get("costs", ()):
        _cost(one)
    for one in facts.get("years", ()):
        _missing(Year, one, "year", "currency")
    for one in facts.get("reserves", ()):
        _missing(Reserve, one)
    for place, one in enumerate(facts.get("work", ())):
        _missing(WorkItem, {"position": place, **one}, "name")
    for one in facts.get("reliances", ()):
        _missing(Reliance, one, "organisation")
    for one in facts.get("offers", ()):
        _missing(Offer, one)


def _missing(model: Any, facts: Facts, *known_by: str) -> None:
    """One of its kind for each project, or one of each name."""
    project = Project.objects.get(slug=facts["project"])
    which = {name: facts[name] for name in known_by}
    if not model.objects.filter(project=project, **which).exists():
        model.objects.create(project=project, **(which | _values(facts)))


def _values(facts: Facts) -> dict[str, Any]:
    """Fields of a row: amounts in minor units, days as dates, funders as rows."""
    values = {name: value for name, value in facts.items() if name not in (*AMOUNTS, *DAYS, *NAMES)}
    values |= {f"{name}_minor": minor(facts[name], facts["currency"]) for name in AMOUNTS if name in facts}
    values |= {name: day(facts[name]) for name in DAYS if name in facts}
    return values | {
        name: Funder.objects.get(slug=facts[name]) for name in ("given_by", "funder") if name in facts
    }


def _cost(facts: Facts) -> None:
    """A cost that changed has what it was `before`; one that pays a person has the person's role."""
    project = Project.objects.get(slug=facts["project"])
    if project.costs.filter(label=facts["label"]).exists():
        return
    last = None
    versions: list[Facts] = [facts["before"], {}] if "before" in facts else [{}]
    for version in versions:
        values = _values({**facts, **version})
        last = Cost.objects.create(project=project, label=facts["label"], follows=last, **values)
        if "role" in facts:
            _role(last, facts["role"])


def _role(cost: Cost, facts: Facts) -> None:
    own = {"publishes_name": facts.get("publishes_name", False)}
    person, _ = Maintainer.objects.get_or_create(name=facts["maintainer"], defaults=own)
    said = {key: value for key, value in facts.items() if key not in ("maintainer", "publishes_name")}
    Role.objects.create(maintainer=person, cost=cost, **said)


def sign_in_as(name: str) -> None:
    """Whoever looks at the demonstration is one of its maintainers too, so that their own page has something on it."""
    user = User.objects.filter(maintainer=None, role=AccountRole.ADMINISTRATOR).order_by("pk").first()
    if user:
        Maintainer.objects.filter(name=name, user=None).update(user=user)


def award(source: Source, awards: Iterable[Facts]) -> None:
    """Grants and sponsorships as staff enter them: what was promised, what came of it, and which paid what."""
    for one in awards:
        funder = Funder.objects.get(slug=one["funder"])
        giver = GiverRef(funder.slug, funder.name, public=True, kind=funder.kind)
        promises.record(source, [_promise(one, giver)])
        ledger.record(source, [_receipt(one, part, giver) for part in one["paid"]])
        Giver.objects.filter(source=source, external_id=funder.slug).update(funder=funder)
        _settle(source, one)


def _promise(facts: Facts, giver: GiverRef) -> Promise:
    currency = facts["currency"]
    return Promise(
        external_id=f"{TYPED}{facts['id']}",
        amount=Money.of(facts["amount"], currency),
        seen=timezone.now(),
        frequency=Frequency(facts["frequency"]),
        giver=giver,
        starts_on=day(facts["starts_on"]),
        ends_on=None if facts["ends_on"] is None else day(facts["ends_on"]),
        title=facts["title"],
        designation=facts.get("designation", ""),
        purpose=Purpose(facts["purpose"]),
        schedule=[
            Due(Money.of(part["amount"], currency), day(part["due_on"])) for part in facts.get("parts", ())
        ],
    )


def _receipt(facts: Facts, paid: Facts, giver: GiverRef) -> Receipt:
    return Receipt(
        external_id=f"{TYPED}{facts['id']}-{paid['on']}",
        kind=Kind(facts["kind"]),
        amount=Money.of(paid["amount"], facts["currency"]),
        occurred_at=day(paid["on"]),
        seen=timezone.now(),
        giver=giver,
        frequency=Frequency(facts["frequency"]),
        designation=facts.get("designation", ""),
        purpose=Purpose(facts["purpose"]),
    )


def _settle(source: Source, facts: Facts) -> None:
    """The first parts were paid, in the order of the payments."""
    parts = source.commitments.get(external_id=f"{TYPED}{facts['id']}").instalments.order_by("position")
    paid = Entry.objects.filter(source=source, external_id__startswith=f"{TYPED}{facts['id']}-")
    for part, entry in zip(parts, paid.order_by("occurred_at", "pk"), strict=False):
        pledges.settle(part, paid=True, by=entry)

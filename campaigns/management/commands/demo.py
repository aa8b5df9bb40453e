"""The demonstration site: published figures of real fundraisers, and a sandbox that moves.

Only what is missing is made, so that what staff change stays changed; `make demo-reset` forgets it. Money goes
through the connectors and the ledger, as everywhere.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from campaigns.demonstration import DATA, Facts, coverage, day, minor, read
from campaigns.models import Campaign, Level, Statement, Update
from funders import promises, rates, sync
from funders.connectors.base import Frequency, GiverRef, Promise
from funders.models import Funder, Giver, Programme, Rate, Source, SyncRun, Tier, Upload
from fundtracker import accounts
from fundtracker.models import Role, Site, User
from projects.models import Project, Stream

NAME = "fundtracker demonstration"
BOOKS = "Europe/London"
DOCUMENTS = ("matrix", "floss-fund", "sandbox", "sandbox-foundation")
PROGRAMME_AMOUNTS = ("grant_min", "grant_max", "yearly_budget")


class Command(BaseCommand):
    help = "Load the demonstration site; what is there already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Rate.objects.filter(publisher=Rate.Publisher.ECB).exists():
            rates.seed()
        documents = [read(name) for name in DOCUMENTS]
        with transaction.atomic():
            _site()
            _staff()
            _programmes(read("programmes"))
            for facts in documents:
                _document(facts)
            coverage.sign_in_as("Ada Example")
        for facts in documents:
            for one in facts["sources"]:
                if "file" in one:
                    _book_file(one)


def _site() -> None:
    site = Site.current()
    if not Campaign.objects.exists():
        site.name, site.time_zone = NAME, BOOKS
        site.contact_url = f"mailto:{os.environ['DEMO_EMAIL']}" if os.environ.get("DEMO_EMAIL") else ""
        site.save()


def _staff() -> None:
    email, password = os.environ.get("DEMO_EMAIL"), os.environ.get("DEMO_PASSWORD")
    if not email or not password:
        return
    user = User.objects.filter(email=email.lower()).first() or accounts.make(email)
    user.role, user.is_active = Role.ADMINISTRATOR, True
    if not user.check_password(password):
        user.set_password(password)
    user.save()


def _programmes(facts: Facts) -> None:
    for one in facts["funders"]:
        _funder(one)
    for one in facts["programmes"]:
        amounts = {
            f"{field}_minor": minor(one[field], one["currency"])
            for field in PROGRAMME_AMOUNTS
            if one[field] is not None
        }
        words = {field: value for field, value in one.items() if field not in PROGRAMME_AMOUNTS}
        words["funder"] = Funder.objects.get(slug=one["funder"])
        Programme.objects.get_or_create(
            slug=one["slug"], defaults={**words, **amounts, "checked_on": day(facts["checked_on"])}
        )


def _funder(facts: Facts) -> None:
    Funder.objects.get_or_create(slug=facts["slug"], defaults={**facts, "is_public": True})


def _document(facts: Facts) -> None:
    for one in facts.get("funders", ()):
        _funder(one)
    for one in facts["projects"]:
        parent = {"parent": Project.objects.get(slug=one["parent"])} if "parent" in one else {}
        Project.objects.get_or_create(slug=one["slug"], defaults={**one, **parent})
    for one in facts["sources"]:
        _source(one)
    for one in facts["streams"]:
        Stream.objects.get_or_create(
            project=Project.objects.get(slug=one["project"]),
            source=Source.objects.get(slug=one["source"]),
            designation=one.get("designation"),
            defaults={"purpose": one["purpose"]},
        )
    coverage.load(facts)
    for one in facts["campaigns"]:
        _campaign(one)


def _source(facts: Facts) -> None:
    plain = (
        "slug", "name", "kind", "account", "evidence_url", "is_sandbox", "every_minutes", "options", "time_zone",
        "rank",
    )  # fmt: skip
    source, is_new = Source.objects.get_or_create(
        slug=facts["slug"], defaults={field: facts[field] for field in plain if field in facts}
    )
    if "path" in facts:
        # The sandbox may have another port today.
        source.base_url = os.environ.get("SANDBOX_URL", "http://127.0.0.1:8124") + facts["path"]
        if source.token != facts["token"]:
            source.token = facts["token"]
        source.save(update_fields=["base_url", "token_sealed", "token_set_at"])
    if is_new:
        _tiers(source, facts.get("tiers", ()))
        _members(source, facts.get("members", {}))
        coverage.award(source, facts.get("awards", ()))


def _tiers(source: Source, tiers: Iterable[Facts]) -> None:
    for position, one in enumerate(tiers):
        currency = one.get("currency", "")
        Tier.objects.create(
            source=source,
            name=one["name"],
            amount_minor=minor(one["amount"], currency) if "amount" in one else None,
            amount_max_minor=minor(one["amount_max"], currency) if "amount_max" in one else None,
            currency=currency,
            frequency=Frequency.YEARLY.value,
            position=position,
            note=one["note"],
        )


def _members(source: Source, tiers: Mapping[str, Iterable[str]]) -> None:
    """Organisations that the recipient names in public; what each of them pays is not published."""
    read = timezone.now()
    memberships = [
        Promise(
            external_id=slugify(name),
            amount=None,
            seen=read,
            frequency=Frequency.YEARLY,
            giver=GiverRef(name, name, public=True),
            title=f"{tier} membership",
            tier=tier,
        )
        for tier, names in tiers.items()
        for name in names
    ]
    promises.record(source, memberships)
    for giver in Giver.objects.filter(source=source, funder=None):
        giver.funder, _ = Funder.objects.get_or_create(
            slug=slugify(giver.name), defaults={"name": giver.name, "is_public": True}
        )
        giver.save(update_fields=["funder"])


def _campaign(facts: Facts) -> None:
    plain = ("name", "summary", "currency", "source_url", "give_links")
    campaign, is_new = Campaign.objects.get_or_create(
        slug=facts["slug"],
        defaults={
            **{field: facts[field] for field in plain},
            "project": Project.objects.get(slug=facts["project"]),
            "about": "\n".join(facts["about"]),
            "target_minor": minor(facts["target"], facts["currency"]),
            "starts_on": day(facts["starts_on"]),
            "ends_on": day(facts["ends_on"]) if facts["ends_on"] is not None else None,
            "counts_earlier": facts.get("counts_earlier", False),
            "mode": facts.get("mode", Campaign.Mode.TOTAL),
        },
    )
    if is_new:
        campaign.streams.set(_stream(name) for name in facts["streams"])
        _said(campaign, facts)


def _stream(name: str) -> Stream:
    source, _, designation = name.partition("/")
    return Stream.objects.get(source__slug=source, designation=designation or None)


def _said(campaign: Campaign, facts: Facts) -> None:
    """Its levels, what was stated of it, and its updates."""
    for one in facts["levels"]:
        due_on = None if one["due_on"] is None else day(one["due_on"])
        amount = {"amount_minor": minor(one["amount"], campaign.currency), "due_on": due_on}
        words = {field: one[field] for field in ("kind", "if_missed", "source_url") if field in one}
        Level.objects.create(campaign=campaign, **words, **amount)
    for one in facts["statements"]:
        Statement.objects.create(
            campaign=campaign,
            as_of=day(one["as_of"]),
            amount_minor=minor(one["amount"], campaign.currency),
            note=one["note"],
            evidence=one["evidence"],
            evidence_url=one.get("evidence_url", ""),
        )
    for one in facts["updates"]:
        Update.objects.create(
            campaign=campaign,
            published_on=day(one["published_on"]),
            title=one["title"],
            body="\n".join(one["body"]),
            source_url=one.get("source_url", ""),
        )


def _book_file(facts: Facts) -> None:
    """A file of grants takes the road of every upload: the connector, the ledger, all of it or nothing."""
    source, path = Source.objects.get(slug=facts["slug"]), DATA / facts["file"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    upload = Upload.objects.filter(source=source, digest=digest).first()
    if upload is None:
        with path.open("rb") as content:
            file = File(content, name=path.name)
            upload = Upload.objects.create(source=source, digest=digest, name=path.name, file=file)
    if upload.booked_at is None:
        run = sync.sync(source)
        if run.state != SyncRun.State.COMPLETE:
            raise CommandError(f"{path.name} could not be booked: {run.error}")
    Giver.objects.filter(source=source, funder=None).update(funder=Funder.objects.get(slug=facts["funder"]))

"""The brief for a public buyer: maintenance as a service, its price, who relies on it. One document for page and PDF.

Every text is put into the reader's language here, so that the page and the PDF say the same. What is not known is said
to be not stated; no figure is made up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from fundtracker.models import Site
from fundtracker.money import Money
from fundtracker.templatetags.money import money
from fundtracker.templatetags.text import day as written
from projects.document import Cell, Document, Section, Table
from projects.figures import Figure
from projects.models import Offer, Project, Reliance
from projects.needs import Need
from projects.prices import YEARS, Price, Seats, Share, prices

# What four pages hold, whatever is written: longer lists and texts are on the project's page.
MOST_RELIANCES = 8
MOST_SUMMARY = 700
MOST_EVIDENCE = 100
MOST_DEPLOYMENT = 60
MOST_NAME = 100
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a brief is made for, and what was agreed to ask; all empty where it is for anybody."""

    organisation: str = ""
    reference: str = ""
    years: int | None = None
    share: Share | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a brief is made of."""

    site: Site
    project: Project
    offer: Offer
    need: Need
    figures: Sequence[Figure]
    reliances: Sequence[Reliance]
    today: date

    def own(self, organisation: str) -> list[Reliance]:
        """What is on public record of an organisation, by its name."""
        name = organisation.strip().casefold()
        return [one for one in self.reliances if one.organisation.casefold() == name]

    def seats(self, organisation: str) -> Seats:
        own = self.own(organisation)
        return Seats(sum(one.seats or 0 for one in own), sum(one.seats or 0 for one in self.reliances))

    def prices(self, organisation: str) -> tuple[Price, ...]:
        return prices(self.need.amount, self.seats(organisation)) if self.need.amount else ()


def write(known: Known, wanted: Wanted) -> Document:
    project = known.project
    words = {"project": project.name, "organisation": wanted.organisation}
    return Document(
        title=_("Maintenance of %(project)s as a service") % words,
        author=known.offer.legal_name or project.name,
        language=get_language() or "en",
        lead=_("A brief for %(organisation)s.") % words
        if wanted.organisation
        else _("A brief for public bodies and companies that depend on it."),
        facts=tuple(_head(known, wanted)),
        sections=(
            _what(known),
            _service(known.offer),
            _price(known, wanted),
            _lines("deliverables", _("What is delivered"), known.offer.deliverables),
            _text("acceptance", _("Terms of acceptance"), known.offer.acceptance),
            _figures(known),
            _evidence(known, wanted),
            _contact(known, wanted),
        ),
    )


def _head(known: Known, wanted: Wanted) -> Iterator[tuple[str, Cell]]:
    page = settings.SITE_URL + reverse("projects:brief", args=[known.project.slug])
    if wanted.organisation:
        yield _("For"), Cell(wanted.organisation)
    if wanted.reference:
        yield _("Reference"), Cell(wanted.reference)
    yield _("Supplier"), Cell(_said(known.offer.legal_name))
    yield _("As of"), Cell(written(known.today))
    yield _("The figures of today"), Cell(page, page)


def _what(known: Known) -> Section:
    project = known.project
    summary = Truncator(" ".join(project.summary.split())).chars(MOST_SUMMARY)
    facts = [(_("Web page"), project.url), (_("Source code"), project.repository_url)]
    return Section(
        "what", _("What it is"), (_said(summary),), facts=tuple((name, url) for name, url in facts if url)
    )


def _service(offer: Offer) -> Section:
    facts = [
        (_("Scope"), offer.scope),
        (_("Security response"), offer.security),
        (_("Releases"), offer.releases),
        (_("Support window"), offer.support),
    ]
    return Section(
        "service", _("The service"), facts=tuple((name, _said(_flat(text))) for name, text in facts)
    )


def _price(known: Known, wanted: Wanted) -> Section:
    title, found = _("Term and price"), known.prices(wanted.organisation)
    need = known.need
    if not found or not need.amount:
        why = (
            _(
                "What a year takes is not shown, as it would tell what one person costs. So no price is stated."
            )
            if need.is_withheld
            else _("What a year takes is not on record. So no price is stated.")
        )
        return Section("price", title, (why,))
    head = [ngettext("%(number)s year", "%(number)s years", years) % {"number": years} for years in YEARS]
    names = share_names()
    rows = [(Cell(names[one.share]), *(Cell(money(amount)) for amount in one.amounts)) for one in found]
    return Section(
        "price",
        title,
        tuple(_chosen(found, wanted)),
        table=Table((_("Share of a year’s need"), *head), (False, True, True, True), tuple(rows)),
        notes=tuple(_how_priced(known, need.amount, wanted)),
    )


def share_names() -> dict[Share, str]:
    return {
        Share.WHOLE: _("The whole of it"),
        Share.HALF: _("A half"),
        Share.FAIR: _("The implied fair share (an estimate)"),
    }


def _chosen(found: Sequence[Price], wanted: Wanted) -> Iterator[str]:
    price = next((one for one in found if one.share == wanted.share), None)
    if price is None or wanted.years is None:
        return
    words = {
        "share": share_names()[price.share],
        "amount": money(price.of(wanted.years)),
        "a_year": money(price.of(1)),
        "number": wanted.years,
    }
    yield (
        ngettext(
            "Chosen: %(amount)s for %(number)s year. Share: %(share)s.",
            "Chosen: %(amount)s for %(number)s years, which is %(a_year)s a year. Share: %(share)s.",
            wanted.years,
        )
        % words
    )


def _how_priced(known: Known, year: Money, wanted: Wanted) -> Iterator[str]:
    seats = known.seats(wanted.organisation)
    words = {
        "year": money(year),
        "day": written(known.need.day),
        "every": _number(seats.every),
        "own": _number(seats.own),
    }
    yield _("A year takes %(year)s, at the costs of %(day)s. Nothing is added for later years.") % words
    if seats.part:
        yield (
            _("Implied fair share: %(year)s × %(own)s seats ÷ %(every)s seats on record. An estimate.")
            % words
        )
    elif seats.every:
        yield (
            _(
                "An organisation’s implied fair share of a year is %(year)s × its seats ÷ %(every)s seats on record. An estimate."
            )
            % words
        )
    yield known.offer.tax or _("Taxes: not stated.")


def _figures(known: Known) -> Section:
    rows = tuple((Cell(one.name, one.url), Cell(one.said), Cell(written(one.as_of))) for one in known.figures)
    table = Table((_("Figure"), _("Value"), _("As of")), (False, True, False), rows)
    return Section("figures", _("How it is funded today"), table=table)


def _evidence(known: Known, wanted: Wanted) -> Section:
    title, own = _("Who relies on it"), known.own(wanted.organisation)
    shown = sorted(known.reliances, key=lambda one: (one not in own, -(one.seats or 0), one.organisation))
    if not shown:
        return Section("evidence", title, (_("No organisation has been put on record yet."),))
    head = (_("Organisation"), _("What it runs"), _("Seats"), _("Evidence"))
    rows = tuple(_evidence_row(one) for one in shown[:MOST_RELIANCES])
    left = len(shown) - len(rows)
    more = ngettext(
        "One more is on the project’s page.", "%(number)s more are on the project’s page.", left
    ) % {"number": left}
    return Section(
        "evidence", title, table=Table(head, (False, False, True, False), rows), notes=(more,) if left else ()
    )


def _evidence_row(one: Reliance) -> tuple[Cell, ...]:
    said = Truncator(one.evidence or one.evidence_url).chars(MOST_EVIDENCE)
    if one.as_of:
        day = written(one.as_of).replace(" ", "\u00a0")
        said = f"{said} ({day})"
    seats = _("not known") if one.seats is None else _number(one.seats)
    return (
        Cell(Truncator(one.organisation).chars(MOST_NAME)),
        Cell(Truncator(one.deployment).chars(MOST_DEPLOYMENT) or "–"),
        Cell(seats),
        Cell(said, one.evidence_url),
    )


def _contact(known: Known, wanted: Wanted) -> Section:
    facts = (
        (_("Legal name"), _said(known.offer.legal_name)),
        (_("Contact"), _said(wanted.contact or _flat(known.offer.contact))),
    )
    made = _("This document was made on %(day)s from public records. It is no invoice and no contract.")
    return Section(
        "contact", _("Whom to contact"), facts=facts, notes=(made % {"day": written(known.today)},)
    )


def _lines(key: str, title: str, text: str) -> Section:
    lines = [line.strip().removeprefix("-").strip() for line in text.splitlines() if line.strip()]
    # Nothing is left out: what are too many lines for a list go on in its last.
    items = (*lines[: MOST_LINES - 1], _flat(" ".join(lines[MOST_LINES - 1 :])))
    return Section(key, title, items=tuple(filter(None, items))) if lines else _text(key, title, "")


def _text(key: str, title: str, text: str) -> Section:
    return Section(key, title, (_said(_flat(text)),))


def _number(number: int) -> str:
    """Grouped as the reader's language does."""
    return number_format(number, force_grouping=True)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _said(text: str) -> str:
    return text or _("Not stated.")

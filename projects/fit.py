"""How well a programme's offer fits a project's need: how far it goes, and every reason for and against. Pure.

For a need N and a largest grant M with k awards: cover = min(1, k × M ÷ N), awards needed = ⌈N ÷ M⌉. An amount in another
currency is converted at the need's day and never rounded before it is compared.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funders.models import Programme
from funders.models.programmes import ANYWHERE
from funders.rates import Rates
from fundtracker import countries
from fundtracker.money import Money
from fundtracker.templatetags.text import day
from projects.needs import Need

YES, NO, PARTLY, UNKNOWN = (str(answer) for answer in Programme.Answer)


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme's amounts in minor units of the need's currency, not rounded; None where not known."""

    programme: Programme
    smallest: Decimal | None
    largest: Decimal | None
    budget: Decimal | None
    has_rate: bool

    @property
    def awards(self) -> int:
        """How many one applicant may surely get."""
        return self.programme.awards_allowed or 1


@dataclass(frozen=True, slots=True)
class Fit:
    """`percent` of a year's need, floored, and the `awards` that a whole year takes; None where it cannot be said."""

    offer: Offer
    percent: int | None
    awards: int | None
    how_far: str
    exclusions: tuple[str, ...]
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def programme(self) -> Programme:
        return self.offer.programme


def offer(programme: Programme, currency: str, *, on: date, rates: Rates) -> Offer:
    """What it offers, in `currency` at the rates of `on`."""
    known = (programme.smallest, programme.largest, programme.yearly_budget)
    smallest, largest, budget = (
        None if one is None else rates.convert(Decimal(one.minor), one.currency, currency, on)
        for one in known
    )
    has_rate = any((smallest, largest, budget)) or not any(known)
    return Offer(programme, smallest, largest, budget, has_rate=has_rate)


def fit(one: Offer, need: Need, *, country: str, on: date) -> Fit:
    """`country` is where the project is based, empty where not known."""
    amount = need.amount or None  # a need of nothing compares with nothing
    percent = awards = None
    if amount and one.largest:
        share = Fraction(one.largest) / amount.minor
        percent, awards = math.floor(min(Fraction(1), one.awards * share) * 100), math.ceil(1 / share)
    return Fit(
        offer=one,
        percent=percent,
        awards=awards,
        how_far=_how_far(one, need, percent, awards),
        exclusions=tuple(_exclusions(one, need, country, on)),
        reasons_for=tuple(_for(one.programme, country, on)),
        reasons_against=tuple(_against(one, amount, awards)),
        unknown=tuple(_unknown(one.programme, country)),
    )


def rank(found: Fit) -> tuple[bool, bool, int, str]:
    """To sort by: what is open to the project first, then what goes furthest."""
    return bool(found.exclusions), found.percent is None, -(found.percent or 0), found.programme.name


def _how_far(one: Offer, need: Need, percent: int | None, awards: int | None) -> str:
    if need.amount is None:
        return _("How far it goes cannot be said: the project's yearly need is not known.")
    if not need.amount:
        return _("Nothing is needed in a year, so there is nothing to cover.")
    if one.programme.largest is None:
        return _("How far it goes cannot be said: its largest grant is not known.")
    if percent is None or awards is None:
        return _("How far it goes cannot be said: no exchange rate is known.")
    if percent == 100:
        return _("It can cover a whole year.")
    covered = ngettext(
        "Its largest grant covers %(percent)s of a year.", "Its %(count)d largest grants cover %(percent)s of a year.",
        one.awards,
    )  # fmt: skip
    share = _("less than 1%") if percent == 0 else f"{percent}%"
    takes = ngettext(
        "A whole year takes %(awards)d of them.", "A whole year takes %(awards)d of them.", awards
    )
    return f"{covered % {'percent': share, 'count': one.awards}} {takes % {'awards': awards}}"


def _exclusions(one: Offer, need: Need, country: str, on: date) -> Iterator[str]:
    programme = one.programme
    if programme.eligible == [Programme.Applicant.CONSORTIUM]:
        yield _("Only a consortium may apply.")
    if programme.research_only == YES:
        yield _("It pays research and development only.")
    if programme.pays_maintenance == NO and need.is_upkeep:
        yield _("It pays no maintenance.")
    if country and _limits(programme) and country not in _limits(programme):
        yield _("Only for applicants in %(countries)s.") % {"countries": countries.names(_limits(programme))}
    if programme.closes_on and programme.closes_on < on:
        yield _("Closed since %(day)s.") % {"day": day(programme.closes_on)}
    if programme.opens_on and programme.opens_on > on:
        yield _("Not open before %(day)s.") % {"day": day(programme.opens_on)}
    if need.amount and not one.has_rate:
        said = _("Its amounts cannot be compared: no exchange rate is known for %(currency)s.")
        yield said % {"currency": programme.currency}


def _for(programme: Programme, country: str, on: date) -> Iterator[str]:
    if programme.pays_maintenance == YES:
        yield _("It pays maintenance.")
    if programme.recurring == YES:
        yield _("It pays every year.")
    if programme.research_only == NO:
        yield _("It pays more than research and development.")
    if programme.countries == ANYWHERE:
        yield _("Applicants from any country may apply.")
    if country and country in _limits(programme):
        yield _("Applicants in %(country)s may apply.") % {"country": countries.name(country)}
    if programme.closes_on and (programme.opens_on or on) <= on <= programme.closes_on:
        yield _("Open until %(day)s.") % {"day": day(programme.closes_on)}


def _against(one: Offer, amount: Money | None, awards: int | None) -> Iterator[str]:
    programme = one.programme
    if programme.pays_maintenance == PARTLY:
        yield _("It pays maintenance only in part.")
    if programme.research_only == PARTLY:
        yield _("Research and development must come first.")
    if programme.recurring == NO:
        yield _("It pays once: the next year's money must be found anew.")
    if programme.recurring == PARTLY:
        yield _("It pays every year only in part.")
    if amount and one.smallest and one.smallest > amount.minor:
        yield _("Its smallest grant is more than a year needs.")
    if amount and one.budget and one.budget < amount.minor:
        yield _("All that it gives in a year is less than this project needs.")
    if awards and programme.awards_allowed and awards > programme.awards_allowed:
        said = ngettext(
            "It gives one applicant %(count)d award.", "It gives one applicant %(count)d awards.", programme.awards_allowed
        )  # fmt: skip
        yield said % {"count": programme.awards_allowed}


def _unknown(programme: Programme, country: str) -> Iterator[str]:
    if programme.largest is None:
        yield _("how large a grant can be")
    if programme.awards_allowed is None:
        yield _("how many awards one applicant may get")
    if programme.pays_maintenance == UNKNOWN:
        yield _("whether it pays maintenance")
    if programme.research_only == UNKNOWN:
        yield _("whether it pays research and development only")
    if programme.recurring == UNKNOWN:
        yield _("whether it pays every year")
    if not programme.eligible and not programme.conditions:
        yield _("who may apply")
    if not programme.countries:
        yield _("from which countries one may apply")
    if _limits(programme) and not country:
        said = _("where this project is based: only applicants in %(countries)s may apply")
        yield said % {"countries": countries.names(_limits(programme))}
    if not programme.opens_on and not programme.closes_on:
        yield _("when one can apply")
    if programme.conditions:
        yield _("whether this is met: %(condition)s") % {"condition": programme.conditions}


def _limits(programme: Programme) -> list[str]:
    """The only countries whose applicants it takes; empty where it takes all, or where that is not known."""
    return [] if programme.countries == ANYWHERE else programme.countries.split()

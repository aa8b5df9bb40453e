"""A year's statement of funding: what a person's work took, and what of it was paid for. The same on page and paper."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fundtracker.models import Site
from fundtracker.templatetags.money import money
from fundtracker.templatetags.text import day as day_words
from fundtracker.templatetags.text import hours as hours_words
from projects import hours
from projects.models import Maintainer
from projects.own import Own


@dataclass(frozen=True, slots=True)
class Statement:
    """Of a year until the month of `on`, in the year that runs."""

    maintainer: Maintainer
    year: int
    on: date
    work: list[Own]

    @property
    def months(self) -> list[hours.Month]:
        return hours.together(one.months for one in self.work)

    @property
    def total(self) -> hours.Month | None:
        return hours.total(self.months)

    @property
    def is_running(self) -> bool:
        return self.on.year == self.year


def method() -> list[str]:
    """How it is worked out, in sentences."""
    return [
        _("The hours are those that the work takes, as the staff of this site entered them. A month in which work began or ended counts by its days."),
        _("Of a month the share is paid for that its purpose was covered: the money recognised in that month for that purpose, divided by what it costs. Recurring money is spread by day over the time it is given for, a grant over its term. It is never more than all of it."),
        _("Where purposes are not told apart, since that would tell what one person earns, the share is that of the project as a whole. Work that an employer gives in kind counts as paid for."),
        _("It says what was covered, and is no record of payments."),
    ]  # fmt: skip


def as_data(statement: Statement, *, site: Site) -> dict[str, Any]:
    """For the template of the paper: every text in the reader's language."""
    total = statement.total
    until = day_words(statement.on)
    return {
        "title": _("Statement of funding %(year)d") % {"year": statement.year},
        "author": site.name,
        "language": get_language() or "en",
        "name": statement.maintainer.name,
        "as_of": _("As of %(day)s") % {"day": until},
        "running": _("The year has not ended: this is what is known so far.") if statement.is_running else "",
        "summary": summary(total),
        "work_title": _("Work"),
        "work_columns": _columns(_("Project and purpose"), _("When"), _("Hours"), _("Paid for"), _("Cost"), _("Of it paid for")),
        "work": [_row(one) for one in statement.work],
        "months_title": _("Month by month"),
        "months_columns": _columns(_("Month"), _("Hours"), _("Paid for"), _("Share")),
        "months": [
            [month_words(month.first), hours_words(month.hours), hours_words(month.funded) or "–", share(month)]
            for month in statement.months
        ],
        "method_title": _("How this is worked out"),
        "method": method(),
    }  # fmt: skip


def summary(total: hours.Month | None) -> str:
    if total is None:
        return _("No work is entered for this year.")
    words = {"hours": hours_words(total.hours), "funded": hours_words(total.funded), "percent": total.percent}
    if total.funded is None:
        return (
            _("The work took %(hours)s hours. How many of them were paid for is not known for every month.")
            % words
        )
    return _("The work took %(hours)s hours. %(funded)s of them were paid for: %(percent)s%%.") % words


def share(month: hours.Month) -> str:
    return _("not known") if month.percent is None else f"{month.percent}%"


def month_words(first: date) -> str:
    # Translators: how a month is written, in the letters of Django's date filter: April 2024
    return date_format(first, _("F Y"))


def when(one: Own) -> str:
    """The months in which there was work."""
    first, last = month_words(one.months[0].first), month_words(one.months[-1].first)
    return first if first == last else f"{first} – {last}"


def _row(one: Own) -> list[str]:
    total, cost = one.total, one.role.cost
    assert total
    what = f"{cost.project}, {cost.get_purpose_display()}"
    return [
        _("%(what)s, in kind") % {"what": what} if cost.in_kind else what,
        when(one),
        hours_words(total.hours),
        hours_words(total.funded) or _("not known"),
        money(one.cost) or "–",
        money(one.paid) or "–",
    ]


def _columns(*titles: str) -> list[dict[str, Any]]:
    """The first of them holds words, and so does a second one of six; all others numbers."""
    words = 2 if len(titles) > 4 else 1
    return [{"title": title, "is_number": place >= words} for place, title in enumerate(titles)]

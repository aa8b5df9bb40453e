"""How far a programme goes and why it fits or not, by examples; the arithmetic again by pandas."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from funders.models import Programme, Rate
from funders.rates import Rates
from fundtracker.money import Money
from projects import fit
from projects.needs import Need

TODAY = date(2026, 6, 30)
RATES = Rates({(Rate.Publisher.ECB, "GBP"): ([TODAY], [Decimal("0.80")])})
ANSWERED = {"pays_maintenance": "yes", "recurring": "yes", "research_only": "no"}


def programme(largest=None, smallest=None, **fields):
    def minor(amount):
        return None if amount is None else amount * 100

    return Programme(grant_max_minor=minor(largest), grant_min_minor=minor(smallest), **fields)


def need(amount, currency="EUR", is_upkeep=True):
    money = None if amount is None else Money.of(amount, currency)
    return Need(money, TODAY, apart=(), unconverted=(), is_upkeep=is_upkeep)


def found(one, needed, country="", on=TODAY):
    currency = needed.amount.currency if needed.amount else "EUR"
    return fit.fit(fit.offer(one, currency, on=TODAY, rates=RATES.mark()), needed, country=country, on=on)


@pytest.mark.parametrize(
    ("largest", "awards", "amount", "percent", "needed", "words"),
    [
        (50_000, 1, 900_000, 5, 18, "Its largest grant covers 5% of a year. A whole year takes 18 of them."),
        (50_000, 2, 900_000, 11, 18, "Its 2 largest grants cover 11% of a year. A whole year takes 18 of them."),
        (50_000, None, 99_999, 50, 2, "Its largest grant covers 50% of a year. A whole year takes 2 of them."),
        (50_000, 2, 99_999, 100, 2, "It can cover a whole year."),
        (50_000, 2, 100_000, 100, 2, "It can cover a whole year."),
        (50_000, 2, 100_001, 99, 3, "Its 2 largest grants cover 99% of a year. A whole year takes 3 of them."),
        (50_000, 1, 50_000, 100, 1, "It can cover a whole year."),
        (500_000, 9, 50_000, 100, 1, "It can cover a whole year."),
        (5_000, 1, 900_000, 0, 180, "Its largest grant covers less than 1% of a year. A whole year takes 180 of them."),
        (None, 3, 900_000, None, None, "How far it goes cannot be said: its largest grant is not known."),
        (50_000, 1, 0, None, None, "Nothing is needed in a year, so there is nothing to cover."),
        (50_000, 1, None, None, None, "How far it goes cannot be said: the project's yearly need is not known."),
    ],
)  # fmt: skip
def test_how_far_a_programme_goes(largest, awards, amount, percent, needed, words):
    one = found(programme(largest, awards_allowed=awards), need(amount))
    assert (one.percent, one.awards, one.how_far) == (percent, needed, words)


def test_amounts_of_another_currency_are_compared_at_the_days_rate():
    one = found(programme(50_000), need(40_000, "GBP"))
    assert (one.percent, one.awards) == (100, 1)
    one = found(programme(50_000), need("40000.01", "GBP"))
    assert (one.percent, one.awards) == (99, 2)


def test_without_a_rate_nothing_is_compared():
    one = found(programme(50_000, currency="USD"), need(900_000))
    assert (one.percent, one.awards) == (None, None)
    assert one.how_far == "How far it goes cannot be said: no exchange rate is known."
    assert one.exclusions == ("Its amounts cannot be compared: no exchange rate is known for USD.",)
    assert found(programme(currency="USD"), need(900_000)).exclusions == ()


def test_pandas_finds_the_same_numbers():
    generator = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "need": generator.integers(1, 2_000_000, 300),
            "largest": generator.integers(1, 500_000, 300),
            "awards": generator.integers(1, 6, 300),
        }
    )
    table["percent"] = np.minimum(100, 100 * table.awards * table.largest // table.need)
    table["needed"] = (table.need + table.largest - 1) // table.largest
    made = [
        found(programme(row["largest"], awards_allowed=row["awards"]), need(row["need"]))
        for row in table.to_dict("records")
    ]
    assert [one.percent for one in made] == table.percent.tolist()
    assert [one.awards for one in made] == table.needed.tolist()


@pytest.mark.parametrize(
    ("fields", "country", "reasons"),
    [
        ({"eligible": ["consortium"]}, "", ["Only a consortium may apply."]),
        ({"eligible": ["consortium", "organisation"]}, "", []),
        ({"research_only": "yes"}, "", ["It pays research and development only."]),
        ({"pays_maintenance": "no"}, "", ["It pays no maintenance."]),
        ({"countries": "DE"}, "GB", ["Only for applicants in Germany."]),
        ({"countries": "DE AT"}, "GB", ["Only for applicants in Austria, Germany."]),
        ({"countries": "DE AT"}, "AT", []),
        ({"countries": "DE"}, "", []),
        ({"countries": "any"}, "GB", []),
        ({"closes_on": date(2026, 6, 29)}, "", ["Closed since 29 June 2026."]),
        ({"closes_on": TODAY, "opens_on": TODAY}, "", []),
        ({"opens_on": date(2026, 7, 1)}, "", ["Not open before 1 July 2026."]),
        (
            {"research_only": "yes", "pays_maintenance": "no", "eligible": ["consortium"]}, "",
            ["Only a consortium may apply.", "It pays research and development only.", "It pays no maintenance."],
        ),
    ],
)  # fmt: skip
def test_every_exclusion_is_named(fields, country, reasons):
    assert list(found(programme(50_000, **fields), need(900_000), country).exclusions) == reasons


def test_features_alone_need_no_maintenance():
    one = found(programme(50_000, pays_maintenance="no"), need(900_000, is_upkeep=False))
    assert one.exclusions == ()


def test_every_reason_for_is_named():
    one = programme(50_000, **ANSWERED, countries="any", closes_on=date(2026, 7, 31))
    assert found(one, need(50_000)).reasons_for == (
        "It pays maintenance.",
        "It pays every year.",
        "It pays more than research and development.",
        "Applicants from any country may apply.",
        "Open until 31 July 2026.",
    )
    assert found(programme(countries="AT DE"), need(1), "DE").reasons_for == ("Applicants in Germany may apply.",)  # fmt: skip


def test_every_reason_against_is_named():
    said = {"pays_maintenance": "partly", "research_only": "partly", "recurring": "no"}
    one = programme(2_000, 1_500, awards_allowed=1, yearly_budget_minor=90_000, **said)
    assert found(one, need(1_000)).reasons_against == (
        "It pays maintenance only in part.",
        "Research and development must come first.",
        "It pays once: the next year's money must be found anew.",
        "Its smallest grant is more than a year needs.",
        "All that it gives in a year is less than this project needs.",
    )
    assert found(programme(500, awards_allowed=1, recurring="partly"), need(1_000)).reasons_against == (
        "It pays every year only in part.",
        "It gives one applicant 1 award.",
    )


def test_everything_unknown_is_a_question():
    assert found(programme(), need(1)).unknown == (
        "how large a grant can be",
        "how many awards one applicant may get",
        "whether it pays maintenance",
        "whether it pays research and development only",
        "whether it pays every year",
        "who may apply",
        "from which countries one may apply",
        "when one can apply",
    )


def test_what_is_known_is_no_question():
    known = {**ANSWERED, "awards_allowed": 1, "eligible": ["team"], "opens_on": TODAY}
    assert found(programme(1, countries="any", **known), need(1)).unknown == ()
    assert found(programme(1, countries="DE", conditions="a funding.json", **known), need(1)).unknown == (
        "where this project is based: only applicants in Germany may apply",
        "whether this is met: a funding.json",
    )


def test_what_is_open_and_goes_furthest_comes_first():
    offers = [
        programme(90_000, name="Closed", closes_on=date(2026, 1, 1)), programme(name="Unknown"),
        programme(10_000, name="Small"), programme(50_000, name="Large"),
    ]  # fmt: skip
    fits = sorted((found(one, need(100_000)) for one in offers), key=fit.rank)
    assert [one.programme.name for one in fits] == ["Large", "Small", "Unknown", "Closed"]

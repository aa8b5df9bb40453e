"""Money: whole minor units with their currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundtracker.money import LARGEST, CurrencyMismatch, Money, exponent, total

GBP = Money(41_500_000, "GBP")
minors = st.integers(-LARGEST, LARGEST)
currencies = st.sampled_from(["GBP", "EUR", "USD", "JPY", "KWD", "CLF", "HRK"])


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("GBP", 2),
        ("JPY", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("CLF", 4),
        ("MGA", 2),
        ("HRK", 2),
        ("ZWG", 2),
        ("XCG", 2),
    ],
)
def test_minor_units_are_iso_4217s_and_those_of_named_historic_currencies(currency, digits):
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["", "gbp", "POUND", "XYZ"])
def test_an_unknown_currency_is_refused_by_name(currency):
    with pytest.raises(ValueError, match="is not a currency"):
        Money(1, currency)


@pytest.mark.parametrize("minor", [1.0, Decimal(1), "1", True, None])
def test_only_whole_numbers_are_minor_units(minor):
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "GBP")


@pytest.mark.parametrize(
    "mix", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b]
)
def test_mixing_currencies_raises(mix):
    with pytest.raises(CurrencyMismatch, match="GBP and EUR cannot be in one sum"):
        mix(GBP, Money(1, "EUR"))


@pytest.mark.parametrize("other", [1, 0, Decimal(1), None])
def test_money_never_goes_with_a_bare_number(other):
    with pytest.raises(TypeError):
        GBP + other


@given(minors, currencies)
def test_an_amount_survives_its_decimal(minor, currency):
    money = Money(minor, currency)
    assert Money.of(money.decimal, currency) == money
    assert Money.of(str(money.decimal), currency) == money


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_a_total_is_the_sum_of_the_minor_units(parts):
    assert total([Money(part, "EUR") for part in parts], "EUR") == Money(sum(parts), "EUR")


@pytest.mark.parametrize("amount", ["10.005", "0.001", "1." + "0" * 40 + "1"])
def test_nothing_finer_than_the_minor_unit_is_rounded_away(amount):
    with pytest.raises(ValueError, match="more decimals than GBP has"):
        Money.of(amount, "GBP")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e309", "1e20"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match=r"is not an amount|too large"):
        Money.of(amount, "GBP")


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("415k", "en"),
        ("£415,000", "en"),
        ("415000", "en"),
        ("415.000,00", "de"),
        ("415 000 £", "fr"),
        ("GBP 415K", "en"),
    ],
)
def test_it_reads_what_people_type(text, locale):
    assert Money.parse(text, "GBP", locale) == GBP


@pytest.mark.parametrize("text", ["", "abc", "4,15", "415,00.5", "£", "--5", "1e5"])
def test_it_says_when_it_cannot_read_what_was_typed(text):
    with pytest.raises(ValueError, match="is not an amount in GBP: write it like 415,000 or 415k"):
        Money.parse(text, "GBP")


@pytest.mark.parametrize(
    ("money", "locale", "full", "short"),
    [
        (GBP, "en", "£415,000", "£415K"),
        (GBP, "de", "415.000\xa0£", "415.000\xa0£"),
        (Money(41_500_050, "GBP"), "en", "£415,000.50", "£415K"),
        (Money(89_999_999, "GBP"), "en", "£899,999.99", "£899K"),
        (Money(123_499, "GBP"), "en", "£1,234.99", "£1,234"),
        (Money(1_234_567_890, "USD"), "en", "$12,345,678.90", "$12.34M"),
        (Money(-500_000, "JPY"), "en", "-¥500,000", "-¥500K"),
        (Money(1_500, "KWD"), "en", "KWD1.500", "KWD1"),
    ],
)
def test_it_is_written_without_cents_unless_they_matter_and_short_is_never_rounded_up(
    money, locale, full, short
):
    assert (money.format(locale), money.short(locale)) == (full, short)

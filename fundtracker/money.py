"""Money: whole minor units and their currency. Pure: no models, no settings, no float.

The minor unit is ISO 4217's (iso4217 package). A provider with another exponent converts in its connector.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, localcontext
from functools import cache

from babel.core import Locale
from babel.numbers import (
    NumberFormatError,
    format_compact_currency,
    format_currency,
    get_currency_symbol,
    parse_decimal,
)
from iso4217 import Currency

# Withdrawn currencies that the ECB's history or old gifts still name; ISO 4217 list three.
HISTORIC_EXPONENTS = {
    "ANG": 2, "BGN": 2, "CUC": 2, "CYP": 2, "EEK": 2, "HRK": 2, "LTL": 2, "LVL": 2, "MRO": 2, "MTL": 2,
    "ROL": 2, "SIT": 2, "SKK": 2, "SLL": 2, "STD": 2, "TRL": 0, "ZWL": 2,
}  # fmt: skip
# What a PostgreSQL bigint holds, less three digits of room for sums.
LARGEST = 9_000_000_000_000_000
_ISO_EXPONENTS = {currency.code.upper(): currency.exponent for currency in Currency}
_SUFFIXES = {"k": Decimal(1_000), "m": Decimal(1_000_000)}


class CurrencyMismatch(TypeError):
    """Two currencies met in one sum."""


@cache
def exponent(currency: str) -> int:
    """How many decimals the minor unit of `currency` has: GBP 2, JPY 0. ValueError if it is no currency."""
    known = HISTORIC_EXPONENTS.get(currency, _ISO_EXPONENTS.get(currency))
    if known is None:
        raise ValueError(f"“{currency}” is not a currency: use a code of ISO 4217, such as EUR")
    return known


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units (pence, cents, yen) of `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money counts whole minor units, not {self.minor!r}")
        if abs(self.minor) > LARGEST:
            raise ValueError("the amount is too large to be right")
        exponent(self.currency)

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> "Money":
        """From an amount in major units. ValueError where it is finer than the minor unit: nothing is rounded."""
        value = Decimal(amount)
        if not value.is_finite():
            raise ValueError(f"“{amount}” is not an amount")
        if value.adjusted() > 18:
            raise ValueError("the amount is too large to be right")
        with localcontext(prec=100):
            scaled = value.scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency} has ({exponent(currency)})")
        return cls(int(scaled), currency)

    @classmethod
    def parse(cls, text: str, currency: str, locale: str = "en") -> "Money":
        """What people type: “415k”, “£415,000”, “415.000,00” in a German locale. ValueError says what is wrong."""
        bare = re.sub(r"\s", "", text.replace("\u2212", "-"))
        for sign in (
            currency,
            *(get_currency_symbol(currency, locale=_locale(one)) for one in (locale, "en")),
        ):
            bare = bare.replace(sign, "")
        suffix = _SUFFIXES.get(bare[-1:].lower())
        try:
            number = bare[:-1] if suffix else bare
            # parse_decimal would also take 1e5 and Infinity.
            if re.search(r"[^\W\d]", number):
                raise NumberFormatError(number)
            value = parse_decimal(number, locale=_locale(locale), strict=True)
        except NumberFormatError:
            raise ValueError(
                f"“{text}” is not an amount in {currency}: write it like 415,000 or 415k"
            ) from None
        return cls.of(value * suffix if suffix else value, currency)

    @property
    def decimal(self) -> Decimal:
        """In major units, with all decimals: 415000.00."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def format(self, locale: str = "en") -> str:
        """£415,000, or £415,000.50: cents only where they matter."""
        whole = self.minor % 10 ** exponent(self.currency) == 0
        pattern = _locale(locale).currency_formats["standard"].pattern
        if whole:
            pattern = re.sub(r"\.0+", "", pattern)
        else:
            pattern = re.sub(r"\.0+", "." + "0" * exponent(self.currency), pattern)
        return format_currency(
            self.decimal, self.currency, format=pattern, locale=_locale(locale), currency_digits=False
        )

    def short(self, locale: str = "en") -> str:
        """£415K, cut off and never rounded up; in full below 10,000."""
        size = abs(self.decimal)
        if size < 10_000:
            return Money(self._cut(Decimal(1)), self.currency).format(locale)
        unit, digits = (Decimal(1_000), 0) if size < 1_000_000 else (Decimal(10_000), 2)
        cut = Money(self._cut(unit), self.currency)
        text = format_compact_currency(
            cut.decimal, self.currency, locale=_locale(locale), fraction_digits=digits
        )
        # Languages without a short word for thousands write them in full; Babel forgets to group those.
        return cut.format(locale) if re.search(r"\d{5}", text) else text

    def _cut(self, unit: Decimal) -> int:
        cut = (self.decimal / unit).to_integral_value(ROUND_DOWN) * unit
        return int(cut.scaleb(exponent(self.currency)))

    def _same(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money goes with Money, not with {other!r}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be in one sum")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, all in `currency`; zero of it where there are none."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))

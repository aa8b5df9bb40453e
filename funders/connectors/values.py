"""What a value of an API's answer is: of the type that it always was, and money that can be booked; and how it is told. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any, TypeVar

from funders.connectors.base import Rejected
from fundtracker.money import Money, exponent

LARGEST = 18  # digits: what has more, Money refuses in words
T = TypeVar("T")


def typed(kind: type[T], value: Any) -> T:
    """TypeError, which `graphql.reading` puts into words, where it is of another type. True is no number here."""
    if type(value) is not kind:
        raise TypeError("one is of another type")
    return value


def number(value: Any, *kinds: type) -> Decimal:
    if type(value) not in kinds:
        raise TypeError("one is of another type")
    return Decimal(value)


def money(amount: Decimal, currency: str) -> Money:
    try:
        return Money.of(amount, currency)
    except ValueError as error:
        raise Rejected(f"an amount cannot be booked: {error}") from None


def rounded(amount: Decimal, currency: str) -> Money:
    """To the minor unit, half to even."""
    money(Decimal(0), currency)
    if amount.is_finite() and amount.adjusted() < LARGEST:
        with localcontext(prec=100):
            amount = amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_EVEN)
    return money(amount, currency)


def shown(word: Any) -> str:
    """As a sentence for people can hold it."""
    return "".join(letter for letter in str(word) if letter.isprintable())

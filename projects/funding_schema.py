"""funding.json as pydantic checks it: the schema of v1.0.0 and v1.1.0, and the rules of its authors' validator.

Where the two differ the stricter one holds. Each error has its words in WORDS. Pure.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError as NoEMail
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from fundtracker.money import Money, exponent
from projects import well_known
from projects.documents import is_web_address, storable

LARGEST = 1_000_000_000
# What is wrong → what to do. The names are pydantic's, and those of the rules below.
WORDS = {
    "missing": _("is missing: add it"),
    "model_type": _("must be an object in braces { }"),
    "list_type": _("must be a list in brackets [ ]"),
    "string_type": _("must be a text in quotation marks"),
    "string_unicode": _("has a character in it that is none: type it anew"),
    "zero": _("has a character in it that cannot be stored (\\u0000): take it out"),
    "string_too_short": _("is too short: it needs %(min_length)s characters or more"),
    "string_too_long": _("is too long: at most %(max_length)s characters"),
    "too_short": _("is too short a list: it needs %(min_length)s entry or more"),
    "too_long": _("is too long a list: at most %(max_length)s entries"),
    "literal_error": _("must be %(expected)s"),
    "int_type": _("must be a whole number without quotation marks"),
    "greater_than_equal": _("must be %(ge)s or more"),
    "less_than_equal": _("must be %(le)s or less"),
    "number": _("must be a number without quotation marks, such as 1500 or 99.50"),
    "amount": "%(why)s",
    "currency": _("is not a currency: use a code of ISO 4217, such as EUR"),
    "guid": _("must be small letters, digits and single dashes between them, such as my-project"),
    "tag": _("must be small letters, digits and dashes, such as developer-tools"),
    "version": _("must be v1.0.0 or v1.1.0: only version 1 is known here"),
    "e_mail": _("is not an e-mail address"),
    "web": _("is not a web address: it must start with https:// or http:// and name a host"),
    "list_address": _("must end in %(end)s"),
}


def _rule(rule: str, holds: Callable[[str], bool], **context: Any) -> AfterValidator:
    """A rule of ours on a text; its words are in WORDS."""

    def check(text: str) -> str:
        if not holds(text):
            raise PydanticCustomError(rule, "", context)
        return text

    return AfterValidator(check)


def _is_e_mail(text: str) -> bool:
    try:
        validate_email(text)
    except NoEMail:
        return False
    return True


def _dashed(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower()


def _number(value: object) -> Decimal:
    if type(value) not in (int, Decimal):  # True is an int too
        raise PydanticCustomError("number", "")
    assert isinstance(value, int | Decimal)
    return Decimal(value)


Text = Annotated[str, _rule("zero", storable)]
License = Annotated[Text, Field(min_length=2, max_length=64)]
Guid = Annotated[
    str,
    Field(min_length=3, max_length=32),
    _rule("guid", lambda text: _dashed(text) and "--" not in text and text.strip("-") == text),
]
Tag = Annotated[str, Field(min_length=2, max_length=32), _rule("tag", _dashed)]
Web = Annotated[str, Field(max_length=250), _rule("web", is_web_address)]
ListAddress = Annotated[
    str,
    Field(max_length=250),
    _rule("web", lambda text: not text or is_web_address(text)),
    _rule("list_address", lambda text: not text or text.endswith(well_known.NAME), end=well_known.NAME),
]
Version = Annotated[str, _rule("version", lambda text: text.split(".")[0] == "v1" and storable(text))]
Currency = Annotated[str, _rule("currency", lambda text: _is_currency(text))]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=LARGEST)]


def _is_currency(text: str) -> bool:
    try:
        exponent(text)
    except ValueError:
        return False
    return True


class Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", alias_generator=to_camel)


class Page(Said):
    url: Web
    well_known: ListAddress = ""


class Entity(Said):
    type: Literal["individual", "group", "organisation", "other"]
    role: Literal["owner", "steward", "maintainer", "contributor", "other"]
    name: Text = Field(min_length=2, max_length=250)
    email: Annotated[str, _rule("e_mail", _is_e_mail)] = Field(max_length=250, exclude=True)
    phone: Text = Field("", max_length=32, exclude=True)
    description: Text = Field(min_length=5, max_length=2000)
    webpage_url: Page


class Listed(Said):
    guid: Guid
    name: Text = Field(min_length=1, max_length=250)
    description: Text = Field(min_length=5, max_length=2000)
    webpage_url: Page
    repository_url: Page
    licenses: list[License] = Field(min_length=1, max_length=5)
    tags: list[Tag] = Field(min_length=1, max_length=10)


class Channel(Said):
    guid: Guid
    type: Literal["bank", "payment-provider", "cheque", "cash", "other"]
    address: Text = Field("", max_length=250)
    description: Text = Field("", max_length=500)


class InCurrency(Said):
    currency: Currency  # stands first: the amounts need it

    @field_validator("amount", "income", "expenses", "taxes", check_fields=False)
    @classmethod
    def has_no_more_decimals_than_its_currency(
        cls, amount: Decimal | None, info: ValidationInfo
    ) -> Decimal | None:
        if amount is not None and "currency" in info.data:
            try:
                Money.of(amount, info.data["currency"])
            except ValueError as error:
                raise PydanticCustomError("amount", "", {"why": str(error)}) from None
        return amount


class Plan(InCurrency):
    guid: Guid
    status: Literal["active", "inactive"]
    name: Text = Field(min_length=3, max_length=250)
    description: Text = Field("", max_length=500)
    amount: Amount
    frequency: Literal["one-time", "weekly", "fortnightly", "monthly", "yearly", "other"]
    channels: list[str]


class Year(InCurrency):
    year: int = Field(ge=1970, le=2075)
    income: Amount | None = None
    expenses: Amount | None = None
    taxes: Amount | None = None
    description: Text = Field("", max_length=500)


class Funding(Said):
    channels: list[Channel] = Field(min_length=1, max_length=10)
    plans: list[Plan] = Field(min_length=1, max_length=10)
    history: list[Year] = Field([], max_length=50)


class FundingJson(Said):
    # v1.1.0 differs from v1.0.0 in this alone: it may be left out.
    version: Version = "v1.1.0"
    entity: Entity
    projects: list[Listed] = Field(min_length=1, max_length=30)
    funding: Funding

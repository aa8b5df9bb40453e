"""Days as the reader's language writes them, and Markdown without anything that could harm."""

from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

import nh3
from babel.numbers import format_decimal
from django import template
from django.urls import translate_url
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from markdown_it import MarkdownIt

register = template.Library()
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "code", "pre", "h4", "h5", "hr"}
# The page's own headings go down to the third level.
_HEADINGS = {"h1": "h4", "h2": "h4", "h3": "h5", "h4": "h5", "h5": "h5", "h6": "h5"}


@register.filter
def day(value: date | None) -> str:
    """4 April 2024"""
    # Translators: how a day is written, in the letters of Django's date filter: 4 April 2024
    return "" if value is None else date_format(value, gettext("j F Y"))


@register.filter
def moment(value: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    """4 April 2024, 14:05 BST; a day alone stays a day."""
    if not isinstance(value, datetime):
        return day(value)
    # Translators: how an instant is written, in the letters of Django's date filter: 4 April 2024, 14:05 BST
    return date_format(value.astimezone(zone), gettext("j F Y, H:i T"))


@register.filter
def clock(value: datetime, zone: ZoneInfo) -> str:
    """14:05 BST"""
    # Translators: how a time of day is written, in the letters of Django's date filter: 14:05 BST
    return date_format(value.astimezone(zone), gettext("H:i T"))


@register.filter
def hours(value: Decimal | None) -> str:
    """80, or 12.5: to a tenth, cut off and never rounded up."""
    if value is None:
        return ""
    cut = value.quantize(Decimal("0.1"), ROUND_FLOOR)
    return format_decimal(cut, format="#,##0.#", locale=(get_language() or "en").replace("-", "_"))


@register.simple_tag(takes_context=True)
def in_language(context: template.RequestContext, code: str) -> str:
    """This page's address in another language; the way in where there is no page."""
    request = context.get("request")
    here = request.path if request else ""
    there = translate_url(here, code)
    return there if there.startswith(f"/{code}/") else f"/{code}/"


@register.filter
def markdown(value: str) -> SafeString:
    tokens = _MARKDOWN.parse(value)
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})
    return mark_safe(clean)  # noqa: S308  # nh3 left only the tags above

"""Writes money as the reader's language does. Formats, never computes."""

from django import template
from django.utils.translation import get_language

from fundtracker.money import Money

register = template.Library()


@register.filter
def money(value: Money | None) -> str:
    """£415,000"""
    return "" if value is None else value.format(get_language() or "en")


@register.filter
def short(value: Money | None) -> str:
    """£415K"""
    return "" if value is None else value.short(get_language() or "en")


@register.filter
def signed(value: Money) -> str:
    """+£120, −£50: how far a figure moved."""
    size = Money(abs(value.minor), value.currency).format(get_language() or "en")
    return f"{'−' if value.minor < 0 else '+'}{size}"

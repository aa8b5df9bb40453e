"""What the demonstration holds: published facts of real projects, each with its source, and the invented sandbox."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from fundtracker.models import Site
from fundtracker.money import Money

DATA = Path(__file__).resolve().parent
Facts = Mapping[str, Any]


def read(name: str) -> Facts:
    facts: Facts = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return facts


def minor(amount: str, currency: str) -> int:
    return Money.of(amount, currency).minor


def day(written: str | int) -> date:
    """A date, or days from the day of the first start."""
    if isinstance(written, int):
        return timezone.localdate(timezone=Site.current().zone) + timedelta(days=written)
    return date.fromisoformat(written)

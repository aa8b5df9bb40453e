"""What one source's books add up to."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from funders.models import Source
from fundtracker.money import Money

# Superseded revisions and their reversals cancel out in sums, and in counts through their sign.
_SQL = """
SELECT e.currency,
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as IN ('donation', 'membership', 'sponsorship', 'grant')), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'refund'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'chargeback'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'fee'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'tax'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'transfer'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'twin' AND e.part = 'gross'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'in_kind'), 0),
    coalesce(sum(e.amount_minor) FILTER (WHERE counts.counted_as = 'waiting'), 0),
    sum(1 - 2 * (e.revision %% 2)) FILTER (WHERE e.part = 'gross'),
    count(DISTINCT e.giver_id)
FROM funders_entry e LEFT JOIN funders_standing s ON s.entry_id = e.id
CROSS JOIN LATERAL (SELECT coalesce(s.counted_as, e.kind) AS counted_as) AS counts
WHERE e.source_id = %s GROUP BY e.currency ORDER BY e.currency
"""
_SUMS = (
    "gross",
    "refunds",
    "chargebacks",
    "fees",
    "tax",
    "transfers",
    "twins_uncounted",
    "in_kind",
    "refunds_waiting",
)


def totals(source: Source) -> dict[str, dict[str, str | int]]:
    """Currency → sums as decimal strings. Net is gross with refunds, chargebacks, fees and tax taken off."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [source.pk])
        rows = cursor.fetchall()
    result: dict[str, dict[str, str | int]] = {}
    for currency, *sums, entries, givers in rows:
        named = dict(zip(_SUMS, (int(minor) for minor in sums), strict=True))
        named["net"] = sum(named[name] for name in ("gross", "refunds", "chargebacks", "fees", "tax"))
        result[currency] = {name: str(Money(minor, currency).decimal) for name, minor in named.items()}
        result[currency] |= {"entries": int(entries), "givers": givers}
    return result


class Command(BaseCommand):
    help = "Print what one source's books add up to, by currency."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's short name")
        parser.add_argument("--json", action="store_true", help="as JSON, amounts as decimal strings")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no source “{options['source']}”. There are: {known}.")
        found = totals(source)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for currency, sums in found.items():
            self.stdout.write(currency)
            for name, value in sums.items():
                self.stdout.write(f"  {name.replace('_', ' '):<16} {value:>16}")

"""Recompute every invariant of the ledger from its entries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from funders.invariants import findings


class Command(BaseCommand):
    help = "Check that the books are right: prints each invariant with its count; exit 1 at the first difference."

    def handle(self, *args: Any, **options: Any) -> None:
        for finding in findings():
            verdict = "DIFFERS" if finding.wrong else "ok"
            self.stdout.write(
                f"{finding.check.number}. {finding.check.name}: {finding.looked_at:,} checked, {verdict}"
            )
            if finding.wrong:
                rows = "\n".join(
                    "   " + ", ".join(f"{k}={v}" for k, v in row.items()) for row in finding.wrong
                )
                raise CommandError(f"The books differ. The first {len(finding.wrong)}:\n{rows}", returncode=1)

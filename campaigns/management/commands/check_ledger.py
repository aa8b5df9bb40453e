"""Recompute every invariant of the books from the ledger's entries."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from campaigns import invariants
from funders.invariants import Finding, findings
from fundtracker.models import Site


class Command(BaseCommand):
    help = "Check that the books are right: prints each invariant with its count; exit 1 at the first difference."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for finding in chain(findings(), self._campaigns()):
            verdict = "DIFFERS" if finding.wrong else "ok"
            self.stdout.write(
                f"{finding.check.number}. {finding.check.name}: {finding.looked_at:,} checked, {verdict}"
            )
            if finding.wrong:
                rows = "\n".join(
                    "   " + ", ".join(f"{k}={v}" for k, v in row.items()) for row in finding.wrong
                )
                raise CommandError(f"The books differ. The first {len(finding.wrong)}:\n{rows}", returncode=1)

    @staticmethod
    def _campaigns() -> Iterator[Finding]:
        yield invariants.shares()
        yield invariants.finding(timezone.localdate(timezone=Site.current().zone))

"""Check that nobody has touched the frozen figures of any campaign."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns import freezing
from campaigns.models import Frozen


class Command(BaseCommand):
    help = "Check digest and signature of all frozen figures: prints each, exit 1 where one is not as it was signed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = "A public key of this site from before SECRET_KEY was changed, as it was published then. Repeatable."
        parser.add_argument("--trust", metavar="KEY", action="append", default=[], help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for row in Frozen.objects.select_related("campaign"):
            problem = freezing.problem(row, options["trust"])
            wrong += bool(problem)
            self.stdout.write(f"{row.campaign.slug} {row.day} {row.digest}: {problem or 'ok'}")
        if wrong:
            raise CommandError(f"{wrong} of the frozen figures cannot be trusted.", returncode=1)
        self.stdout.write("All frozen figures are as they were signed.")

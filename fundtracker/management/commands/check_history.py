"""Check the seals of the history."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fundtracker import seals
from fundtracker.models import Blanked, Seal


class Command(BaseCommand):
    help = "Check that the history is as it was sealed; exit 1 where it is not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            default="",
            help="the last seal as it was noted elsewhere: without it a cut end is not noticed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if problems := list(seals.check(options["head"])):
            raise CommandError("The history differs:\n" + "\n".join(problems), returncode=1)
        last = Seal.objects.last()
        erased = Blanked.objects.count()
        self.stdout.write(
            f"The history is as it was sealed ({erased} events without the texts of erased people)."
        )
        self.stdout.write(f"Note this elsewhere: {last or 'nothing is sealed yet'}")

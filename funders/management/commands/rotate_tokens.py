"""Seal tokens, secrets and messages with the newest of TOKEN_KEYS, so that the others can be taken out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from funders import rotation
from funders.models.sealing import Unopened


class Command(BaseCommand):
    help = "Seal every token, webhook secret and kept message with the first of TOKEN_KEYS. It may be killed and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        moved, unopened = 0, []
        for number, seal in enumerate(rotation.seals(), 1):
            try:
                moved += rotation.rotate(seal)
            except Unopened:
                unopened.append(seal)
            if number % rotation.BATCH == 0:
                self.stdout.write(f"{number:,} looked at, {moved:,} sealed anew")
        self.stdout.write(f"{moved:,} sealed anew with the newest key.")
        if unopened:
            named = "; ".join(map(str, unopened[:10]))
            raise CommandError(
                f"{len(unopened):,} cannot be opened by any of TOKEN_KEYS: {named}. "
                "Put their key back into TOKEN_KEYS, or type the tokens in anew."
            )
        self.stdout.write("All are sealed with it: take the old keys out of TOKEN_KEYS.")

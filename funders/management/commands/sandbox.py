"""manage.py sandbox: every provider on this machine, whose data is generated."""

import signal
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Serves every provider's API, and the ECB's rate files, from generated data, on 127.0.0.1."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
        parser.add_argument("--seed", type=int, default=1, help="another seed is another world")
        parser.add_argument(
            "--pace", type=float, default=30.0, help="seconds between two gifts, once it is live"
        )
        parser.add_argument(
            "--live", help="since when there is a gift every --pace seconds (2026-11-23T00:00:00Z)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from funders.sandbox.server import Server
            from funders.sandbox.world import LIVE, World
        except ImportError as error:
            raise CommandError(
                f"The sandbox is for development: install the “local” extra ({error})."
            ) from None
        if options["pace"] < 1:
            raise CommandError("--pace must be at least 1 second.")
        try:
            live = datetime.fromisoformat(options["live"]) if options["live"] else LIVE
        except ValueError:
            raise CommandError("--live must be a time, such as 2026-11-23T00:00:00Z.") from None
        live = live if live.tzinfo else live.replace(tzinfo=UTC)
        world = World(options["seed"], live=live, pace=options["pace"])
        try:
            server = Server(options["port"], world)
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be used: {error.strerror}.") from None
        world.at(datetime.now(UTC))
        # Its gifts go through many providers: at the collective's pace they would be a fortune in a week.
        server.foundation.pace *= 10
        server.foundation.at(datetime.now(UTC))
        # Ctrl-C too: whoever runs it in the background of a script hands down an ignored one.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)
        with closing(server.socket):
            self.stdout.write(f"Sandbox data (generated) at {server.url}/ for all providers")
            self.stdout.flush()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("The sandbox has stopped.")

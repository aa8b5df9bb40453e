"""Read one source now, in the foreground."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Now
from tqdm import tqdm

from funders import connections, connectors
from funders.models import Source, SyncRun, Upload
from funders.reading import OnPage
from funders.sync import Busy, sync

EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = "Read one source to its end, with a progress bar. Killing it at any instant loses and doubles nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's short name")
        parser.add_argument("--full", action="store_true", help="read everything again, from the beginning")
        parser.add_argument("--file", type=Path, help="for a source of files: the file to book")

    def handle(self, *args: Any, **options: Any) -> None:
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no source “{options['source']}”. There are: {known}.")
        if source.kind == connectors.MANUAL:
            raise CommandError(f"{source} is typed in by staff: there is nothing to read.")
        upload = self._upload(source, options["file"]) if options["file"] else None
        if upload is None:
            connections.forgive(source)
        with self._watching() as show:
            run = self._sync(source, options["full"], upload, show)
        self._report(run)

    @staticmethod
    def _upload(source: Source, path: Path) -> Upload:
        """The same file again is read again, and books nothing new."""
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        if not connectors.get(source.kind).ATOMIC:
            raise CommandError(f"{source} is asked over the network: it has no files.")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            # Whoever books it by hand has no preview to confirm.
            Upload.objects.filter(source=source, digest=digest, confirmed_at=None).update(
                confirmed_at=Now(), ready_at=None, refused=""
            )
            known = Upload.objects.filter(source=source, digest=digest).first()
            return known or Upload.objects.create(
                source=source, digest=digest, name=path.name, file=File(file, f"{digest[:32]}{path.suffix}")
            )

    @contextmanager
    def _watching(self) -> Iterator[OnPage]:
        """A bar for people who look on; else a line every few seconds."""
        with tqdm(unit=" records", disable=None) as bar:
            yield partial(_move, bar) if not bar.disable else self._lines()

    def _lines(self) -> OnPage:
        said = time.monotonic()

        def show(run: SyncRun) -> None:
            nonlocal said
            if time.monotonic() - said >= EVERY_SECONDS:
                said = time.monotonic()
                self.stdout.write(run.progress())
                self.stdout.flush()

        return show

    @staticmethod
    def _sync(source: Source, full: bool, upload: Upload | None, show: OnPage) -> SyncRun:
        try:
            return sync(source, full=full, upload=upload, on_page=show)
        except Busy as error:
            raise CommandError(f"{error}. Try again in a moment.") from None

    def _report(self, run: SyncRun) -> None:
        self.stdout.write(
            f"{run.source}: {run.get_state_display()}, {run.pages} pages, {run.new} new, {run.changed} changed, "
            f"{run.unchanged} unchanged, {run.rejected} rejected"
        )
        for rejection in run.rejections:
            self.stderr.write(f"  {rejection['where']}: {rejection['why']}")
        if run.error:
            raise CommandError(run.error)


def _move(bar: "tqdm[Any]", run: SyncRun) -> None:
    """Its own rate and time left are of the records read."""
    bar.total = run.expected
    bar.set_postfix(pages=run.pages, new=run.new, refresh=False)
    bar.update(run.rows - bar.n)

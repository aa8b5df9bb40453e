"""A generated CSV on the road of an upload: seen, confirmed, booked, taken back.

    .venv/bin/python -m bench.imports             100,000 rows
    ROWS=1000000 .venv/bin/python -m bench.imports

Prints seconds, how long each step kept other writers of the ledger waiting, and peak memory.
"""

import os
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("ROWS", "100000")
from bench.ledger import ROWS, write_csv
from deploy.postgres import Cluster

OPTIONS = {
    "columns": {"id": "id", "date": "day", "amount": "amount", "currency": "currency", "giver_id": "giver",
                "refunds": "takes back"},
}  # fmt: skip


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="fundtracker-bench-"))
    folder.chmod(0o711)
    cluster = Cluster(folder / "postgres")
    cluster.start()
    try:
        os.environ.update(
            DATABASE_URL=cluster.url,
            SECRET_KEY="bench-" * 10,
            GIVER_KEY="bench-" * 10,
            TOKEN_KEYS="YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtISE=",
            BROKER_DIR=str(folder),
            MEDIA_ROOT=str(folder / "media"),
            DJANGO_SETTINGS_MODULE="fundtracker.settings",
            STATIC_BACKEND="django.contrib.staticfiles.storage.StaticFilesStorage",
        )
        django.setup()
        run(folder)
    finally:
        cluster.stop()


def run(folder: Path) -> None:
    from django.core.files import File
    from django.core.files.uploadedfile import UploadedFile
    from django.core.management import call_command

    from funders import bookings, imports, ledger, sync
    from funders.models import Entry, Source
    from fundtracker.models import User

    call_command("migrate", verbosity=0)
    path = folder / "gifts.csv"
    write_csv(path)
    source = Source.objects.create(slug="bench", name="bench", kind="table", options=OPTIONS)
    user = User.objects.create(email="ann@example.org")
    hold, locked = ledger.hold, [0.0]

    def noted() -> None:
        hold()
        locked[0] = time.monotonic()

    ledger.hold = noted
    print(f"{ROWS:,} rows, {path.stat().st_size / 1e6:.0f} MB of CSV")

    def step(name: str, what: Any) -> Any:
        began = time.monotonic()
        result = what()
        ended = time.monotonic()
        waits = f"ledger locked {ended - locked[0]:6.1f} s" if locked[0] > began else ""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name:<12}{ended - began:>8.1f} s   peak memory {peak:>5,} MB   {waits}", flush=True)
        return result

    with path.open("rb") as file:
        sent = UploadedFile(File(file), name="gifts.csv", size=path.stat().st_size)
        upload, _ = step("received", lambda: imports.receive(sent, user))
    imports.place(upload, source)
    step("seen", lambda: imports.preview(upload))
    upload.refresh_from_db()
    if upload.preview is None or upload.refused:
        raise SystemExit(f"The file was refused: {upload.refused}")
    today = datetime.now(UTC).date()
    bookings.confirm(upload, user, upload.shown, today=today)
    step("booked", lambda: sync.sync(source))
    upload.refresh_from_db()
    booked = Entry.objects.count()
    step("taken back", lambda: bookings.take_back(upload, user, "a trial", today=today))
    if (upload.state, booked, Entry.objects.count()) != ("booked", ROWS, 2 * ROWS):
        raise SystemExit(
            f"The ledger does not hold what it was given: {upload.state} {upload.refused} {booked}"
        )


if __name__ == "__main__":
    main()

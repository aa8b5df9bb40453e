"""A worker killed while it previews or books a file leaves it for the next one, and books nothing twice.

In a long run: FUNDTRACKER_KILLS=50 pytest tests/faults -s
"""

import io
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from funders import bookings
from funders.models import DailyTotal, Entry, Source, Upload
from tests import factories

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
KILLS = int(os.environ.get("FUNDTRACKER_KILLS", "1"))
SEED = int(os.environ.get("FUNDTRACKER_SEED", "20261124"))
ROWS = 6_000
OPTIONS = {"columns": {"date": "Day", "amount": "Amount", "id": "Id"}, "currency": "EUR"}


@pytest.fixture
def upload(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factories.SiteFactory()
    content = "Day,Amount,Id\n" + "".join(f"2026-04-03,1.00,g{number}\n" for number in range(ROWS))
    source = Source.objects.create(slug="files", name="Files", kind="table", options=OPTIONS)
    file, digest = ContentFile(content.encode(), name="gifts.csv"), sha256(content.encode()).hexdigest()
    return Upload.objects.create(
        source=source, file=file, digest=digest, ready_at=Now(), confirmed_at=None, name="gifts.csv"
    )


def start(upload, media):
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ, "LEASE_SECONDS": "1", "DJANGO_SETTINGS_MODULE": "fundtracker.settings",
        "DATABASE_URL": database.geturl(), "MEDIA_ROOT": str(media),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.importer", str(upload.pk)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_at_work(upload, media, chance):
    """Whether the worker held the lease when it was killed."""
    worker = start(upload, media)
    while worker.poll() is None and not Source.objects.filter(lease__isnull=False).exists():
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.5))
    landed = worker.poll() is None
    with suppress(ProcessLookupError):
        worker.send_signal(signal.SIGKILL)
    worker.wait()
    return landed


def finish(upload, media, state):
    """By the next workers: the first find the killed one's lease."""
    for _ in range(20):
        upload.refresh_from_db()
        if upload.state == state:
            return
        start(upload, media).wait()
        time.sleep(0.2)
    raise AssertionError(f"it stayed {upload.state}")


def test_a_file_is_seen_and_booked_however_often_its_worker_is_killed(upload, tmp_path):
    chance, landed = random.Random(SEED), [0, 0]
    for _ in range(KILLS):
        landed[0] += kill_at_work(upload, tmp_path, chance)
        assert (Entry.objects.count(), DailyTotal.objects.count()) == (0, 0)
    finish(upload, tmp_path, "seen")
    assert bookings.confirm(
        upload, factories.UserFactory(role="treasurer"), upload.shown, today=date(2026, 6, 30)
    )
    for _ in range(KILLS):
        landed[1] += kill_at_work(upload, tmp_path, chance)
        assert Entry.objects.count() in (0, ROWS)
    finish(upload, tmp_path, "booked")
    print(
        f"\n{landed[0]} kills landed in a preview, {landed[1]} in a booking (seed {SEED}): 0 lost, 0 doubled"
    )
    assert (landed[0] > 0, Entry.objects.count()) == (True, ROWS)
    assert DailyTotal.objects.get().amount_minor == ROWS * 100
    call_command("check_ledger", stdout=io.StringIO())

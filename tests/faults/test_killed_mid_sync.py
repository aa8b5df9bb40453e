"""A worker killed with SIGKILL at random instants loses and doubles nothing; without the key, the same harness fails.

In a long run: FUNDTRACKER_KILLS=50 pytest tests/faults -s
"""

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from funders.connectors import opencollective_pages
from funders.models import Entry, Source, SyncRun
from funders.sync import Busy, sync
from tests.funders.sandboxes import sandbox

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
KILLS = int(os.environ.get("FUNDTRACKER_KILLS", "3"))
SEED = int(os.environ.get("FUNDTRACKER_SEED", "20261123"))


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setattr(opencollective_pages, "LIMIT", 20)
    with sandbox() as server:
        server.limiter.take = lambda *asked: ({}, 0.0)
        yield server


def source(server, slug):
    return Source.objects.create(
        slug=slug, name=slug, kind="opencollective", account="sandbox", base_url=f"{server.url}/graphql/v2"
    )


def start(slug, *flags):
    known = connection.settings_dict
    environment = {**os.environ, "LEASE_SECONDS": "1", "DJANGO_SETTINGS_MODULE": "fundtracker.settings"}
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{known['NAME']}")
    environment["DATABASE_URL"] = database.geturl()
    command = [sys.executable, "-m", "tests.faults.worker", slug, *flags]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_mid_sync(slug, instant, *flags):
    """Kill a worker `instant` seconds after its first page is booked; whether that landed in the middle."""
    worker = start(slug, *flags)
    while (
        worker.poll() is None
        and not SyncRun.objects.filter(source__slug=slug, state="running", pages__gt=0).exists()
    ):
        time.sleep(0.01)
    time.sleep(instant)
    landed = worker.poll() is None
    with suppress(ProcessLookupError):
        worker.send_signal(signal.SIGKILL)
    worker.wait()
    return landed


def finish(slug, *flags):
    """Run to the end; the first tries find the killed worker's lease."""
    for _ in range(20):
        if start(slug, *flags).wait() == 0:
            return
        time.sleep(0.2)
    raise AssertionError(f"{slug} never came to its end")


def content(slug):
    """Each record and part, and what its revisions add up to. The sources report one payment each: sums, not totals."""
    live = Counter()
    for key in Entry.objects.filter(source__slug=slug).values_list("external_id", "part", "amount_minor"):
        live[key[:2]] += key[2]
    return live


def trial(server, kills, chance, *flags):
    """`kills` kills, each of one source's run, and what they did: (landed, lost, doubled, wrong sums)."""
    reference = source(server, f"reference{'-'.join(flags)}")
    sync(reference)
    expected = content(reference.slug)
    landed = lost = doubled = wrong = 0
    tries = 0
    while landed < kills and tries < kills * 4:
        tries += 1
        one = source(server, f"killed-{tries}{'-'.join(flags)}")
        landed += kill_mid_sync(one.slug, chance.uniform(0, 0.4), *flags)
        finish(one.slug, *flags)
        found = content(one.slug)
        lost += len(expected.keys() - found.keys())
        doubled += sum(1 for key, minor in found.items() if abs(minor) > abs(expected.get(key, 0)))
        wrong += found != expected
    return landed, lost, doubled, wrong


def test_a_worker_killed_at_random_instants_loses_and_doubles_nothing(provider):
    landed, lost, doubled, wrong = trial(provider, KILLS, random.Random(SEED))
    print(
        f"\n{landed} kills landed mid-sync (seed {SEED}): {lost} lost, {doubled} doubled, {wrong} wrong sums"
    )
    assert (landed, lost, doubled, wrong) == (KILLS, 0, 0, 0)
    call_command("check_ledger", stdout=io.StringIO())


def test_the_same_harness_fails_when_the_key_is_switched_off(provider):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE funders_entry DROP CONSTRAINT entry_once")
    try:
        landed, lost, doubled, wrong = trial(provider, 2, random.Random(SEED), "--without-key")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE funders_entry CASCADE; ALTER TABLE funders_entry "
                "ADD CONSTRAINT entry_once UNIQUE (source_id, external_id, part, revision)"
            )
    print(f"\nwithout the key, {landed} kills: {lost} lost, {doubled} doubled, {wrong} wrong sums")
    assert doubled > 0
    assert wrong > 0


def test_a_second_worker_waits_its_turn(provider):
    one = source(provider, "one")
    Source.objects.filter(pk=one.pk).update(lease_until=timezone.now() + timedelta(seconds=60))
    with pytest.raises(Busy, match="one is being read by another worker"):
        sync(one)

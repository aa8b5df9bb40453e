"""What tests of several folders share."""

import fcntl
import os
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests.factories import NOW, SiteFactory

KEPT = {"django_content_type", "auth_permission"}


@pytest.fixture
def today(db):
    """A site whose clock stands still at NOW."""
    SiteFactory()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """A worker's database is a copy, once the one migration of the run has ended."""
    if "MIGRATING" in os.environ:
        with Path(os.environ["MIGRATING"]).open() as log:
            fcntl.flock(log, fcntl.LOCK_SH)
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = settings.DATABASES["default"]["NAME"]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """Nobody drops the workers' databases: they go with their cluster."""
    return django_db_keepdb or "MIGRATING" in os.environ


@pytest.fixture(scope="session", autouse=True)
def emptying():
    """Django would truncate all hundred tables and make its permissions anew, which takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: empty())
        yield


@transaction.atomic
def empty():
    """Delete all rows, those too that a trigger keeps."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
        )
        filled = [name for (name,) in cursor.fetchall()]
        for name in filled:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER; DELETE FROM {name}")
        # Rows that point at each other are checked now: a table whose checks are pending cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in filled:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")

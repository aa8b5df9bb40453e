"""The shares of one sum never exceed 100 % on any day, whoever writes them and however many at once."""

import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import Stream
from tests.factories import ProjectFactory, SourceFactory, StreamFactory


def refused(**fields):
    """Whether the database refuses one more stream at the end of the transaction."""
    try:
        with transaction.atomic():
            StreamFactory(**fields)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        return True
    return False


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"share_bp": 4_000}, False),
        ({"share_bp": 4_001}, True),
        ({"share_bp": 4_001, "designation": "docs"}, False),
        ({"share_bp": 10_000, "starts_on": date(2026, 7, 1)}, False),
        ({"share_bp": 4_001, "starts_on": date(2026, 6, 30)}, True),
        ({"share_bp": 4_001, "ends_on": date(2026, 1, 1)}, True),
    ],
)
def test_shares_of_one_sum_are_at_most_the_whole_on_every_day(fields, wrong):
    source = SourceFactory()
    StreamFactory(source=source, share_bp=6_000, ends_on=date(2026, 6, 30))
    StreamFactory(source=SourceFactory(), share_bp=10_000)
    assert refused(source=source, **fields) is wrong


@pytest.mark.django_db
def test_a_share_cannot_grow_beyond_the_whole():
    source = SourceFactory()
    for share in (6_000, 4_000):
        stream = StreamFactory(source=source, share_bp=share)
    Stream.objects.filter(pk=stream.pk).update(share_bp=4_001)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    Stream.objects.filter(pk=stream.pk).update(share_bp=4_000)


def _insert(source, project, caught):
    try:
        Stream.objects.create(source=source, project=project, share_bp=6_000)
    except IntegrityError as refusal:
        caught.append(refusal)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_transactions_at_once_only_one_gets_its_share():
    source, project, caught = SourceFactory(), ProjectFactory(), []
    with transaction.atomic():
        mine = StreamFactory(source=source, project=project, share_bp=6_000)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        other = threading.Thread(target=_insert, args=(source, project, caught))
        other.start()
        other.join(timeout=1)
        assert other.is_alive()  # it waits for what this transaction makes of the shares
    other.join(timeout=30)
    assert len(caught) == 1
    assert Stream.objects.get().pk == mine.pk

"""The history's seals: each way of tampering is found, and erasing a person is none."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pghistory import context
from pghistory.models import Context

from funders import erasure, subjects
from fundtracker import changes, seals
from fundtracker.models import Blanked, Seal
from projects.models import Cost
from tests import factories

pytestmark = pytest.mark.usefixtures("today")
EVENTS, SEALS = "projects_costevent", "fundtracker_seal"


@pytest.fixture
def head():
    """Twelve events under three seals."""
    for _ in range(3):
        for cost in factories.CostFactory.create_batch(2):
            Cost.objects.filter(pk=cost.pk).update(label=f"{cost.label} again")
        found = seals.seal()
    return found


def tamper(statement, table=EVENTS):
    """As the owner of the database would: no trigger asks."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def numbers():
    return list(
        changes.tracked()["projects.Cost"].objects.order_by("pgh_id").values_list("pgh_id", flat=True)
    )


TAMPERINGS = [
    f"UPDATE {EVENTS} SET {change} WHERE"
    for change in (
        "label = 'x'", "amount_minor = 5", "pgh_label = 'x'", "pgh_created_at = now() + interval '1 s'",
        "currency = 'EUR'", "purpose = 'security'", "project_id = 0", "pgh_obj_id = 0",
    )
] + [f"DELETE FROM {EVENTS} WHERE"]  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_each_of_108_tamperings_is_found(head, tampering):
    """Nine ways, twelve events."""
    found = 0
    for number in numbers():
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            tamper(f"{tampering} pgh_id = {number}")
            found += len(list(seals.check(head)))
            cursor.execute("ROLLBACK TO before")
    assert (found, list(seals.check(head))) == (12, [])


def test_a_deleted_and_a_swapped_event_are_found(head):
    first, second, *_rest = numbers()
    for statement in (
        f"DELETE FROM {EVENTS} WHERE pgh_id = {second}",
        f"UPDATE {EVENTS} SET pgh_id = -1 WHERE pgh_id = {first}; UPDATE {EVENTS} SET pgh_id = {first} WHERE pgh_id = {second};"
        f"UPDATE {EVENTS} SET pgh_id = {second} WHERE pgh_id = -1",
    ):
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            tamper(statement)
            assert len(list(seals.check(head))) == 1
            cursor.execute("ROLLBACK TO before")


def test_an_end_that_is_cut_with_its_seals_is_found_by_the_noted_head(head):
    last = Seal.objects.filter(kind="projects.Cost").last()
    tamper(f"DELETE FROM {EVENTS} WHERE pgh_id > {last.after}")
    tamper(f"DELETE FROM {SEALS} WHERE number >= {last.number}", SEALS)
    assert "is not among the seals" in " ".join(seals.check(head))


def test_a_chain_that_was_made_anew_is_found_by_the_noted_head(head):
    tamper(f"UPDATE {EVENTS} SET amount_minor = 1")
    tamper(f"DELETE FROM {SEALS}", SEALS)
    seals.seal()
    assert list(seals.check()) == []
    assert "is not among the seals" in " ".join(seals.check(head))


def test_who_changed_it_is_sealed_too(head):
    ann, bob = factories.UserFactory(), factories.UserFactory()
    with context(user=ann.pk):
        factories.CostFactory()
    noted = seals.seal()
    Context.objects.update(metadata={"user": bob.pk})
    assert len(list(seals.check(noted))) >= 1


def test_erasing_a_person_breaks_no_seal_and_hides_no_other_change():
    funder = factories.FunderFactory(name="Alice", kind="person")
    noted = seals.seal()
    erasure.erase(subjects.of_funder(funder))
    assert (Blanked.objects.count() > 0, list(seals.check(noted))) == (True, [])
    tamper("UPDATE funders_funderevent SET kind = 'company'", "funders_funderevent")
    assert len(list(seals.check(noted))) == 1


def test_what_is_unchanged_makes_no_seal(head):
    before = Seal.objects.count()
    assert (seals.seal(), Seal.objects.count()) == (head, before)


def test_the_command_says_what_differs(head, capsys):
    call_command("check_history", head=head)
    assert head in capsys.readouterr().out
    tamper(f"DELETE FROM {EVENTS} WHERE pgh_id = {numbers()[0]}")
    with pytest.raises(CommandError, match="projects.Cost, events 1 to"):
        call_command("check_history")

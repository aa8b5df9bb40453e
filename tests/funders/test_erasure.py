"""Erasing people: nothing of them is left anywhere, every total is as it was, and no sync brings them back."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models
from pghistory import context

from campaigns import invariants as of_campaigns
from campaigns.models import Withdrawal
from funders import erasure, invariants, ledger, logos, promises, subjects, sync, tasks
from funders.connectors.base import GiverRef, Kind, Promise, Receipt
from funders.models import Commitment, Consent, Delivery, Entry, Funder, Giver, SyncRun, Upload
from funders.models.deliveries import sealed_item
from fundtracker import changes
from fundtracker.middleware import SLOTS
from tests import factories
from tests.factories import NOW, pounds

pytestmark = pytest.mark.usefixtures("today")
SUBJECTS = 50


@pytest.fixture(autouse=True)
def media(db, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    caches["pages"].clear()
    return tmp_path


def payload(numbers):
    """What a provider says of these people: a public gift and a promise of each."""
    for number in numbers:
        giver = GiverRef(
            f"canary-id-{number}", f"Canary Name{number}", True, "person", f"https://canary.example/{number}"
        )
        day = date(2026, 6, 1)
        yield Receipt(f"gift-{number}", Kind.DONATION, pounds(number + 1), day, NOW, giver=giver)
        yield Promise(
            f"plan-{number}", pounds(5), NOW, giver=giver, title=f"Plan of Canary Name{number}",
            url=f"https://canary.example/{number}/plan",
        )  # fmt: skip


def book(source, numbers):
    said = list(payload(numbers))
    ledger.record(source, [one for one in said if isinstance(one, Receipt)])
    promises.record(source, [one for one in said if isinstance(one, Promise)])


def known_by_name(giver, admin=None):
    """What staff made of an identity."""
    funder = factories.FunderFactory(
        slug=f"canary-name-{giver.pk}", name=giver.name, kind="person", url=giver.url, summary="Canary Name gives a lot."
    )  # fmt: skip
    with context(url=f"/staff/funders/{funder.slug}/", why=f"{giver.name} asked", user=None):
        funder.name = f"{giver.name} Esq."
        funder.save()
    # A request has a transaction of its own; this test's would go on writing that context anew.
    connection.cursor().execute("SELECT set_config('pghistory.context_id', '', true)")
    Giver.objects.filter(pk=giver.pk).update(funder=funder)
    LogEntry.objects.create(
        user=admin or factories.UserFactory(), content_type=ContentType.objects.get_for_model(Funder), object_id=funder.pk,
        object_repr=str(funder), action_flag=CHANGE, change_message="Canary Name",
    )  # fmt: skip


def said_elsewhere(source, media):
    """Where else a provider's words may lie."""
    file = ContentFile(b"name\nCanary Name3", name="gifts.csv")
    Upload.objects.create(source=source, digest="1", name="gifts.csv", file=file, booked_at=NOW)
    later = ContentFile(b"name\nCanary Name4\n", name="later.csv")
    refused = {"rejections": [{"where": "line 2", "why": "Canary Name4 has no amount"}]}
    Upload.objects.create(digest="2", name="later.csv", file=later, confirmed_at=None, preview=refused)
    SyncRun.objects.create(
        source=source, state="failed", error="“Canary Name1” cannot be read",
        rejections=[{"where": "row 1", "why": "Canary Name2 has no amount"}, {"where": "row 2", "why": "no day"}],
    )  # fmt: skip
    item = sealed_item({"from": "Canary Name4"})
    Delivery.objects.create(source=source, external_id="1", error="not now", item_sealed=item)
    caches["pages"].set("pages:7", {"/en/": (NOW, "text/html", b"Canary Name5")})


def said_by_staff_and_the_public(source, admin):
    """Free words, letters, agreements and a picture."""
    funder = Funder.objects.earliest("pk")
    Funder.objects.filter(pk=funder.pk).update(contact="Eve <eve@canary.example>", logo="canary")
    for box in logos.SIZES:
        default_storage.save(logos.file_name("canary", box), ContentFile(b"canary"))
    Consent.objects.create(funder=funder, agreed_on=NOW, evidence="a letter of canary", recorded_by=admin)
    factories.correction(
        source,
        "gift-1",
        amount_minor=200,
        needs_second=True,
        why="Canary Name1 wrote",
        evidence="by Canary Name1",
    )
    factories.QuestionFactory(email="Eve@canary.example", text="It is my gift, canary.")
    factories.QuestionFactory(text="Canary Name2 gave more.")
    factories.MessageFactory(to="eve@canary.example", subject="Answer to canary")
    factories.MessageFactory(body="The gift of Canary Name3 is new.")
    who = {
        "reporter_name": "Canary Name1",
        "reporter_email": "eve@canary.example",
        "remark": "I, canary, know.",
    }
    factories.RelianceFactory(organisation="Canary Name1 Ltd", evidence_url="https://canary.example/1", **who)
    factories.RelianceFactory(
        note="Canary Name2 told us", evidence="Says Canary Name2.", state="reported", **who
    )
    said = factories.StatementFactory(evidence="Canary Name3 said so.", note="Of Canary Name3, too.")
    factories.UpdateFactory(title="Canary Name3 gave", body="Thank you, Canary Name3.")
    Withdrawal.objects.create(statement=said, why="Canary Name3 was wrong.", recorded_by=admin)
    merged = factories.FunderFactory(name=Giver.objects.get(external_id="canary-id-0").name, slug="merged")
    merged.delete()


def bytes_of_everything():
    """Every text of every table, everything in the cache, and every file."""
    found = []
    with connection.cursor() as cursor:
        # Not the ledger's temporary ones, which go with its transaction.
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            found += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    copies = caches["pages"].get_many([f"pages:{number}" for number in range(SLOTS)])
    found += [f"cache: {copy!r}" for copy in copies.values()]
    found += [
        f"file: {one} {one.read_bytes()!r}" for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file()
    ]
    return [one for one in found if "canary" in one.lower()]


def digest_of_money():
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM funders_dailytotal t")
        totals = cursor.fetchone()
        cursor.execute("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM funders_entry t")
        return totals, cursor.fetchone()


def differences():
    return [one for one in (*invariants.findings(), of_campaigns.shares()) if one.wrong]


def test_fifty_people_leave_no_byte_and_no_total_moves(media, django_capture_on_commit_callbacks):
    source = factories.SourceFactory()
    book(source, range(SUBJECTS))
    admin = factories.UserFactory()
    for giver in Giver.objects.order_by("pk")[:10]:
        known_by_name(giver, admin)
    said_elsewhere(source, media)
    said_by_staff_and_the_public(source, admin)
    assert len(bytes_of_everything()) > 4 * SUBJECTS
    before = digest_of_money()
    with django_capture_on_commit_callbacks(execute=True):
        for giver in Giver.objects.select_related("source", "funder"):
            assert erasure.erase(subjects.of_giver(giver))
    assert bytes_of_everything() == []
    book(source, range(SUBJECTS))
    assert bytes_of_everything() == []
    assert (digest_of_money(), differences()) == (before, [])
    assert Entry.objects.exclude(revision=0).count() == 0


def test_a_later_version_of_the_promise_brings_no_name_back_either():
    source = factories.SourceFactory()
    book(source, [1])
    erasure.erase(subjects.of_giver(Giver.objects.get()))
    giver = GiverRef("canary-id-1", "Canary Name1", True)
    later = NOW.replace(hour=13)
    promises.record(source, [Promise("plan-1", pounds(6), later, giver=giver, title="Canary Name1", url="https://canary.example/")])  # fmt: skip
    [plan] = Commitment.objects.all()
    assert (plan.amount_minor, plan.title, plan.url) == (600, "", "")
    assert bytes_of_everything() == []


def test_others_keep_what_is_theirs():
    source = factories.SourceFactory()
    book(source, [1, 2])
    run = SyncRun.objects.create(source=source, rejections=[{"where": "1", "why": "no day"}])
    erasure.erase(subjects.of_giver(Giver.objects.get(name="Canary Name1")))
    [other] = Giver.objects.exclude(name="")
    assert (other.name, other.erased_at) == ("Canary Name2", None)
    assert Commitment.objects.get(giver=other).title == "Plan of Canary Name2"
    run.refresh_from_db()
    assert run.rejections == [{"where": "1", "why": "no day"}]


def test_erasing_twice_is_erasing_once():
    book(factories.SourceFactory(), [1])
    giver = Giver.objects.select_related("source", "funder").get()
    assert erasure.erase(subjects.of_giver(giver))
    erased_at = Giver.objects.get().erased_at
    assert not erasure.erase(subjects.of_giver(giver))
    assert Giver.objects.get().erased_at == erased_at


def test_who_erased_it_and_when_stays_in_the_history():
    ann = factories.UserFactory(role="treasurer")
    funder = factories.FunderFactory(name="Canary", kind="person")
    with context(user=ann.pk, why="asked by letter"):
        erasure.erase(subjects.of_funder(funder))
    zone = ZoneInfo("UTC")
    [erased, made] = changes.latest(changes.Asked(ann, zone, kind="funders.Funder", thing=funder.pk))
    assert (erased.verb, erased.who, erased.why) == ("update", ann.email, "asked by letter")
    assert (made.verb, "Canary" in str(made)) == ("insert", False)


def test_who_gave_anonymously_stays_unnamed_when_their_gift_turns_public():
    source = factories.SourceFactory()
    gift = Receipt("1", Kind.DONATION, pounds(5), date(2026, 6, 1), NOW, giver=GiverRef("canary-7"))
    ledger.record(source, [gift])
    [[giver], []] = subjects.find("canary-7")
    erasure.erase(subjects.of_giver(giver), quoted="canary-7")
    public = GiverRef("canary-7", "Canary", True)
    ledger.record(source, [Receipt("2", Kind.DONATION, pounds(5), date(2026, 6, 1), NOW, giver=public)])
    assert [one.name for one in Giver.objects.all()] == ["", ""]
    assert bytes_of_everything() == []


def test_what_staff_type_later_is_refused_until_there_is_new_consent():
    source = factories.SourceFactory()
    book(source, [1])
    giver = Giver.objects.get()
    known_by_name(giver)
    erasure.erase(subjects.of_giver(Giver.objects.select_related("source", "funder").get()))
    giver, funder = Giver.objects.get(), Funder.objects.get()
    giver.name, funder.name = "Alice", "Alice"
    for row in (giver, funder):
        with pytest.raises(ValidationError, match="stays unnamed"):
            row.full_clean()
    erasure.readmit(subjects.of_funder(Funder.objects.get()))
    giver, funder = Giver.objects.get(), Funder.objects.get()
    giver.name, funder.name = "Alice", "Alice"
    giver.full_clean()
    funder.full_clean()


def test_what_is_half_typed_in_a_session_goes_and_the_session_stays(client):
    client.force_login(factories.UserFactory())
    session = client.session
    session["unsent"] = {"path": "/staff/", "text": "name=Canary", "at": 0}
    session.save()
    erasure.erase(subjects.of_funder(factories.FunderFactory(kind="person")))
    [kept] = Session.objects.all()
    assert ("unsent" in kept.get_decoded(), "_auth_user_id" in kept.get_decoded()) == (False, True)


def test_only_booked_files_are_deleted_and_the_row_stays(django_capture_on_commit_callbacks):
    source = factories.SourceFactory()
    for digest, booked_at in (("1", NOW), ("2", None)):
        file = ContentFile(b"x", name="gifts.csv")
        Upload.objects.create(source=source, digest=digest, file=file, booked_at=booked_at)
    with django_capture_on_commit_callbacks(execute=True):
        assert erasure.forget_files(Upload.objects.all()) == 1
    assert [bool(one.file) for one in Upload.objects.order_by("digest")] == [False, True]
    assert len(default_storage.listdir("uploads")[1]) == 1


@pytest.mark.parametrize(("days", "left"), [(0, 2), (7, 1)])
def test_booked_files_go_after_the_days_that_the_site_keeps_them(settings, days, left):
    settings.FILES_KEPT_DAYS = days
    for age in (6, 8):
        booked_at = NOW - timedelta(days=age)
        factories.UploadFactory(file=f"uploads/{age}.csv", booked_at=booked_at)
    tasks.forget_files()
    assert Upload.objects.exclude(file="").count() == left


def test_a_whole_run_passes_over_a_file_that_is_gone():
    source = factories.SourceFactory(kind="table")
    factories.UploadFactory(source=source, file="", booked_at=NOW)
    run = sync.sync(source, full=True)
    assert (run.state, run.error) == ("complete", "")


def test_every_text_of_what_hangs_on_a_person_is_personal_or_says_why_it_stays():
    nobody = subjects.Subject([], None)
    undecided = {
        f"{model._meta.label}.{field.name}"
        for model in subjects.belonging(nobody)
        if model._meta.label not in erasure.STAYS
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.FileField | models.JSONField)
        if not field.choices and field.name not in erasure.PERSONAL.get(model._meta.label, ())
    }
    assert undecided - set(erasure.STAYS) == set()

"""Evidence files: told by their content, kept through the preview, given to staff alone and never run."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from campaigns import evidence
from campaigns.models import EvidenceFile, Statement
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
PDF = b"%PDF-1.7 the bank says so"


def picture(kind):
    made = io.BytesIO()
    Image.new("RGB", (2, 2)).save(made, kind)
    return made.getvalue()


def archive(**members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return made.getvalue()


@pytest.fixture(autouse=True)
def campaign(tmp_path, settings):
    settings.MEDIA_ROOT = str(tmp_path)
    return factories.CampaignFactory(slug="appeal")


def editor(email="ann@example.org"):
    client = Client()
    client.force_login(factories.UserFactory(email=email, role="editor"))
    return client


def send(client, content=None, name="bank.pdf", **fields):
    url = reverse("staff:figure", args=["appeal"])
    form = client.get(url).context["form"]
    typed = {"key": form["key"].value(), "seen": form["seen"].value() or "", "as_of": "2026-06-30"}
    typed |= {"amount_minor": "5"} | fields
    return client.post(
        url, typed if content is None else typed | {"upload": SimpleUploadedFile(name, content)}
    )


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pdf", PDF),
        ("png", picture("PNG")),
        ("jpeg", picture("JPEG")),
        ("csv", b"day;amount\n1 June;5\n"),
        ("xlsx", archive(**{"xl/workbook.xml": "<workbook/>"})),
        ("ods", archive(mimetype=evidence.TYPES["ods"])),
    ],
)
def test_a_file_is_what_its_content_is(kind, content):
    assert evidence.kind_of(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"", b"MZ\x90\x00", b"<html>, <script>", b"<svg, onload=x>", b"From: ann@example.org\nSubject: a, b\n\nHello",
        archive(evil="x"), b"PK\x03\x04 broken", b"just words", b"\x89PNG\r\n\x1a\n broken",
    ],
)  # fmt: skip
def test_anything_else_is_refused_whatever_it_is_called(content):
    answer = send(editor(), content or b" ", name="bank.pdf", publish="1")
    assert "This is no PDF, PNG, JPEG, CSV, XLSX or ODS file." in answer.content.decode()
    assert (Statement.objects.count(), EvidenceFile.objects.count()) == (0, 0)


def test_a_file_that_is_too_large_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(evidence, "MOST_BYTES", 10)
    assert "This file is larger than 10 MB." in send(editor(), PDF).content.decode()


def test_a_file_chosen_before_the_preview_needs_not_be_chosen_again():
    ann = editor()
    page = send(ann, PDF)
    assert "bank.pdf goes with it." in page.content.decode()
    send(ann, kept=page.context["form"]["kept"].value(), publish="1")
    with Statement.objects.get().evidence_file.file.open() as file:
        assert file.read() == PDF


def test_it_is_kept_too_where_something_else_was_wrong():
    page = send(editor(), PDF, amount_minor="lots")
    assert page.context["form"]["kept"].value() == str(EvidenceFile.objects.get().token)


def test_nobody_takes_anybody_elses_draft():
    token = send(editor(), PDF).context["form"]["kept"].value()
    send(editor("eve@example.org"), kept=token, publish="1")
    assert Statement.objects.get().evidence_file is None


def test_a_double_click_with_a_file_states_it_once():
    ann = editor()
    url = reverse("staff:figure", args=["appeal"])
    key = ann.get(url).context["form"]["key"].value()
    typed = {"key": key, "as_of": "2026-06-30", "amount_minor": "5", "publish": "1"}
    answers = [
        ann.post(url, typed | {"upload": SimpleUploadedFile("a.pdf", PDF)}).status_code for _ in range(2)
    ]
    assert (answers, Statement.objects.count()) == ([302, 302], 1)


def test_staff_get_it_to_keep_and_nobody_else_gets_it(client, campaign):
    ann = editor()
    send(ann, PDF, publish="1")
    said = Statement.objects.get()
    url = reverse("staff:evidence", args=["appeal", said.pk])
    answer = ann.get(url)
    assert (answer.getvalue(), answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="bank.pdf"'
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert client.get(url).status_code == 302
    page = client.get(campaign.get_absolute_url()).content.decode()
    assert ("Evidence is on file." in page, said.evidence_file.token.hex in page) == (True, False)
    assert "bank" not in str(said.evidence_file.file.name)


def test_drafts_are_swept_after_a_day_and_proofs_stay():
    ann = editor()
    send(ann, PDF, publish="1")
    send(ann, PDF)
    draft = EvidenceFile.objects.get(statements=None)
    assert evidence.sweep() == 0
    made = timezone.now() - timedelta(hours=25)
    old = EvidenceFile.objects.create(
        user=draft.user,
        file=SimpleUploadedFile("a", PDF),
        name="a",
        kind="pdf",
        digest="",
        size=1,
        uploaded_at=made,
    )
    kept = Statement.objects.get().evidence_file
    assert (evidence.sweep(), set(EvidenceFile.objects.all())) == (1, {draft, kept})
    assert old.pk is not None


def test_a_proof_is_never_changed():
    send(editor(), PDF, publish="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceFile.objects.update(digest="")

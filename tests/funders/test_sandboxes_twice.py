"""Each provider of the sandbox, read twice and then whole, and each of its files, uploaded twice: nothing moves."""

from typing import Any

import pytest
import requests
from django.core.files.base import ContentFile
from django.utils import timezone

from funders.models import Entry, Source
from funders.sync import sync
from tests.funders.connectors.cases import CASES
from tests.funders.connectors.matrix import trial
from tests.funders.connectors.test_givewp import SANDBOX
from tests.funders.sandboxes import NOON, everything, sandbox

pytestmark = pytest.mark.django_db
# Where the file is, and what its source must be told.
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "camt053": ("/bank/statement.xml", {}),
    "github_export": ("/github/export.csv", {"account": "sandbox"}),
    "givewp": ("/givewp/export.csv", {"options": SANDBOX, "time_zone": "Europe/Berlin"}),
    "kofi_csv": ("/kofi/transactions.csv", {}),
    "liberapay_csv": ("/liberapay/sandbox/patrons/public.csv", {"account": "sandbox"}),
}


@pytest.mark.parametrize("kind", CASES)
def test_an_api_that_is_read_twice_and_then_whole_says_nothing_new(kind, monkeypatch):
    with trial(CASES[kind], monkeypatch) as one:
        source = one.source()
        first = sync(source)
        before = everything()
        runs = [sync(source), sync(source, full=True)]
    assert [run.state for run in (first, *runs)] == ["complete"] * 3
    assert Entry.objects.exists() or source.commitments.exists()
    assert [(run.new, run.changed) for run in runs] == [(0, 0)] * 2
    assert everything() == before


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_uploaded_twice_and_then_read_again_says_nothing_new(kind, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    path, told = FILES[kind]
    source = Source.objects.create(slug="file", name="File", kind=kind, is_sandbox=True, **told)
    with sandbox(lambda: NOON) as server:
        runs, rows = [], []
        for name in ("one", "two"):
            content = requests.get(server.url + path, timeout=10).content
            file = ContentFile(content, name)
            source.uploads.create(file=file, name=name, digest=name, uploaded_at=timezone.now())
            runs.append(sync(source))
            rows.append(everything())
        runs.append(sync(source, full=True))
        rows.append(everything())
    assert [(run.state, run.error) for run in runs] == [("complete", "")] * 3
    assert runs[0].new > 0
    assert [(run.new, run.changed) for run in runs[1:]] == [(0, 0)] * 2
    for one in rows:
        del one["funders_upload"], one["funders_uploadevent"]
    assert rows[1] == rows[2] == rows[0]

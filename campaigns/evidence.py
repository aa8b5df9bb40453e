"""Files that prove a statement: what they are is read from their content, and only staff ever get them."""

import csv
import hashlib
import io
import uuid
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from campaigns.models import EvidenceFile
from fundtracker.models import User

MOST_BYTES = 10 * 1024 * 1024
DRAFTS_STAY = timedelta(hours=24)
# Our word for a kind → how it is announced to a browser.
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


def kind_of(content: bytes) -> str:
    """A key of TYPES. ValueError says what would be taken; what the file is called says nothing."""
    for kind, is_one in _KINDS.items():
        if is_one(content):
            return kind
    raise ValueError(_("This is no PDF, PNG, JPEG, CSV, XLSX or ODS file."))


def store(upload: "UploadedFile[bytes]", user: User) -> EvidenceFile:
    """As a draft of `user`, until a statement names it. `upload` was checked by kind_of()."""
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    return EvidenceFile.objects.create(
        user=user,
        file=upload,
        name=(upload.name or "")[-120:],
        kind=kind_of(content),
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )


def of(user: User, token: uuid.UUID | None) -> EvidenceFile | None:
    """The file that this person uploaded before; nobody names anybody else's."""
    return EvidenceFile.objects.filter(token=token, user=user).first() if token else None


def sweep() -> int:
    """Drafts of which no statement was made within a day go, rows and files."""
    old = EvidenceFile.objects.filter(statements=None, uploaded_at__lt=Now() - DRAFTS_STAY)
    with transaction.atomic():
        drafts = list(old.select_for_update(of=("self",), skip_locked=True))
        for draft in drafts:
            draft.delete()
            transaction.on_commit(partial(draft.file.storage.delete, str(draft.file.name)))
    return len(drafts)


def _image(name: str) -> Callable[[bytes], bool]:
    def is_one(content: bytes) -> bool:
        try:
            with Image.open(io.BytesIO(content), formats=[name]) as image:
                image.verify()
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
            return False
        return True

    return is_one


def _zipped(member: str, holds: bytes = b"") -> Callable[[bytes], bool]:
    """An archive with `member`, which begins with `holds`. Nothing else of it is unpacked."""

    def is_one(content: bytes) -> bool:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(member) as found:
                return found.read(len(holds)) == holds
        except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError, ValueError):
            return False

    return is_one


def _is_csv(content: bytes) -> bool:
    """Text whose first lines have the same number of cells, two or more: a letter does not, nor does a web page."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if any(character < " " and character not in "\t\r\n" for character in text) or text.lstrip()[:1] == "<":
        return False
    return any(_is_table(text, delimiter) for delimiter in ",;\t")


def _is_table(text: str, delimiter: str) -> bool:
    try:
        rows = [
            row
            for row, _n in zip(csv.reader(io.StringIO(text), delimiter=delimiter), range(20), strict=False)
            if row
        ]
    except csv.Error:
        return False
    return bool(rows) and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1


_KINDS: dict[str, Callable[[bytes], bool]] = {
    "pdf": lambda content: content.startswith(b"%PDF-"),
    "png": _image("PNG"),
    "jpeg": _image("JPEG"),
    "xlsx": _zipped("xl/workbook.xml"),
    "ods": _zipped("mimetype", TYPES["ods"].encode()),
    "csv": _is_csv,
}

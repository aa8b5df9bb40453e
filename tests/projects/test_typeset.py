"""Documents: what they say, that data stays data, and that they end in time."""

import io
from datetime import date
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from projects import typeset

DAY = date(2026, 6, 30)
WORDS = {"title": "Statement", "author": "The Foundation", "language": "en"}
HOUSE = '#import "paper.typ": data, paper, sheet\n#show: paper\n= #data.title\n'


@pytest.fixture
def template(tmp_path, monkeypatch):
    """Writes a template beside the house's own."""
    (tmp_path / "paper.typ").write_text((typeset.TEMPLATES / "paper.typ").read_text())
    monkeypatch.setattr(typeset, "TEMPLATES", tmp_path)

    def write(body):
        (tmp_path / "page.typ").write_text(HOUSE + body)

    return write


def read(document):
    return PdfReader(io.BytesIO(document))


def text_of(document):
    return "\n".join(page.extract_text() for page in read(document).pages)


def test_a_document_names_itself_and_is_tagged(template):
    template("#data.name")
    document = read(typeset.pdf("page", {**WORDS, "language": "de", "name": "Ada"}, on=DAY))
    root = document.trailer["/Root"]
    assert (document.metadata.title, document.metadata.author) == ("Statement", "The Foundation")
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("de", True)
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert document.metadata.creation_date.date() == DAY


@pytest.mark.parametrize(
    "name",
    [
        '#read("paper.typ")', "a ] b [ c", 'Ada "Count" Lovelace', "$x$ *y* _z_ `q`", "\\#let x = 1", "#panic()",
        "</script> & <b>", "@preview/tablex", "= No heading", "Zoë Łukasz Ελένη Иван",
    ],
)  # fmt: skip
def test_a_name_is_text_and_never_markup(template, name):
    template('#data.name\n#sheet(((title: "Who", is_number: false),), ((data.name,),))')
    assert text_of(typeset.pdf("page", {**WORDS, "title": name, "name": name}, on=DAY)).count(name) == 3


def test_what_has_no_glyph_leaves_the_rest_readable(template):
    template("#data.name")
    assert "Ada Lovelace" in text_of(
        typeset.pdf("page", {**WORDS, "name": "Ada\x00 Love\x07lace\ud800"}, on=DAY)
    )
    assert "Ada" in text_of(typeset.pdf("page", {**WORDS, "name": "Ada 山田 🙂"}, on=DAY))


def test_the_same_data_gives_the_same_document(template):
    template("#data.name")
    data = {**WORDS, "name": "Ada"}
    assert typeset.pdf("page", data, on=DAY) == typeset.pdf("page", data, on=DAY)
    assert typeset.pdf("page", data, on=DAY) != typeset.pdf("page", data, on=date(2026, 7, 1))


def test_too_much_data_is_refused(template):
    template("#data.name")
    with pytest.raises(ValueError, match="too large"):
        typeset.pdf("page", {**WORDS, "name": "ä" * (typeset.MOST_BYTES // 2)}, on=DAY)


def test_the_largest_document_is_set_in_time(template):
    template('#sheet(((title: "A", is_number: false), (title: "B", is_number: true)), data.rows)')
    most = typeset.MOST_BYTES // 20
    document = typeset.pdf("page", {**WORDS, "rows": [["row", "1,00"]] * (most - 10)}, on=DAY)
    assert len(read(document).pages) > 50


def test_what_takes_too_long_is_given_up(template, monkeypatch):
    monkeypatch.setattr(typeset, "SECONDS", 0)
    template("#sheet(((title: [A], is_number: false),), data.rows)")
    with pytest.raises(TimeoutError):
        typeset.pdf("page", {**WORDS, "rows": [["row"]] * 2_000}, on=DAY)


def test_a_template_reads_nothing_outside_its_folder(template, tmp_path):
    (tmp_path.parent / "secret.txt").write_text("of nobody's business")
    for path in ("../secret.txt", str(tmp_path.parent / "secret.txt"), "/etc/hostname"):
        template(f'#read("{path}")')
        with pytest.raises(typst.TypstError):
            typeset.pdf("page", WORDS, on=DAY)


def test_our_templates_fetch_no_package_and_evaluate_no_text():
    templates = sorted(Path(typeset.TEMPLATES).glob("*.typ"))
    assert "paper.typ" in [template.name for template in templates]
    for template in templates:
        text = template.read_text()
        assert not [word for word in ("@", "eval(", "read(", "plugin(") if word in text], template.name

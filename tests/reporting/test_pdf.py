"""The PDF: archivable, accessible, the same bytes for the same run, and in step with the page."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import typst
from test_html import CLOSED, HOSTILE, _poison

from conformance.reporting.html import render_html
from conformance.reporting.pdf import DRAWABLE, STANDARDS, as_bytes, drawable, render_pdf

Run = dict[str, Any]


def text_of(content: bytes) -> str:
    """Every character but the spaces, which the page breaks and the narrow columns move about."""
    document = pypdfium2.PdfDocument(content)
    raw = "".join(page.get_textpage().get_text_bounded() for page in document)
    return re.sub(r"[\s\u200b\ufffe\u00ad]+", "", raw)


def test_the_standards_it_declares(make_run: Callable[..., Run], tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(render_pdf(make_run(6), tmp_path))) as document:
        data = document.open_metadata()
        assert (data["pdfaid:part"], data["pdfaid:conformance"], data["pdfuaid:part"]) == ("3", "A", "1")
        assert str(document.Root.Lang) == "fr"
        assert document.Root.MarkInfo.Marked
        assert document.Root.OutputIntents
        assert data["dc:title"] == "Rapport de conformité – Tilleul Cabinet"


def test_a_partial_control_of_both_standards(make_run: Callable[..., Run], tmp_path: Path) -> None:
    """What veraPDF would look at first, seen by another reader: no full validation, which is not claimed."""
    with pikepdf.open(BytesIO(render_pdf(make_run(12), tmp_path))) as document:
        held = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)]
        descendants = ("/Type1", "/TrueType", "/CIDFontType0", "/CIDFontType2")
        fonts = [one for one in held if one.get("/Type") == "/Font" and one.get("/Subtype") in descendants]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one.FontDescriptor.keys()) for one in fonts)
        assert all("/ToUnicode" in one for one in held if one.get("/Type") == "/Font" and one not in fonts)
        tags = [str(one.S) for one in held if "/S" in one and "/P" in one]
        assert {"/Document", "/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= set(tags)
        assert all("/Alt" in one for one in held if one.get("/S") == "/Figure")
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert not document.is_encrypted
        assert not {"/JavaScript", "/AA", "/OpenAction"} & set(document.Root.keys())
        assert not [one for one in held if one.get("/Subtype") in ("/Movie", "/Sound", "/3D", "/RichMedia")]
        file = next(one for one in held if one.get("/Type") == "/Filespec")
        assert str(file.AFRelationship) == "/Source"
        assert len(document.Root.AF) == 1


def test_run_json_is_inside_byte_for_byte(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(6)
    with pikepdf.open(BytesIO(render_pdf(run, tmp_path))) as document:
        assert list(document.attachments) == ["run.json"]
        held = document.attachments["run.json"].get_file().read_bytes()
    assert held == as_bytes(run)
    assert json.loads(held) == run


def test_same_run_same_bytes_wherever_it_lies(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(8)
    elsewhere = tmp_path / "copie"
    elsewhere.mkdir()
    (tmp_path / "blobs").rename(elsewhere / "blobs")
    first = render_pdf(run, elsewhere)
    assert hashlib.sha256(first).digest() == hashlib.sha256(render_pdf(run, elsewhere)).digest()
    (elsewhere / "blobs").rename(tmp_path / "blobs")
    assert first == render_pdf(json.loads(json.dumps(run)), tmp_path)
    assert first != render_pdf({**run, "id": "autre"}, tmp_path)


def test_page_and_pdf_tell_the_same(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(18)
    told = text_of(render_pdf(run, tmp_path))
    page = re.sub(r"\s+", "", render_html(run, tmp_path))
    for requirement in run["requirements"]:
        for name in (requirement["id"], *(one["id"] for one in requirement["scenarios"])):
            assert name in told
            assert name in page
        for scenario in requirement["scenarios"]:
            for piece in scenario["pieces"]:
                assert piece["sha256"] in told
                assert piece["sha256"] in page
    for words in (
        "Nonconforme",
        "Rapportnonsigné",
        "projetpublicde2023",
        "Règlededécision",
        run["profile"]["digest"],
        run["journal"][0]["head"],
    ):
        assert words in told


def test_the_fourteen_chapters(make_run: Callable[..., Run], tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(render_pdf(make_run(6), tmp_path))) as document, document.open_outline() as outline:
        titles = [str(item.title) for item in outline.root]
    numbered = [title for title in titles if title[0].isdigit()]
    assert [int(title.split()[0]) for title in numbered] == list(range(1, 14))
    for words in ("Synthèse", "Identification", "Banc", "Méthode", "couverture", "Résultats", "Non-conformités", "examiner",
                  "Dérogations", "Comparaison", "Index", "Intégrité", "Limites"):  # fmt: skip
        assert sum(words in title for title in numbered) == 1


@pytest.mark.parametrize(
    "poison", [*HOSTILE, "漢字 עברית 🙂 e\u0301\u0301", "#panic() $x$ @ref *gras* `code` <label> \\"]
)
def test_hostile_text_is_inert(make_run: Callable[..., Run], tmp_path: Path, poison: str) -> None:
    run = make_run(6)
    bad = _poison(run, poison, CLOSED)
    bad["verdict"] = {**run["verdict"], "sentence": poison, "rule": poison}
    content = render_pdf(bad, tmp_path)
    with pikepdf.open(BytesIO(content)) as document:
        assert "/JavaScript" not in str(document.Root.get("/Names", ""))
        actions = {str(note.A.S) for page in document.pages for note in page.get("/Annots", []) if "/A" in note}
        assert actions <= {"/GoTo"}
    assert "panic()" in text_of(content) or "panic" not in poison


def test_every_character_said_drawable_is(tmp_path: Path) -> None:
    every = (chr(code) for first, last in DRAWABLE for code in range(first, last + 1))
    words = "".join(char for char in every if char.isprintable() and unicodedata.is_normalized("NFC", char))
    assert drawable(words).replace("\u200b", "") == words
    source = '#set document(title: "x")\n#set text(lang: "fr", font: ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern Math"))\n#json(bytes(sys.inputs.d)).clusters().join(" ")'
    inputs = {"d": json.dumps(words)}
    assert typst.compile(source.encode(), format="pdf", ignore_system_fonts=True, pdf_standards=list(STANDARDS), timestamp=0, sys_inputs=inputs)  # fmt: skip


def test_what_the_fonts_lack_is_shown_by_its_number() -> None:
    assert drawable("é 字") == "é ⟨U+5B57⟩"
    assert drawable("e\u0301") == "é"


def test_unsigned_is_said_and_so_is_a_signature(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(2)
    assert "Rapportnonsigné" in text_of(render_pdf(run, tmp_path))
    signed = text_of(render_pdf(run, tmp_path, signed="Éditions des Tilleuls"))
    assert "SignéparÉditionsdesTilleuls" in signed
    assert "Rapportnonsigné" not in signed


def test_an_empty_run_has_a_report(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(0)
    run |= {"requirements": [], "documents": [], "journal": [], "bench": [], "warnings": []}
    run["coverage"] = dict.fromkeys(run["coverage"], 0) | {"sections": []}
    assert "aucuneexigenceobligatoire" in text_of(render_pdf(run, tmp_path))

"""Damaged and hostile workbooks: refused in words, never a traceback."""

from __future__ import annotations

import re
import zipfile

import pytest

from conformance.catalogue.importing import read_list
from conformance.model.finding import Severity
from conformance.model.yamlfile import DataError
from tests.catalogue.sheets import (
    DOCTORS,
    FINAL,
    book_of,
    inject,
    laid_out,
    refusal,
    told,
)


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    from conformance.catalogue import workbook

    monkeypatch.setattr(workbook, "MAX_ROWS", 60)
    rows = [["ID", "Exigence", "Chapitre"], *([f"X.{n}", "Texte", "c"] for n in range(80))]
    assert "plus de 60 lignes" in refusal(book_of(tmp_path / "a.xlsx", Exigences=rows))


@pytest.mark.parametrize("keep", [0, 3, 40, 900, -400, -22])
def test_a_truncated_workbook(keep, write):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}] * 50))
    path.write_bytes(path.read_bytes()[:keep])
    assert "classeur illisible" in refusal(path)


def test_bytes_changed_anywhere_never_break_the_reader(write):
    path = write(laid_out(FINAL, [{"id": f"INS/va1.{n}", "exigence": "Texte."} for n in range(10, 60)]))
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), max(1, len(content) // 120)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :])
        try:
            read_list(path, DOCTORS)
        except DataError as error:
            refused += 1
            assert re.search("illisible|abîmé|refusé|n’est pas|aucune|absente", str(error)), error
    assert refused > 40


@pytest.mark.parametrize(
    ("mark", "text", "piece"),
    [
        ("<sheetData>", "<sheetData><row", "xl/worksheets/sheet1.xml"),
        ('<c r="A1"', '<c r="ZZZZ9"', "xl/worksheets/sheet1.xml"),
        ("<sheets>", "<sheet>", "xl/workbook.xml"),
        ("/xl/worksheets/sheet1.xml", "/xl/ailleurs.xml", "xl/_rels/workbook.xml.rels"),
        ("<styleSheet", "<autre", "xl/styles.xml"),
    ],
)
def test_damaged_insides(mark, text, piece, write):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}]))
    inject(path, mark, text, piece)
    said = refusal(path)
    assert re.search("abîmé|aucune feuille", said)
    assert "Traceback" not in said


SHARED = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>Texte </t></r>'
    "<r><t>partagé.</t></r></si></sst>"
)
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


@pytest.mark.parametrize(("index", "said"), [(0, None), (7, "contenu abîmé"), ("x", "contenu abîmé")])
def test_shared_strings_as_a_spreadsheet_writes_them(index, said, write):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}]))
    inject(path, '<c r="E2" t="inlineStr"><is><t>Texte.</t></is></c>', f'<c r="E2" t="s"><v>{index}</v></c>')
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}"/></Types>'
    inject(path, "</Types>", override, "[Content_Types].xml")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", SHARED)
    if said is None:
        assert read_list(path, DOCTORS).overlay.requirements[0].statement == "Texte partagé."
    else:
        assert said in refusal(path)


def test_a_text_no_spreadsheet_could_hold(write):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}, {"id": "INS/va1.31", "exigence": "T."}]))
    inject(path, "Texte.", "&lt;p" * 20_000)
    (error, *_) = told(read_list(path, DOCTORS), Severity.ERROR)
    assert "ligne 2, colonne 5, cellule E2 : texte de plus de 32767 caractères" in error


def test_hostile_xml_is_refused(write):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}]))
    inject(path, "<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet')
    assert "déclare un DOCTYPE" in refusal(path)


def test_other_files_are_refused_with_what_to_do(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "ancien format .xls, ou protégé par un mot de passe" in refusal(path)
    path.write_text("ID;Exigence", encoding="utf-8")
    assert "enregistrez-le de nouveau au format .xlsx" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "n’est pas un classeur Excel" in refusal(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bombe.xml", b"\0" * 40_000_000)
    assert "bombe" in refusal(path)
    assert "illisible" in refusal(tmp_path / "absent.xlsx")

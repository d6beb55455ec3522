"""Workbooks of every layout are read right; those that cannot be are told by sheet, row and column."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from conformance.catalogue.importing import Wanted, read_list
from conformance.model.finding import Severity
from conformance.model.profile import load_catalogue
from tests.catalogue.sheets import (
    CONVERGENCE,
    DOCTORS,
    FINAL,
    book_of,
    headers_of,
    inject,
    laid_out,
    refusal,
    rows_of,
    told,
)

TEMPLATES = (
    "expectedGenerateExcelFile",
    "template-export-convergence",
    "template-segur-requirement-export",
    "template-segur-requirement-export-avec-colonnes-prepub",
    "template-segur-requirement-export-avec-colonnes-prepub-modifie",
    "template-segur-requirement-export-modifie",
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_template_filled_with_300_rows(name, shared_data, write, doctors):
    headers = headers_of(shared_data / "rem-xlsx" / f"{name}.xlsx")
    rows = rows_of(doctors, "SC.")
    rows += [
        {"id": f"LGC.NEUF.{n:03}", "exigence": f"Texte inventé numéro {n}.", "n scenario": f"NEUF.{n:03}.01"}
        for n in range(300 - len(rows))
    ]
    assert len(rows) == 300
    imported = read_list(write(laid_out(headers, rows), sheet="Exigences"), DOCTORS)
    assert told(imported, Severity.ERROR) == told(imported, Severity.WARNING) == []
    assert imported.matched == len(doctors.requirements)
    assert len(imported.overlay.requirements) == len({row["id"] for row in rows})
    entry = imported.overlay.by_ours()["INS/va1.28"][0]
    assert entry.id == "SC.INS/va1.28"
    assert entry.statement == "Le système DOIT : texte inventé pour INS/va1.28."
    ours = load_catalogue()["INS/va1.28"].scenarios[0]
    assert [(s.id, [p.id for p in s.proofs]) for s in entry.scenarios] == [(ours.id, [p.id for p in ours.proofs])]
    unknown = [change.id for change in imported.changes if change.kind == "unknown"]
    assert unknown == [row["id"] for row in rows if str(row["id"]).startswith("LGC.NEUF")]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_themselves_are_read_or_told(name, shared_data):
    """Their sample rows hold made-up ids; one of them holds a row shifted by a column."""
    path = shared_data / "rem-xlsx" / f"{name}.xlsx"
    if name.endswith("export-modifie"):
        said = refusal(path)
        assert "aucune exigence lisible" in said
        assert "feuille « Exigences », ligne 2, colonne 2, cellule B2" in said
        assert "« NON » n’en est pas un" in said
        return
    imported = read_list(path, DOCTORS)
    assert imported.overlay.requirements[0].id in ("MSS/CDA.01", "PSC.03")
    assert "<" not in "".join(entry.statement for entry in imported.overlay.requirements)


def test_the_final_layout_of_21_columns(write, doctors):
    rows = rows_of(doctors)
    for row in rows:
        row["id"] = f"{'AMBU' if 'MSS' in str(row['id']) else 'SC'}.{row['id']}"
    page = [["REM-MDV-LGC-Va2, version 1.4 du 08/06/2026"], [], *laid_out(FINAL, rows)]
    imported = read_list(write(page, "REM-MDV-LGC-Va2.xlsx"), DOCTORS)
    assert imported.matched == len(doctors.requirements)
    assert (imported.overlay.source.version, imported.overlay.source.date) == ("1.4", "2026-06-08")
    assert imported.overlay.source.sheet == "Exigences REM vague 2"
    assert told(imported, Severity.INFO) == [
        (
            "REM-MDV-LGC-Va2.xlsx › feuille « Exigences REM vague 2 », ligne 3, colonne 21, cellule U3 : "
            "colonne inconnue « Remarque éditeur », laissée de côté"
        )
    ]


def test_the_profile_is_guessed(write, doctors):
    imported = read_list(write(laid_out(FINAL, rows_of(doctors, "SC."))))
    assert imported.profile.id == "wave1/doctors"
    said = refusal(write(laid_out(FINAL, [{"id": "XX.01", "exigence": "a", "n scenario": "XX.01.01"}])), Wanted())
    assert "précisez --profile" in said


def test_published_wave_1_ids_go_through_the_crosswalk(write):
    rows = [
        {"id": "LGC.MSS.14", "exigence": "Un texte."},
        {"id": "LGC.DOC.03", "exigence": "Deux reprises."},
        {"id": "LGC.INS.27", "exigence": "Non reprise."},
    ]
    found = {e.id: e.ours for e in read_list(write(laid_out(FINAL, rows)), DOCTORS).overlay.requirements}
    assert found["LGC.DOC.03"] == ("DOC/va1.04",)
    assert found["LGC.INS.27"] == ()
    assert found["LGC.MSS.14"] != ()


def test_two_ids_alike_but_for_their_prefix_are_two_requirements(write):
    rows = [
        {"id": "LGC.INS/va1.28", "exigence": "Propre aux cabinets."},
        {"id": "SC.INS/va1.28", "exigence": "Socle commun."},
    ]
    imported = read_list(write(laid_out(FINAL, rows)), DOCTORS)
    assert {e.id: e.ours for e in imported.overlay.requirements} == {
        "LGC.INS/va1.28": (),
        "SC.INS/va1.28": ("INS/va1.28",),
    }
    assert any("même numéro sans leur préfixe" in text for text in told(imported, Severity.WARNING))


def test_one_number_with_two_conditions(write):
    """MSS/va1.30 names two requirements in one list; « Profil » tells them apart."""
    rows = [
        {"id": "MSS/va1.30", "exigence": "Général.", "profil": "Général"},
        {"id": "MSS/va1.30", "exigence": "Autre chose.", "profil": "Autre profil"},
    ]
    imported = read_list(write(laid_out(FINAL, rows)), DOCTORS)
    assert [entry.statement for entry in imported.overlay.requirements] == ["Général.", "Autre chose."]
    assert told(imported, Severity.ERROR) == []


def test_html_and_spreadsheet_marks_are_removed(write):
    text = "<p>Le syst&egrave;me&nbsp;DOIT&nbsp;:</p>\r\n<ul><li>lire</li><li>\u202eécrire_x000D_</li></ul><script>x</script>"
    rows = [{"id": "INS/va1.28", "exigence": text}]
    entry = read_list(write(laid_out(FINAL, rows)), DOCTORS).overlay.requirements[0]
    assert entry.statement == "Le système DOIT :\n- lire\n- écrire"


def test_proofs_all_in_one_cell(write):
    page = [
        ["N° exigence", "Énoncé (DOIT/PEUT)", "N° scénario", "Scénario", "Preuves"],
        ["INS/va1.28", "Texte.", "INS/va1.28.01", "Jouer.", "INS/va1.28.01.01 : Vidéo\nINS/va1.28.01.02 : Capture"],
    ]
    scenario = read_list(write(page), DOCTORS).overlay.requirements[0].scenarios[0]
    assert [(p.id, p.text) for p in scenario.proofs] == [
        ("INS/va1.28.01.01", "Vidéo"),
        ("INS/va1.28.01.02", "Capture"),
    ]


def merged(path: Path, *ranges: str) -> Path:
    book = load_workbook(path)
    for one in ranges:
        book.active.merge_cells(one)
    book.save(path)
    return path


def test_merged_cells(write):
    page = [
        [FINAL[1], FINAL[4], "N° scénario", "Scénario de conformité", "N° preuve 1", "Preuve 1"],
        ["Identité nationale de santé"],
        ["INS/va1.28", "Texte.", "INS/va1.28.01", "Un", "INS/va1.28.01.01", "Vidéo"],
        [None, None, "INS/va1.28.02", "Deux", "INS/va1.28.02.01", "Capture"],
        [None, None, None, None, "INS/va1.28.02.02", "Journal"],
        ["INS/va1.31", "Fusion de travers.", None, "Trois", None, None],
    ]
    path = merged(write(page), "A2:F2", "A3:A5", "B3:B5", "C4:C5", "D4:D5", "B6:C6")
    imported = read_list(path, DOCTORS)
    first = imported.overlay.requirements[0]
    assert [(s.id, [p.id for p in s.proofs]) for s in first.scenarios] == [
        ("INS/va1.28.01", ["INS/va1.28.01.01"]),
        ("INS/va1.28.02", ["INS/va1.28.02.01", "INS/va1.28.02.02"]),
    ]
    assert told(imported, Severity.ERROR) == []
    (warning,) = told(imported, Severity.WARNING)
    assert "ligne 6, colonne 2, cellule B6" in warning
    assert "(B6:C6)" in warning


def test_blank_cells_go_on_with_the_requirement_above(write):
    rows = [
        {"id": "INS/va1.28", "exigence": "Texte.", "n scenario": "INS/va1.28.01", "scenario de conformite": "Un"},
        {"n scenario": "INS/va1.28.02", "scenario de conformite": "Deux"},
        {},
        {"exigence": "Sans identifiant."},
    ]
    imported = read_list(write(laid_out(FINAL, rows)), DOCTORS)
    assert [s.id for s in imported.overlay.requirements[0].scenarios] == ["INS/va1.28.01", "INS/va1.28.02"]
    (error,) = told(imported, Severity.ERROR)
    assert "ligne 5, colonne 2, cellule B5 : ligne sans identifiant" in error


def test_a_merge_as_large_as_the_sheet_is_refused(write, tmp_path):
    path = write(laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}]))
    inject(path, "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')
    assert "fusionnées démesurées" in refusal(path)


def test_a_missing_column_is_told_with_the_headers_read(write):
    page = [["Périmètre", "ID", "Chapitre", "Texte exigé", "Commentaire"], ["Vague 2", "INS/va1.28", "INS", "T", ""]]
    said = refusal(write(page))
    assert "feuille « Exigences REM vague 2 », ligne 1 : colonne absente : « Exigence (ou Énoncé) »" in said
    assert "Texte exigé" in said


def test_a_renamed_column_is_suggested_then_named(write):
    page = [["Périmètre", "ID", "Chapitre", "Texte exigence", "N° scénario"], ["V2", "INS/va1.28", "INS", "Texte.", ""]]
    path = write(page)
    assert '--column statement="Texte exigence"' in refusal(path)
    read = read_list(path, Wanted("wave1/doctors", columns={"statement": "texte EXIGENCE"}))
    assert read.overlay.requirements[0].statement == "Texte."
    assert "champ inconnu « texte »" in refusal(path, Wanted(columns={"texte": "x"}))


def test_absent_useful_columns_are_told(write):
    imported = read_list(write([["ID", "Exigence", "Chapitre"], ["INS/va1.28", "Texte.", "INS"]]), DOCTORS)
    absent = [text for text in told(imported, Severity.INFO) if "colonne absente" in text]
    assert len(absent) == 5
    assert any("« N° preuve, Preuve »" in text for text in absent)


def test_duplicates(write):
    row = {"id": "INS/va1.28", "exigence": "Texte.", "n scenario": "INS/va1.28.01", "n preuve": "INS/va1.28.01.01"}
    rows = [row, row, row | {"exigence": "Autre texte."}, row | {"id": "INS/va1.31", "preuve": "x"}]
    imported = read_list(write(laid_out(CONVERGENCE, rows)), DOCTORS)
    (error,) = told(imported, Severity.ERROR)
    assert "ligne 4, colonne 5, cellule E4" in error
    assert "deux énoncés différents ; celui de la ligne 2 est gardé" in error
    warnings = told(imported, Severity.WARNING)
    assert any("ligne 3 : preuve « INS/va1.28.01.01 » répétée" in text for text in warnings)
    assert any("ligne 5" in text and "porté par INS/va1.28 et INS/va1.31" in text for text in warnings)
    bare = [["ID", "Exigence", "Chapitre"], ["INS/va1.28", "T", "I"], ["INS/va1.28", "T", "I"]]
    again = told(read_list(write(bare), DOCTORS), Severity.WARNING)
    assert any("ligne 3" in text and "déjà lue ligne 2" in text for text in again)


def test_formulas_are_never_evaluated(write):
    path = write(
        laid_out(
            FINAL,
            [
                {"id": "INS/va1.28", "exigence": "=1+1", "n scenario": "INS/va1.28.01"},
                {"id": "INS/va1.31", "exigence": "Texte.", "commentaire": '=HYPERLINK("http://x.test")'},
                {"id": "INS/va1.32", "exigence": "=CONCAT(A1)"},
            ],
        )
    )
    inject(path, "<f>CONCAT(A1)</f><v></v>", "<f>CONCAT(A1)</f><v>4</v>")
    imported = read_list(path, DOCTORS)
    errors = told(imported, Severity.ERROR)
    assert any("ligne 2, colonne 5, cellule E2 : formule sans valeur" in text for text in errors)
    assert any("ligne 3" in text and "formule" in text for text in told(imported, Severity.WARNING))
    assert {e.id: e.statement for e in imported.overlay.requirements} == {"INS/va1.31": "Texte.", "INS/va1.32": "4"}
    assert any("1 formule(s) : la valeur enregistrée" in text for text in told(imported, Severity.INFO))


def test_a_number_in_place_of_an_id_and_a_calculation_error(write):
    rows = [
        {"id": 8.01, "exigence": "Texte."},
        {"id": "INS/va1.28", "exigence": "#REF!"},
        {"id": "INS/va1.31", "exigence": "Texte.", "nature de l exigence": "OBLIGATION"},
    ]
    imported = read_list(write(laid_out(FINAL, rows)), DOCTORS)
    errors = told(imported, Severity.ERROR)
    assert any("ligne 2, colonne 2, cellule B2 : l’identifiant « 8.01 »" in text for text in errors)
    assert any("ligne 3, colonne 5, cellule E3 : la cellule porte l’erreur de calcul #REF!" in text for text in errors)
    assert any("nature inconnue « OBLIGATION »" in text for text in told(imported, Severity.WARNING))


def test_the_right_sheet_among_several(tmp_path):
    good = laid_out(FINAL, [{"id": "INS/va1.28", "exigence": "Texte."}])
    path = book_of(tmp_path / "a.xlsx", Lisezmoi=[["Bonjour"]], Exigences=good)
    assert read_list(path, DOCTORS).overlay.source.sheet == "Exigences"
    two = book_of(tmp_path / "b.xlsx", Exigences1=good, Exigences2=good)
    assert "plusieurs feuilles d’exigences : « Exigences1 », « Exigences2 »" in refusal(two)
    assert read_list(two, Wanted("wave1/doctors", sheet="exigences2")).overlay.source.sheet == "Exigences2"
    assert "aucune feuille « Exigence1 »" in refusal(two, Wanted("wave1/doctors", sheet="Exigence1"))


def test_a_workbook_of_something_else(tmp_path):
    path = book_of(tmp_path / "a.xlsx", Feuil1=[["Nom", "Prix"], ["Stylo", 2]], Feuil2=[])
    said = refusal(path)
    assert "aucune feuille d’exigences parmi « Feuil1 », « Feuil2 »" in said
    assert "« ID (ou N° exigence) », « Exigence (ou Énoncé) »" in said


def test_10000_rows_in_a_few_seconds(tmp_path):
    book = Workbook(write_only=True)
    page = book.create_sheet("Exigences")
    page.append(FINAL)
    for n in range(10_000):
        row: list[object] = [None] * len(FINAL)
        row[1], row[4], row[8], row[9] = (
            f"SC.GROS.{n // 4}",
            f"Texte inventé {n // 4}.",
            f"GROS.{n // 4}.{n % 4}",
            "Jouer",
        )
        row[10], row[11] = f"GROS.{n // 4}.{n % 4}.01", "Vidéo"
        page.append(row)
    path = tmp_path / "gros.xlsx"
    book.save(path)
    start = time.monotonic()
    imported = read_list(path, DOCTORS)
    # Three seconds on a quiet machine; a busy one is given three times that.
    assert time.monotonic() - start < 9
    assert len(imported.overlay.requirements) == 2500
    assert sum(len(entry.scenarios) for entry in imported.overlay.requirements) == 10_000
    assert told(imported, Severity.WARNING) == []

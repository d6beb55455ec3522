"""The commands as a user types them."""

from __future__ import annotations

import json
import re

import pytest

from conformance.cli import main
from conformance.model.profile import load_profile
from tests.catalogue.sheets import FINAL, laid_out, rows_of

DOCTORS = ("--profile", "wave1/doctors")


@pytest.fixture
def workbook(write, doctors):
    rows = rows_of(doctors)
    return str(write(laid_out(FINAL, [*rows, {"id": "LGC.NEUF.01", "exigence": "Du neuf.", "chapitre": "C"}])))


def told(capsys, *words, code=0):
    assert main([str(word) for word in words]) == code
    said = capsys.readouterr()
    return said.err if code == 2 and not said.out else said.out


def test_import_shows_then_writes_then_show_tells_the_official_wording(workbook, capsys, lists):
    text = told(capsys, "catalogue", "import", workbook)
    assert "107 exigences lues" in text
    assert "Profil wave1/doctors\u00a0: 106 des 106" in text
    assert "Nouvelles, inconnues du catalogue\u00a0: 1" in text
    assert "Rien n’est écrit." in text
    assert not lists.exists()
    assert "Liste écrite dans" in told(capsys, "catalogue", "import", workbook, *DOCTORS, "--write")
    assert load_profile("wave1/doctors").status == "official"
    shown = told(capsys, "catalogue", "show", "INS/va1.28")
    assert "Texte officiel importé (wave1/doctors)" in shown
    assert "texte inventé pour INS/va1.28" in shown
    assert "test conformance/suites/ins/" in shown
    assert "Du neuf." in told(capsys, "catalogue", "show", "LGC.NEUF.01")
    assert "liste officielle importée" in told(capsys, "plan", *DOCTORS)
    assert "LGC.NEUF.01" in told(capsys, "delta", "wave1/doctors", "wave2/doctors")


def test_import_elsewhere_tells_how_to_read_it(workbook, capsys, tmp_path, lists):
    elsewhere = tmp_path / "ailleurs"
    text = told(capsys, "catalogue", "import", workbook, "--write", "--overlay", elsewhere)
    assert f"SEGUR_CATALOGUE={elsewhere}" in text
    assert (elsewhere / "wave1" / "doctors.json").is_file()
    assert load_profile("wave1/doctors").status == "draft-2023"


def test_import_as_json(workbook, capsys):
    data = json.loads(
        told(capsys, "catalogue", "import", workbook, "--json", "--version", "9.9", "--date", "2026-06-08")
    )
    assert (data["profile"], data["matched"], data["written"]) == ("wave1/doctors", 106, None)
    assert (data["source"]["version"], data["source"]["date"]) == ("9.9", "2026-06-08")
    assert data["changes"] == [{"kind": "unknown", "id": "LGC.NEUF.01", "ours": [], "detail": "C"}]


def test_import_with_errors_ends_with_2(write, doctors, capsys):
    rows = [*rows_of(doctors), {"id": "NON", "exigence": "x", "chapitre": "y"}]
    path = write(laid_out(FINAL, rows))
    text = told(capsys, "catalogue", "import", path, *DOCTORS, code=2)
    assert "Erreur\u00a0: 1" in text
    assert re.search(r"ligne \d+, colonne 2, cellule B\d+", text)
    assert "en erreur" in told(capsys, "catalogue", "import", path, *DOCTORS, "--write", code=2)
    assert "Liste écrite" in told(capsys, "catalogue", "import", path, *DOCTORS, "--write", "--partial")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "nulle-part.xlsx"], "n’existe pas"),
        (["import", "{workbook}", "--date", "hier"], "une date, par exemple"),
        (["import", "{workbook}", "--column", "id"], "écrivez champ=titre"),
        (["import", "{workbook}", "--profile", "wave1/doctor"], "vouliez-vous dire « wave1/doctors »"),
        (["show", "INS/va1.2888"], "vouliez-vous dire"),
        (["lint", "--profile", "wave9/x"], "n’existe pas"),
    ],
)
def test_mistakes_are_told(words, said, workbook, capsys):
    text = told(capsys, "catalogue", *[word.format(workbook=workbook) for word in words], code=2)
    assert said in re.sub("[\u00a0\u202f]", " ", text)


def test_lint_tells_and_counts(capsys):
    code = main(["catalogue", "lint", "--json", *DOCTORS])
    findings = json.loads(capsys.readouterr().out)
    assert code == any(finding["severity"] == "ERROR" for finding in findings)
    main(["catalogue", "lint", *DOCTORS])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("109 exigences, 1 profil\u00a0: 0 erreur, ")


def test_delta_as_text_and_json(capsys):
    data = json.loads(told(capsys, "delta", "wave1/doctors", "wave2/doctors", "--json"))
    text = told(capsys, "delta", "wave1/doctors", "wave2/doctors")
    assert f"Nouvelles\u00a0: {data['counts']['new']}" in text
    assert f"Preuves — à produire\u00a0: {len(data['proofs']['make'])}" in text
    assert "(wave2/doctors, projet public de 2023)" in text


@pytest.mark.parametrize("name", ["import", "lint", "show"])
def test_help_is_french(name, capsys):
    text = told(capsys, "catalogue", name, "--help")
    assert "Usage\u00a0:" in text
    assert "Affiche cette aide." in text
    assert not re.search(r"\b(Options:|Show|the|FILE|DIRECTORY|TEXT)\b", text)

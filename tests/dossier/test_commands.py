"""The commands as a vendor types them, and a run that takes the decisions into account."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from tests.checks.pieces import NOBODY, STATEMENT, picture
from tests.conftest import ROOT
from tests.dossier.conftest import APPROVAL, PROFILE, SEARCH

BY = ("--by", "Camille EXEMPLE", "--reason", "la recherche est montrée")


@pytest.fixture
def laid(vendor_file: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["dossier", "init", "--vendor", str(vendor_file), str(folder)]) == 0
    assert "11 preuves attendues préparées" in capsys.readouterr().out
    return folder


def test_the_dossier_remembers_what_it_is_made_for(laid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dossier", "status", str(laid)]) == 4
    assert "INCOMPLET\u00a0: 0/11 preuves fournies, 0 acceptées." in capsys.readouterr().out
    assert main(["dossier", "status", str(laid), "--fail-on", "1,3"]) == 0


def test_init_again_changes_nothing(laid: Path, vendor_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in laid.rglob("*") if path.is_file()}
    assert main(["dossier", "init", "--vendor", str(vendor_file), str(laid)]) == 0
    assert "11 déjà là" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in laid.rglob("*") if path.is_file()} == before


def test_status_lists_what_deserves_a_look(laid: Path, put, capsys: pytest.CaptureFixture[str]) -> None:
    put(f"{SEARCH}/a.png", picture())
    put("INS/va1.02.02.01/b.png", b"")
    put("INS/va1.2.1.1/c.png", picture(810))
    assert main(["dossier", "review", str(laid), SEARCH, "--complement", *BY]) == 0
    assert main(["dossier", "status", str(laid)]) == 4
    told = capsys.readouterr().out.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Complément demandé (1)" in told
    assert "INS/va1.02.01.01  complément demandé par Camille EXEMPLE le" in told
    assert "INS/va1.02.02.01/b.png : Le fichier est vide." in told
    assert "Rangés sous aucun numéro attendu (1)" in told
    assert "Manquantes (9)" in told


def test_status_in_json(laid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dossier", "status", str(laid), "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["counts"]["manquante"] == 11


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        (f"{SEARCH}/a.png", picture(), 0, "✓ INS/va1.02.01.01/a.png  (video)"),
        (f"{SEARCH}/a.png", picture()[:200], 4, "○ INS/va1.02.01.01/a.png  (video)"),
        (f"{APPROVAL}/a.yaml", STATEMENT.replace("Oui", "Non"), 1, "✗ INS/va1.37.01.01/a.yaml  (approval)"),
        ("ailleurs/a.png", picture(), 4, "○ ailleurs/a.png  (aucun numéro attendu)"),
    ],
)
def test_check_tells_each_piece(
    name: str, content: bytes | str, code: int, told: str, laid: Path, put, capsys: pytest.CaptureFixture[str]
) -> None:
    put(name, content)
    assert main(["dossier", "check", str(laid)]) == code
    assert told in capsys.readouterr().out
    assert main(["dossier", "check", str(laid), "--json"]) == code
    assert json.loads(capsys.readouterr().out)["exit_code"] == code


def test_pack_stops_on_a_matricule_that_looks_real(laid: Path, put, capsys: pytest.CaptureFixture[str]) -> None:
    put("ANN/va1.01.01.01/a.log", f"2026-02-05 10:00:00 INS {NOBODY}")
    assert main(["dossier", "pack", str(laid)]) == 4
    said = capsys.readouterr().err
    assert "ANN/va1.01.01.01/a.log, ligne 1" in said
    assert NOBODY not in said
    assert not laid.with_name("preuves.zip").exists()
    assert main(["dossier", "pack", str(laid), "--force"]) == 0
    assert zipfile.is_zipfile(laid.with_name("preuves.zip"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dossier", "review", "{}", SEARCH, *BY], "dites la décision"),
        (["dossier", "review", "{}", SEARCH, "--accept", "--by", "x", "--reason", "y"], "le nom de la personne"),
        (["dossier", "review", "{}", "INS/va1.02.01.07", "--accept", *BY], "vouliez-vous dire"),
        (["dossier", "status", "{}/absent"], "ni éditeur ni profil choisi"),
        (["dossier", "status", "{}/absent", "--profile", "wave1/doctors"], "le dossier de preuves n’existe pas"),
        (["dossier", "pack", "{}", "--output", "{}/a.zip"], "ne peut pas être dans le dossier"),
        (["dossier", "pack", "{}", "--run", "nulle-part"], "exécution illisible"),
    ],
)
def test_misuse_is_told(words: list[str], told: str, laid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word.replace("{}", str(laid)) for word in words]) == 2
    assert told in capsys.readouterr().err.replace("\u202f", " ")


def test_a_run_takes_the_decisions_and_replays_them(
    laid: Path, put, vendor_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(f"{SEARCH}/a.png", picture())
    put("INS/va1.02.02.01/b.png", picture(810))
    put("INS/va1.02.03.01/c.png", picture(820))
    put("INS/va1.02.04.01/d.png", picture(830))
    put(f"{APPROVAL}/a.yaml", STATEMENT)
    for proof, decision in ((SEARCH, "--accept"), ("INS/va1.02.02.01", "--refuse"), ("INS/va1.02.03.01", "--accept")):
        assert main(["dossier", "review", str(laid), proof, decision, *BY]) == 0
    put("INS/va1.02.03.01/c.png", picture(821))
    out = tmp_path / "execution"
    other = tmp_path / "autre.yaml"
    other.write_text(PROFILE.replace("essai/petit", "essai/autre"), encoding="utf-8")
    named = ["--vendor", str(vendor_file), "--profile", str(other)]
    words = ["run", *named, "--requirement", "INS/va1.02", "--requirement", "INS/va1.37"]
    words += ["--dossier", str(laid), "--view", "lignes", "--no-report"]
    assert main([*words, "--run-dir", str(out)]) == 1
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "conformance" / "model" / "run.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(run)) == []
    found = scenarios(run)
    assert {name: found[f"INS/va1.02.0{name}"]["verdict"] for name in range(1, 6)} == {
        1: "CONFORME",
        2: "NON_CONFORME",
        3: "A_EXAMINER",
        4: "A_EXAMINER",
        5: "NON_VERIFIE",
    }
    assert found["INS/va1.02.01"]["mode"] == "preuve"
    assert "acceptée par Camille EXEMPLE" in found["INS/va1.02.01"]["reason"]
    assert found["INS/va1.02.01"]["proofs"][0]["state"] == "fournie"
    assert [one["holds"] for one in found["INS/va1.02.03"]["reviews"]] == [False]
    assert found["INS/va1.02.02"]["reviews"][0]["decision"] == "refusée"

    # Without the dossier: what was read and decided is in the recording.
    laid.rename(tmp_path / "ailleurs")
    again = tmp_path / "rejeu"
    assert main(["replay", str(out), "--run-dir", str(again), "--view", "lignes", "--no-report"]) == 1
    replayed = scenarios(json.loads((again / "run.json").read_text(encoding="utf-8")))
    kept = ("verdict", "mode", "reason", "findings", "pieces", "proofs", "reviews")
    for name, scenario in found.items():
        assert {key: replayed[name][key] for key in kept} == {key: scenario[key] for key in kept}, name

    # And the run's verdicts may be taken into the index.
    (tmp_path / "ailleurs").rename(laid)
    assert main(["dossier", "pack", str(laid), "--run", str(out)]) == 2
    assert "cette exécution est celle du profil" in capsys.readouterr().err.replace("\u202f", " ")
    assert main(["dossier", "pack", str(laid), "--run", str(out), *named]) == 0


def scenarios(run):
    return {scenario["id"]: scenario for requirement in run["requirements"] for scenario in requirement["scenarios"]}


def test_conforming_on_evidence_without_a_person_breaks_the_schema(
    laid: Path, put, vendor_file: Path, tmp_path: Path
) -> None:
    put(f"{SEARCH}/a.png", picture())
    assert main(["dossier", "review", str(laid), SEARCH, "--accept", *BY]) == 0
    out = tmp_path / "execution"
    main(
        [
            "run",
            "--vendor",
            str(vendor_file),
            "--dossier",
            str(laid),
            "--no-report",
            "--view",
            "lignes",
            "--run-dir",
            str(out),
        ]
    )
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "conformance" / "model" / "run.schema.json").read_text(encoding="utf-8"))
    judge = Draft202012Validator(schema)
    assert judge.is_valid(run)
    reviews = scenarios(run)["INS/va1.02.01"]["reviews"]
    reviews[0]["holds"] = False
    assert not judge.is_valid(run)
    reviews.clear()
    assert not judge.is_valid(run)

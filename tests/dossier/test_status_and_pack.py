"""What status counts, and what is handed over."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from conformance.dossier.index import Judged, workbook
from conformance.dossier.pack import pack
from conformance.dossier.reviewing import review
from conformance.dossier.status import Status, status
from conformance.model.plan import Plan, build_plan
from conformance.model.review import Decision
from conformance.model.verdict import Verdict
from conformance.model.yamlfile import DataError
from conformance.reporting.convergence import OFFICIAL, OURS
from tests.checks.pieces import NOBODY, STATEMENT, picture
from tests.dossier.conftest import APPROVAL, NOW, SEARCH

# The columns of the agency's export, written again here so that a slip shows.
CONVERGENCE = (
    "Périmètre", "ID", "Chapitre", "Fonction", "Exigence", "Commentaire", "Profil", "N° scénario",
    "Scénario de conformité", "N° preuve", "Preuve", "Profil historique", "Criticité", "Ordre",
)  # fmt: skip


@pytest.fixture
def look(plan: Plan, opened):
    return lambda: status(plan, opened())


@pytest.fixture
def full(put, folder: Path, plan: Plan) -> None:
    """One of each state."""
    put(f"{SEARCH}/a.png", picture())
    put("INS/va1.02.02.01/b.png", b"")
    put("INS/va1.02.03.01/c.png", picture(810), datetime(2020, 1, 1, tzinfo=UTC))
    put("INS/va1.02.04.01/d.png", picture())
    put(f"{APPROVAL}/attestation.yaml", STATEMENT.replace("2027", "2026"))
    put("ANN/va1.01.01.01/e.log", f"2026-02-05 10:00:00 INS {NOBODY}")
    put("INS/va1.2.01.01/f.png", picture(820))
    review(folder, plan, "INS/va1.02.03.01", Decision.ACCEPTED, "Camille EXEMPLE", "vu et lu en entier", NOW)


def test_everything_is_counted(full: None, look) -> None:
    found: Status = look()
    assert found.counts() == {
        "attendue": 11,
        "fournie": 4,
        "manquante": 5,
        "refusée": 2,
        "ancienne": 1,
        "réemployée": 2,
        "attestation périmée": 1,
        "matricule d’apparence réelle": 1,
        "acceptée": 1,
        "à compléter": 0,
        "refusée par revue": 0,
        "revue caduque": 0,
    }
    assert {section: counts["attendue"] for section, counts in found.sections().items()} == {
        "INS": 8,
        "ANN": 2,
        "DMP": 1,
    }
    assert list(found.strays) == ["INS/va1.2.01.01/f.png"]
    assert "INS/va1.02.01.01" in (found.strays["INS/va1.2.01.01/f.png"] or "")
    assert found.exit_code == 4


def test_the_exit_code_follows_the_obligatory_scenarios(plan: Plan, put, opened, folder: Path) -> None:
    narrow = replace(
        plan, items=tuple(item for item in plan.items if item.scenario.id in ("INS/va1.02.01", "DMP/va1.20"))
    )
    assert status(narrow, opened()).exit_code == 4
    put(f"{SEARCH}/a.png", picture())
    assert status(narrow, opened()).exit_code == 4
    review(folder, narrow, SEARCH, Decision.ACCEPTED, "Camille EXEMPLE", "vu et lu en entier", NOW)
    assert status(narrow, opened()).exit_code == 0
    review(folder, narrow, SEARCH, Decision.REFUSED, "Camille EXEMPLE", "vu et lu en entier", NOW)
    assert status(narrow, opened()).exit_code == 1


def test_json_says_the_same(full: None, look) -> None:
    found: Status = look()
    told = found.to_json()
    assert told["counts"] == found.counts()
    assert len(told["proofs"]) == 11
    (kept,) = [proof for proof in told["proofs"] if proof["proof"] == "INS/va1.02.03.01"]
    assert kept["words"] == ["fournie", "ancienne", "acceptée"]
    assert kept["review"]["by"] == "Camille EXEMPLE"
    assert NOBODY not in str(told)


def read_index(content: bytes) -> list[dict[str, object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Exigences"]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_index_has_the_official_columns_first(full: None, look) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(look(), {})))
    sheet = book["Exigences"]
    head = [cell.value for cell in sheet[1]]
    assert tuple(head[:14]) == tuple(OFFICIAL) == CONVERGENCE
    assert head[14:] == list(OURS) == ["Verdict", "Mode", "Fichier", "SHA-256", "Motif", "Date"]
    assert (sheet.freeze_panes, sheet["A1"].fill.fgColor.rgb[-6:], sheet["A1"].font.bold) == ("A2", "0070C0", True)
    assert sheet.column_dimensions["E"].width == pytest.approx(66.4, abs=1)


def test_the_index_has_a_row_a_proof(full: None, look, plan: Plan) -> None:
    rows = read_index(workbook(look(), {}))
    assert len(rows) == sum(max(1, len(item.scenario.proofs)) for item in plan.items) == 11
    by = {row["N° preuve"]: row for row in rows}
    accepted = by["INS/va1.02.03.01"]
    assert (accepted["Périmètre"], accepted["ID"], accepted["Profil"]) == ("Vague 1", "INS/va1.02", "Général")
    assert (accepted["Verdict"], accepted["Mode"], accepted["Date"]) == ("Conforme", "preuve", "2026-06-01T00:00:00Z")
    assert accepted["Fichier"] == "INS/va1.02.03.01/c.png"
    assert len(str(accepted["SHA-256"])) == 64
    assert by[SEARCH]["Verdict"] == "À examiner"
    assert by["INS/va1.02.05.01"]["Verdict"] == "Non vérifié"
    assert "Le fichier est vide." in str(by["INS/va1.02.02.01"]["Motif"])
    assert by[None]["ID"] == "DMP/va1.20"


def test_the_index_tells_what_does_not_apply_and_what_a_run_judged(plan: Plan, opened) -> None:
    vendor = replace(plan.vendor, not_applicable={"INS/va1.55": "écrit par le responsable"})
    found = status(build_plan(plan.profile, vendor), opened())
    judged = {"INS/va1.02.01": Judged(Verdict.CONFORME, "automatique", "jugé", "2026-01-01T00:00:00Z")}
    by = {row["N° preuve"]: row for row in read_index(workbook(found, judged))}
    assert by["INS/va1.55.01.01"]["Verdict"] == "Non applicable"
    assert "écrit par le responsable" in str(by["INS/va1.55.01.01"]["Motif"])
    assert (by[SEARCH]["Verdict"], by[SEARCH]["Mode"]) == ("Conforme", "automatique")


def test_a_hostile_name_is_a_text_not_a_formula(look, put) -> None:
    put(f'{SEARCH}/=HYPERLINK("x").png', picture())
    put("INS/va1.02.02.01/a\u202egnp.png", picture(830))
    book = openpyxl.load_workbook(io.BytesIO(workbook(look(), {})))
    cells = {cell.value: cell.data_type for row in book["Exigences"].iter_rows() for cell in row}
    assert "f" not in cells.values()
    assert "INS/va1.02.02.01/a⟨U+202E⟩gnp.png" in cells


def test_the_same_dossier_packs_to_the_same_bytes(
    full: None, look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pack(look(), tmp_path / "un.zip", {})
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)  # what a zip dates its members with
    time.sleep(1.05)  # what a workbook dates itself with counts by seconds
    second = pack(look(), tmp_path / "deux.zip", {})
    assert first.sha256 == second.sha256
    assert (tmp_path / "un.zip").read_bytes() == (tmp_path / "deux.zip").read_bytes()


def test_the_zip_holds_the_pieces_the_register_and_the_index(full: None, look, tmp_path: Path, folder: Path) -> None:
    packed = pack(look(), tmp_path / "dossier.zip", {})
    with zipfile.ZipFile(packed.path) as archive:
        names = archive.namelist()
        assert names[:2] == ["index.xlsx", "revues.jsonl"]
        assert names[2:] == sorted(names[2:])
        assert len(names[2:]) == packed.pieces == 6
        assert archive.read(f"{SEARCH}/a.png") == (folder / SEARCH / "a.png").read_bytes()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
    assert packed.left_out == ("INS/va1.2.01.01/f.png",)
    assert not list(tmp_path.glob("*.part"))


def test_the_zip_is_not_written_in_the_dossier(full: None, look, folder: Path) -> None:
    with pytest.raises(DataError, match="ne peut pas être dans le dossier"):
        pack(look(), folder / "dossier.zip", {})


def test_a_piece_that_changes_meanwhile_stops_it(full: None, look, put, tmp_path: Path) -> None:
    found = look()
    put(f"{SEARCH}/a.png", picture(840))
    with pytest.raises(DataError, match="la pièce a changé"):
        pack(found, tmp_path / "dossier.zip", {})
    assert not list(tmp_path.glob("dossier.zip*"))

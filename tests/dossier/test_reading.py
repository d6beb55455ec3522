"""What a dossier says of a scenario, from an empty folder to an acceptance that no longer counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.dossier.reading import Reading, read
from conformance.dossier.reviewing import review
from conformance.model.plan import Plan
from conformance.model.review import Decision
from conformance.model.verdict import Verdict
from tests.checks.pieces import STATEMENT, picture
from tests.checks.videos import video
from tests.dossier.conftest import APPROVAL, NOW, SEARCH

BY = "Camille EXEMPLE"
WHY = "la recherche est montrée"


@pytest.fixture
def reading(plan: Plan, opened):
    def of(scenario: str = "INS/va1.02.01") -> Reading:
        item = plan.find(scenario)
        assert item is not None
        return read(item, opened(), plan.vendor.software, NOW)

    return of


@pytest.fixture
def decide(plan: Plan, folder: Path):
    def on(proof: str, decision: Decision = Decision.ACCEPTED, reason: str = WHY):
        return review(folder, plan, proof, decision, BY, reason, NOW)

    return on


def rules(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings if finding.severity.value != "INFO"]


def test_nothing_is_not_verified(reading) -> None:
    found = reading()
    assert (found.verdict, found.mode) == (Verdict.NON_VERIFIE, "aucun")
    assert found.reason == f"aucune pièce recevable dans le dossier ; manque : {SEARCH}"


def test_a_piece_is_to_be_examined_never_conforming(reading, put) -> None:
    put(f"{SEARCH}/recherche.mp4", video())
    found = reading()
    assert (found.verdict, found.mode, found.reason) == (Verdict.A_EXAMINER, "preuve", "1 pièce à examiner")
    assert found.proofs[0].state == "fournie"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.mp4", b"", "preuve.vide"),
        ("a.log", b"2026-01-05 une ligne de journal", "preuve.type"),
        ("a.mp4", b"<html>", "preuve.illisible"),
        ("a.mp4", video()[:700], "preuve.illisible"),
        ("a.png", picture()[:300], "preuve.illisible"),
        ("a.yaml", STATEMENT.replace("2027", "2026"), "preuve.perimee"),
    ],
)
def test_a_piece_that_cannot_serve_proves_nothing(name: str, content: bytes | str, rule: str, reading, put) -> None:
    put(f"{SEARCH}/{name}", content)
    found = reading()
    assert (found.verdict, found.proofs[0].state) == (Verdict.NON_VERIFIE, "refusée")
    assert rule in rules(found)


def test_a_statement_counts_apart_and_a_no_condemns(reading, put) -> None:
    put(f"{APPROVAL}/attestation.yaml", STATEMENT)
    assert (reading("INS/va1.37.01").verdict, reading("INS/va1.37.01").mode) == (Verdict.A_EXAMINER, "attestation")
    put(f"{APPROVAL}/attestation.yaml", STATEMENT.replace("Oui", "Non"))
    found = reading("INS/va1.37.01")
    assert found.verdict is Verdict.NON_CONFORME
    assert found.reason == "L’éditeur déclare lui-même que l’exigence n’est pas remplie."


def test_a_signature_alone_is_no_proof(reading, put) -> None:
    put(f"{APPROVAL}/attestation.yaml.p7s", b"0\x82")
    assert reading("INS/va1.37.01").verdict is Verdict.NON_VERIFIE
    put(f"{APPROVAL}/attestation.yaml", STATEMENT)
    found = reading("INS/va1.37.01")
    assert (found.verdict, found.reason) == (Verdict.A_EXAMINER, "1 pièce à examiner")


def test_old_and_reused_pieces_are_remarked(reading, put) -> None:
    put(f"{SEARCH}/a.png", picture(), datetime(2025, 12, 31, tzinfo=UTC))
    put("INS/va1.02.02.01/b.png", picture())
    found = reading()
    assert rules(found) == ["preuve.doublon", "preuve.ancienne"]
    assert found.verdict is Verdict.A_EXAMINER


def test_the_date_a_file_carries_beats_the_one_of_its_copy(reading, put) -> None:
    put(f"{SEARCH}/a.mp4", video(made="2025-06-01T10:00:00Z"))
    assert "preuve.ancienne" in rules(reading())
    put(f"{SEARCH}/a.mp4", video(made="2026-06-01T10:00:00Z"), datetime(2020, 1, 1, tzinfo=UTC))
    assert "preuve.ancienne" not in rules(reading())


def test_only_a_named_person_makes_it_conforming(reading, put, decide) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH)
    found = reading()
    assert found.verdict is Verdict.CONFORME
    assert found.reason.startswith(f"{SEARCH} acceptée par {BY} le 1er\u00a0juin 2026 à 0\u00a0h\u00a000 (UTC) ({WHY})")
    assert found.reason.endswith("sans cette revue, le scénario serait « à examiner »")
    assert found.reviews() == [
        {"proof": SEARCH, "decision": "acceptée", "by": BY, "at": "2026-06-01T00:00:00Z", "reason": WHY, "holds": True}
    ]


def test_a_refusal_condemns_with_its_reason(reading, put, decide) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH, Decision.REFUSED, "montre un autre écran")
    found = reading()
    assert found.verdict is Verdict.NON_CONFORME
    (error,) = found.errors
    assert error.rule == "revue.refus"
    assert error.message.endswith("\u00a0: montre un autre écran") or error.message.endswith(": montre un autre écran")
    assert BY in error.message
    assert "serait « à examiner »" in (error.observed or "")


def test_a_complement_leaves_it_to_be_examined(reading, put, decide) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH, Decision.COMPLEMENT, "la version n’est pas lisible")
    found = reading()
    assert found.verdict is Verdict.A_EXAMINER
    assert "complément demandé par Camille EXEMPLE" in found.reason
    assert rules(found) == ["revue.complement"]


@pytest.mark.parametrize("decision", list(Decision))
@pytest.mark.parametrize("change", ["changed", "added", "renamed"])
def test_a_decision_no_longer_counts_once_the_pieces_change(
    decision: Decision, change: str, reading, put, decide
) -> None:
    path = put(f"{SEARCH}/a.png", picture())
    decide(SEARCH, decision)
    if change == "changed":
        put(f"{SEARCH}/a.png", picture(801))
    elif change == "added":
        put(f"{SEARCH}/b.png", picture(802))
    else:
        path.rename(path.with_name("c.png"))
    found = reading()
    assert found.verdict is Verdict.A_EXAMINER
    assert "revue.caduque" in rules(found)
    assert f"la revue de {SEARCH} par {BY} ne compte plus, les pièces ont changé" in found.reason
    assert [one["holds"] for one in found.reviews()] == [False]


def test_touching_a_piece_changes_nothing(reading, put, decide) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH)
    put(f"{SEARCH}/a.png", picture(), datetime(2026, 3, 1, tzinfo=UTC))
    assert reading().verdict is Verdict.CONFORME


def test_the_last_decision_counts(reading, put, decide) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH, Decision.REFUSED)
    decide(SEARCH, Decision.ACCEPTED)
    assert reading().verdict is Verdict.CONFORME
    decide(SEARCH, Decision.COMPLEMENT)
    assert reading().verdict is Verdict.A_EXAMINER


def test_every_proof_of_the_scenario_must_be_accepted(reading, put, decide) -> None:
    put("ANN/va1.01.01.01/a.log", "2026-02-05 10:00:00 extraction intégrée")
    decide("ANN/va1.01.01.01")
    found = reading("ANN/va1.01.01")
    assert found.verdict is Verdict.A_EXAMINER
    assert "manque : ANN/va1.01.01.02" in found.reason
    put("ANN/va1.01.01.02/b.png", picture())
    assert reading("ANN/va1.01.01").verdict is Verdict.A_EXAMINER
    decide("ANN/va1.01.01.02")
    assert reading("ANN/va1.01.01").verdict is Verdict.CONFORME
    decide("ANN/va1.01.01.01", Decision.REFUSED)
    assert reading("ANN/va1.01.01").verdict is Verdict.NON_CONFORME


def test_an_accepted_statement_that_expires_no_longer_serves(plan: Plan, put, decide, opened) -> None:
    put(f"{APPROVAL}/attestation.yaml", STATEMENT)
    decide(APPROVAL)
    scenario = plan.find("INS/va1.37.01")
    assert scenario is not None
    assert read(scenario, opened(), now=NOW).verdict is Verdict.CONFORME
    late = read(scenario, opened(), now=datetime(2027, 1, 6, tzinfo=UTC))
    assert (late.verdict, late.mode) == (Verdict.NON_VERIFIE, "aucun")


def test_a_tampered_register_counts_for_nothing(reading, put, decide, folder: Path) -> None:
    put(f"{SEARCH}/a.png", picture())
    decide(SEARCH, Decision.REFUSED)
    register = folder / "revues.jsonl"
    register.write_text(register.read_text(encoding="utf-8").replace("refusée", "acceptée") + "x\n", encoding="utf-8")
    found = reading()
    assert found.verdict is Verdict.A_EXAMINER
    assert rules(found) == ["revue.registre"]
    assert found.reviews() == []

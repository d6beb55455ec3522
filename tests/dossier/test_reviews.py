"""The register of reviews: append-only, chained, and what cannot be decided."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.dossier.reviewing import review
from conformance.model.plan import Plan
from conformance.model.review import GENESIS, Decision, load_reviews, seal
from conformance.model.yamlfile import DataError
from tests.checks.pieces import STATEMENT, picture
from tests.dossier.conftest import APPROVAL, NOW, SEARCH

WHY = "vu, tout y est montré"


@pytest.fixture
def register(folder: Path, plan: Plan, put) -> Path:
    """Three decisions."""
    put(f"{SEARCH}/a.png", picture())
    for decision in Decision:
        review(folder, plan, SEARCH, decision, "Camille EXEMPLE", WHY, NOW)
    return folder / "revues.jsonl"


def test_each_line_carries_the_seal_of_the_one_before(register: Path, folder: Path) -> None:
    lines = register.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["previous"] for line in lines] == [GENESIS, seal(lines[0]), seal(lines[1])]
    assert [one.decision for one in load_reviews(folder)] == list(Decision)
    first = json.loads(lines[0])
    assert set(first) == {"at", "by", "decision", "reason", "scenario", "proof", "pieces", "previous"}
    assert first["at"] == "2026-06-01T00:00:00Z"
    assert list(first["pieces"]) == [f"{SEARCH}/a.png"]


def test_windows_line_ends_change_nothing(register: Path, folder: Path) -> None:
    register.write_bytes(register.read_bytes().replace(b"\n", b"\r\n"))
    assert len(load_reviews(folder)) == 3


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [lines[0].replace("acceptée", "refusée"), *lines[1:]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [*lines, lines[2]], 4),
        (lambda lines: [lines[0], lines[1], lines[2].replace('": "', '":"')], 3),
        (lambda lines: [lines[0], "", *lines[1:]], 2),
        (lambda lines: [lines[0], "[" * 100_000, *lines[1:]], 2),
        (lambda lines: [lines[0], '{"at": 1}', *lines[1:]], 2),
        (lambda lines: [lines[0].replace('"by": "Camille EXEMPLE"', '"by": 3')], 1),
        (lambda lines: [lines[0].replace("acceptée", "peut-être")], 1),
    ],
)
def test_a_register_that_was_touched_is_refused_with_its_line(register: Path, folder: Path, change, line: int) -> None:
    lines = change(register.read_text(encoding="utf-8").splitlines())
    register.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    with pytest.raises(DataError) as caught:
        load_reviews(folder)
    assert caught.value.line == line


def test_nothing_is_added_to_a_register_that_was_touched(register: Path, folder: Path, plan: Plan) -> None:
    register.write_text(register.read_text(encoding="utf-8").replace("acceptée", "refusée"), encoding="utf-8")
    before = register.read_bytes()
    with pytest.raises(DataError, match="la chaîne des revues est rompue"):
        review(folder, plan, SEARCH, Decision.ACCEPTED, "Camille EXEMPLE", WHY)
    assert register.read_bytes() == before


def test_bytes_that_are_no_text_are_told(folder: Path) -> None:
    (folder / "revues.jsonl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="UTF-8"):
        load_reviews(folder)


@pytest.mark.parametrize(
    ("proof", "by", "reason", "message"),
    [
        (SEARCH, "  ", WHY, "le nom de la personne qui décide manque"),
        (SEARCH, "12", WHY, "le nom de la personne qui décide manque"),
        (SEARCH, "Camille EXEMPLE", "ok", "le motif est trop court"),
        ("INS/va1.02.01.02", "Camille EXEMPLE", WHY, "le profil n’attend pas de preuve « INS/va1.02.01.02 »"),
        ("INS/va1.02.01", "Camille EXEMPLE", WHY, "ce scénario a ses preuves : INS/va1.02.01.01"),
        ("INS/va1.02.02.01", "Camille EXEMPLE", WHY, "aucune pièce n’est déposée"),
        ("INS/va1.02.03.01", "Camille EXEMPLE", WHY, "aucune pièce recevable, elle ne peut pas être acceptée"),
        (APPROVAL, "Camille EXEMPLE", WHY, "l’éditeur y déclare « Non »"),
    ],
)
def test_what_cannot_be_accepted(proof: str, by: str, reason: str, message: str, folder: Path, plan: Plan, put) -> None:
    put(f"{SEARCH}/a.png", picture())
    put("INS/va1.02.03.01/a.png", b"")
    put(f"{APPROVAL}/attestation.yaml", STATEMENT.replace("Oui", "Non"))
    with pytest.raises(DataError) as caught:
        review(folder, plan, proof, Decision.ACCEPTED, by, reason)
    assert message in str(caught.value)
    assert not (folder / "revues.jsonl").exists()
    assert not (folder / ".revues.verrou").exists()


def test_what_cannot_be_accepted_can_be_refused(folder: Path, plan: Plan, put) -> None:
    put("INS/va1.02.03.01/a.png", b"")
    made = review(folder, plan, "ins/VA1.02.03.01", Decision.REFUSED, "Camille EXEMPLE", WHY)
    assert made.proof == "INS/va1.02.03.01"


def test_two_writers_do_not_fork_the_chain(folder: Path, plan: Plan, put) -> None:
    put(f"{SEARCH}/a.png", picture())
    (folder / ".revues.verrou").touch()
    with pytest.raises(DataError, match="une autre revue est en cours"):
        review(folder, plan, SEARCH, Decision.ACCEPTED, "Camille EXEMPLE", WHY)
    assert (folder / ".revues.verrou").exists()


def test_a_reason_stays_on_its_line(folder: Path, plan: Plan, put) -> None:
    put(f"{SEARCH}/a.png", picture())
    made = review(folder, plan, SEARCH, Decision.ACCEPTED, "Camille\nEXEMPLE", "vu,\r\n\x1b[31mtout y est\u2028montré")
    assert (made.by, made.reason) == ("Camille EXEMPLE", "vu, [31mtout y est montré")
    assert len(load_reviews(folder)) == 1

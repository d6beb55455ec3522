"""The gate of a pipeline: waivers that end, a baseline, and exit codes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.model.yamlfile import DataError
from conformance.reporting import faults
from conformance.reporting.gate import Waiver, gate, load_waivers, settle
from conformance.reporting.html import render_html
from conformance.reporting.markdown import markdown

Run = dict[str, Any]
TODAY = date(2026, 11, 22)


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    """Two obligatory non-conformities, the rest conforming."""
    made = make_run(12)
    kept = ("CONFORME", "NON_CONFORME", "NON_APPLICABLE")
    made["requirements"] = [requirement for requirement in made["requirements"] if requirement["verdict"] in kept]
    return made


def broken(run: Run) -> list[str]:
    return [
        scenario["id"] for requirement in run["requirements"] for scenario in requirement["scenarios"]
        if scenario["verdict"] == "NON_CONFORME" and requirement["nature"] == "EXIGENCE" and not requirement["informative"]
    ]  # fmt: skip


def waiver(name: str, expires: date = date(2027, 1, 31)) -> Waiver:
    return Waiver(name, "Camille Martin", "correctif en recette", expires)


def test_without_anything_every_non_conformity_is_new(run: Run) -> None:
    found = gate(run)
    assert found.code == 1
    assert found.new == broken(run)
    assert len(found.new) == 2


def test_waivers_let_through_while_they_hold(run: Run) -> None:
    first, second = broken(run)
    run["waivers"] = settle([waiver(first)], run, TODAY)
    assert gate(run).new == [second]
    run["waivers"] = settle([waiver(first), waiver(second)], run, TODAY)
    assert (gate(run).code, gate(run).waived) == (0, [first, second])
    assert gate({**run, "whole": False}).code == 4
    assert run["verdict"]["global"] == "NON_CONFORME", "a waiver changes no verdict"


def test_an_expired_waiver_fails(run: Run) -> None:
    first, second = broken(run)
    run["waivers"] = settle([waiver(first, date(2026, 11, 21)), waiver(second, TODAY)], run, TODAY)
    assert [one["state"] for one in run["waivers"]] == ["expired", "active"]
    found = gate(run)
    assert (found.code, found.new) == (1, [first])
    assert gate(run, copy.deepcopy(run)).code == 2, "known from the baseline, yet the waiver is to be taken out"


def test_a_waiver_no_longer_needed_fails(run: Run) -> None:
    first, second = broken(run)
    mended = next(s["id"] for r in run["requirements"] for s in r["scenarios"] if s["verdict"] == "CONFORME")
    run["waivers"] = settle([waiver(first), waiver(second), waiver(mended)], run, TODAY)
    found = gate(run)
    assert found.code == 2
    assert [mended in line for line in found.stale] == [True]


def test_a_waiver_is_not_called_useless_by_a_bench_that_failed(run: Run) -> None:
    first = broken(run)[0]
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            if scenario["id"] == first:
                scenario["verdict"] = "ERREUR_BANC"
    assert settle([waiver(first)], run, TODAY)[0]["state"] == "active"
    assert settle([waiver("INS/inconnu.01")], run, TODAY)[0]["state"] == "unknown"


def test_the_baseline_knows_the_same_rules_only(run: Run) -> None:
    before = copy.deepcopy(run)
    assert gate(run, before).code == 0
    assert gate(run, before).known == broken(run)
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            if scenario["id"] == broken(run)[0]:
                scenario["findings"].append({"rule": "une.autre", "message": "m", "severity": "ERROR"})
    assert gate(run, before).new == [broken(run)[0]]


@pytest.mark.parametrize(("verdict", "code"), [("ERREUR_BANC", 3), ("NON_VERIFIE", 4), ("A_EXAMINER", 4)])
def test_what_is_left_keeps_its_code(run: Run, verdict: str, code: int) -> None:
    before = copy.deepcopy(run)
    scenario = next(s for r in run["requirements"] for s in r["scenarios"] if s["verdict"] == "CONFORME")
    scenario["verdict"] = verdict
    assert gate(run, before).code == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("waivers:\n  - {scenario: A, owner: Camille, reason: trop court, expires: '2027-13-45'}\n", "n’est pas une date"),
        ("waivers:\n  - {scenario: A, owner: Camille, expires: '2027-01-31'}\n", "reason"),
        ("waivers:\n" + "  - {scenario: A, owner: Camille, reason: un motif assez long, expires: '2027-01-31'}\n" * 2, "deux dérogations"),
        ("[]", "object|objet|tableau|array"),
    ],
)  # fmt: skip
def test_ill_written_waivers_are_refused_with_their_place(tmp_path: Path, words: str, told: str) -> None:
    path = tmp_path / "derogations.yaml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        load_waivers(path)


def test_reports_show_the_waivers(run: Run, tmp_path: Path) -> None:
    first, second = broken(run)
    run["waivers"] = settle([waiver(first), waiver(second, date(2026, 1, 1))], run, TODAY)
    assert faults(run) == []
    page = render_html(run, tmp_path)
    for words in ("Camille Martin", "correctif en recette", "2027-01-31", "en vigueur", "échue"):
        assert words in page
    assert "dérogation en vigueur" in markdown(run)


def test_the_command(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    path = tmp_path / "derogations.yaml"
    rows = "".join(
        f"  - {{scenario: {name}, owner: Camille, reason: correctif en recette, expires: '2999-01-31'}}\n"
        for name in broken(run)
    )
    path.write_text("waivers:\n" + rows, encoding="utf-8")
    assert main(["gate", str(tmp_path)]) == 1
    assert "Non-conformité nouvelle" in capsys.readouterr().out
    assert main(["gate", str(tmp_path), "--waivers", str(path)]) == 0
    assert main(["gate", str(tmp_path), "--baseline", str(tmp_path)]) == 0
    assert main(["gate", str(tmp_path), "--fail-on", "3"]) == 0
    assert main(["gate", str(tmp_path), "--waivers", str(tmp_path / "rien.yaml")]) == 2

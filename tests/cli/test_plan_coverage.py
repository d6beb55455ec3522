"""``plan`` and ``coverage``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.cli.tests_map import read_tests

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = str(ROOT / "vendor_configs" / "reference.yaml")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_plan_tells_who_judges_each_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["id"]: row for row in json.loads(told(capsys, "plan", "--profile", "wave1/doctors", "--json"))}
    tests = read_tests()
    assert rows["INS/va1.28.01"]["tests"] == list(tests["INS/va1.28.01"])
    assert rows["INS/va1.18.01"]["tests"] == []
    assert all(row["applicable"] for row in rows.values())
    text = told(capsys, "plan", "--profile", "wave1/doctors")
    line = next(line for line in text.splitlines() if "INS/va1.28.01" in line)
    assert tests["INS/va1.28.01"][0].partition("suites/")[2] in line
    assert "  dossier  " in next(line for line in text.splitlines() if "INS/va1.18.01" in line)


def test_plan_of_a_vendor_tells_what_does_not_apply_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(told(capsys, "plan", "--vendor", REFERENCE, "--json"))
    excluded = [row for row in rows if not row["applicable"]]
    assert excluded
    assert all("non déclarée" in row["reason"] for row in excluded)
    assert "non applicable\u00a0: option" in told(capsys, "plan", "--vendor", REFERENCE)


def test_a_plan_needs_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(
        'vendor: s\nname: S\nsoftware: {name: S, version: "1"}\nprofile: wave1/doctors\n'
        'driver: {kind: http, url: "http://127.0.0.1:1/x", headers: {Authorization: "${JAMAIS_DEFINIE}"}}\n',
        encoding="utf-8",
    )
    assert "scénarios, dont" in told(capsys, "plan", "--vendor", str(path))


def test_coverage_adds_up_and_goes_down_to_the_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "couverture.json"
    assert "écrite dans" in told(capsys, "coverage", "--profile", "wave1/doctors", "--json", "--output", str(output))
    document = json.loads(output.read_text(encoding="utf-8"))
    shares = ("automatic", "evidence", "attestation", "not_applicable")
    for part in (document, *document["sections"]):
        assert part["total"] == sum(part[share] for share in shares)
    for share in ("total", *shares):
        assert document[share] == sum(section[share] for section in document["sections"])
    scenarios = {scenario["id"]: scenario for one in document["requirements"] for scenario in one["scenarios"]}
    assert len(scenarios) == document["total"]
    assert scenarios["INS/va1.28.01"]["share"] == "automatic"
    assert scenarios["INS/va1.28.01"]["tests"]
    assert scenarios["ApCV/va1.01.01"] == {
        "id": "ApCV/va1.01.01",
        "share": "attestation",
        "proofs": ["ApCV/va1.01.01.01"],
        "tests": [],
    }


def test_coverage_text_ends_each_requirement_with_its_means(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "coverage", "--profile", "wave1/doctors").splitlines()
    at = lines.index("  ApCV/va1.01.01  attestation")
    assert lines[at + 1] == "    preuve ApCV/va1.01.01.01"
    assert lines[0].split() == ["section", "total", "automatique", "preuve", "attestation", "non", "applicable"]


def test_output_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["coverage", "--profile", "wave1/doctors", "--output", str(tmp_path / "absent" / "c.txt")]
    assert main(words) == 3
    told = capsys.readouterr().err
    # The system says it in the language of its locale.
    assert "No such file" in told or "Aucun fichier" in told

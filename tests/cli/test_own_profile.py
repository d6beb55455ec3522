"""A profile of one's own, given as a file: played, replayed and reported, even once the file has gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.model.profile import PROFILES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_run_replay_report_and_compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "vendor_configs", tmp_path / "vendor_configs")
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "mon-profil.yaml"
    text = (PROFILES / "wave1" / "doctors.yaml").read_text(encoding="utf-8")
    own.write_text(text.replace("wave1/doctors", "maison/doctors", 1), encoding="utf-8")
    asked = ["--requirement", "INS/va1.28.01", "--fail-on", "1,3", "--no-report", "--view", "lignes"]
    assert main(["run", "--vendor", "reference", "--profile", "mon-profil.yaml", *asked, "--run-dir", "premiere"]) == 0
    run = json.loads(Path("premiere/run.json").read_text(encoding="utf-8"))
    assert "--profile mon-profil.yaml" in run["requirements"][0]["scenarios"][0]["replay"]
    assert main(["report", "premiere", "--format", "junit"]) == 0
    assert (
        main(["replay", "premiere", "--run-dir", "deuxieme", "--fail-on", "1,3", "--no-report", "--view", "lignes"])
        == 0
    )
    own.unlink()
    assert (
        main(["replay", "premiere", "--run-dir", "troisieme", "--fail-on", "1,3", "--no-report", "--view", "lignes"])
        == 0
    )
    again = json.loads(Path("troisieme/run.json").read_text(encoding="utf-8"))
    assert again["requirements"][0]["verdict"] == run["requirements"][0]["verdict"] == "CONFORME"
    assert main(["diff", "premiere", "troisieme"]) == 0

"""The tester tested: each named defect turns red exactly what depends on it, with the right words."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from faults import FAULTS, Fault

from conformance.pytest_plugin import SUITES
from conformance.reference_lps.defects import DEFECTS

ROOT = Path(__file__).resolve().parents[2]
VENDOR = (
    (ROOT / "vendor_configs" / "reference.yaml").read_text(encoding="utf-8").replace("dossier: reference.dossier\n", "")
)


def play(folder: Path, *defects: str) -> dict[str, dict]:
    """Run every automated scenario on the reference LPS; gives each scenario of run.json by id."""
    words = "".join(f", --defect, {name}" for name in defects)
    vendor = folder / "reference.yaml"
    vendor.write_text(VENDOR.replace("--stop-with-stdin]", f"--stop-with-stdin{words}]"), encoding="utf-8")
    run = folder / "execution"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "conformance.pytest_plugin",
        "-p",
        "no:xdist",
        f"--vendor={vendor}",
        f"--run-dir={run}",
        "--method=live",
        "--method=artefact",
        "--rootdir",
        str(ROOT),
        str(SUITES),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=300, cwd=folder, check=False
    )
    path = run / "run.json"
    assert path.is_file(), done.stdout + done.stderr
    document = json.loads(path.read_text(encoding="utf-8"))
    return {
        scenario["id"]: scenario for requirement in document["requirements"] for scenario in requirement["scenarios"]
    }


def automated() -> set[str]:
    """Every scenario id that a test of the suites verifies."""
    found: set[str] = set()
    for path in SUITES.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "verifies":
                found |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return found


@pytest.fixture(scope="session")
def conforming(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """The reference LPS without any defect."""
    return play(tmp_path_factory.mktemp("conforme"))


def test_the_conforming_lps_passes_every_automated_scenario(conforming):
    wrong = {
        name: (s["verdict"], s["reason"])
        for name, s in conforming.items()
        if name in automated() and s["verdict"] != "CONFORME"
    }
    assert wrong == {}


def test_every_automated_scenario_has_a_defect_that_kills_it():
    assert automated() - {name for fault in FAULTS for name in fault.red} == set()


def test_every_defect_is_in_the_table():
    assert {fault.defect for fault in FAULTS} == set(DEFECTS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.defect)
def test_a_defect_turns_red_exactly_what_depends_on_it(fault: Fault, conforming, tmp_path):
    scenarios = play(tmp_path, fault.defect)
    red = {name for name, scenario in scenarios.items() if scenario["verdict"] == "NON_CONFORME"}
    assert red == fault.red, {name: scenarios[name]["reason"] for name in red ^ fault.red}
    for name in red:
        told = " ".join(json.dumps(finding, ensure_ascii=False) for finding in scenarios[name]["findings"])
        assert re.search(fault.words, told), (name, told)
    changed = {name for name, s in scenarios.items() if s["verdict"] != conforming[name]["verdict"]}
    assert changed - red <= fault.starved, {name: scenarios[name]["reason"] for name in changed - red}

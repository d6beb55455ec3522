"""What the process ends with, played for real on files handed in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.codes import FailOn, filtered
from conformance.cli.session import _gravest, _Watch

REFUSAL = """personne: Camille EXEMPLE
fonction: responsable réglementaire
date: 2023-01-01
valable_jusqu_au: 2099-12-31
reponse: Non
justification: la fonction n’est pas encore livrée
"""
Call = Callable[..., Any]
ONE = ("--requirement", "INS/va1.55.01", "--view", "lignes")


@pytest.fixture
def refused(tmp_path: Path, vendor: Call) -> Path:
    """A dossier in which the vendor declares itself that a requirement is not met."""
    folder = tmp_path / "INS" / "va1.55.01.01"
    folder.mkdir(parents=True)
    (folder / "declaration.yaml").write_text(REFUSAL, encoding="utf-8")
    path: Path = vendor()
    return path


def test_nothing_verified_is_incomplete(run: Call, vendor: Call) -> None:
    done = run("run", "--vendor", vendor(), *ONE, "--no-report")
    assert done.code == 4, done.err
    assert "○ Non vérifié     INS/va1.55.01" in done.out
    assert "INCOMPLET\u00a0:" in done.out
    assert "vérifié automatiquement  0/1" in done.out


def test_incomplete_can_be_let_through(run: Call, vendor: Call) -> None:
    done = run("run", "--vendor", vendor(), *ONE, "--no-report", "--fail-on", "1,3")
    assert (done.code, "INCOMPLET" in done.out) == (0, True)


def test_non_conformity_is_one_and_writes_reports(run: Call, refused: Path, tmp_path: Path) -> None:
    done = run("run", "--vendor", refused, *ONE, "--run-dir", tmp_path / "sortie")
    assert done.code == 1, done.err
    assert "✗ Non conforme    INS/va1.55.01" in done.out
    for name in ("run.json", "rapport.html", "junit.xml", "allure-results"):
        assert (tmp_path / "sortie" / name).exists()
        assert name in done.out
    assert json.loads((tmp_path / "sortie" / "run.json").read_text(encoding="utf-8"))["verdict"]["exit_code"] == 1


def test_report_and_replay_of_the_last_run(run: Call, refused: Path) -> None:
    first = run("run", "--vendor", refused, *ONE, "--no-report")
    assert first.code == 1
    written = run("report", "dernier", "--format", "junit")
    assert (written.code, "junit.xml" in written.out) == (0, True)
    again = run("replay", "dernier", "--no-report", "--view", "lignes")
    assert again.code == 1, again.out + again.err
    # The replay is now the last run written, yet what was played is what « dernier » means here.
    assert "0 test à jouer" in run("run", "--resume", "dernier", "--no-report").out


def test_resume_and_failed(run: Call, refused: Path) -> None:
    assert run("run", "--vendor", refused, *ONE, "--no-report").code == 1
    resumed = run("run", "--resume", "dernier", "--no-report")
    assert resumed.code == 1, resumed.err
    assert "0 test à jouer" in resumed.out
    failed = run("run", "--vendor", refused, "--failed", "--no-report", "--view", "lignes")
    assert (failed.code, "1 test à jouer" in failed.out) == (1, True)


def test_pytest_view_and_workers(run: Call, vendor: Call) -> None:
    shown = run("run", "--vendor", vendor(), *ONE[:2], "--view", "pytest", "--no-report")
    assert "= 1 skipped" in shown.out or "1 skipped" in shown.out
    spread = run("run", "--vendor", vendor(), *ONE, "-n", "2", "--no-report")
    assert spread.code == 4, spread.err
    assert spread.out.startswith("1 test à jouer\n")


@pytest.mark.parametrize(
    ("code", "asked", "ends"),
    [(1, "1,3,4", 1), (4, "1,3", 0), (3, "1,4", 0), (3, "1, 3", 3), (1, "aucun", 0), (2, "aucun", 2), (0, "1,3,4", 0)],
)
def test_fail_on(code: int, asked: str, ends: int) -> None:
    assert filtered(code, FailOn().convert(asked, None, None)) == ends


@pytest.mark.parametrize(
    ("code", "watch", "gravest"),
    [
        (1, _Watch(broken=True), 1),
        (4, _Watch(broken=True), 3),
        (0, _Watch(broken=True), 3),
        (0, _Watch(interrupted=True), 4),
        (3, _Watch(interrupted=True), 3),
        (0, _Watch(), 0),
    ],
)
def test_precedence(code: int, watch: _Watch, gravest: int) -> None:
    assert _gravest(code, watch) == gravest


OTHER_SUITES = """
import sys
from pathlib import Path
import conformance.pytest_plugin as plugin
plugin.SUITES = Path(sys.argv[1])
from conformance.cli import main
raise SystemExit(main(sys.argv[2:]))
"""


def play(folder: Path, suite: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Play a suite of our own in the place of the package’s."""
    suites = folder / "suites"
    suites.mkdir()
    (suites / "test_ours.py").write_text(suite, encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        OTHER_SUITES,
        str(suites),
        "run",
        *map(str, words),
        "--no-report",
        "--view",
        "lignes",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def test_a_broken_suite_is_a_bench_fault_told_in_full(tmp_path: Path, vendor: Call) -> None:
    done = play(tmp_path, "import nulle_part\n", "--vendor", vendor())
    assert done.returncode == 3, done.stdout + done.stderr
    assert "suite illisible" in done.stdout
    assert "No module named 'nulle_part'" in done.stdout


def test_a_test_that_fails_by_itself_is_a_bench_fault(tmp_path: Path, vendor: Call) -> None:
    suite = "from conformance import verifies\n@verifies('INS/va1.28.01')\ndef test_a(): raise KeyError('x')\n"
    done = play(tmp_path, suite, "--vendor", vendor())
    assert done.returncode == 3, done.stdout + done.stderr
    assert "⚠ Erreur du banc  INS/va1.28.01" in done.stdout
    assert "ERREUR BANC\u00a0:" in done.stdout


def test_an_interrupted_run_never_ends_with_zero(tmp_path: Path, vendor: Call) -> None:
    suite = "from conformance import verifies\n@verifies('INS/va1.28.01')\ndef test_a(): raise KeyboardInterrupt\n"
    done = play(tmp_path, suite, "--vendor", vendor(), "--fail-on", "aucun")
    # 3 when the scenario that was being played is held to be a fault of the bench, 4 when it is merely unverified.
    assert done.returncode in (3, 4), done.stdout + done.stderr
    assert "Interrompu" in done.stdout
    assert "--resume dernier" in done.stdout


def test_a_scenario_nobody_knows_is_misuse(tmp_path: Path, vendor: Call) -> None:
    suite = "from conformance import verifies\n@verifies('INS/va1.28.0l')\ndef test_a(): ...\n"
    done = play(tmp_path, suite, "--vendor", vendor())
    assert done.returncode == 2, done.stdout + done.stderr
    assert "scénario inconnu" in done.stderr
    assert "INS/va1.28.01" in done.stderr


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ("profile: wave1/doctors", "driver: {kind: dosier}"),
            ("editeur.yaml, ligne 5\u00a0: ", "permis\u00a0: http, dossier", "conseil\u00a0: vouliez-vous dire"),
        ),
        (
            ("profil: wave1/doctors", "driver: {kind: dossier}"),
            ("editeur.yaml, ligne 4\u00a0: clé inconnue", "profile"),
        ),
        (("driver: {kind: dossier}",), ("aucun profil choisi", "--profile wave1/doctors")),
    ],
)
def test_a_faulty_file_is_misuse_told_with_its_line(
    run: Call, vendor: Call, tmp_path: Path, lines: tuple[str, ...], told: tuple[str, ...]
) -> None:
    for command in ("run", "plan"):
        done = run(command, "--vendor", vendor(*lines))
        assert done.code == 2
        assert "Traceback" not in done.err
        for part in told:
            assert part in done.err
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "--vendor", "inconnu"), "éditeur inconnu"),
        (("run",), "aucun éditeur choisi"),
        (("plan",), "ni éditeur ni profil choisi"),
        (("plan", "--profile", "wave1/doctor"), "conseil\u00a0: vouliez-vous dire «\u202fwave1/doctors\u202f»"),
        (("replay", "nulle-part"), "n’est pas une exécution enregistrée"),
        (("run", "--resume", "dernier"), "aucune exécution enregistrée"),
        (("report", "nulle-part"), "illisible"),
        (("run", "--vendor", "editeur.yaml", "--section", "INSS"), "section inconnu(e) «\u202fINSS\u202f»"),
        (("run", "--vendor", "editeur.yaml", "--requirement", "INS/va1.9"), "INS/va1.09"),
        (("run", "--vendor", "editeur.yaml", "--method", "vivant"), "live, artefact, evidence, attestation"),
    ],
)
def test_misuse(run: Call, vendor: Call, words: tuple[str, ...], told: str) -> None:
    vendor()
    done = run(*words)
    assert (done.code, "Traceback" in done.err) == (2, False), done.err
    assert told in done.err


def test_a_console_of_another_age_does_not_end_a_run(run: Call, vendor: Call) -> None:
    words = ("run", "--vendor", vendor(), *ONE, "--no-report")
    done = run(*words, PYTHONIOENCODING="cp437", PYTHONUTF8="0")
    assert (done.code, "✗" in done.out) == (4, True)

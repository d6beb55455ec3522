"""The plugin, tried on tiny suites: what each way of ending a test becomes."""

from __future__ import annotations

import json

import pytest

from conformance import pytest_plugin
from conformance.recorder import read_results

VENDOR = """\
vendor: essai
name: Éditeur d’essai
software: {name: Logiciel, version: "1.0"}
profile: wave1/doctors
driver: {kind: dossier, folder: fichiers}
"""

HEAD = """\
import pytest
from conformance import Finding, NotApplicable, NotRun, ToReview, require, verifies
from conformance.model.finding import Severity

"""


@pytest.fixture
def play(pytester, monkeypatch):
    """Play a suite written in the test; gives the pytest result, the scenario results and run.json."""
    monkeypatch.setattr(pytest_plugin, "SUITES", pytester.path / "suites")
    (pytester.path / "fichiers").mkdir()
    (pytester.path / "suites").mkdir()
    (pytester.path / "essai.yaml").write_text(VENDOR, encoding="utf-8")

    def run(code, *options):
        (pytester.path / "suites" / "test_essai.py").write_text(HEAD + code, encoding="utf-8")
        folder = pytester.path / "execution"
        known = () if "--resume" in options else ("--run-dir", str(folder), "--vendor", "essai.yaml")
        result = pytester.runpytest_inprocess("-p", "conformance.pytest_plugin", "suites", *known, *options)
        path = folder / "run.json"
        document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return result, read_results(folder) if folder.exists() else {}, document

    return run


@pytest.mark.parametrize(
    ("body", "verdict", "reason"),
    [
        ("require([])", "CONFORME", ""),
        ("require([Finding('r', 'doute', Severity.WARNING)])", "CONFORME", ""),
        ("pass", "ERREUR_BANC", "n’a rien jugé"),
        ("require([Finding('r', 'Le nom manque.')])", "NON_CONFORME", "Le nom manque."),
        ("raise NotRun('pas de réponse')", "NON_VERIFIE", "pas de réponse"),
        ("raise ToReview('à voir')", "A_EXAMINER", "à voir"),
        ("raise NotApplicable('sans objet')", "NON_APPLICABLE", "sans objet"),
        ("assert 1 == 2", "ERREUR_BANC", "AssertionError"),
        ("raise KeyError('x')", "ERREUR_BANC", "KeyError"),
        ("pytest.skip('absent')", "NON_VERIFIE", "absent"),
        ("try:\n        require([Finding('r', 'x')])\n    except Exception:\n        pass", "NON_CONFORME", "x"),
    ],
)
def test_each_way_of_ending_has_its_verdict(play, body, verdict, reason):
    _, results, document = play(f"@verifies('INS/va1.28.01')\ndef test_it():\n    {body}\n")
    result = results["INS/va1.28.01"]
    assert result.verdict.value == verdict
    assert reason in result.reason
    told = [s for r in document["requirements"] for s in r["scenarios"] if s["id"] == "INS/va1.28.01"]
    assert [s["verdict"] for s in told] == [verdict]


def test_a_fault_in_set_up_or_tear_down_is_ours(play):
    _, results, _ = play(
        "@pytest.fixture\ndef broken():\n    yield\n    raise RuntimeError('après')\n\n"
        "@verifies('INS/va1.28.01')\ndef test_it(broken):\n    require([])\n"
    )
    assert results["INS/va1.28.01"].verdict.value == "ERREUR_BANC"
    assert "teardown" in results["INS/va1.28.01"].reason


def test_silence_is_never_success(play):
    _, _, document = play("@verifies('INS/va1.28.01')\ndef test_it():\n    require([])\n")
    assert document["verdict"]["global"] == "INCOMPLET"
    assert document["verdict"]["exit_code"] == 4
    assert document["counts"]["NON_VERIFIE"] > 100


def test_an_unknown_scenario_is_refused_with_a_suggestion(play):
    result, _, _ = play("@verifies('INS/va1.28.1')\ndef test_it():\n    require([])\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*scénario inconnu « INS/va1.28.1 »*INS/va1.28.01*"])


def test_a_test_that_names_no_scenario_is_refused(play):
    result, _, _ = play("def test_it():\n    require([])\n")
    result.stderr.fnmatch_lines(["*nomme son scénario avec @verifies*"])


def test_an_option_not_declared_is_not_played(play):
    _, results, document = play("@verifies('INS/va1.14.01')\ndef test_it():\n    raise RuntimeError\n")
    assert "INS/va1.14.01" not in results
    (scenario,) = [s for r in document["requirements"] for s in r["scenarios"] if s["id"] == "INS/va1.14.01"]
    assert scenario["verdict"] == "NON_APPLICABLE"
    assert "non déclarée" in scenario["reason"]


def test_a_suite_without_vendor_says_what_to_add(pytester, monkeypatch):
    monkeypatch.setattr(pytest_plugin, "SUITES", pytester.path)
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_inprocess("-p", "conformance.pytest_plugin")
    result.stderr.fnmatch_lines(["*ajoutez --vendor vendor_configs/reference.yaml*"])


def test_selection_by_requirement_plays_nothing_else(play):
    code = "".join(
        f"@verifies('{name}')\ndef test_{i}():\n    require([])\n\n"
        for i, name in enumerate(("INS/va1.28.01", "INS/va1.31.01", "INS/va1.31.02"))
    )
    _, results, document = play(code, "--requirement", "INS/va1.31")
    assert set(results) == {"INS/va1.31.01", "INS/va1.31.02"}
    assert document["counts"]["CONFORME"] == 2
    assert any("restreinte" in warning for warning in document["warnings"])


def test_alluredir_gets_the_run_s_own_results(play, pytester):
    _, _, document = play(
        "@verifies('INS/va1.28.01')\ndef test_it():\n    raise NotRun('rien à voir')\n", "--alluredir", "allure"
    )
    written = [
        json.loads(path.read_text(encoding="utf-8")) for path in (pytester.path / "allure").glob("*-result.json")
    ]
    labels = {label["value"] for result in written for label in result["labels"] if label["name"] == "as_id"}
    assert "INS/va1.28.01" in labels
    assert len(written) == sum(len(requirement["scenarios"]) for requirement in document["requirements"])


def test_a_resumed_run_plays_only_what_is_missing(play, pytester):
    code = (
        "import pathlib\n\n@verifies('INS/va1.28.01')\ndef test_a():\n"
        "    pathlib.Path('joue.txt').open('a').write('a')\n    require([])\n\n"
        "@verifies('INS/va1.31.01')\ndef test_b():\n    pathlib.Path('joue.txt').open('a').write('b')\n    {}\n"
    )
    play(code.format("raise RuntimeError"))
    _, results, document = play(code.format("require([])"), "--resume", str(pytester.path / "execution"))
    assert (pytester.path / "joue.txt").read_text() == "abb"
    assert results["INS/va1.31.01"].verdict.value == "CONFORME"
    assert document["counts"]["CONFORME"] == 2
    assert document["segments"] == 2

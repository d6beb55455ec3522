"""The terminal view, on a tiny suite whose verdicts are left on the reports as the plugin leaves them."""

from __future__ import annotations

import pytest

from conformance.model.verdict import Verdict
from conformance.terminal import in_ci, scenario_line, told

CONFTEST = """
import pytest

def pytest_configure(config):
    config.addinivalue_line("markers", "segur(id, verdict, reason): what the plugin would have found")

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    if call.when == "teardown":
        for mark in item.iter_markers("segur"):
            item.user_properties.append(("segur", mark.args))
    return (yield)
"""
SUITE = """
import pytest

@pytest.mark.segur("INS/va1.01", "CONFORME", "")
def test_good(): ...

@pytest.mark.segur("INS/va1.02", "NON_CONFORME", "le matricule\\n est importé")
def test_bad(): assert False

@pytest.mark.segur("INS/va1.03", "NON_VERIFIE", "rien à juger")
def test_skipped(): pytest.skip("rien")

@pytest.mark.segur("INS/va1.04", "ERREUR_BANC", "faute du banc")
@pytest.mark.segur("INS/va1.05", "A_EXAMINER", "à lire \\x1b[31m")
def test_two(): raise RuntimeError

@pytest.mark.parametrize("number", range(16))
def test_other(number): ...
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SUITE)
    return pytester


def play(pytester: pytest.Pytester, view: str, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "conformance.terminal", "--view", view, "-p", "no:cacheprovider", *words)


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_lines(suite: pytest.Pytester, words: tuple[str, ...]) -> None:
    result = play(suite, "lignes", *words)
    result.stdout.fnmatch_lines_random(
        [
            "20 tests à jouer",
            "✗ Non conforme    INS/va1.02  le matricule est importé",
            "○ Non vérifié     INS/va1.03  rien à juger",
            "⚠ Erreur du banc  INS/va1.04  faute du banc",
            "◉ À examiner      INS/va1.05  à lire*U+001B*",
            "… 50?% (10/20)*",
            "… 100?% (20/20)*",
            "20/20 joués*✓ Conforme 1, ○ Non vérifié 1, ◉ À examiner 1, ✗ Non conforme 1, ⚠ Erreur du banc 1",
        ]
    )
    text = result.stdout.str()
    assert sum("%" in line for line in text.splitlines()) == 10
    for foreign in ("INS/va1.01", "passed", "=====", "workers", "\x1b"):
        assert foreign not in text
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_auto_is_lines_when_nobody_watches(suite: pytest.Pytester) -> None:
    assert "20 tests à jouer" in play(suite, "auto").stdout.str()


def test_plain_pytest_is_left_alone(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-p", "conformance.terminal")
    result.assert_outcomes(passed=17, failed=2, skipped=1)


def test_collect_only_keeps_pytest_output(suite: pytest.Pytester) -> None:
    assert "test_good" in play(suite, "lignes", "--collect-only", "-q").stdout.str()


def test_live_table_ends_with_every_section_and_count(suite: pytest.Pytester) -> None:
    result = play(suite, "live")
    text = result.stdout.str()
    assert "✗ Non conforme    INS/va1.02  le matricule est importé" in text
    assert "INS/va1.03" not in text
    assert "20/20" in text
    assert "20/20 joués" in text


def test_collection_error_in_full(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import absolument_rien")
    result = play(pytester, "lignes")
    result.stdout.fnmatch_lines(
        ["Erreur du banc*suite illisible*", "*No module named 'absolument_rien'*", "Arrêt*1 error*"]
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_internal_error_in_full(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_collection_modifyitems(): raise RuntimeError('cassé')")
    pytester.makepyfile("def test_a(): ...")
    result = play(pytester, "lignes")
    result.stderr.fnmatch_lines(["Erreur du banc*faute interne*", "*RuntimeError: cassé*"])
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR


def test_usage_error_in_full(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\ndef pytest_collection_modifyitems(): raise pytest.UsageError('scénario inconnu\\n  permis : A')"
    )
    pytester.makepyfile("def test_a(): ...")
    result = play(pytester, "lignes")
    result.stderr.fnmatch_lines(["*scénario inconnu*", "*permis : A*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_failure_outside_any_scenario_shows_pytest_explanation(pytester: pytest.Pytester) -> None:
    """pytest asks its reporter for colours to explain an assertion: silencing it must not break that."""
    pytester.makepyfile("def test_a():\n    assert ['un'] == ['deux']")
    result = play(pytester, "lignes")
    result.stdout.fnmatch_lines(["Échec hors scénario*test_a", "*assert ?'un'? == ?'deux'?*"])
    assert "AttributeError" not in result.stdout.str()


def test_worker_that_dies_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import os\ndef test_a(): os._exit(7)\ndef test_b(): ...")
    result = play(pytester, "lignes", "-n", "1")
    result.stdout.fnmatch_lines(["Échec hors scénario*test_a", "*crashed*"])


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("1", True), ("false", False), ("0", False), ("", False)]
)
def test_in_ci(value: str, expected: bool) -> None:
    assert in_ci({"CI": value}) is expected
    assert in_ci({}) is False


def test_words() -> None:
    assert scenario_line("A.1", Verdict.CONFORME, "") == "✓ Conforme        A.1"
    assert told({}) == "aucun verdict"
    assert told({Verdict.NON_CONFORME: 2, Verdict.CONFORME: 3}) == "✓ Conforme 3, ✗ Non conforme 2"

"""The published schema accepts what the harness writes and refuses what would hide something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.reporting import ReportError, faults, load, report

Run = dict[str, Any]


def scenario_of(run: Run, verdict: str) -> Run:
    return next(
        scenario for requirement in run["requirements"] for scenario in requirement["scenarios"]
        if scenario["verdict"] == verdict
    )  # fmt: skip


@pytest.mark.parametrize(("n", "findings"), [(1, 1), (12, 1), (12, 300)])
def test_samples_are_valid(make_run: Callable[..., Run], n: int, findings: int) -> None:
    assert faults(make_run(n, findings)) == []


def test_a_conforming_scenario_judged_by_machine_shows_something(make_run: Callable[..., Run]) -> None:
    run = make_run()
    scenario_of(run, "CONFORME").update(exchanges=[], pieces=[])
    assert faults(run)


def test_a_piece_alone_is_enough(make_run: Callable[..., Run]) -> None:
    run = make_run()
    scenario_of(run, "CONFORME").update(exchanges=[])
    assert faults(run) == []


def test_conforming_with_nothing_examined_is_refused(make_run: Callable[..., Run]) -> None:
    run = make_run()
    scenario_of(run, "CONFORME")["mode"] = "aucun"
    assert faults(run)


def test_conforming_with_an_error_is_refused(make_run: Callable[..., Run]) -> None:
    run = make_run()
    scenario_of(run, "CONFORME")["findings"] = [{"rule": "r", "message": "m", "severity": "ERROR"}]
    assert faults(run)


def test_a_non_conformity_has_an_error(make_run: Callable[..., Run]) -> None:
    run = make_run()
    for finding in scenario_of(run, "NON_CONFORME")["findings"]:
        finding["severity"] = "WARNING"
    assert faults(run)


@pytest.mark.parametrize("verdict", ["NON_VERIFIE", "NON_APPLICABLE", "A_EXAMINER"])
@pytest.mark.parametrize("reason", [None, ""])
def test_what_is_not_judged_says_why(make_run: Callable[..., Run], verdict: str, reason: str | None) -> None:
    run = make_run()
    scenario_of(run, verdict)["reason"] = reason
    assert faults(run)


def test_a_globally_conforming_run_hides_no_deviation(make_run: Callable[..., Run]) -> None:
    run = make_run()
    run["verdict"]["global"] = "CONFORME"
    assert faults(run)


@pytest.mark.parametrize(
    "place", [(), ("harness",), ("profile",), ("coverage",), ("requirements", 0), ("documents", 0)]
)
def test_unknown_keys_are_refused(make_run: Callable[..., Run], place: tuple[Any, ...]) -> None:
    run = make_run()
    target: Any = run
    for key in place:
        target = target[key]
    target["surprise"] = 1
    assert faults(run)


def test_a_digest_is_a_digest(make_run: Callable[..., Run]) -> None:
    run = make_run()
    run["documents"][0]["sha256"] = "../../etc/passwd"
    assert faults(run)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"schema": "autre"}', "[" * 5000])
def test_what_is_not_a_run_is_told_in_french(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match="ce n’est pas"):
        load(path)


def test_a_missing_run_is_told_in_french(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="illisible"):
        load(tmp_path / "run.json")


def test_an_unknown_format_is_told_with_a_hint(saved_run: Path) -> None:
    with pytest.raises(ReportError, match=r"« htlm ».*« html »"):
        report(saved_run, ["htlm"])


def test_every_default_format_is_written(saved_run: Path) -> None:
    names = sorted(path.name for path in report(saved_run))
    assert names == [
        "allure-results", "badge.svg", "export.xlsx", "junit.xml", "matrice.csv", "rapport.html", "rapport.pdf", "rapport.sarif", "resume.md",
    ]  # fmt: skip

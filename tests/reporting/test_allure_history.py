"""Allure across runs: what came before, and the issues that a waiver makes known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.reporting.allure import write_allure
from conformance.reporting.allure_history import MOST, earlier
from conformance.reporting.allure_html import find_command, generate
from conformance.reporting.pdf import as_bytes

Run = dict[str, Any]


@pytest.fixture
def stored(make_run: Callable[..., Run], tmp_path: Path) -> Callable[..., tuple[Run, Path]]:
    """Store a run beside the others, as of a day of November."""

    def store(day: int, **changes: Any) -> tuple[Run, Path]:
        folder = tmp_path / "reports" / f"2026-11-{day:02d}"
        folder.mkdir(parents=True)
        run = make_run(12, **changes)
        run |= {
            "id": f"le-{day}",
            "started": f"2026-11-{day:02d}T10:00:00Z",
            "finished": f"2026-11-{day:02d}T10:20:00Z",
        }
        (folder / "run.json").write_bytes(as_bytes(run))
        return run, folder

    return store


def waived_run(run: Run) -> tuple[Run, str]:
    name = next(
        scenario["id"] for requirement in run["requirements"] for scenario in requirement["scenarios"]
        if scenario["verdict"] == "NON_CONFORME"
    )  # fmt: skip
    waiver = {"scenario": name, "owner": "Claire Martin", "reason": "Corrigé en 4.3", "expires": "2027-01-31"}
    return {**run, "waivers": [{**waiver, "state": "active"}]}, name


def test_only_what_came_before_of_the_same_software_is_history(stored: Callable[..., tuple[Run, Path]]) -> None:
    stored(1)
    stored(2, vendor={"id": "autre", "name": "Autre"})
    stored(4)
    _, broken = stored(3)
    (broken / "run.json").write_text("{}", encoding="utf-8")
    run, folder = stored(9)
    stored(10)
    assert [one["id"] for one in earlier(run, folder)] == ["le-1", "le-4"]


def test_the_last_runs_only(stored: Callable[..., tuple[Run, Path]]) -> None:
    for day in range(1, MOST + 4):
        stored(day)
    run, folder = stored(28)
    assert [one["id"] for one in earlier(run, folder)] == [f"le-{day}" for day in range(4, MOST + 4)]


def test_both_formats_follow_the_same_scenario(stored: Callable[..., tuple[Run, Path]]) -> None:
    first, _ = stored(1)
    stored(2)
    run, folder = stored(3)
    target = write_allure(run, folder, folder / "allure-results")
    ids = {json.loads(path.read_text(encoding="utf-8"))["historyId"] for path in target.glob("*-result.json")}
    kept = json.loads((target / "history" / "history.json").read_text(encoding="utf-8"))
    assert set(kept) == ids
    assert {len(entry["items"]) for entry in kept.values()} == {2}
    trend = json.loads((target / "history" / "history-trend.json").read_text(encoding="utf-8"))
    assert [point["reportName"].rpartition(" ")[2] for point in trend] == ["le-2", "le-1"]
    assert [point["buildOrder"] for point in trend] == [2, 1]
    failed = sum(
        one["verdict"] == "NON_CONFORME" for requirement in first["requirements"] for one in requirement["scenarios"]
    )
    assert trend[1]["data"]["failed"] == failed
    lines = (target / "history" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [len(json.loads(line)["testResults"]) for line in lines] == [len(ids)] * 2


def test_the_first_run_has_no_history_and_a_second_report_repeats_nothing(
    stored: Callable[..., tuple[Run, Path]],
) -> None:
    run, folder = stored(1)
    assert not (write_allure(run, folder, folder / "a") / "history").exists()
    run, folder = stored(2)
    first = (write_allure(run, folder, folder / "a") / "history" / "history.jsonl").read_bytes()
    assert (write_allure(run, folder, folder / "a") / "history" / "history.jsonl").read_bytes() == first


def test_a_waiver_makes_a_known_issue_with_a_category_of_its_own(stored: Callable[..., tuple[Run, Path]]) -> None:
    run, folder = stored(1)
    run, name = waived_run(run)
    target = write_allure(run, folder, folder / "a")
    categories = {
        entry["name"]: re.compile(entry["messageRegex"])
        for entry in json.loads((target / "categories.json").read_text(encoding="utf-8"))
    }
    for path in target.glob("*-result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        details, known = result["statusDetails"], result["fullName"].endswith(f"#{name}")
        assert details.get("known", False) is known
        assert ("Claire Martin" in result["descriptionHtml"]) is known
        matched = [label for label, pattern in categories.items() if pattern.fullmatch(details["message"])]
        if known:
            assert details["message"].startswith("NON_CONFORME (sous dérogation jusqu’au 2027-01-31) : ")
            assert matched == ["Non conforme, sous dérogation"]
        elif details["message"].startswith("NON_CONFORME"):
            assert matched == ["Non conforme"]


@pytest.mark.slow
def test_allure_itself_reads_them(stored: Callable[..., tuple[Run, Path]], tmp_path: Path) -> None:
    """Allure 3: no scenario is new but to the run that has no history; the waived one is an accepted failure."""
    if find_command() is None:
        pytest.skip("no Allure command on this machine (report --install, or SEGUR_ALLURE)")
    new = []
    for day in (1, 2):
        run, folder = stored(day)
        outcome = generate(write_allure(waived_run(run)[0], folder, folder / "a"), tmp_path / f"page-{day}", "Rapport")
        assert outcome.pages, outcome.message
        summary = tmp_path / f"page-{day}" / "summary.json"
        if not summary.is_file():
            pytest.skip("this Allure is not an Allure 3")
        told = json.loads(summary.read_text(encoding="utf-8"))
        assert told["stats"]["resolutions"] == {"accepted": 1}
        new.append(len(told["newTests"]))
    assert new[0] > 0
    assert new[1] == 0

"""What machines read: SARIF against its schema, the workbook in official order, the matrix, the badge, the summary."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from lxml import etree
from test_html import CLOSED, HOSTILE, _poison

from conformance.reporting import DEFAULT, FORMATS, report
from conformance.reporting.badge import badge
from conformance.reporting.convergence import OFFICIAL, OURS, write_convergence
from conformance.reporting.markdown import markdown
from conformance.reporting.matrix import HEAD, inert, write_matrix
from conformance.reporting.sarif import build

Run = dict[str, Any]
SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
FORMULAS = ("=1+1", "+33", "-2+3", "@SUM(A1)", "\t=1")


def sarif_faults(log: Run) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return [f"{error.json_path} {error.message[:200]}" for error in jsonschema.Draft4Validator(schema).iter_errors(log)]


def scenarios(run: Run) -> list[tuple[Run, Run]]:
    return [(requirement, scenario) for requirement in run["requirements"] for scenario in requirement["scenarios"]]


def test_sarif_follows_its_schema_and_tells_every_verdict(make_run: Callable[..., Run]) -> None:
    run = make_run(24, 3)
    log = build(run)
    assert sarif_faults(log) == []
    results = log["runs"][0]["results"]
    kinds = {
        "CONFORME": "pass",
        "A_EXAMINER": "review",
        "NON_VERIFIE": "open",
        "NON_APPLICABLE": "notApplicable",
        "ERREUR_BANC": "open",
    }
    told = Counter(result["properties"]["verdict"] for result in results)
    expected = Counter(dict.fromkeys(kinds, 0))
    for requirement, scenario in scenarios(run):
        blocking = sum(finding["severity"] == "ERROR" for finding in scenario["findings"])
        expected[scenario["verdict"]] += blocking if scenario["verdict"] == "NON_CONFORME" else 1
        for result in results:
            if result["ruleId"] == requirement["id"]:
                assert result["kind"] == kinds.get(scenario["verdict"], "fail")
                assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == requirement["id"]
    assert told == expected
    prints = [result["partialFingerprints"]["segurScenario/v1"] for result in results]
    assert len(prints) == len(set(prints))
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False, "a bench failed in this sample"


def test_sarif_schema_would_see_a_fault(make_run: Callable[..., Run]) -> None:
    log = build(make_run(6))
    log["runs"][0]["results"][0]["kind"] = "conforme"
    assert sarif_faults(log)


def test_a_waiver_is_a_suppression_only_while_it_holds(make_run: Callable[..., Run]) -> None:
    run = make_run(6)
    name = next(scenario["id"] for _, scenario in scenarios(run) if scenario["verdict"] == "NON_CONFORME")
    waiver = {
        "scenario": name,
        "owner": "A. Martin",
        "reason": "correctif en recette",
        "expires": "2027-01-31",
        "state": "active",
    }
    log = build({**run, "waivers": [waiver]})
    assert sarif_faults(log) == []
    suppressed = [result for result in log["runs"][0]["results"] if "suppressions" in result]
    assert len(suppressed) == 1
    assert "A. Martin" in suppressed[0]["suppressions"][0]["justification"]
    late = build({**run, "waivers": [{**waiver, "state": "expired"}]})
    assert not [result for result in late["runs"][0]["results"] if "suppressions" in result]


@pytest.mark.parametrize(
    "poison", [*HOSTILE, *FORMULAS, "| col | @equipe https://ailleurs.test [lien](javascript:alert(1))"]
)
def test_hostile_text_is_inert(make_run: Callable[..., Run], tmp_path: Path, poison: str) -> None:
    run = make_run(6)
    bad = _poison(run, poison, CLOSED)
    log = build(bad)
    assert sarif_faults(log) == []
    assert json.dumps(log).encode()
    book = openpyxl.load_workbook(write_convergence(bad, tmp_path / "x.xlsx"))
    assert not [cell for row in book["Exigences"].iter_rows() for cell in row if cell.data_type == "f"]
    text = write_matrix(bad, tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(text.splitlines(), delimiter=";"))) == 1 + len(scenarios(bad))
    etree.fromstring(badge(bad).encode())
    summary = markdown(bad)
    assert not re.search(r"(?<!\\)<|@(?!\u200b)|://|(?<!\\)\]\(", summary)
    assert not re.search("[\x00-\x08\u202a-\u202e\ud800-\udfff]", summary)


@pytest.mark.parametrize("value", FORMULAS)
def test_a_cell_is_never_a_formula(value: str) -> None:
    assert not inert(value).lstrip("'").startswith("\t")
    assert inert(value).startswith("'")


def test_the_workbook_keeps_the_official_columns(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    content = write_convergence(run, tmp_path / "a.xlsx").read_bytes()
    assert content == write_convergence(json.loads(json.dumps(run)), tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == ["Exigences"]
    sheet = book["Exigences"]
    assert [cell.value for cell in sheet[1]] == [*OFFICIAL, *OURS]
    assert sheet.freeze_panes == "A2"
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert len(lines) == sum(max(1, len(scenario["proofs"])) for _, scenario in scenarios(run))
    judged = {line[7]: line[14] for line in lines}
    labels = {"CONFORME": "Conforme", "NON_CONFORME": "Non conforme", "NON_VERIFIE": "Non vérifié"}
    for _, scenario in scenarios(run):
        if scenario["verdict"] in labels:
            assert judged[scenario["id"]] == labels[scenario["verdict"]]


def test_the_matrix_has_one_row_a_scenario(make_run: Callable[..., Run], tmp_path: Path) -> None:
    run = make_run(12)
    text = write_matrix(run, tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    head, *lines = list(csv.reader(text.splitlines(), delimiter=";"))
    assert head == list(HEAD)
    assert {line[3]: line[7] for line in lines} == {
        scenario["id"]: scenario["verdict"] for _, scenario in scenarios(run)
    }


def test_the_badge_never_hides_what_was_not_verified(make_run: Callable[..., Run]) -> None:
    run = make_run(12)
    words = "".join(etree.fromstring(badge(run).encode()).itertext())
    assert "non conforme" in words
    assert "par la machine" in words
    assert "auto-évaluation" in words


def test_the_summary_names_what_to_mend(make_run: Callable[..., Run]) -> None:
    run = make_run(12)
    told = markdown(run)
    for requirement, scenario in scenarios(run):
        obligatory = requirement["nature"] == "EXIGENCE" and not requirement["informative"]
        assert (f"✗ **{scenario['id']}**" in told) == (scenario["verdict"] == "NON_CONFORME" and obligatory)
    assert "Auto-évaluation" in told


def test_every_format_comes_from_run_json_alone(saved_run: Path, tmp_path: Path) -> None:
    alone = tmp_path / "ailleurs" / "run.json"
    alone.parent.mkdir()
    alone.write_bytes(saved_run.read_bytes())
    written = report(alone)
    assert len(written) == len(DEFAULT) == len(FORMATS) - 1
    assert all(path.exists() for path in written)

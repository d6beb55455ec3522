"""Two runs compared: every change is told with its cause."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from conformance.cli import main
from conformance.reporting import faults
from conformance.reporting.compare import compare
from conformance.reporting.html import render_diff, render_html

Run = dict[str, Any]


@pytest.fixture
def before(make_run: Callable[..., Run]) -> Run:
    return make_run(12)


def after(run: Run, **changes: Any) -> Run:
    """The same run played again: other bytes, same verdicts."""
    made = copy.deepcopy(run) | {"id": "autre", **changes}
    for _, scenario in scenarios(made):
        for exchange in scenario["exchanges"]:
            exchange["request"]["blob"] = exchange["request"]["blob"][::-1]
    return made


def scenarios(run: Run) -> list[tuple[Run, Run]]:
    return [(requirement, scenario) for requirement in run["requirements"] for scenario in requirement["scenarios"]]


def first(run: Run, verdict: str) -> Run:
    return next(scenario for _, scenario in scenarios(run) if scenario["verdict"] == verdict)


def only(old: Run, new: Run) -> tuple[str, str, str]:
    [change] = compare(old, new)
    return change.cause, change.why, change.direction


def test_nothing_changed(before: Run) -> None:
    assert compare(before, after(before)) == []


def test_a_new_version_is_the_software(before: Run) -> None:
    new = after(before, software={**before["software"], "version": "4.3"})
    first(new, "NON_CONFORME").update(verdict="CONFORME", findings=[])
    assert only(before, new)[::2] == ("software", "better")
    assert only(new, before)[::2] == ("software", "worse")


def test_the_same_bytes_judged_otherwise_are_a_rule(before: Run) -> None:
    new = copy.deepcopy(before) | {"software": {**before["software"], "version": "4.3"}}
    first(new, "NON_CONFORME").update(verdict="CONFORME", findings=[])
    assert only(before, new)[:2] == ("rule", "les mêmes octets sont jugés autrement")


def test_another_tool_or_profile_is_a_rule(before: Run) -> None:
    for changes in (
        {"harness": {**before["harness"], "version": "0.2"}},
        {"profile": {**before["profile"], "digest": "0" * 64}},
    ):
        new = after(before, **changes)
        first(new, "NON_CONFORME").update(verdict="CONFORME", findings=[])
        assert only(before, new)[0] == "rule"


def test_a_bench_that_failed_is_the_bench(before: Run) -> None:
    new = after(before, software={**before["software"], "version": "4.3"})
    first(new, "CONFORME").update(verdict="ERREUR_BANC", reason="port fermé")
    assert only(before, new)[0] == "bench"


def test_pieces_options_seeds_and_decisions_are_data(before: Run) -> None:
    new = after(before)
    first(new, "A_EXAMINER").update(verdict="NON_VERIFIE")
    assert only(before, new)[0] == "data"
    new = after(before)
    new["profile"] = copy.deepcopy(before["profile"])
    new["profile"]["options"][0]["declared"] = True
    first(new, "NON_APPLICABLE").update(verdict="NON_VERIFIE")
    assert only(before, new)[:2] == ("data", "les options déclarées ont changé")
    new = after(before, harness={**before["harness"], "seed": 3})
    first(new, "CONFORME").update(verdict="NON_VERIFIE", reason="rien reçu")
    assert only(before, new)[0] == "data"
    new = after(before)
    first(new, "A_EXAMINER")["reviews"] = [
        {
            "proof": "p",
            "decision": "acceptée",
            "by": "C. Martin",
            "at": "2026-11-22T14:00:00Z",
            "reason": "lu",
            "holds": True,
        }
    ]
    first(new, "A_EXAMINER").update(verdict="CONFORME")
    assert only(before, new)[:2] == ("data", "la décision d’une personne a changé")


def test_nothing_else_changed_is_an_unsteady_software(before: Run) -> None:
    new = after(before)
    first(new, "CONFORME").update(verdict="NON_VERIFIE", reason="rien reçu")
    assert only(before, new)[0] == "software"


def test_a_new_fault_of_a_scenario_already_broken_is_a_change(before: Run) -> None:
    new = after(before)
    first(new, "NON_CONFORME")["findings"].append({"rule": "une.autre", "message": "m", "severity": "ERROR"})
    [change] = compare(before, new)
    assert change.findings == ("+une.autre",)
    assert change.direction == "other"


def test_what_only_one_run_has_is_told(before: Run) -> None:
    new = after(before)
    gone = new["requirements"].pop(3)["scenarios"][0]["id"]
    [change] = compare(before, new)
    assert (change.scenario, change.after) == (gone, None)


def test_terminal_json_and_page(before: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = after(before, software={**before["software"], "version": "4.3"})
    changed = first(new, "NON_CONFORME")
    changed.update(verdict="CONFORME", findings=[])
    for name, run in (("a", before), ("b", new)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(run), encoding="utf-8")
    both = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["diff", *both]) == 0
    told = capsys.readouterr().out
    assert changed["id"] in told
    assert "logiciel 1" in told
    assert main(["diff", *both, "--json"]) == 0
    [change] = json.loads(capsys.readouterr().out)["changes"]
    assert (change["cause"], change["before"], change["after"]) == ("software", "NON_CONFORME", "CONFORME")
    assert main(["diff", *both, "--html", str(tmp_path / "d.html")]) == 0
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert changed["id"] in page
    assert main(["diff", both[0], both[0]]) == 0
    assert "Rien n’a changé" in capsys.readouterr().out


def test_a_hostile_run_is_inert_in_the_page(before: Run) -> None:
    new = after(before)
    bad = first(new, "CONFORME")
    bad.update(verdict="NON_VERIFIE", title="<script>alert(1)</script>")
    new["software"]["name"] = "<img src=x onerror=alert(1)>"
    tree = lxml_html.document_fromstring(render_diff(before, new, compare(before, new)).encode())
    assert not tree.xpath("//script | //img")


def test_the_certificate_tells_what_changed(before: Run, tmp_path: Path) -> None:
    new = after(before, software={**before["software"], "version": "4.3"})
    first(new, "NON_CONFORME").update(verdict="CONFORME", findings=[])
    previous = {"id": before["id"], "finished": before["finished"], "version": "4.2.1"}
    new["comparison"] = {"previous": previous, "changes": [change.to_json() for change in compare(before, new)]}
    new["wave"] = {"from": "wave1/doctors", "to": "wave2/doctors", "counts": {"new": 3, "unchanged": 40}}
    assert faults(new) == []
    page = lxml_html.document_fromstring(render_html(new, tmp_path).encode()).xpath(
        "string(//section[@id='comparaison'])"
    )
    for words in ("la version ou le livrable a changé", "logiciel", "wave2/doctors", "Inchangées"):
        assert words in page
